package sim

import (
	"time"

	"pindrop/results/history"
)

// reading is what the clocks of the machine say at one instant, in nanoseconds. Only differences have a meaning.
type reading struct {
	mono int64 // the time of the run: it stands still while the machine sleeps
	boot int64 // the same, but it goes on; 0: the system has no such clock
	wall int64 // what people, and the server's time stamps, go by; somebody may set it
}

// timingFloor is the least lateness, sleep or step that is written down in any case. Below it, only the longest so far is.
const timingFloor = int64(100 * time.Millisecond)

// stepFloor is how far two clocks may drift apart between two ticks and nobody is told: they are not read at one instant.
const stepFloor = int64(10 * time.Millisecond)

// lateness follows one part of a run that owes a sign of life every tick. The zero value has seen none.
type lateness struct {
	from, told int64 // of the newest that was told: since when, and how long
	longest    int64
}

// see reports whether a sign of life that was due at from, and is late by late now, is to be told. One that has come is, if it is
// the longest so far, or long; one that is still missing is if it is long, and then again each time that the wait has doubled.
func (l *lateness) see(from, late int64, came bool) bool {
	told := int64(0)
	if from == l.from {
		told = l.told
	}
	switch {
	case came && late > told && (late >= timingFloor || late > l.longest):
	case !came && late >= timingFloor && late >= 2*told:
	default:
		return false
	}
	l.from, l.told, l.longest = from, late, max(l.longest, late)
	return true
}

// clocks compares readings of the clocks. The zero value has seen none.
type clocks struct {
	last  reading
	begun bool
}

// see is what happened to the clocks since the reading before.
func (c *clocks) see(now reading) []history.Event {
	last, begun := c.last, c.begun
	c.last, c.begun = now, true
	if !begun {
		return nil
	}
	var all []history.Event
	ran, slept := now.mono-last.mono, int64(0)
	if now.boot != 0 && last.boot != 0 {
		slept = now.boot - last.boot - ran
	}
	if slept >= stepFloor {
		all = append(all, history.Event{Kind: history.Timing, Do: history.TimingSuspended, Stamp: last.mono, Delay: slept})
	} else {
		slept = 0
	}
	if step := now.wall - last.wall - ran - slept; step >= stepFloor || step <= -stepFloor {
		all = append(all, history.Event{Kind: history.Timing, Do: history.TimingStepped, Stamp: last.mono, Delay: step})
	}
	return all
}

// readingsMax is how often the clocks are read again where they were not all read at about one instant.
const readingsMax = 5

// readClocks reads the clocks of the machine, the first one since origin; false if something came between each time.
func readClocks(origin time.Time) (reading, bool) {
	const slack = time.Millisecond
	for range readingsMax {
		before, boot, after := time.Now(), bootTime(), time.Now()
		ran := after.Sub(before)
		apart := after.Round(0).Sub(before.Round(0)) - ran // Round takes the monotonic reading away
		if ran < slack && apart < slack && apart > -slack {
			return reading{int64(before.Sub(origin)), boot, before.UnixNano()}, true
		}
	}
	return reading{}, false
}

// tickEvery is how often a process of a run ticks; with very many of them less often, since each tick costs a wake-up.
func tickEvery(processes int) time.Duration {
	return max(50*time.Millisecond, time.Duration(processes)*tickPer)
}

const tickPer = 250 * time.Microsecond

// tick ticks in the process of a worker until stop is closed, and shows it to pindrop; now is the time since the run's origin.
func (s *shared) tick(every time.Duration, now func() int64, stop <-chan struct{}) {
	var seen lateness
	timer := time.NewTimer(every)
	defer timer.Stop()
	s.ticked.Store(now())
	for {
		select {
		case <-timer.C:
		case <-stop:
			return
		}
		at, due := now(), s.ticked.Load()+int64(every)
		if seen.see(due, at-due, true) {
			s.due.Store(due)
			s.late.Store(at - due)
			s.lates.Add(1)
		}
		s.ticked.Store(at)
		timer.Reset(every)
	}
}
