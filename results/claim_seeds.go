package results

import (
	"fmt"
	"slices"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// SeedOutcome is what became of a claim with one seed.
type SeedOutcome struct {
	Seed             uint64
	Outcome, Control Outcome
}

// ClaimNotRun is a claim that was not put to the test, and why.
func ClaimNotRun(c *scenarios.Claim, reason string) *JudgedClaim {
	return &JudgedClaim{Claim: c, Outcome: NotRun, Control: NotRun, Reason: reason}
}

// OverSeeds joins what became of one claim with several seeds; there is at least one. The outcome is theirs where they
// agree, arm by arm, else [Varies]; unknown if one of them is. The numbers are those of the first seed, with the range
// of all.
func OverSeeds(seeds []uint64, judged []*JudgedClaim) *JudgedClaim {
	all := *judged[0]
	all.Numbers = slices.Clone(all.Numbers)
	all.Unknown = nil
	for i := range all.Numbers {
		all.Numbers[i].over(judged, i)
	}
	for i, j := range judged {
		all.Seeds = append(all.Seeds, SeedOutcome{Seed: seeds[i], Outcome: j.Outcome, Control: j.Control})
		for _, why := range j.Unknown {
			if len(judged) > 1 {
				why = fmt.Sprintf("seed %d: %s", seeds[i], why)
			}
			all.Unknown = append(all.Unknown, why)
		}
	}
	all.Outcome = agreed(judged, func(j *JudgedClaim) (Outcome, []measure.Verdict) { return j.Outcome, j.verdicts[0] })
	all.Control = agreed(judged, func(j *JudgedClaim) (Outcome, []measure.Verdict) { return j.Control, j.verdicts[1] })
	all.Alike = alike(judged)
	return &all
}

// over fills in the range of number i of the claims.
func (n *Number) over(judged []*JudgedClaim, i int) {
	n.Seeds, n.Lacking = len(judged), 0
	first := true
	for _, j := range judged {
		of := j.Numbers[i]
		switch {
		case of.Absent:
			n.Lacking++
		case first:
			n.Min, n.Max, first = of.Value, of.Value, false
		default:
			n.Min, n.Max = min(n.Min, of.Value), max(n.Max, of.Value)
		}
	}
}

// agreed is the outcome of all seeds: they agree only if every arm came out alike.
func agreed(judged []*JudgedClaim, of func(*JudgedClaim) (Outcome, []measure.Verdict)) Outcome {
	outcome, verdicts := of(judged[0])
	for _, j := range judged[1:] {
		o, v := of(j)
		switch {
		case o == OutcomeUnknown:
			outcome = OutcomeUnknown
		case outcome != OutcomeUnknown && (o != outcome || !slices.Equal(v, verdicts)):
			outcome = Varies
		}
	}
	return outcome
}

// alike lists the arms of which several seeds gave one history: those seeds prove no more than one of them.
func alike(judged []*JudgedClaim) []string {
	var list []string
	arms := judged[0].Claim.Arms
	for i := range judged[0].digests {
		histories := map[string]bool{}
		for _, j := range judged {
			histories[j.digests[i]] = true
		}
		if len(histories) == len(judged) || histories[""] {
			continue
		}
		of := "arm " + arms[i%len(arms)].Name
		if i >= len(arms) {
			of = "control of " + of
		}
		list = append(list, fmt.Sprintf("%s: %d different histories of %d", of, len(histories), len(judged)))
	}
	return list
}
