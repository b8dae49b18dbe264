package results

import "testing"

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
