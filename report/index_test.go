package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pindrop/results/measure"
)

// indexOf is a list of twelve runs, a sweep, and one run whose every text attacks the page.
func indexOf(t *testing.T) []byte {
	t.Helper()
	var all []Indexed
	for i := range 12 {
		r := killDrill()
		r.Metrics["takeover.fault.max"] = 1.9 + 0.02*float64(i%5)
		e := Indexed{Kind: "run", Scenario: r.Scenario, Started: fmt.Sprintf("2026-03-%02dT02:00:00Z", i+1), Clock: r.Clock, Seed: 1,
			Verdict: r.Verdict, Reason: r.Reason, Page: fmt.Sprintf("kill-mid-batch/%d/report.html", i), Metrics: r.Metrics}
		if i == 8 {
			e.Verdict, e.Reason = measure.Fail, "not as expected: takeover.fault.max <= priority_timeout + 100ms"
		}
		if i == 9 {
			e.Verdict, e.Reason, e.Metrics = measure.Unknown, "broken premise: drained", nil
		}
		all = append(all, e)
	}
	all = append(all, Indexed{Kind: "sweep", Scenario: "far", Started: "2026-03-05T02:00:00Z", Clock: "virtual", Seed: 1, Page: "far/1/report.html"},
		Indexed{Kind: "run", Scenario: attack, Started: attack, Clock: attack, Verdict: attack, Reason: attack, Page: "a/report.html",
			Metrics: map[string]float64{attack: 1, "lost.count": 0}})
	var b bytes.Buffer
	if err := IndexHTML(&b, "results", all, []string{attack}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestIndexGolden(t *testing.T) {
	page := indexOf(t)
	golden(t, "index.html", shared.ReplaceAll(page, nil))
	for _, bad := range []string{"<script>window", "<img", "\x1b", "\u202e"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if a, b := strings.Index(string(page), "2026-03-12"), strings.Index(string(page), "2026-03-01"); a < 0 || b < a {
		t.Error("the newest run does not stand before the oldest")
	}
}

func TestIndexOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := IndexHTML(&b, "results", nil, nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "There is none yet.") {
		t.Error("an empty list must say so")
	}
}
