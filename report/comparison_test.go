package report

import (
	"bytes"
	"maps"
	"strconv"
	"testing"

	"pindrop/results"
	"pindrop/results/measure"
)

// drills are n kill drills as one side of a comparison; the takeover takes so many seconds longer.
func drills(name string, n int, longer float64) results.Group {
	g := results.Group{Name: name}
	for i := range n {
		r := killDrill()
		r.Seed = uint64(i + 1)
		r.Metrics = maps.Clone(r.Metrics)
		r.Metrics["takeover.fault.max"] += longer + 0.01*float64(i)
		r.Metrics["latency.response.p99"] += 0.1 * float64((i*5)%7)
		if longer > 0 {
			r.YAML, r.Versions.NATSServer = "name: kill-mid-batch\nconsumer:\n  ack_wait: 12s\n", "2.16.0"
		}
		g.Add(r, strconv.Itoa(i))
	}
	g.Latencies, g.Middle = killDrill().Findings.Latencies, 3
	return g
}

func comparisons() map[string]*results.Comparison {
	few := results.Compare(drills("results/base", 2, 0), drills("results/new", 2, 0.5), results.CompareOptions{Slack: 0.01})
	bad := drills(attack, 6, 1)
	bad.Add(hostile(), attack)
	for _, s := range []*string{&bad.Scenario, &bad.Command, &bad.YAML, &bad.Clock, &bad.Engine, &bad.Server, &bad.Versions.Go, &bad.Machine.OS} {
		*s = attack
	}
	for _, l := range bad.Latencies {
		l.Name = attack
	}
	bad.Failed[attack] = 3
	base := drills(attack, 6, 0)
	base.Failed[attack] = 0
	attacked := results.Compare(base, bad, results.CompareOptions{})
	attacked.Warnings = []string{attack}
	return map[string]*results.Comparison{
		"compare":     results.Compare(drills("results/base", 6, 0), drills("results/new", 6, 0.5), results.CompareOptions{Slack: 0.01}),
		"compare-few": few, "compare-hostile": attacked,
	}
}

func TestCompareTextGolden(t *testing.T) {
	for name, c := range comparisons() {
		var b bytes.Buffer
		if err := CompareText(&b, c, TextOptions{Width: 100, Files: []File{{"page", "compare.html"}}}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", b.Bytes())
		if bytes.ContainsAny(b.Bytes(), "\x1b\u202e\x00") {
			t.Errorf("%s: characters that steer a terminal", name)
		}
	}
}

// The page of a run against a baseline tells the change in the tiles, dashes the percentiles before, and has a section.
func TestPageAgainstBaseline(t *testing.T) {
	var b bytes.Buffer
	r := inCompany()
	c := results.Compare(drills("results/base", 6, 0), results.GroupOf(r, "results/new"), results.CompareOptions{Slack: 0.01})
	if err := HTMLAgainst(&b, r, c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="baseline"`, `class="note change">~ against 1.94 s (1.91 s to 1.96 s) before, ~ noise`, "response, baseline, seed 3", "7 runs"} {
		if !bytes.Contains(b.Bytes(), []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A comparison of nothing still makes a page and a text.
func TestCompareNothing(t *testing.T) {
	c := results.Compare(results.Group{}, results.Group{}, results.CompareOptions{})
	if c.Verdict != measure.Unknown {
		t.Errorf("verdict %s", c.Verdict)
	}
	var b bytes.Buffer
	if err := CompareHTML(&b, c); err != nil {
		t.Fatal(err)
	}
	if err := CompareText(&b, c, TextOptions{}); err != nil {
		t.Fatal(err)
	}
}
