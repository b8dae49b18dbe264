package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"pindrop/scenarios"
	"pindrop/sim"
)

// live shows a run on the real clock on a terminal, in lines that are drawn over: those that frame makes of a snapshot
// (frame.go). It never hides the cursor, takes no second screen and changes no mode of the terminal, and each of its writes
// ends without a colour and at the begin of a line, so that whatever ends pindrop leaves a terminal that works, and what is
// said of that begins a line.
type live struct {
	w      io.Writer
	size   func() (width, height int)
	colour bool
	title  title
	rates  rates
	drawn  []int // the lengths of the lines that stand there
}

// liveOn is the view of a run; nil where it is not to be shown.
func (a *app) liveOn(plan *scenarios.Plan, clock scenarios.Clock, o runOptions) *live {
	f, ok := fileOf(a.stderr)
	if !ok || clock != scenarios.ClockReal || o.quiet || o.json || !terminal(a.stderr) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &live{
		w: f, colour: os.Getenv("NO_COLOR") == "", // see no-color.org
		title: title{plan.Scenario.Name, plan.Seed, plan.Scenario.Phases},
		size: func() (int, int) {
			width, height, err := term.GetSize(int(f.Fd()))
			if err != nil || width <= 0 || height <= 0 {
				return 80, 24
			}
			return width, height
		},
	}
}

// show draws a snapshot over the one before: line over line, and what is behind them is wiped last, so that nothing
// flickers.
func (l *live) show(s sim.Snapshot) {
	width, height := l.size()
	l.rates.add(&s)
	var out strings.Builder
	out.WriteString(l.home(width))
	l.drawn = l.drawn[:0]
	for _, line := range frame(&s, view{title: l.title, rates: l.rates, width: width - 1, height: height - 1}) {
		out.WriteString(line.paint(l.colour) + "\x1b[K\r\n")
		l.drawn = append(l.drawn, line.length())
	}
	out.WriteString("\x1b[J")
	fmt.Fprint(l.w, out.String())
}

// home moves to the begin of what was drawn. In a window that has become narrower, each line may have become several.
func (l *live) home(width int) string {
	if len(l.drawn) == 0 {
		return "\r"
	}
	rows := 0
	for _, length := range l.drawn {
		rows += 1 + max(0, length-1)/max(1, width)
	}
	return fmt.Sprintf("\r\x1b[%dA", rows)
}

// close removes what was drawn, for what follows.
func (l *live) close() {
	if len(l.drawn) > 0 {
		width, _ := l.size()
		fmt.Fprint(l.w, l.home(width)+"\x1b[J")
		l.drawn = nil
	}
}
