package results

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/measure"
)

func recordOn(clock, policy string, metrics map[string]float64) *Record {
	return &Record{Clock: clock, Metrics: metrics, Findings: measure.Findings{Policy: policy}}
}

func TestAgreeIsExactlyAsStrictAsItsTolerances(t *testing.T) {
	for _, test := range []struct {
		name, policy, metric string
		values               [2]float64
		within               string
		ok                   bool
	}{
		{"a short span within 50 ms", "pinned_client", "takeover.fault.max", [2]float64{2, 2.05}, withinSpan, true},
		{"a short span beyond 50 ms", "pinned_client", "takeover.fault.max", [2]float64{2, 2.051}, withinSpan, false},
		{"a long span within 2 %", "pinned_client", "overlap.total", [2]float64{9.81, 10}, withinSpan, true},
		{"a long span beyond 2 %", "pinned_client", "overlap.total", [2]float64{9.79, 10}, withinSpan, false},
		{"spans of racing workers", "overflow", "takeover.pull.max", [2]float64{2, 2.04}, withinSpan, true},
		{"equal counts of one active worker", "pinned_client", "redelivery.count", [2]float64{7, 7}, withinExact, true},
		{"one apart with one active worker", "pinned_client", "redelivery.count", [2]float64{1000, 1001}, withinExact, false},
		{"overlaps are counted exactly", "pinned_client", "overlap.count", [2]float64{1, 2}, withinExact, false},
		{"racing counts within 2 %", "overflow", "handled.count", [2]float64{980, 1000}, withinShare, true},
		{"racing counts beyond 2 %", "overflow", "handled.count", [2]float64{979, 1000}, withinShare, false},
		{"no policy is a race too", "", "handled.count", [2]float64{980, 1000}, withinShare, true},
		{"zero twice in a race", "", "lost.count", [2]float64{0, 0}, withinShare, true},
		{"latencies may differ", "pinned_client", "latency.response.p99", [2]float64{0, 9}, "", true},
		{"rates may differ", "pinned_client", "handled.rate", [2]float64{1e6, 9}, "", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := recordOn("virtual", test.policy, map[string]float64{test.metric: test.values[0]})
			b := recordOn("real", test.policy, map[string]float64{test.metric: test.values[1]})
			want := &Agreement{
				Clocks:  [2]string{"virtual", "real"},
				OK:      test.ok,
				Metrics: []Compared{{Metric: test.metric, Values: test.values, Within: test.within, OK: test.ok}},
			}
			if diff := cmp.Diff(want, Agree(a, b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAgreeMissesMetrics(t *testing.T) {
	a := recordOn("virtual", "pinned_client", map[string]float64{"pin.count": 2, "held.max": 4})
	b := recordOn("real", "pinned_client", map[string]float64{"lost.count": 0, "store.odd": 1, "pin.count": 2})
	want := &Agreement{
		Clocks: [2]string{"virtual", "real"},
		OK:     false,
		Metrics: []Compared{
			{Metric: "held.max", Values: [2]float64{4, 0}, Missing: "real", OK: true},
			{Metric: "lost.count", Missing: "virtual", Within: withinExact, OK: false}, // even though both values are 0
			{Metric: "pin.count", Values: [2]float64{2, 2}, Within: withinExact, OK: true},
			{Metric: "store.odd", Values: [2]float64{0, 1}, Missing: "virtual", OK: true},
		},
	}
	if diff := cmp.Diff(want, Agree(a, b)); diff != "" {
		t.Error(diff)
	}
}

// What is not judged is not agreed on: the comparison names it.
func TestUnjudged(t *testing.T) {
	metrics := map[string]float64{
		"busy.mean": 0.1, "cliff.total": 1, "cliffs": 1, "latency.response.p99": 1, "lost.count": 0, "order.inversions": 0, "usage": 1,
	}
	a := Agree(recordOn("virtual", "", metrics), recordOn("real", "", metrics))
	if diff := cmp.Diff([]string{"latency.response", "busy.mean", "order.inversions", "cliff"}, a.Unjudged()); diff != "" {
		t.Error(diff)
	}
	if a.Judged() != 1 {
		t.Errorf("%d metrics are judged, want 1", a.Judged())
	}
}

func TestAgreeOfNothing(t *testing.T) {
	if a := Agree(recordOn("virtual", "", nil), recordOn("real", "", nil)); !a.OK || a.Metrics == nil {
		t.Errorf("two empty records gave %+v", a)
	}
}

// A metric that was renamed would silently no longer be judged.
func TestJudgedMetricsExist(t *testing.T) {
	for unit, names := range map[string][]string{"s": judgedSpans, "count": judgedCounts} {
		for _, name := range names {
			if m, ok := measure.Lookup(name); !ok || m.Unit != unit {
				t.Errorf("%s is judged as a metric in %q; the table has %+v", name, unit, m)
			}
		}
	}
	for _, kind := range unjudged {
		if !slices.ContainsFunc(measure.Table, func(m measure.Metric) bool { return m.Name == kind || strings.HasPrefix(m.Name, kind+".") }) {
			t.Errorf("no metric is of the kind %s", kind)
		}
	}
	for _, m := range measure.Table {
		about := strings.HasPrefix(m.Name, "takeover.") || strings.HasPrefix(m.Name, "overlap.")
		if m.Name == "overlap.same_key" {
			continue // pairs of services of two workers: a millisecond more or less makes a pair
		}
		if about && tolerance(m.Name, false) == "" {
			t.Errorf("%s is not judged; every takeover and overlap must be", m.Name)
		}
	}
}
