package measure

import (
	"fmt"
	"slices"
	"strings"

	"pindrop/results/history"
)

// The bounds of the premise that time was kept, in nanoseconds and as shares of the fault phase. They are far above what a machine
// shows that is busy, and far below what anybody would call a moment.
const (
	// LateMax is how long a part of a run may stand still or run late at once, unless a fault of the scenario asked for that.
	LateMax = int64(1e9)
	// LateShareMax is the share of the fault phase that a part may lose in all by standing still or running late, once that is as long
	// as LateMax. Of lateness below 100 ms only the longest is written down, and counts.
	LateShareMax = 0.5
	// SuspendedMax is how long the machine may sleep in all.
	SuspendedMax = int64(100e6)
	// SteppedMax is by how much the wall clock may be set at once.
	SteppedMax = int64(100e6)
	// PressureMax is the share of the fault phase in which all tasks of the control group may wait for a processor at one time.
	PressureMax = 0.5
)

// busyPressure is the share of the fault phase from which on it is told that somebody waited for a processor.
const busyPressure = 0.5

// PremiseTime is the name of the premise that the parts of the run had the time that they needed.
const PremiseTime = "time was kept"

// timing is what the parts of a run say about time.
type timing struct {
	watched   bool
	late      []lateness // each spell of lateness once
	suspended []clockJump
	stepped   []clockJump
	pressed   []pressed
}

// part is a process of the run; with no name it is pindrop itself.
type part struct {
	worker, server string
	incarnation    int32
}

func (p part) String() string {
	switch {
	case p.worker != "":
		return p.worker
	case p.server != "":
		return "server " + p.server
	}
	return "pindrop"
}

// lateness is a span in which a part owed a sign of life.
type lateness struct {
	part
	Span
	lost int64 // the time in it for which nobody else was to blame
}

// clockJump is what a clock was off after an instant.
type clockJump struct{ at, by int64 }

// pressed is for how long tasks had waited for a processor until an instant.
type pressed struct {
	at         int64
	some, full int64
}

// observe takes in an event about time.
func (t *timing) observe(e *history.Event) {
	switch e.Do {
	case history.TimingWatched:
		t.watched = true
	case history.TimingLate:
		t.meet(lateness{part: part{e.Worker, e.Target, e.Incarnation}, Span: Span{e.Stamp, e.Stamp + e.Delay}})
	case history.TimingSuspended:
		t.suspended = append(t.suspended, clockJump{e.Stamp, e.Delay})
	case history.TimingStepped:
		t.stepped = append(t.stepped, clockJump{e.Stamp, e.Delay})
	case history.TimingPressure:
		t.pressed = append(t.pressed, pressed{e.At, e.Count, int64(e.Sum)})
	}
}

// meet adds a spell of lateness. One that lasts is told again and again, each time longer.
func (t *timing) meet(l lateness) {
	for i := len(t.late) - 1; i >= 0; i-- {
		if o := &t.late[i]; o.part == l.part && o.From == l.From {
			o.To = max(o.To, l.To)
			return
		}
	}
	t.late = append(t.late, l)
}

// lateUnasked is what is left of the lateness that the parts were not made to show: a worker by a freeze, a server by a fault of its
// own. While pindrop itself is late it hears nobody: then a server is not accused, since it is pindrop who asks it.
func (b *books) lateUnasked() []lateness {
	var own []Span
	for _, l := range b.timing.late {
		if l.part == (part{}) {
			own = append(own, l.Span)
		}
	}
	var all []lateness
	for _, l := range b.timing.late {
		left := []Span{l.Span}
		switch {
		case l.worker != "":
			if w, known := b.names[l.worker]; known {
				left = subtract(left, b.workers[w].frozen)
			}
		case l.server != "":
			left = subtract(subtract(left, own), b.brokenServer(l.server))
		}
		if len(left) == 0 {
			continue
		}
		l.Span = Span{left[0].From, left[len(left)-1].To}
		for _, s := range left {
			l.lost += s.length()
		}
		all = append(all, l)
	}
	return all
}

// brokenServer are the times in which a fault kept a server from answering.
func (b *books) brokenServer(name string) []Span {
	var all []Span
	for i := range b.faults {
		f := &b.faults[i]
		if f.Target == name && slices.Contains([]string{doFreezeServer, doKillServer, doRestartServer, doLameDuck, doPowerLoss}, f.Do) {
			all = append(all, f.Span)
		}
	}
	slices.SortFunc(all, func(a, b Span) int { return int(a.From - b.From) })
	return bridge(all, 0)
}

