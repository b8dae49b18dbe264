package report

import (
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// tile is one of the numbers that are read first.
type tile struct {
	Label   string
	Value   string
	Note    string
	Metric  string // "" where it does not apply; its definition is linked
	Change  string // against the baseline, "" where there is none
	Spread  string // over the repeats, "" where there are none
	Expect  string // the expectation on it, "" where there is none
	Verdict measure.Verdict
}

// tileMetrics are those of the tiles, in their order.
var tileMetrics = []string{"takeover.fault.max", "overlap.total", "cliff.stall.total", "redelivery.count", "latency.response.p99", "handled.rate"}

// tiles are always the same six for one policy, so that two reports can be held side by side. Without pins or levels nobody
// takes over from anybody: how long nobody worked, and no publish was acknowledged, stands there instead.
func tiles(r *results.Record) []tile {
	out := policyTiles(r)
	if !r.Findings.HandsOver() {
		out[0] = newTile(r, "longest gap", "gap.max", "new messages waited and nobody worked")
		out[1] = newTile(r, "publishing failed", "publish.outage.max", "no publish was acknowledged, longest")
	}
	return out
}

func policyTiles(r *results.Record) []tile {
	out := []tile{
		newTile(r, "longest takeover", "takeover.fault.max", "from the fault to the first work of another"),
		newTile(r, "overlap", "overlap.total", ""),
		newTile(r, "stalled at the limit", "cliff.stall.total", "no new delivery at max_ack_pending"),
		newTile(r, "redelivered", "redelivery.count", "deliveries after the first"),
		newTile(r, "response p99", "latency.response.p99", "from due to acked"),
		newTile(r, "handled", "handled.rate", "messages ended ok per second"),
	}
	out[1].Note = "no two pins at work at once"
	if several(&r.Findings) {
		out[1].Note = "no two pins of one consumer at work at once"
	}
	if v, ok := r.Metrics["overlap.max"]; ok && v > 0 {
		out[1].Note = "in all; longest " + metric("overlap.max", v)
	} else if _, ok := r.Metrics["overlap.total"]; !ok {
		out[1].Note = notApplied
	}
	return out
}

const notApplied = "does not apply to this run"

func newTile(r *results.Record, label, name, note string) tile {
	t := tile{Label: label, Value: "–", Note: notApplied}
	if v, ok := r.Metrics[name]; ok {
		t.Value, t.Note, t.Metric = metric(name, v), note, name
	}
	t.Spread = spreadNote(r, name)
	family := strings.TrimSuffix(name, ".total")
	for _, e := range r.Expect {
		if mentions(e.Expr, name) || (family != name && mentions(e.Expr, family+".max")) {
			t.Expect, t.Verdict = e.Expr, e.Verdict
			break
		}
	}
	return t
}

// mentions says whether the expression speaks of the metric, by its whole name.
func mentions(expr, name string) bool {
	words := strings.FieldsFunc(expr, func(c rune) bool {
		return !(c == '.' || c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	})
	return slices.Contains(words, name)
}
