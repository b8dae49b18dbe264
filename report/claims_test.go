package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"pindrop/results"
	"pindrop/scenarios"
)

// judgedClaims are one claim of each outcome.
func judgedClaims() []*results.JudgedClaim {
	arms := []scenarios.Arm{{Name: "long"}, {Name: "short", Set: scenarios.Sets{"workers.batch=1", "sample=off"}}}
	claim := func(id, source, statement string, arms []scenarios.Arm) *scenarios.Claim {
		return &scenarios.Claim{
			ID: id, Source: source, Statement: statement, Predicts: scenarios.Expectation{Expr: "overlap.count == 0"},
			Arms: arms, Control: scenarios.Control{Set: scenarios.Sets{"workers.batch=1"}},
		}
	}
	only := claim("app-queue", "A", "Left | right", arms)
	only.OnlyIf, only.Why = "the batch is short", "So it is."
	drill := claim("nats-server-1", "I", "It is fixed", arms[:1])
	drill.Issue = "nats-io/nats-server#1"
	cluster := results.ClaimNotRun(claim("power-loss", "R", "Everything survives", arms[:1]), "not supported yet: server.nodes above 1")
	cluster.Command = "pindrop claims power-loss --clock real"
	seeds := make([]results.SeedOutcome, 3)
	return []*results.JudgedClaim{
		cluster,
		{Claim: drill, Outcome: results.Holds, Control: results.Refuted, Command: "pindrop claims nats-server-1 --seeds 3", Seeds: seeds,
			Alike: []string{"arm long: 2 different histories of 3"},
			Numbers: []results.Number{
				{Arm: "long", Metric: "overlap.max", Value: 2, Seeds: 3, Min: 1, Max: 4},
				{Arm: "long", Metric: "takeover.fault.max", Value: 2, Seeds: 3, Lacking: 1, Min: 2, Max: 2},
				{Arm: "long", Metric: "takeover.fault.p50", Absent: true, Seeds: 3, Lacking: 3},
				{Arm: "long", Metric: "gap.max", Value: 2.0001, Seeds: 3, Min: 2, Max: 2.0002},
				{Arm: "long", Metric: "clocks.span.max", Value: 0.003, Seeds: 3, Min: 0.003, Max: 0.003},
			}},
		{Claim: claim("exclusive", "E", "Pinning guarantees exclusive processing", arms[:1]),
			Outcome: results.Refuted, Control: results.Holds, Command: "pindrop claims exclusive",
			Numbers: []results.Number{{Arm: "long", Metric: "overlap.total", Value: 34.8}, {Arm: "long", Metric: "overlap.count", Value: 7}}},
		{Claim: only, Outcome: results.OnlyIf, Control: results.Holds,
			Numbers: []results.Number{
				{Arm: "long", Metric: "overlap.max", Value: 5}, {Arm: "short", Metric: "overlap.max", Absent: true},
				{Arm: "short", Metric: "lost.count", Value: 1234},
			}},
		{Claim: claim("late-ack", "E", "The server fences the acks of a client that has lost the pin", arms[:1]),
			Outcome: results.OutcomeUnknown, Control: results.Holds, Unknown: []string{"arm long: broken premise"}},
	}
}

func TestClaimsGolden(t *testing.T) {
	var table, document bytes.Buffer
	err := errors.Join(Claims(&table, judgedClaims(), TextOptions{Width: 120}), ClaimsMarkdown(&document, judgedClaims()))
	if err != nil {
		t.Fatal(err)
	}
	var rows bytes.Buffer
	encoder := json.NewEncoder(&rows)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(ClaimRows(judgedClaims())); err != nil {
		t.Fatal(err)
	}
	golden(t, "claims.json", rows.Bytes())
	golden(t, "claims.txt", table.Bytes())
	golden(t, "claims.md", document.Bytes())
}

// A writer that fails is reported.
func TestClaimsReportErrors(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	for name, err := range map[string]error{
		"table": Claims(w, judgedClaims(), TextOptions{Width: 100}), "document": ClaimsMarkdown(w, judgedClaims()),
	} {
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v, want the writer's error", name, err)
		}
	}
}
