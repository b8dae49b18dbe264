package report

import (
	"testing"

	"pindrop/results/measure"
)

func TestPhasedSentence(t *testing.T) {
	for _, c := range []struct {
		before, during, after float64 // 0: absent
		want                  string
	}{
		{0.05, 2, 0.06, "99 % of responses came within 50 ms before a fault, 2 s during a fault and 60 ms after it."},
		{0, 2, 0.06, "99 % of responses came within 2 s during a fault and 60 ms after it."},
		{0.05, 0.06, 0.07, ""}, // much the same
		{0, 2, 0, ""},          // nothing to compare with
	} {
		metrics := map[string]float64{}
		for name, v := range map[string]float64{"before": c.before, "during": c.during, "after": c.after} {
			if v > 0 {
				metrics["latency.response."+name+".p99"] = v
			}
		}
		if got := phasedSentence(metrics); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}

// A run with many faults has a page that one can read.
func TestAroundManyFaults(t *testing.T) {
	r := killDrill()
	for range phasedRowsMax {
		r.Findings.Phased = append(r.Findings.Phased, r.Findings.Phased[0])
	}
	if a := newBoard(r).around(); len(a.Table.Rows) != phasedRowsMax || a.Left != 3 {
		t.Errorf("%d rows and %d left, want %d and 3", len(a.Table.Rows), a.Left, phasedRowsMax)
	}
	r.Findings.Phased, r.Findings.Faults = nil, []measure.Fault{{ID: 1}}
	if a := newBoard(r).around(); a != nil {
		t.Errorf("got %+v without a message", a)
	}
}
