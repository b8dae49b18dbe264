package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// claimsOptions are the flags of pindrop claims.
type claimsOptions struct {
	json, markdown bool
}

func claimsCommand(a *app) *cobra.Command {
	var o claimsOptions
	c := &cobra.Command{
		Use:   "claims [ID...]",
		Short: "The truth table: put what people believe about these consumers to the test",
		Long: `Runs the scenarios of claims on the virtual clock, each in all its arms, and again with the mechanism removed, where
the verdict has to flip. A claim holds, is refuted, or holds only if something else is the case. Without an ID it runs
them all. Nothing is left on disk.

Exit code: 0 all verdicts as measured before, 1 one differs or did not flip, 2 one is unknown; of several the worst
counts: 1 before 2 before 0.`,
		Example: `  pindrop claims
  pindrop claims exclusive max-deliver
  pindrop claims --json | jq '.[] | select(.verdict == "refuted") | .statement'`,
		RunE: func(c *cobra.Command, args []string) error { return a.claims(c.Context(), args, o) },
	}
	c.Flags().SortFlags = false
	c.Flags().BoolVar(&o.json, "json", false, "print an array of claims, and nothing else, on standard output")
	c.Flags().BoolVar(&o.markdown, "markdown", false, "print the document docs/claims.md")
	c.MarkFlagsMutuallyExclusive("json", "markdown")
	return c
}

// claims puts claims to the test and prints what came of it.
func (a *app) claims(ctx context.Context, ids []string, o claimsOptions) error {
	claims, runs, err := prepareClaims(ids)
	if err != nil {
		return err
	}
	if err := a.runAll(ctx, runs); err != nil {
		return err
	}
	worst := measure.Pass
	var judged []*results.JudgedClaim
	for _, c := range claims {
		j, err := results.JudgeClaim(c.claim, trials(c.arms), trials(c.controls))
		if err != nil {
			return &exit{exitInternal, err}
		}
		judged = append(judged, j)
		worst = worse(worst, j.Verdict())
	}
	if err := a.showClaims(judged, o); err != nil {
		return printed(err)
	}
	if code := results.ExitCode(worst); code != 0 {
		return &exit{code, errors.New(strings.Join(claimTrouble(judged), "\n"))}
	}
	return nil
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
func claimTrouble(judged []*results.JudgedClaim) []string {
	var lines []string
	for _, j := range judged {
		for _, why := range j.Unknown {
			lines = append(lines, fmt.Sprintf("claim %s is unknown: %s", j.Claim.ID, why))
		}
		if j.Verdict() != measure.Fail {
			continue
		}
		if !j.AsExpected() {
			lines = append(lines, fmt.Sprintf("claim %s: expected %s, measured %s", j.Claim.ID, j.Claim.Expected, j.Outcome))
		}
		if !j.Flipped() {
			lines = append(lines, fmt.Sprintf("claim %s: the verdict is %s, and %s with the mechanism removed: it does not flip",
				j.Claim.ID, j.Outcome, j.Control))
		}
	}
	return lines
}

// claimJob is a claim with the runs that decide it.
type claimJob struct {
	claim          *scenarios.Claim
	arms, controls []armRun
}

// armRun is the run of an arm or its control. Several may share one experiment.
type armRun struct {
	arm string
	run *experiment
}

func trials(arms []armRun) []results.Trial {
	list := make([]results.Trial, len(arms))
	for i, a := range arms {
		settings := results.Settled(a.run.scenario.Settings(), a.run.findings)
		list[i] = results.Trial{Arm: a.arm, Settings: settings, Findings: a.run.findings}
	}
	return list
}

// prepareClaims loads and checks claims, all of them without ids, and lists the runs that they need.
func prepareClaims(ids []string) ([]*claimJob, []*experiment, error) {
	known := scenarios.Claims()
	if len(ids) == 0 {
		ids = known
	}
	var claims []*claimJob
	var mistakes []error
	runs := &experiments{}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			mistakes = append(mistakes, fmt.Errorf("there is no claim %q; nearest: %s", id, scenarios.Nearest(id, known)))
			continue
		}
		c, err := prepareClaim(id, runs)
		claims, mistakes = append(claims, c), append(mistakes, err)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, nil, failed(err)
	}
	return claims, runs.list, nil
}

func prepareClaim(id string, runs *experiments) (*claimJob, error) {
	base, err := load(id, nil)
	if err != nil {
		return nil, err
	}
	c := &claimJob{claim: base.Claim}
	for _, arm := range base.Claim.Arms {
		run, err := runs.add(id, arm.Set)
		if err != nil {
			return nil, fmt.Errorf("claim %s, arm %s: %w", id, arm.Name, err)
		}
		control, err := runs.add(id, slices.Concat(arm.Set, base.Claim.Control.Set))
		if err != nil {
			return nil, fmt.Errorf("claim %s, control of arm %s: %w", id, arm.Name, err)
		}
		c.arms, c.controls = append(c.arms, armRun{arm.Name, run}), append(c.controls, armRun{arm.Name, control})
	}
	return c, results.CheckClaim(c.claim, trials(c.arms), trials(c.controls))
}
