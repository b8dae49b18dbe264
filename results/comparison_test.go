package results

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pindrop/results/measure"
)

// groupOf is runs that differ in one metric; everything else is the same in all.
func groupOf(t *testing.T, metric string, values ...float64) Group {
	t.Helper()
	g := Group{}
	for i, v := range values {
		r := New(input(t))
		r.Seed, r.Verdict = uint64(i+1), measure.Pass
		r.Complete, r.Premises = true, nil
		r.Metrics = map[string]float64{"lost.count": 0, "handled.rate": 100, metric: v}
		r.Expect = []Judged{{Expr: "lost.count == 0", Verdict: measure.Pass}}
		g.Add(r, "run")
	}
	return g
}

// rising are n values from v on, step apart.
func rising(n int, v, step float64) []float64 {
	var out []float64
	for i := range n {
		out = append(out, v+step*float64(i))
	}
	return out
}

func TestCompare(t *testing.T) {
	const takeover = "takeover.fault.max"
	for _, test := range []struct {
		name      string
		metric    string
		base, new []float64
		verdict   measure.Verdict
		outcome   string
		reason    string
	}{
		{"the same in every run", takeover, rising(1, 2, 0), rising(1, 2, 0), measure.Pass, ChangeSame, "no judged metric is worse"},
		{"longer takeovers", takeover, rising(6, 2, .01), rising(6, 3, .01), measure.Fail, ChangeWorse, "takeover.fault.max is worse"},
		{"shorter takeovers", takeover, rising(6, 3, .01), rising(6, 2, .01), measure.Pass, ChangeBetter, ""},
		{"a lower rate", "handled.rate", rising(6, 100, .1), rising(6, 90, .1), measure.Fail, ChangeWorse, "handled.rate is worse"},
		{"a higher rate", "handled.rate", rising(6, 90, .1), rising(6, 100, .1), measure.Pass, ChangeBetter, ""},
		{"the same spread", takeover, rising(6, 2, .1), rising(6, 2.05, .1), measure.Pass, ChangeNoise, ""},
		{"sure and within the slack", takeover, rising(6, 2, .0001), rising(6, 2.001, .0001), measure.Pass, ChangeSame, ""},
		{"too few runs", takeover, rising(3, 2, .01), rising(3, 3, .01), measure.Unknown, ChangeUntold, "the runs cannot tell about takeover.fault.max: 4 of each"},
		{"one run each", takeover, rising(1, 2, 0), rising(1, 3, 0), measure.Unknown, ChangeUntold, "4 of each side could"},
		{"neither way is better", "pin.count", rising(6, 2, 0), rising(6, 2, 0), measure.Pass, ChangeSame, ""},
		{"not judged", "gap.max", rising(6, 2, .01), rising(6, 3, .01), measure.Pass, ChangeWorse, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Compare(groupOf(t, test.metric, test.base...), groupOf(t, test.metric, test.new...), CompareOptions{Slack: 0.01})
			i := slices.IndexFunc(c.Changes, func(ch Change) bool { return ch.Metric == test.metric })
			if got := c.Changes[i].Outcome; got != test.outcome {
				t.Errorf("outcome %s (p %v), want %s", got, c.Changes[i].PHolm, test.outcome)
			}
			if c.Verdict != test.verdict || !strings.Contains(c.Reason, test.reason) {
				t.Errorf("%s: %s; want %s: %s", c.Verdict, c.Reason, test.verdict, test.reason)
			}
		})
	}
}

