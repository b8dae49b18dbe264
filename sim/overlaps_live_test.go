package sim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pindrop/results/history"
)

// A worker that is frozen between its look at the clock and its record writes the record when it thaws. Until then it looks
// as if it were still in service; what is sure does not say so, and in the end both are right.
func TestRecordOfAFrozenWorkerComesLate(t *testing.T) {
	const s = int64(time.Second)
	event := func(at int64, actor string, kind history.Kind, gen uint32) *history.Event {
		return &history.Event{At: at, Actor: actor, Kind: kind, Gen: gen}
	}
	var l liveOverlaps
	l.see(event(1*s, "w1", history.Begin, 1))
	l.see(&history.Event{At: 10 * s, Actor: history.Nemesis, Kind: history.Fault, Fault: 1, Do: "freeze", Target: "w1"})
	l.see(event(12*s, "w2", history.Begin, 2))
	l.pass(20*time.Second, false)
	if got := time.Duration(l.now.total); got != 8*time.Second-followLag {
		t.Errorf("%v of overlap are shown while nobody knows better", got)
	}
	if len(l.sure.pairs) > 0 || l.sure.total > 0 {
		t.Errorf("%d overlaps are sure while a worker is frozen", len(l.sure.pairs))
	}
	l.see(&history.Event{At: 20 * s, Actor: history.Nemesis, Kind: history.Heal, Fault: 1, Target: "w1"})
	l.see(event(10*s-1, "w1", history.End, 1))
	l.see(event(20*s+1, "w1", history.Begin, 1))
	l.see(event(20*s+1+s/2, "w1", history.End, 1))
	for _, at := range []time.Duration{21 * time.Second, 22 * time.Second, 23 * time.Second} {
		l.pass(at, false)
		if l.now.total != s/2 || len(l.now.pairs) != 1 {
			t.Errorf("%v: %v in %d overlaps are shown, want 500ms in 1", at, time.Duration(l.now.total), len(l.now.pairs))
		}
	}
	if l.sure.total != s/2 {
		t.Errorf("%v are sure at last, want 500ms", time.Duration(l.sure.total))
	}
}

// Whoever is killed while frozen writes nothing any more, and a restart ends a freeze as well: what is sure goes on.
func TestFreezeEndsWithTheWorker(t *testing.T) {
	for _, end := range []*history.Event{
		{At: 20, Actor: history.Nemesis, Kind: history.Fault, Fault: 2, Do: "kill", Target: "w1"},
		{At: 20, Actor: history.Host, Kind: history.Stop, Worker: "w1"},
		{At: 20, Actor: history.Nemesis, Kind: history.Heal, Fault: 1},
	} {
		var l liveOverlaps
		l.see(&history.Event{At: 10, Actor: history.Nemesis, Kind: history.Fault, Fault: 1, Do: "freeze", Target: "w1"})
		l.pass(time.Hour, false)
		if l.sure.at > 10 {
			t.Errorf("%s: sure until %d while the freeze lasts", end.Kind, l.sure.at)
		}
		l.see(end)
		l.pass(time.Hour, false)
		if want := int64(time.Hour - overlapsSure); l.sure.at != want {
			t.Errorf("%s: sure until %d, want %d", end.Kind, l.sure.at, want)
		}
	}
}

// Whatever comes late by less than the time after which all is sure changes nothing of what is sure, which is at every look
// what the events in order say, and never goes back; nor does it change the end.
func TestLateEventsChangeNothingThatIsSure(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		type arrival struct {
			event history.Event
			at    time.Duration
		}
		var arrivals []arrival
		for _, w := range []string{"w1", "w2", "w3"} {
			for at := time.Duration(0); at < 20*time.Second; {
				gen := uint32(1 + at/(2*time.Second))
				for _, kind := range []history.Kind{history.Begin, history.End} {
					at += time.Duration(1 + random.Int64N(int64(time.Second)))
					late := time.Duration(random.Int64N(int64(followLag)))
					if random.IntN(10) == 0 {
						late = time.Duration(random.Int64N(int64(overlapsSure)))
					}
					arrivals = append(arrivals, arrival{history.Event{At: int64(at), Actor: w, Kind: kind, Gen: gen}, at + late})
				}
			}
		}
		slices.SortStableFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.event.At, b.event.At) })
		var inOrder []history.Event
		for _, a := range arrivals {
			inOrder = append(inOrder, a.event)
		}
		slices.SortStableFunc(arrivals, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
		var l liveOverlaps
		corrected, at := 0, time.Duration(0)
		for len(arrivals) > 0 {
			at += 250 * time.Millisecond
			for len(arrivals) > 0 && arrivals[0].at < at {
				l.see(&arrivals[0].event)
				arrivals = arrivals[1:]
			}
			if l.late {
				corrected++
			}
			before := l.sure.total
			l.pass(at, false)
			want := overlapsOf(inOrder, int64(at-overlapsSure))
			if l.sure.total != want.total || len(l.sure.pairs) != len(want.pairs) || l.sure.total < before {
				t.Fatalf("seed %d at %v: %d ns in %d overlaps are sure, want %d in %d", seed, at, l.sure.total, len(l.sure.pairs), want.total, len(want.pairs))
			}
		}
		l.pass(at, true)
		want := overlapsOf(inOrder, int64(at))
		for name, got := range map[string]*overlaps{"shown": &l.now, "sure": &l.sure} {
			if got.total != want.total || len(got.pairs) != len(want.pairs) {
				t.Errorf("seed %d: %d ns in %d overlaps are %s in the end, want %d in %d", seed, got.total, len(got.pairs), name, want.total, len(want.pairs))
			}
		}
		if corrected == 0 || want.total == 0 {
			t.Errorf("seed %d: %d corrections, %d ns of overlap: nothing is tried", seed, corrected, want.total)
		}
	}
}