// measureTiming sets what is known of lateness, sleep, steps of the clock, and waiting for a processor.
func (b *books) measureTiming(f *Findings) {
	if !b.timing.watched {
		return
	}
	longest := int64(0)
	for _, l := range b.lateUnasked() {
		longest = max(longest, l.lost)
	}
	f.setTime("late.max", longest)
	slept, step := int64(0), int64(0)
	for _, s := range b.timing.suspended {
		slept += s.by
	}
	for _, s := range b.timing.stepped {
		step = max(step, s.by, -s.by)
	}
	f.setTime("suspended.total", slept)
	f.setTime("clock.step.max", step)
	some, _, ok := b.pressure()
	if !ok {
		return
	}
	f.set("machine.cpu.pressure", some)
	if share, known := f.Metrics["machine.cpu.share"]; known && some >= busyPressure && share < busyShare {
		f.warn("for %.0f %% of the fault phase tasks waited for a processor, though servers, workers and pindrop together used %.0f %% of "+
			"what there is: something else kept the machine busy", 100*some, 100*share)
	}
}

// pressure is the share of the fault phase in which some tasks waited for a processor, and all of them; false if nobody says.
func (b *books) pressure() (some, full float64, ok bool) {
	var first, last *pressed
	for i := range b.timing.pressed {
		p := &b.timing.pressed[i]
		if !b.disturb.holds(p.at) {
			continue
		}
		if first == nil {
			first = p
		}
		last = p
	}
	if first == nil || last.at == first.at {
		return 0, 0, false
	}
	length := float64(last.at - first.at)
	return float64(last.some-first.some) / length, float64(last.full-first.full) / length, true
}

// premiseTime: no part of the run stood still or was starved of time, unless the scenario asked for that, and the clocks went on as
// clocks do. On the virtual clock there is nothing to be late for, and nobody looks.
func (b *books) premiseTime(Asked) (Premise, bool) {
	p := Premise{Name: PremiseTime, Wanted: fmt.Sprintf("no part late by %s at once or for %.0f %% of the fault phase, no sleep, no clock step",
		seconds(LateMax), 100*LateShareMax)}
	wrong := slices.Concat(b.lateParts(), b.clockJumps())
	if _, full, ok := b.pressure(); ok && full >= PressureMax {
		wrong = append(wrong, fmt.Sprintf("all tasks waited for a processor for %.0f %% of the fault phase", 100*full))
	}
	p.OK, p.Got = len(wrong) == 0, strings.Join(wrong, "; ")
	if p.OK {
		longest := lateness{}
		for _, l := range b.lateUnasked() {
			if l.lost > longest.lost {
				longest = l
			}
		}
		p.Got = fmt.Sprintf("%s was late most, by %s", longest.part, seconds(longest.lost))
	}
	return p, b.timing.watched
}

// lateParts says which parts were late beyond the bounds, from when and for how long.
func (b *books) lateParts() []string {
	var order []part
	spells, lost := map[part][]string{}, map[part]int64{}
	for _, l := range b.lateUnasked() {
		p := l.part
		if _, known := lost[p]; !known {
			order, lost[p] = append(order, p), 0
		}
		if l.lost >= LateMax {
			spells[p] = append(spells[p], fmt.Sprintf("from %s on for %s", seconds(l.From), seconds(l.lost)))
		}
		if b.disturb.holds(l.From) {
			lost[p] += l.lost
		}
	}
	var wrong []string
	for _, p := range order {
		switch {
		case len(spells[p]) > 0:
			wrong = append(wrong, fmt.Sprintf("%s stood still %s, and no fault had asked for that", p, strings.Join(spells[p], ", ")))
		case lost[p] >= LateMax && float64(lost[p]) >= LateShareMax*float64(b.disturb.length()):
			wrong = append(wrong, fmt.Sprintf("%s was late for %s of the %s of the fault phase", p, seconds(lost[p]), seconds(b.disturb.length())))
		}
	}
	return wrong
}

// clockJumps says when the machine slept, and when its clock was set, beyond the bounds.
func (b *books) clockJumps() []string {
	var wrong []string
	slept := int64(0)
	for _, s := range b.timing.suspended {
		slept += s.by
	}
	if slept >= SuspendedMax {
		wrong = append(wrong, fmt.Sprintf("the machine slept for %s, from %s on", seconds(slept), seconds(b.timing.suspended[0].at)))
	}
	for _, s := range b.timing.stepped {
		if s.by >= SteppedMax {
			wrong = append(wrong, fmt.Sprintf("the wall clock was set forward by %s at %s", seconds(s.by), seconds(s.at)))
		} else if s.by <= -SteppedMax {
			wrong = append(wrong, fmt.Sprintf("the wall clock was set back by %s at %s", seconds(-s.by), seconds(s.at)))
		}
	}
	return wrong
}
