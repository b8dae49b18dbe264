package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// Runs that are equal are one run: arms that a control makes alike, and an arm that changes nothing.
func TestEqualExperimentsAreOne(t *testing.T) {
	claims, runs, err := prepareClaims([]string{"formula"}, claimsOptions{clock: scenarios.ClockVirtual, seed: 1, seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	arms, controls := claims[0].seeds[0].arms, claims[0].seeds[0].controls
	shared := 0
	for _, c := range controls {
		for _, a := range arms {
			if c.run == a.run {
				shared++
			}
		}
	}
	if want := len(arms) + len(controls) - shared; shared == 0 || len(runs) != want {
		t.Errorf("%d runs, want %d for %d arms and %d controls of which %d are like an arm", len(runs), want, len(arms), len(controls), shared)
	}
}

// What is wrong with a verdict is told for each claim.
func TestClaimTrouble(t *testing.T) {
	claim := &scenarios.Claim{ID: "x", Expected: "holds"}
	got := claimTrouble([]*results.JudgedClaim{
		{Claim: claim, Outcome: results.Holds, Control: results.Refuted},
		{Claim: claim, Outcome: results.Refuted, Control: results.Holds},
		{Claim: claim, Outcome: results.Holds, Control: results.Holds},
		{Claim: claim, Outcome: results.OutcomeUnknown, Control: results.Holds, Unknown: []string{"arm a: no"}},
	}, false)
	want := []string{
		"claim x: expected holds, measured refuted",
		"claim x: the verdict is holds, and holds with the mechanism removed: it does not flip",
		"claim x is unknown: arm a: no",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Of an interrupted table, claims whose runs all came to their end are judged; what was never to be run does not count.
func TestInterruptedClaims(t *testing.T) {
	claim := &scenarios.Claim{
		ID: "x", Expected: "holds", Predicts: scenarios.Expectation{Expr: "pin.count > 1"}, Arms: []scenarios.Arm{{Name: "a"}},
	}
	run := func(pins float64) []armRun {
		x := &experiment{scenario: &scenarios.Scenario{}}
		if pins > 0 {
			x.findings = &measure.Findings{Metrics: map[string]float64{"pin.count": pins}}
		}
		return []armRun{{arm: "a", run: x}}
	}
	jobs := []*claimJob{
		{claim: claim, seeds: []claimSeed{{seed: 1, arms: run(2), controls: run(1)}}, command: "again"},
		{claim: claim, seeds: []claimSeed{{seed: 1, arms: run(2), controls: run(0)}}},
		{claim: claim, notRun: "no cluster"},
	}
	var judged []*results.JudgedClaim
	for i, want := range []results.Outcome{results.Holds, results.NotRun, results.NotRun} {
		j, err := jobs[i].judge()
		if err != nil {
			t.Fatal(err)
		}
		if j.Outcome != want || j.Command != jobs[i].command {
			t.Errorf("claim %d: %s, %q; want %s, %q", i, j.Outcome, j.Command, want, jobs[i].command)
		}
		judged = append(judged, j)
	}
	if got, want := interruptedClaims(jobs, judged).Error(), "interrupted: 1 of 2 claims were judged"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if all, named := worstClaim(judged, false), worstClaim(judged, true); all != measure.Pass || named != measure.Unknown {
		t.Errorf("together %s, named %s; want pass, unknown", all, named)
	}
}

// Which claims run on which clock.
func TestClaimClocks(t *testing.T) {
	const virtual, real, both = scenarios.ClockVirtual, scenarios.ClockReal, scenarios.ClockBoth
	for _, c := range []struct {
		own, asked scenarios.Clock
		named      bool
		want       []scenarios.Clock
	}{
		{virtual, virtual, false, []scenarios.Clock{virtual}},
		{virtual, both, false, []scenarios.Clock{virtual}},
		{virtual, real, false, nil},
		{virtual, real, true, []scenarios.Clock{real}},
		{real, virtual, true, nil},
		{real, real, false, []scenarios.Clock{real}},
		{real, both, false, []scenarios.Clock{real}},
		{both, virtual, true, nil},
		{both, real, false, []scenarios.Clock{virtual, real}},
		{both, both, false, []scenarios.Clock{virtual, real}},
	} {
		got, why := claimClocks(&scenarios.Scenario{Clock: c.own}, c.asked, c.named)
		if !slices.Equal(got, c.want) || (why == "") != (len(got) > 0) {
			t.Errorf("a claim for %s with --clock %s, named %v: %v (%s), want %v", c.own, c.asked, c.named, got, why, c.want)
		}
	}
}
