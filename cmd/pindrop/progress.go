package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim"
)

// statusLine tells how far something is: on a terminal in one line that is written over, else in a line now and then.
// What is done soon says nothing.
type statusLine struct {
	w        io.Writer
	silent   bool
	terminal bool
	started  time.Time
	shown    time.Time
	width    int // of what stands on the terminal
}

// The waits between two lines where standard error is not a terminal, and before anything is said.
const (
	progressLines = 10 * time.Second
	progressQuiet = 2 * time.Second
)

func (a *app) statusLine(silent bool) statusLine {
	return statusLine{w: inked(a.stderr), silent: silent, terminal: terminal(a.stderr), started: time.Now()}
}

// say writes the line that tell returns, if it is time for one.
func (l *statusLine) say(tell func() string) {
	now := time.Now()
	if l.silent || now.Sub(l.started) < progressQuiet || !l.terminal && now.Sub(l.shown) < progressLines {
		return
	}
	l.shown = now
	line := scenarios.Visible(tell())
	if !l.terminal {
		fmt.Fprintln(l.w, line)
		return
	}
	if file, ok := fileOf(l.w); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && len(line) >= width {
			line = line[:max(0, width-1)] // what goes on in the next row could not be wiped
		}
	}
	fmt.Fprintf(l.w, "\r%s%s", line, strings.Repeat(" ", max(0, l.width-len(line))))
	l.width = len(line)
}

// close wipes the line.
func (l *statusLine) close() {
	if l.width > 0 {
		fmt.Fprintf(l.w, "\r%s\r", strings.Repeat(" ", l.width))
	}
}

// progress tells how far one run is.
type progress struct {
	statusLine
	phases scenarios.Phases
	what   string
	rates  rates // of what is watched
}

func (a *app) progress(s *scenarios.Scenario, clock scenarios.Clock, o runOptions) *progress {
	return &progress{
		statusLine: a.statusLine(o.quiet || o.json), phases: s.Phases, what: fmt.Sprintf("%s, %s clock", s.Name, clock),
	}
}

// tell is a [sim.Progress].
func (p *progress) tell(at time.Duration) {
	p.say(func() string { return fmt.Sprintf("%s: %s", p.what, p.position(at)) })
}

// watch is told snapshots, as tell is told how far the run is.
func (p *progress) watch(s sim.Snapshot) {
	p.rates.add(&s)
	p.say(func() string { return fmt.Sprintf("%s: %s", p.what, doing(&s, p.phases, &p.rates)) })
}

// position is the phase that the plan has at that time, and what is left of it.
func (p *progress) position(at time.Duration) string {
	warmup, disturb := p.phases.Warmup.D(), p.phases.Warmup.D()+p.phases.Disturb.D()
	switch {
	case at < warmup:
		return p.inPhase(history.PhaseWarmup, at)
	case at < disturb:
		return p.inPhase(history.PhaseDisturb, at-warmup)
	}
	return p.inPhase(history.PhaseDrain, at-disturb)
}

// inPhase is a phase that has gone on for so long, and what is left of it.
func (p *progress) inPhase(phase string, gone time.Duration) string {
	left := func(of scenarios.Duration) time.Duration { return max(0, of.D()-gone).Round(time.Second) }
	switch phase {
	case history.PhaseWarmup:
		return fmt.Sprintf("warm-up, %v left, then %v of disturb", left(p.phases.Warmup), p.phases.Disturb)
	case history.PhaseDisturb:
		return fmt.Sprintf("disturb, %v left of %v, then drain", left(p.phases.Disturb), p.phases.Disturb)
	case history.PhaseDrain:
		return fmt.Sprintf("drain, at most %v left", left(p.phases.Drain))
	}
	return phase
}
