package main

import (
	"fmt"
	"strings"
	"time"

	"pindrop/scenarios"
)

// progress tells how far a run is: on a terminal in one line that is written over, else in a line now and then. A
// virtual run tells nothing unless it takes long.
type progress struct {
	a        *app
	phases   scenarios.Phases
	what     string
	silent   bool
	terminal bool
	started  time.Time
	shown    time.Time
	width    int // of what stands on the terminal
}

// The waits between two lines where standard error is not a terminal, and before a virtual run says anything.
const (
	progressLines = 10 * time.Second
	progressQuiet = 2 * time.Second
)

func (a *app) progress(s *scenarios.Scenario, clock scenarios.Clock, o runOptions) *progress {
	return &progress{
		a: a, phases: s.Phases, what: fmt.Sprintf("%s, %s clock", s.Name, clock), silent: o.quiet || o.json,
		terminal: terminal(a.stderr), started: time.Now(),
	}
}

// tell is a [sim.Progress].
func (p *progress) tell(at time.Duration) {
	now := time.Now()
	if p.silent || now.Sub(p.started) < progressQuiet || !p.terminal && now.Sub(p.shown) < progressLines {
		return
	}
	p.shown = now
	line := fmt.Sprintf("%s: %s", p.what, p.position(at))
	if !p.terminal {
		fmt.Fprintln(p.a.stderr, line)
		return
	}
	fmt.Fprintf(p.a.stderr, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-len(line))))
	p.width = len(line)
}

// position is the phase and what is left of it.
func (p *progress) position(at time.Duration) string {
	second := func(d time.Duration) time.Duration { return d.Round(time.Second) }
	warmup, disturb := p.phases.Warmup.D(), p.phases.Warmup.D()+p.phases.Disturb.D()
	switch {
	case at < warmup:
		return fmt.Sprintf("warm-up, %v left, then %v of disturb", second(warmup-at), p.phases.Disturb)
	case at < disturb:
		return fmt.Sprintf("disturb, %v left of %v, then drain", second(disturb-at), p.phases.Disturb)
	}
	return fmt.Sprintf("drain, at most %v left", second(max(0, disturb+p.phases.Drain.D()-at)))
}

// close wipes the line.
func (p *progress) close() {
	if p.width > 0 {
		fmt.Fprintf(p.a.stderr, "\r%s\r", strings.Repeat(" ", p.width))
	}
}