// Eight metrics that differ need more runs than one: with four runs each, one can be proven and eight cannot.
func TestManyMetricsNeedMoreRuns(t *testing.T) {
	if one, eight := Needed(0.05, 1), Needed(0.05, 8); one != 4 || eight != 6 {
		t.Errorf("one metric needs %d runs, eight %d; want 4 and 6", one, eight)
	}
	base, today := groupOf(t, "gap.total", rising(4, 1, .01)...), groupOf(t, "gap.total", rising(4, 2, .01)...)
	for i := range 4 {
		for j, name := range JudgedMetrics {
			base.Runs[i].Metrics[name], today.Runs[i].Metrics[name] = float64(j+i), float64(j+i)+.5
		}
		base.Runs[i].Metrics["gap.total"], today.Runs[i].Metrics["gap.total"] = 1+float64(i)/100, 2+float64(i)/100
	}
	if c := Compare(base, today, CompareOptions{}); c.Verdict != measure.Unknown {
		t.Errorf("all metrics: %s, %s", c.Verdict, c.Reason)
	}
	if c := Compare(base, today, CompareOptions{Metrics: []string{"gap.total"}}); c.Verdict != measure.Fail {
		t.Errorf("one metric: %s, %s", c.Verdict, c.Reason)
	}
}

func TestHolm(t *testing.T) {
	base, today := groupOf(t, "gap.total", rising(6, 1, .01)...), groupOf(t, "gap.total", rising(6, 2, .01)...)
	for i := range 6 {
		base.Runs[i].Metrics["redelivery.count"], today.Runs[i].Metrics["redelivery.count"] = float64(i), float64(i)+2
	}
	c := Compare(base, today, CompareOptions{})
	got := map[string]float64{}
	for _, ch := range c.Changes {
		if ch.P < 1 {
			got[ch.Metric] = ch.PHolm / ch.P
		}
	}
	if want := map[string]float64{"gap.total": 2, "redelivery.count": 1}; !maps.Equal(got, want) {
		t.Errorf("p was multiplied by %v, want %v", got, want)
	}
}

func TestCompareOneSided(t *testing.T) {
	base, today := groupOf(t, "gap.total", rising(6, 1, 0)...), groupOf(t, "gap.total", rising(6, 1, 0)...)
	for i := range base.Runs {
		base.Runs[i].Metrics["takeover.fault.max"] = 2
	}
	c := Compare(base, today, CompareOptions{})
	if c.Verdict != measure.Unknown || !strings.Contains(c.Reason, "takeover.fault.max") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
}

func TestCompareExpectationsAndPremises(t *testing.T) {
	base, today := groupOf(t, "gap.total", rising(6, 1, 0)...), groupOf(t, "gap.total", rising(6, 1, 0)...)
	today.Failed = map[string]int{"lost.count == 0": 1}
	if c := Compare(base, today, CompareOptions{}); c.Verdict != measure.Fail || c.Reason != "lost.count == 0 held before and fails in 1 of 6 runs" {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	base.Failed = map[string]int{"lost.count == 0": 1}
	if c := Compare(base, today, CompareOptions{}); c.Verdict != measure.Pass {
		t.Errorf("it failed before too: %s: %s", c.Verdict, c.Reason)
	}
	today.Runs[2].Broken, today.Runs[2].Metrics = []string{"drained"}, map[string]float64{"gap.total": 50}
	c := Compare(base, today, CompareOptions{})
	if c.Verdict != measure.Unknown || !strings.Contains(c.Reason, "1 of 6 new runs") {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
	for _, ch := range c.Changes {
		if ch.Metric == "gap.total" && len(ch.New) != 5 {
			t.Errorf("the run with a broken premise counts: %v", ch.New)
		}
	}
}

// A metric that was asked for and applies nowhere is no pass.
func TestCompareNothingToJudge(t *testing.T) {
	side := groupOf(t, "gap.total", rising(6, 1, 0)...)
	if c := Compare(side, side, CompareOptions{Metrics: []string{"overlap.max"}}); c.Verdict != measure.Unknown ||
		c.Reason != "overlap.max applies to no run of either side" {
		t.Errorf("%s: %s", c.Verdict, c.Reason)
	}
}

func TestSettingDifferences(t *testing.T) {
	got := settingDifferences("a: 1\nb:\n  ack_wait: 10s\n  old: 1\n", "a: 1\nb:\n  ack_wait: 20s\n  new: 2\n")
	want := []Difference{{"setting ack_wait", "10s", "20s"}, {"setting old", "1", ""}, {"setting new", "", "2"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
