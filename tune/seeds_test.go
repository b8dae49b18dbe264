package tune

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pindrop/results"
)

// lucky is a consumer that needs 100 slots with most seeds and 300 with every fifth.
func lucky() *law {
	w := &law{need: 100, reach: 1000, noise: map[uint64]int{}}
	for seed := uint64(3); seed < 100; seed += 5 {
		w.noise[seed] = 200
	}
	return w
}

// A preset holds where it does with most seeds; a goal that is named where it does with each. Both say so.
func TestSeeds(t *testing.T) {
	for name, c := range map[string]struct {
		goals  []string
		repeat int
		low    int64
		says   string
	}{
		"presets":                  {nil, 24, 99, "At 150 every goal holds with each of 8 seeds, but for calm.handled.rate >= 99% * free.handled.rate with 6, calm.lat"},
		"presets, one seed":        {nil, 1, 99, "every goal holds with each of 1 seed."},
		"a goal with each seed":    {[]string{"calm.handled.rate >= 990"}, 24, 297, "every goal holds with each of 24 seeds."},
		"a goal, no luckless seed": {[]string{"calm.handled.rate >= 990"}, 2, 99, "every goal holds with each of 2 seeds."},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(c.goals...)
			r.Study.Repeat = c.repeat
			w := lucky()
			found, err := Search(context.Background(), r, w.bench)
			if err != nil {
				t.Fatal(err)
			}
			if !near(found.Low.Limit, c.low) {
				t.Errorf("the smallest limit is %d, want %d", found.Low.Limit, c.low)
			}
			if !slices.ContainsFunc(found.Why, func(why string) bool { return strings.Contains(why, c.says) }) {
				t.Errorf("nothing says %q: %q", c.says, found.Why)
			}
			for _, at := range found.Limits {
				for g, held := range at.Held {
					failed := slices.ContainsFunc(at.Failed, func(f results.Failed) bool {
						return f.Goal == g && f.Of == len(at.Calm) && f.Seeds == f.Of-held
					})
					if failed == found.Goals[g].Met(held, len(at.Calm)) {
						t.Errorf("at %d goal %d holds with %d of %d, and failed is %+v", at.Limit, g, held, len(at.Calm), at.Failed)
					}
				}
			}
		})
	}
}

// What the seed of the ladder says is only where to look: here it alone needs much more, or much less, than the others.
func TestLadderSeedIsOdd(t *testing.T) {
	for name, w := range map[string]*law{
		"it needs more": {need: 100, reach: 1000, noise: map[uint64]int{1: 700}},
		"it needs less": {need: 100, reach: 1000, noise: map[uint64]int{1: -90}},
	} {
		r := request()
		r.Study.Repeat = 24
		found, err := Search(context.Background(), r, w.bench)
		if err != nil {
			t.Fatal(err)
		}
		if !near(found.Low.Limit, 99) || !near(found.Knee, 99) {
			t.Errorf("%s: the smallest limit is %d and the knee %d, want 99", name, found.Low.Limit, found.Knee)
		}
	}
}

// A goal that the ladder's seed meets everywhere and another one nowhere is met by no limit, and the nearest that is
// told is of the seed that misses it.
func TestOneSeedMissesEverywhere(t *testing.T) {
	w := law{need: 200, reach: 5000}
	found, err := Search(context.Background(), request("takeover.fault.max <= 2s"), func(ctx context.Context, list []results.Probe) ([]results.Probe, error) {
		done, err := w.bench(ctx, list)
		for i := range done {
			if _, ok := done[i].Metrics["takeover.fault.max"]; ok && done[i].Seed == 2 {
				done[i].Metrics["takeover.fault.max"] = 2.5
			}
		}
		return done, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found.Verdict != results.TuningUnmet || found.Goals[0].Side != sideNever || !strings.Contains(found.Reason, "so 2.5 where <= 2 is wanted") {
		t.Errorf("got %s, side %s: %s", found.Verdict, found.Goals[0].Side, found.Reason)
	}
}

// Runs on another clock say so, and agree where the same seed came to the same on the first.
func TestConfirm(t *testing.T) {
	w := lucky()
	r := request()
	r.Study.Seed, r.Study.Repeat, r.ConfirmOn = 3, 24, "real"
	found, err := Search(context.Background(), r, w.bench)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Confirm) != 2 {
		t.Fatalf("got %+v", found.Confirm)
	}
	for _, c := range found.Confirm { // the seed is luckless: with it 150 fails on either clock
		if c.OK || !c.Agrees || c.Calm[0].Clock != "real" {
			t.Errorf("got %+v", c)
		}
	}
	for _, p := range w.ran {
		if again := p.Clock != ""; again != strings.HasPrefix(p.Key()[strings.LastIndexByte(p.Key(), '\n'):], "\n3real") {
			t.Errorf("clock %q has the key %q", p.Clock, p.Key())
		}
	}
}
