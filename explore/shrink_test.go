package explore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pindrop/explore"
	"pindrop/scenarios"
)

// scene is a case of faults that hit w0, w1, …, a second apart.
func scene(count int) explore.Case {
	c := explore.Case{Disturb: scenarios.Duration(time.Minute), Rates: []scenarios.Rate{20}, Backlogs: []int{0}}
	for i := range count {
		at := scenarios.Duration(time.Duration(i)*time.Second + 137*time.Millisecond)
		c.Faults = append(c.Faults, scenarios.Fault{
			At: &at, Do: scenarios.Menu{scenarios.DoKill}, Target: "w" + string(rune('a'+i)), For: scenarios.Duration(9700 * time.Millisecond),
		})
	}
	return c
}

// names are the targets of a case's faults.
func names(c *explore.Case) string {
	var all []string
	for i := range c.Faults {
		all = append(all, c.Faults[i].Target)
	}
	return strings.Join(all, " ")
}

// fake breaks where all of the culprits are there.
func fake(runs *int, culprits ...string) explore.Run {
	return func(_ context.Context, cases []explore.Case) ([]bool, error) {
		broken := make([]bool, len(cases))
		for i := range cases {
			*runs++
			broken[i] = true
			for _, name := range culprits {
				broken[i] = broken[i] && slices.Contains(strings.Fields(names(&cases[i])), name)
			}
		}
		return broken, nil
	}
}

// Whatever set of faults breaks something, it is found, and nothing else is left; it takes no more runs than are allowed.
func TestShrinkFindsTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const faults, most = 12, 200
		c := scene(faults)
		culprits := rapid.SliceOfNDistinct(rapid.SampledFrom(strings.Fields(names(&c))), 0, 3, rapid.ID[string]).Draw(t, "culprits")
		runs := 0
		s, err := explore.Shrink(context.Background(), c, most, fake(&runs, culprits...))
		slices.Sort(culprits)
		if got, want := names(&s.Case), strings.Join(culprits, " "); err != nil || got != want {
			t.Fatalf("left are %q, want %q (%v)", got, want, err)
		}
		if runs != s.Runs || runs > most || !s.Complete {
			t.Fatalf("%d runs, of which it knows %d; complete: %v", runs, s.Runs, s.Complete)
		}
		if s.Rates[0] != 1 {
			t.Fatalf("the rate is %s, and one message a second is enough", s.Rates[0])
		}
		for i := range s.Faults {
			if f := &s.Faults[i]; *f.At%scenarios.Duration(time.Second) != 0 || f.For != scenarios.Duration(time.Second) {
				t.Fatalf("a fault at %s for %s; whole seconds and one of them are enough", f.At, f.For)
			}
		}
	})
}

// What cannot be made smaller stays, and runs that are over end it.
func TestShrinkEnds(t *testing.T) {
	c, runs := scene(8), 0
	never := func(_ context.Context, cases []explore.Case) ([]bool, error) {
		runs += len(cases)
		return make([]bool, len(cases)), nil
	}
	s, err := explore.Shrink(context.Background(), c, 500, never)
	if err != nil || names(&s.Case) != names(&c) || !s.Complete || runs > 100 {
		t.Errorf("left is %s after %d runs: %v", names(&s.Case), runs, err)
	}
	runs = 0
	if s, err = explore.Shrink(context.Background(), c, 5, never); err != nil || runs != 5 || s.Complete {
		t.Errorf("%d runs, want 5; complete: %v, %v", runs, s.Complete, err)
	}
	failing := func(context.Context, []explore.Case) ([]bool, error) { return nil, errors.New("it failed") }
	if s, err = explore.Shrink(context.Background(), c, 5, failing); err == nil || names(&s.Case) != names(&c) {
		t.Errorf("left is %s, %v; want the case and the error", names(&s.Case), err)
	}
}
