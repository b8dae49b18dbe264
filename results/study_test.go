package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/measure"
	"pindrop/results/safety"
)

// Of probes that only were not drained a reader sees the rates; judgements leave them out.
func TestShownOf(t *testing.T) {
	metrics := map[string]float64{"handled.rate": 20, "latency.response.p99": 9}
	undrained := Probe{Broken: []string{"drained"}, Undrained: true, Metrics: metrics}
	cut := Probe{Broken: []string{"cut"}, Metrics: metrics}
	whole := Probe{Metrics: map[string]float64{"handled.rate": 100}}
	for _, c := range []struct {
		name, metric string
		probes       []Probe
		shown        float64
		judged       bool
	}{
		{"not drained", "handled.rate", []Probe{undrained, cut}, 20, false},
		{"not drained, no rate", "latency.response.p99", []Probe{undrained}, 0, false},
		{"cut", "handled.rate", []Probe{cut}, 0, false},
		{"one that counts", "handled.rate", []Probe{undrained, whole}, 100, true},
	} {
		shown, ok := ShownOf(c.probes, c.metric)
		if shown.Median != c.shown || ok != (c.shown > 0) {
			t.Errorf("%s: %v is shown", c.name, shown)
		}
		if _, ok := SpreadOf(c.probes, c.metric); ok != c.judged {
			t.Errorf("%s: judged: %v", c.name, ok)
		}
	}
}

// A law or an expectation that could not be judged in a run says in which, and why.
func TestExplorationSaysWhyNotJudged(t *testing.T) {
	law := safety.Laws[0].Name
	var e Exploration
	e.Count([]Probe{
		{Seed: 1, Verdict: measure.Pass, Laws: []safety.Judgement{{Law: law, Outcome: safety.Held}}},
		{Seed: 2, Verdict: measure.Unknown, Reason: "cannot be judged: x", Laws: []safety.Judgement{{Law: law, Outcome: safety.Open, Text: "nobody looked"}}},
		{Seed: 3, Verdict: measure.Unknown, Broken: []string{"drained (got 1)"}, Laws: []safety.Judgement{{Law: law, Outcome: safety.Held}}},
	}, []string{"x > 0"})
	want := LawCount{Law: "x > 0", Held: 1, Open: 2, Why: []Unjudged{{2, "cannot be judged: x"}, {3, "broken premise: drained (got 1)"}}}
	if diff := cmp.Diff(want, e.Expect[0]); diff != "" {
		t.Error(diff)
	}
	want = LawCount{Law: law, Held: 2, Open: 1, Why: []Unjudged{{2, "nobody looked"}}}
	if diff := cmp.Diff(want, e.Laws[0]); diff != "" {
		t.Error(diff)
	}
}
