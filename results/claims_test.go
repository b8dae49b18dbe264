package results

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// trial is a run with one metric, absent where it is no number, and one setting.
func trial(arm string, handled float64, premises ...measure.Premise) Trial {
	metrics := map[string]float64{}
	if !math.IsNaN(handled) {
		metrics["handled.count"] = handled
	}
	return Trial{
		Arm: arm, Settings: map[string]float64{"ack_wait": 5, "workers.batch": 2},
		Findings: &measure.Findings{Metrics: metrics, Premises: premises},
	}
}

func claim(predicts string, numbers ...string) *scenarios.Claim {
	return &scenarios.Claim{
		ID: "c", Predicts: scenarios.Expectation{Expr: predicts}, Number: numbers, Expected: "holds",
		Arms: []scenarios.Arm{{Name: "a"}, {Name: "b"}},
	}
}

func TestJudgeClaim(t *testing.T) {
	broken := measure.Premise{Name: "drained", Got: "1", Wanted: "0"}
	for _, c := range []struct {
		name, predicts   string
		arms, controls   []Trial
		outcome, control Outcome
		verdict          measure.Verdict
		flipped          bool
		unknown          string
	}{
		{"in every arm", "handled.count > ack_wait", []Trial{trial("a", 6), trial("b", 7)}, []Trial{trial("a", 1), trial("b", 2)},
			Holds, Refuted, measure.Pass, true, ""},
		{"in no arm", "handled.count > ack_wait", []Trial{trial("a", 1), trial("b", 2)}, []Trial{trial("a", 6), trial("b", 7)},
			Refuted, Holds, measure.Fail, true, ""},
		{"in some", "handled.count > ack_wait", []Trial{trial("a", 1), trial("b", 6)}, []Trial{trial("a", 1), trial("b", 1)},
			OnlyIf, Refuted, measure.Fail, true, ""},
		{"in some, and in some controls", "handled.count > ack_wait", []Trial{trial("a", 1), trial("b", 6)}, []Trial{trial("a", 1), trial("b", 6)},
			OnlyIf, OnlyIf, measure.Fail, false, ""},
		{"no flip", "handled.count > ack_wait", []Trial{trial("a", 6), trial("b", 7)}, []Trial{trial("a", 6), trial("b", 7)},
			Holds, Holds, measure.Fail, false, ""},
		{"half a flip", "handled.count > ack_wait", []Trial{trial("a", 6), trial("b", 7)}, []Trial{trial("a", 1), trial("b", 7)},
			Holds, OnlyIf, measure.Fail, false, ""},
		{"over all arms", "a.handled.count < b.handled.count and b.workers.batch == 2", []Trial{trial("a", 1), trial("b", 2)}, []Trial{trial("a", 1), trial("b", 1)},
			Holds, Refuted, measure.Pass, true, ""},
		{"a broken premise", "handled.count > ack_wait", []Trial{trial("a", 6), trial("b", 7, broken)}, []Trial{trial("a", 1), trial("b", 1)},
			OutcomeUnknown, Refuted, measure.Unknown, false, "arm b: broken premise: drained (got 1, wanted 0)"},
		{"a broken premise of a control", "handled.count > ack_wait", []Trial{trial("a", 6)}, []Trial{trial("a", 1, broken)},
			Holds, OutcomeUnknown, measure.Unknown, false, "control of arm a: broken premise: drained (got 1, wanted 0)"},
		{"an absent metric", "lost.count == 0", []Trial{trial("a", 6)}, []Trial{trial("a", 1)},
			OutcomeUnknown, OutcomeUnknown, measure.Unknown, false, "arm a: lost.count is absent"},
	} {
		j, err := JudgeClaim(claim(c.predicts), c.arms, c.controls)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if j.Outcome != c.outcome || j.Control != c.control || j.Verdict() != c.verdict || j.Flipped() != c.flipped {
			t.Errorf("%s: %s, control %s, verdict %s, flipped %v; want %s, %s, %s, %v", c.name,
				j.Outcome, j.Control, j.Verdict(), j.Flipped(), c.outcome, c.control, c.verdict, c.flipped)
		}
		if got := strings.Join(j.Unknown, "\n"); !strings.HasPrefix(got, c.unknown) || c.unknown == "" && got != "" {
			t.Errorf("%s: unknown because of %q, want %q", c.name, got, c.unknown)
		}
	}
}

