package results

import (
	"maps"
	"math"
	"slices"
	"strings"
)

// Agreement compares two records of one plan, metric by metric.
type Agreement struct {
	Clocks  [2]string  `json:"clocks"`
	OK      bool       `json:"ok"` // every judged metric agrees
	Metrics []Compared `json:"metrics"`
}

// Compared is one metric on both clocks.
type Compared struct {
	Metric  string     `json:"metric"`
	Values  [2]float64 `json:"values"`
	Missing string     `json:"missing,omitempty"` // the clock on which the metric is absent; its value is 0
	Within  string     `json:"within"`            // the tolerance: "50 ms or 2 %", "exactly", "" where it is not judged
	OK      bool       `json:"ok"`
}

// The tolerances between two clocks. Real timers fire late, so spans of time get 50 ms and, for long ones, 2 %.
const (
	withinSpan  = "50 ms or 2 %"
	withinShare = "1 or 2 %"
	withinExact = "exactly"

	spanSlack  = 0.050 // seconds
	shareSlack = 0.02
)

// Agree compares a virtual run with a real run of the same plan. Counts must be equal where one worker is active at a
// time (pinned_client); where workers race for messages they may differ by one, or by 2 %. Latencies and rates are listed but not
// judged: on the virtual clock CPU is free, so that they are arithmetic there.
func Agree(onVirtual, onReal *Record) *Agreement {
	racing := onVirtual.Findings.Policy != "pinned_client"
	names := map[string]float64{}
	maps.Copy(names, onVirtual.Metrics)
	maps.Copy(names, onReal.Metrics)
	a := &Agreement{Clocks: [2]string{onVirtual.Clock, onReal.Clock}, OK: true, Metrics: []Compared{}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c := compareMetric(name, tolerance(name, racing), onVirtual, onReal)
		a.Metrics = append(a.Metrics, c)
		a.OK = a.OK && c.OK
	}
	return a
}

func compareMetric(name, within string, onVirtual, onReal *Record) Compared {
	c := Compared{Metric: name, Within: within}
	for i, r := range []*Record{onVirtual, onReal} {
		v, ok := r.Metrics[name]
		c.Values[i] = v
		if !ok {
			c.Missing = r.Clock
		}
	}
	c.OK = within == "" || c.Missing == "" && agrees(c.Values, within)
	return c
}

func agrees(values [2]float64, within string) bool {
	apart := math.Abs(values[0] - values[1])
	share := shareSlack * max(math.Abs(values[0]), math.Abs(values[1]))
	switch within {
	case withinSpan:
		return apart <= max(spanSlack, share)
	case withinShare:
		return apart <= max(1, share)
	}
	return apart == 0
}

// judgedSpans and judgedCounts are the metrics that follow from the plan, and must therefore agree.
var (
	judgedSpans = []string{
		"overlap.frozen", "overlap.max", "overlap.total", "takeover.fault.max", "takeover.fault.p50", "takeover.pull.max",
	}
	judgedCounts = []string{
		"duplicate.concurrent", "duplicate.count", "given_up.count", "handled.count", "lost.count", "overlap.count",
		"overlap.same_message", "pin.count", "redelivery.count", "stored.count",
		"takeover.fault.count", "terminated.count",
	}
)

// unjudged are the kinds of metrics that no tolerance is known for, as they begin, of which a reader of "agree" thinks all
// the same.
var unjudged = []string{"latency.response", "latency.queue", "busy.mean", "order.inversions", "cliff", "gap"}

// Unjudged names the kinds of metrics that the comparison lists and does not judge: the clocks do not agree on them, nor
// disagree.
func (a *Agreement) Unjudged() []string {
	var kinds []string
	for _, kind := range unjudged {
		if slices.ContainsFunc(a.Metrics, func(c Compared) bool {
			return c.Within == "" && (c.Metric == kind || strings.HasPrefix(c.Metric, kind+"."))
		}) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// Judged is how many metrics the comparison judges.
func (a *Agreement) Judged() int {
	n := 0
	for _, c := range a.Metrics {
		if c.Within != "" {
			n++
		}
	}
	return n
}

// tolerance says how far a metric may differ, "" where it is not judged.
func tolerance(metric string, racing bool) string {
	switch {
	case slices.Contains(judgedSpans, metric):
		return withinSpan
	case slices.Contains(judgedCounts, metric) && racing:
		return withinShare
	case slices.Contains(judgedCounts, metric), strings.HasPrefix(metric, "config."):
		return withinExact
	}
	return ""
}
