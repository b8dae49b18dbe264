package results

import (
	"slices"
	"testing"

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