func TestDecidingNumbers(t *testing.T) {
	arms := []Trial{trial("a", 6), trial("b", 7)}
	j, err := JudgeClaim(claim("handled.count > 5", "handled.count", "b.handled.count", "a.lost.count"), arms, arms)
	if err != nil {
		t.Fatal(err)
	}
	want := []Number{
		{Arm: "a", Metric: "handled.count", Value: 6}, {Arm: "b", Metric: "handled.count", Value: 7},
		{Arm: "b", Metric: "handled.count", Value: 7}, {Arm: "a", Metric: "lost.count", Absent: true},
	}
	if diff := cmp.Diff(want, j.Numbers); diff != "" {
		t.Error(diff)
	}
}

// What is wrong with the words of a claim is found before anything runs.
func TestCheckClaim(t *testing.T) {
	arms := []Trial{{Arm: "a", Settings: map[string]float64{"ack_wait": 5}}, {Arm: "b"}}
	for _, c := range []struct {
		claim *scenarios.Claim
		want  string
	}{
		{claim("a.handled.count > b.handled.count + a.ack_wait", "handled.count", "b.lost.count"), ""},
		{claim("handled.cuont > 5"), `unknown metric or setting "handled.cuont"; nearest: handled.count`},
		{claim("a.handled.cuont > 5"), `nearest: a.handled.count`},
		{claim("handled.count > ack_wait"), `unknown metric or setting "ack_wait"`}, // arm b has none
		{claim("handled.count > 5", "handled.cuont"), `claim c: number: unknown metric "handled.cuont"; nearest: handled.count`},
		{claim("handled.count > 5", "a.handled.cuont"), `claim c: number: unknown metric "handled.cuont" of arm a; nearest: handled.count`},
	} {
		err := CheckClaim(c.claim, arms, arms)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, %v: %v, want %q", c.claim.Predicts.Expr, c.claim.Number, err, c.want)
		}
	}
}

// A claim may speak of how far two clocks are apart: by the same tolerances as anywhere else.
func TestClocksApart(t *testing.T) {
	measured := func(takeover, redelivered, p99 float64) *measure.Findings {
		return &measure.Findings{Policy: "pinned_client", Metrics: map[string]float64{
			"takeover.fault.max": takeover, "redelivery.count": redelivered, "latency.queue.p99": p99,
		}}
	}
	c := claim("clocks.apart == 0", "clocks.apart", "clocks.span.max", "clocks.judged", "takeover.fault.max")
	c.Arms = c.Arms[:1]
	for _, on := range []struct {
		real    *measure.Findings
		outcome Outcome
		numbers [4]float64
	}{
		{measured(2.03, 7, 9), Holds, [4]float64{0, 0.03, 2, 2}},
		{measured(2.06, 7, 1), Refuted, [4]float64{1, 0.06, 2, 2}},
		{measured(2.06, 8, 1), Refuted, [4]float64{2, 0.06, 2, 2}},
	} {
		both := []Trial{{Arm: "a", Findings: measured(2, 7, 1), Real: on.real}}
		j, err := JudgeClaim(c, both, both)
		if err != nil {
			t.Fatal(err)
		}
		if j.Outcome != on.outcome {
			t.Errorf("%v: %s, want %s", on.real.Metrics, j.Outcome, on.outcome)
		}
		for i, n := range j.Numbers {
			if math.Abs(n.Value-on.numbers[i]) > 1e-9 {
				t.Errorf("%v: %s is %v, want %v", on.real.Metrics, n.Metric, n.Value, on.numbers[i])
			}
		}
	}
	virtual := []Trial{{Arm: "a", Findings: measured(2, 7, 1)}}
	if j, err := JudgeClaim(c, virtual, virtual); err != nil || j.Outcome != OutcomeUnknown {
		t.Errorf("on one clock: %s, %v, want unknown", j.Outcome, err)
	}
}
