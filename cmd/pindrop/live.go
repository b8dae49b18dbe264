package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"pindrop/scenarios"
	"pindrop/sim"
)

// live shows a run on the real clock on a terminal, in lines that are drawn over. It never hides the cursor and changes no
// mode of the terminal, so that whatever ends pindrop leaves a terminal that works.
type live struct {
	w     io.Writer
	size  func() (width, height int)
	what  string
	spec  scenarios.Phases
	limit int // of ack pending
	drawn []string
	last  sim.Snapshot
}

// liveOn is the view of a run; nil where it is not to be shown.
func (a *app) liveOn(s *scenarios.Scenario, clock scenarios.Clock, o runOptions) *live {
	f, ok := a.stderr.(*os.File)
	if !ok || clock != scenarios.ClockReal || o.quiet || o.json || !terminal(a.stderr) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return &live{
		w: a.stderr, what: s.Name, spec: s.Phases, limit: s.Requested().MaxAckPending,
		size: func() (int, int) {
			width, height, err := term.GetSize(int(f.Fd()))
			if err != nil || width <= 0 || height <= 0 {
				return 80, 24
			}
			return width, height
		},
	}
}

// show draws a snapshot over the one before.
func (l *live) show(s sim.Snapshot) {
	width, height := l.size()
	wipe := l.wipe(width)
	l.drawn = l.frame(s, width-1, height-1)
	l.last = s
	fmt.Fprint(l.w, wipe+strings.Join(l.drawn, "\r\n"))
}

// wipe is what removes the lines that were drawn. In a window that has become narrower, each may have become several.
func (l *live) wipe(width int) string {
	rows := 0
	for _, line := range l.drawn {
		rows += 1 + max(0, len([]rune(line))-1)/max(1, width)
	}
	up := ""
	if rows > 1 {
		up = fmt.Sprintf("\x1b[%dA", rows-1)
	}
	return "\r" + up + "\x1b[J"
}

// close removes what was drawn, for what follows.
func (l *live) close() {
	if l.drawn != nil {
		width, _ := l.size()
		fmt.Fprint(l.w, l.wipe(width))
		l.drawn = nil
	}
}

// frame is a snapshot in at most height lines of at most width characters. What matters least is last.
func (l *live) frame(s sim.Snapshot, width, height int) []string {
	p := progress{phases: l.spec}
	lines := []string{l.what + ", real clock, " + s.At.Round(time.Second).String(), p.inPhase(s.Phase, s.At-s.Since)}
	for i := range s.Consumers {
		lines = append(lines, l.consumer(&s.Consumers[i], width)...)
	}
	rate := func(now, before int64) string {
		if elapsed := (s.At - l.last.At).Seconds(); elapsed > 0 {
			return fmt.Sprintf("%.0f/s", float64(now-before)/elapsed)
		}
		return ""
	}
	lines = append(lines,
		fmt.Sprintf("stored   %d  %s", s.Stored, rate(s.Stored, l.last.Stored)),
		fmt.Sprintf("handled  %d  %s", s.Handled, rate(s.Handled, l.last.Handled)),
		fmt.Sprintf("workers  %d alive, %d down", s.Alive, s.Down))
	for i := len(s.Recent) - 1; i >= 0; i-- {
		f := s.Recent[i]
		state := "over"
		for _, active := range s.Active {
			if active == f {
				state = "active"
			}
		}
		lines = append(lines, fmt.Sprintf("fault %d  %s %s at %.1fs, %s", f.ID, f.Do, f.Target, f.At.Seconds(), state))
	}
	lines = lines[:min(len(lines), max(1, height))]
	for i, line := range lines {
		if letters := []rune(line); len(letters) > width {
			lines[i] = string(letters[:max(0, width)])
		}
	}
	return lines
}

// consumer is the lines of one consumer. The bar is as long as the width lets it.
func (l *live) consumer(c *sim.ConsumerSnapshot, width int) []string {
	who := c.Name
	if c.Holder != "" {
		who += fmt.Sprintf(": %s holds pin %d", c.Holder, c.Gen)
	}
	if !c.Sampled {
		return []string{who}
	}
	pending := fmt.Sprintf("%d ack pending", c.AckPending)
	if l.limit > 0 {
		pending = fmt.Sprintf("%d/%d ack pending", c.AckPending, l.limit)
		if length := min(40, width-len(pending)-3); length >= 4 {
			full := int(min(int64(length), c.AckPending*int64(length)/int64(l.limit)))
			pending = "[" + strings.Repeat("#", full) + strings.Repeat(".", length-full) + "] " + pending
		}
	}
	return []string{who, pending, fmt.Sprintf("backlog  %d", c.Pending)}
}
