package results

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/measure"
	"pindrop/results/safety"
)

// Known losses are added up, and are nothing that was found.
func TestLossesAreCounted(t *testing.T) {
	known := func(n int, ref string) Probe {
		return Probe{
			Verdict: measure.Pass, Loss: &measure.Loss{Messages: n, Known: true, Refs: []string{ref}},
			Laws: []safety.Judgement{{Law: safety.WriteLost, Outcome: safety.Known, Count: n}},
		}
	}
	e := Exploration{}
	e.Count([]Probe{known(5, "b"), {Verdict: measure.Pass}, known(7, "a"), known(1, "b"), {Loss: &measure.Loss{Messages: 9}}}, nil)
	if l := e.Losses; l.Runs != 3 || l.Messages != 13 || !slices.Equal(l.Refs, []string{"a", "b"}) {
		t.Errorf("losses %+v, want 13 messages in 3 runs, by a and b", l)
	}
	if c := e.Laws[0]; c.Law != safety.WriteLost || c.Known != 3 || c.Broken+c.Held+c.Open != 0 {
		t.Errorf("%+v, want 3 known", c)
	}
	if v := e.Verdict(); v != measure.Pass {
		t.Errorf("the verdict is %s", v)
	}
}

// Runs are counted for each assertion, each under the worst of what it saw, with the seeds that violated it.
func TestExplorationCountsAssertions(t *testing.T) {
	probe := func(seed uint64, said ...safety.Asserted) Probe {
		return Probe{Seed: seed, Laws: []safety.Judgement{{Law: safety.ServerAssertion, Outcome: safety.Held, Assertions: said}}}
	}
	e := Exploration{}
	e.Count([]Probe{
		probe(1, safety.Asserted{Message: "b", Kind: "always", Held: 9}, safety.Asserted{Message: "s", Kind: "sometimes", Unmet: 3}),
		probe(2, safety.Asserted{Message: "b", Kind: "always", Held: 9, Broken: 1, Known: 5}),
		probe(3, safety.Asserted{Message: "b", Kind: "always", Known: 2, Disk: 1}, safety.Asserted{Message: "a", Kind: "unreachable", Disk: 4}),
	}, nil)
	want := []AssertionCount{
		{Message: "a", Kind: "unreachable", Runs: 1, Calls: 4, Expected: 1, Seeds: []uint64{3}},
		{Message: "b", Kind: "always", Runs: 3, Held: 2, Calls: 9, Broken: 1, Known: 1, Seeds: []uint64{2, 3}},
		{Message: "s", Kind: "sometimes", Runs: 1},
	}
	if diff := cmp.Diff(want, e.Assertions); diff != "" {
		t.Error(diff)
	}
}
