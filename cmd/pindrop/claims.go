package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// claimsOptions are the flags of pindrop claims.
type claimsOptions struct {
	serverFlags
	clock          scenarios.Clock
	seed           uint64
	seeds          int
	issues         bool
	json, markdown bool
}

func claimsCommand(a *app) *cobra.Command {
	o := claimsOptions{}
	c := &cobra.Command{
		Use:   "claims [ID...]",
		Short: "The truth table: put what people believe about these consumers to the test",
		Long: `Runs the scenarios of claims, each in all its arms, and again with the mechanism removed, where the verdict has to
flip. A claim holds, is refuted, or holds only if something else is the case. Without an ID it runs them all. Nothing is
left on disk.

A claim runs on the clock that its scenario asks for. With --clock virtual, the default, those for the real clock are
listed as not run; --clock real runs those alone, and claims for the virtual clock if they are named; --clock both runs
each on its own. With --server or --context the runs on the real clock are on servers that are there, one after the
other; claims that break servers are listed as not run. Claims that ask for what cannot be run yet are listed as not run, with the reason.

With --seeds N each claim is judged with N seeds one after the other. The number is that of the first seed, with the
least and the greatest of all behind it; a claim about which seeds disagree varies, and does not pass unless that is
what it says.

Exit code: 0 all verdicts as measured before, 1 one differs, varies or did not flip, 2 one is unknown, or was named and
not run; of several the worst counts: 1 before 2 before 0. 64 bad input, 70 internal error, 74 I/O, 130 interrupted: then
the claims that were judged until then are printed.`,
		Example: `  pindrop claims
  pindrop claims exclusive max-deliver --seeds 10
  pindrop claims --issues
  pindrop claims --clock real
  pindrop claims update-subsecond --clock real --context staging
  pindrop claims --json | jq '.[] | select(.verdict == "refuted") | .statement'`,
		RunE: func(c *cobra.Command, args []string) error { return a.claims(c.Context(), args, o) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar((*string)(&o.clock), "clock", string(scenarios.ClockVirtual), "virtual, real or both: which claims are run")
	f.Uint64Var(&o.seed, "seed", 1, "the first seed")
	o.serverFlags.register(f)
	f.IntVar(&o.seeds, "seeds", 1, "seeds with which each claim is judged")
	f.BoolVar(&o.issues, "issues", false, "only the claims that reproduce an issue")
	f.BoolVar(&o.json, "json", false, "print an array of claims, and nothing else, on standard output")
	f.BoolVar(&o.markdown, "markdown", false, "print the document docs/claims.md")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
	return c
}

// claims puts claims to the test and prints what came of it.
func (a *app) claims(ctx context.Context, ids []string, o claimsOptions) error {
	claims, runs, err := prepareClaims(ids, o)
	if err != nil {
		return err
	}
	runErr := a.runAll(ctx, runs)
	interrupted := errors.Is(runErr, context.Canceled)
	if runErr != nil && !interrupted {
		return runErr
	}
	var judged []*results.JudgedClaim
	for _, c := range claims {
		j, err := c.judge()
		if err != nil {
			return &exit{exitInternal, err}
		}
		judged = append(judged, j)
	}
	if err := a.showClaims(judged, o); err != nil {
		return printed(err)
	}
	if interrupted {
		return &exit{exitInterrupted, interruptedClaims(claims, judged)}
	}
	if code := results.ExitCode(worstClaim(judged, len(ids) > 0)); code != 0 {
		return &exit{code, errors.New(strings.Join(claimTrouble(judged, len(ids) > 0), "\n"))}
	}
	return nil
}

// interruptedClaims says how far the claims got.
func interruptedClaims(claims []*claimJob, judged []*results.JudgedClaim) error {
	done, all := 0, 0
	for i, c := range claims {
		if c.notRun != "" {
			continue
		}
		all++
		if judged[i].Outcome != results.NotRun {
			done++
		}
	}
	return fmt.Errorf("interrupted: %d of %d claims were judged", done, all)
}

// worstClaim is the verdict of all claims together. What was not run counts only where it was named.
func worstClaim(judged []*results.JudgedClaim, named bool) measure.Verdict {
	worst := measure.Pass
	for _, j := range judged {
		if named || j.Outcome != results.NotRun {
			worst = worse(worst, j.Verdict())
		}
	}
	return worst
}

func (a *app) showClaims(judged []*results.JudgedClaim, o claimsOptions) error {
	switch {
	case o.json:
		return writeJSON(a.stdout, report.ClaimRows(judged))
	case o.markdown:
		return report.ClaimsMarkdown(a.stdout, judged)
	}
	return report.Claims(a.stdout, judged, a.textOptions(nil))
}

// claimTrouble says why verdicts are not as they should be.
func claimTrouble(judged []*results.JudgedClaim, named bool) []string {
	var lines []string
	for _, j := range judged {
		id := j.Claim.ID
		if j.Outcome == results.NotRun && named {
			lines = append(lines, fmt.Sprintf("claim %s was not run: %s", id, j.Reason))
		}
		for _, why := range j.Unknown {
			lines = append(lines, fmt.Sprintf("claim %s is unknown: %s", id, why))
		}
		if j.Verdict() != measure.Fail {
			continue
		}
		if j.Outcome == results.Varies || j.Control == results.Varies {
			lines = append(lines, fmt.Sprintf("claim %s: seeds disagree: %s", id, bySeed(j.Seeds)))
		}
		if !j.AsExpected() {
			lines = append(lines, fmt.Sprintf("claim %s: expected %s, measured %s", id, j.Claim.Expected, j.Outcome))
		}
		if !j.Flipped() {
			lines = append(lines, fmt.Sprintf("claim %s: the verdict is %s, and %s with the mechanism removed: it does not flip",
				id, j.Outcome, j.Control))
		}
	}
	return lines
}

// bySeed lists what became of a claim with each seed.
func bySeed(seeds []results.SeedOutcome) string {
	var list []string
	for _, s := range seeds {
		list = append(list, fmt.Sprintf("seed %d: %s, control %s", s.Seed, s.Outcome, s.Control))
	}
	return strings.Join(list, "; ")
}
