package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results"
	"pindrop/scenarios"
)

// docs/claims.md is what the claims measure today: every verdict is the expected one, and flips with the mechanism
// removed.
func TestClaimsAreAsDocumented(t *testing.T) {
	const file = "../../docs/claims.md"
	var out, trouble bytes.Buffer
	if code := pindrop([]string{"claims", "--markdown"}, &out, &trouble); code != 0 {
		t.Fatalf("exit code %d\n%s", code, trouble.String())
	}
	if *rewrite {
		if err := os.WriteFile(file, out.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), out.String()); diff != "" {
		t.Fatalf("docs/claims.md is not what was measured; run this test with -rewrite and look at the difference:\n%s", diff)
	}
}

// Runs that are equal are one run: arms that a control makes alike, and an arm that changes nothing.
func TestEqualExperimentsAreOne(t *testing.T) {
	claims, runs, err := prepareClaims([]string{"small-batches"})
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != len(claims[0].arms) {
		t.Errorf("%d runs for %d arms, of which the control makes each one like the last", len(runs), len(claims[0].arms))
	}
	for i, c := range claims[0].controls {
		if last := claims[0].arms[len(claims[0].arms)-1]; c.run != last.run {
			t.Errorf("control %d is a run of its own", i)
		}
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
	})
	want := []string{
		"claim x: expected holds, measured refuted",
		"claim x: the verdict is holds, and holds with the mechanism removed: it does not flip",
		"claim x is unknown: arm a: no",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
