package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

const ms = int64(time.Millisecond)

// What is told of a part that is late: what lasts long, and the longest so far.
func TestLatenessIsTold(t *testing.T) {
	var l lateness
	for i, c := range []struct {
		from, late int64
		came, told bool
	}{
		{1000, 0, true, false},
		{1050, 3, true, true}, // the longest so far
		{1100, 2, true, false},
		{1150, 3, true, false},
		{1200, 40, false, false}, // it may still come
		{1200, 99, false, false},
		{1200, 100, false, true},
		{1200, 199, false, false},
		{1200, 200, false, true}, // twice as long
		{1200, 390, false, false},
		{1200, 390, true, true}, // that is all
		{1200, 390, true, false},
		{2000, 150, true, true}, // not the longest, but long
		{2200, 99, true, false},
		{2400, 1000, false, true},
	} {
		if told := l.see(c.from*ms, c.late*ms, c.came); told != c.told {
			t.Errorf("%d: late by %d ms since %d ms, came %v: told %v", i, c.late, c.from, c.came, told)
		}
	}
}

// Readings of a machine that sleeps, and of one whose clock is set, with and without a clock that goes on in its sleep.
func TestClocks(t *testing.T) {
	at := func(mono, boot, wall int64) reading { return reading{mono * ms, boot * ms, wall * ms} }
	for _, c := range []struct {
		name string
		seen []reading
		want string // the events: what, since when, by how much
	}{
		{"nothing", []reading{at(0, 7000, 90000), at(50, 7050, 90050), at(3100, 10100, 93100)}, ""},
		{"not read at one instant", []reading{at(0, 7000, 90000), at(50, 7059, 90059), at(100, 7100, 90100)}, ""},
		{"sleep", []reading{at(0, 7000, 90000), at(50, 7050, 90050), at(100, 10100, 93100), at(150, 10150, 93150)}, "suspended 50 3000"},
		{"sleep, and a clock that did not go on", []reading{at(0, 7000, 90000), at(50, 10050, 90050)}, "suspended 0 3000, stepped 0 -3000"},
		{"forward", []reading{at(0, 7000, 90000), at(50, 7050, 90150), at(100, 7100, 90200)}, "stepped 0 100"},
		{"back, and again", []reading{at(0, 7000, 90000), at(50, 7050, 30050), at(100, 7100, 30000)}, "stepped 0 -60000, stepped 50 -100"},
		{"sleep, seen by the wall clock alone", []reading{at(0, 0, 90000), at(50, 0, 93050)}, "stepped 0 3000"},
	} {
		var clocks clocks
		var got []string
		for _, r := range c.seen {
			for _, e := range clocks.see(r) {
				got = append(got, fmt.Sprint(e.Do, " ", e.Stamp/ms, " ", e.Delay/ms))
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %q, want %q", c.name, text, c.want)
		}
	}
}

// The clocks of this machine go on together, whatever they say.
func TestReadClocks(t *testing.T) {
	origin := time.Now()
	var clocks clocks
	for range 100 {
		if r, ok := readClocks(origin); ok {
			for _, e := range clocks.see(r) {
				t.Errorf("%+v", e)
			}
		}
	}
}

// A worker's process shows its ticks, and those that came late.
func TestWorkerTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		origin, stood := time.Now(), time.Duration(0)
		s, stop := newShared(), make(chan struct{})
		go s.tick(50*time.Millisecond, func() int64 { return int64(time.Since(origin) + stood) }, stop)
		time.Sleep(501 * time.Millisecond)
		if at := s.ticked.Load(); at != 500*ms || s.lates.Load() != 0 {
			t.Errorf("after half a second it ticked last at %v, and %d ticks were late", time.Duration(at), s.lates.Load())
		}
		stood = 3 * time.Second
		time.Sleep(100 * time.Millisecond)
		if s.lates.Load() != 1 || s.due.Load() != 550*ms || s.late.Load() != 3000*ms {
			t.Errorf("%d ticks were late, the last by %v at %v; want one, by 3 s at 0.55 s", s.lates.Load(), time.Duration(s.late.Load()), time.Duration(s.due.Load()))
		}
		close(stop)
		synctest.Wait()
	})
}

// More processes tick less often each: together they wake up some thousand times a second at most.
func TestTickEvery(t *testing.T) {
	for processes, want := range map[int]time.Duration{0: 50 * time.Millisecond, 200: 50 * time.Millisecond, 1000: 250 * time.Millisecond} {
		if got := tickEvery(processes); got != want {
			t.Errorf("%d processes tick every %v, want %v", processes, got, want)
		}
	}
}

// timePremise is what a history says about time; "" where that is in order.
func timePremise(t *testing.T, events []history.Event) string {
	t.Helper()
	f := measure.All(events, measure.Asked{})
	i := slices.IndexFunc(f.Premises, func(p measure.Premise) bool { return p.Name == measure.PremiseTime })
	if i < 0 {
		t.Fatal("the premise was not judged")
	}
	if f.Premises[i].OK {
		return ""
	}
	return f.Premises[i].Got
}

// A machine that sleeps, and a clock that is set, in the middle of a run.
func TestClocksOfARun(t *testing.T) {
	for _, c := range []struct {
		name  string
		jumps reading // of the clocks, after some ticks
		want  string
	}{
		{"nothing", reading{}, ""},
		{"sleep", reading{boot: 20_000 * ms, wall: 20_000 * ms}, "the machine slept for 20 s"},
		{"step", reading{wall: -5000 * ms}, "the wall clock was set back by 5 s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dirs(t)
			r := newRun(context.Background(), planOf(t, "publishers: [{rate: 50/s}]\nworkers: [{name: w, host: goroutine}]\nphases: {disturb: 300ms}\n", 1), realClock(Access{}))
			reads := int64(0)
			r.around.read = func() (reading, bool) {
				now := reads * 50 * ms
				if reads++; reads < 4 {
					return reading{now, 1e15 + now, 1e18 + now}, true
				}
				return reading{now, 1e15 + now + c.jumps.boot, 1e18 + now + c.jumps.wall}, true
			}
			if err := r.untilEnd(d, new(pulse)); err != nil {
				t.Fatal(err)
			}
			if got := timePremise(t, readLogs(t, d)); got == "" != (c.want == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// On the virtual clock nobody is late: time waits for everybody, and nobody looks.
func TestNoTimingOnTheVirtualClock(t *testing.T) {
	for _, e := range onVirtual(t, planOf(t, "publishers: [{rate: 50/s}]\nworkers: [{name: w}]\nphases: {disturb: 2s}\n", 1)) {
		if e.Kind == history.Timing {
			t.Fatalf("%+v", e)
		}
	}
}
