package measure

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pindrop/results/history"
)

// What crosses a way is followed one by one, in order, with faults that make it slower and end again: each arrival lies where
// arrival says, and each departure within what departure says; where no slowing can have held anything up, exactly there.
func TestWayFollowsWhatCrosses(t *testing.T) {
	everHeld := 0
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0))
		w := way{base: random.Int64N(50)}
		type fault struct{ from, to, by int64 }
		var faults []fault
		for range random.IntN(4) {
			from := random.Int64N(5000)
			faults = append(faults, fault{from, from + 1 + random.Int64N(1500), random.Int64N(400)})
		}
		slower := func(at int64) (by int64) {
			for _, f := range faults {
				if f.from < at && at <= f.to {
					by += f.by
				}
			}
			return by
		}
		ambiguous := func(at int64) bool { // something that a slowing held up may arrive now
			return slices.ContainsFunc(faults, func(f fault) bool { return f.from < at && at <= f.to+w.base+1200 })
		}
		floor, exact := int64(0), 0
		for at := int64(1); at < 8000; at++ {
			if random.IntN(20) == 0 {
				arrived := max(at+w.base+slower(at), floor)
				floor = arrived
				if got := w.arrival(at); got != arrived {
					t.Fatalf("seed %d: sent at %d, arrives at %d, want %d: %v, base %d", seed, at, got, arrived, faults, w.base)
				}
				w.leaving(&history.Event{At: at, Kind: history.Ack})
				whole := way{base: w.base, slowings: slices.Clone(w.slowings)} // with all faults, as when it is read again
				whole.stretch()
				for i, f := range faults {
					if f.from >= at {
						whole.slow(int32(i), f.from, f.by)
					}
					if f.to >= at {
						whole.mend(int32(i), f.to)
					}
				}
				left := whole.departure(arrived)
				if at < left.From || at > left.To {
					t.Fatalf("seed %d: sent at %d, arrived at %d, left from %d to %d: %v, base %d", seed, at, arrived, left.From, left.To, faults, w.base)
				}
				if left.From < left.To {
					everHeld++
				} else {
					exact++
				}
				if left.From < left.To && !ambiguous(arrived) {
					t.Fatalf("seed %d: arrived at %d, left from %d to %d, and nothing had held it up: %v", seed, arrived, left.From, left.To, faults)
				}
			}
			for i, f := range faults {
				if f.from == at {
					w.slow(int32(i), at, f.by)
				}
			}
			for i, f := range faults {
				if f.to == at {
					w.mend(int32(i), at)
				}
			}
		}
		if exact == 0 {
			t.Errorf("seed %d: nothing was exact", seed)
		}
		if w.trip(9000) != w.base {
			t.Errorf("seed %d: a trip takes %d in the end, want %d", seed, w.trip(9000), w.base)
		}
	}
	if everHeld == 0 {
		t.Error("nothing was ever held up")
	}
}
