package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/scenarios"
)

// claimJob is a claim with the runs that decide it.
type claimJob struct {
	claim   *scenarios.Claim
	command string // repeats it, or runs what is not run
	notRun  string // why it is not run; then there are no seeds
	seeds   []claimSeed
}

// claimSeed are the runs of a claim with one seed.
type claimSeed struct {
	seed           uint64
	arms, controls []armRun
}

// armRun is the run of an arm or its control, and the same on the real clock where the claim compares the clocks.
// Several may share one experiment.
type armRun struct {
	arm       string
	run, real *experiment
}

// prepareClaims loads and checks claims, all of them without ids, and lists the runs that they need.
func prepareClaims(ids []string, o claimsOptions) ([]*claimJob, []*experiment, error) {
	clocks := []string{string(scenarios.ClockVirtual), string(scenarios.ClockReal), string(scenarios.ClockBoth)}
	switch {
	case o.seeds < 1:
		return nil, nil, &exit{exitUsage, fmt.Errorf("--seeds %d: expected 1 or more", o.seeds)}
	case o.seeds > repeatsMax:
		return nil, nil, &exit{exitUsage, fewEnough("--seeds", o.seeds, repeatsMax)}
	case !slices.Contains(clocks, string(o.clock)):
		return nil, nil, &exit{exitUsage, fmt.Errorf("--clock %s: expected virtual, real or both; nearest: %s", o.clock,
			scenarios.Nearest(string(o.clock), clocks))}
	}
	if err := o.used(o.clock, "use --clock real"); err != nil {
		return nil, nil, &exit{exitUsage, err}
	}
	at, err := o.target()
	if err != nil {
		return nil, nil, &exit{exitUsage, err}
	}
	if o.issues && len(ids) > 0 {
		return nil, nil, &exit{exitUsage, errors.New("--issues chooses the claims itself: leave out the ids")}
	}
	known := scenarios.Claims()
	named := len(ids) > 0
	if !named {
		ids = known
	}
	var claims []*claimJob
	var mistakes []error
	runs := &experiments{at: at}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			mistakes = append(mistakes, fmt.Errorf("there is no claim %q; nearest: %s", id, scenarios.Nearest(id, known)))
			continue
		}
		c, err := prepareClaim(id, runs, o, named)
		if c != nil && (!o.issues || c.claim.Issue != "") {
			claims = append(claims, c)
		}
		mistakes = append(mistakes, err)
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, nil, failed(err)
	}
	return claims, runs.list, nil
}

// prepareClaim adds the runs of a claim, unless it is not to be run.
func prepareClaim(id string, runs *experiments, o claimsOptions, named bool) (*claimJob, error) {
	base, err := load(id, nil)
	if err != nil {
		return nil, err
	}
	c := &claimJob{claim: base.Claim}
	if o.issues && c.claim.Issue == "" {
		return c, nil
	}
	clocks, why := claimClocks(base, o.clock, named)
	unsupported, err := cannotRun(id, base.Claim)
	if err == nil && unsupported == "" && slices.Contains(clocks, scenarios.ClockReal) {
		unsupported, err = cannotRunAt(id, base.Claim, runs.at)
	}
	if err != nil {
		return nil, err
	}
	c.command = claimCommand(base, clocks, o)
	if slices.Contains(clocks, scenarios.ClockReal) {
		for _, word := range runs.at.words {
			c.command += " " + quote(word)
		}
	}
	if c.notRun = unsupported; unsupported == "" {
		c.notRun = why
	}
	if c.notRun != "" {
		return c, nil
	}
	for i := range o.seeds {
		s := claimSeed{seed: o.seed + uint64(i)}
		if err := s.prepare(base.Claim, id, runs, clocks); err != nil {
			return nil, err
		}
		c.seeds = append(c.seeds, s)
	}
	first := c.seeds[0]
	return c, results.CheckClaim(c.claim, trials(first.arms), trials(first.controls))
}

// claimClocks are the clocks on which a claim runs, the virtual one first; none, with the reason, where it does not.
func claimClocks(s *scenarios.Scenario, asked scenarios.Clock, named bool) (clocks []scenarios.Clock, notRun string) {
	own, why := s.ResolveClock()
	engine, because := s.Engine(own)
	switch {
	case asked == scenarios.ClockReal && s.BreaksDisks() != "":
		return nil, "it is for the virtual clock"
	case engine == engineGuest && !named && noGuest() != "":
		return nil, fmt.Sprintf("it needs a guest (%s): %s", because, noGuest())
	case own == scenarios.ClockVirtual && asked == scenarios.ClockReal && !named:
		return nil, "it is for the virtual clock"
	case own == scenarios.ClockVirtual && asked == scenarios.ClockReal:
		return []scenarios.Clock{scenarios.ClockReal}, ""
	case own == scenarios.ClockVirtual:
		return []scenarios.Clock{scenarios.ClockVirtual}, ""
	case asked == scenarios.ClockVirtual && own == scenarios.ClockBoth:
		return nil, "it needs the real clock as well"
	case asked == scenarios.ClockVirtual && s.Clock == own:
		return nil, "it is for the real clock"
	case asked == scenarios.ClockVirtual:
		return nil, fmt.Sprintf("it needs the real clock: %s", why)
	case own == scenarios.ClockBoth:
		return []scenarios.Clock{scenarios.ClockVirtual, scenarios.ClockReal}, ""
	}
	return []scenarios.Clock{scenarios.ClockReal}, ""
}

// claimCommand repeats a claim on the same clock with the same seeds, or runs one that was not run on its own clock.
func claimCommand(s *scenarios.Scenario, clocks []scenarios.Clock, o claimsOptions) string {
	command := "pindrop claims " + s.Claim.ID
	own, _ := s.ResolveClock()
	if own != scenarios.ClockVirtual || slices.Contains(clocks, scenarios.ClockReal) {
		command += " --clock real"
	}
	if len(clocks) == 0 {
		return command
	}
	if o.seed != 1 {
		command += fmt.Sprintf(" --seed %d", o.seed)
	}
	if o.seeds != 1 {
		command += fmt.Sprintf(" --seeds %d", o.seeds)
	}
	return command
}

// variant is an arm of a claim, or its control.
type variant struct {
	what, arm string
	sets      []string
}

// variants are the arms of a claim, then their controls.
func variants(c *scenarios.Claim) (arms, controls []variant) {
	for _, arm := range c.Arms {
		arms = append(arms, variant{"arm", arm.Name, arm.Set})
		controls = append(controls, variant{"control of arm", arm.Name, slices.Concat(arm.Set, c.Control.Set)})
	}
	return arms, controls
}

// cannotRun says what the arms and controls of a claim ask for that cannot be run yet; "" where there is nothing.
func cannotRun(id string, c *scenarios.Claim) (string, error) {
	var what []string
	arms, controls := variants(c)
	for _, v := range slices.Concat(arms, controls) {
		s, err := load(id, v.sets)
		if err != nil {
			return "", fmt.Errorf("claim %s, %s %s: %w", id, v.what, v.arm, err)
		}
		var list scenarios.ErrorList
		if errors.As(scenarios.Unsupported(s), &list) {
			for _, e := range list {
				if !slices.Contains(what, e.Msg) {
					what = append(what, e.Msg)
				}
			}
		}
	}
	if len(what) == 0 {
		return "", nil
	}
	return "not supported yet: " + strings.Join(what, ", "), nil
}

// cannotRunAt says why a claim cannot be decided on the servers that the flags name; "" where it can. Only those of
// somebody else are in the way: what pindrop starts is as the claim's scenarios ask.
func cannotRunAt(id string, c *scenarios.Claim, at target) (string, error) {
	arms, controls := variants(c)
	for _, v := range slices.Concat(arms, controls) {
		_, err := load(id, slices.Concat(v.sets, at.onReal()))
		var list scenarios.ErrorList
		if errors.As(err, &list) {
			return "not on these servers: " + list[0].Msg, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}

// prepare adds the runs of a claim with one seed.
func (s *claimSeed) prepare(c *scenarios.Claim, id string, runs *experiments, clocks []scenarios.Clock) error {
	arms, controls := variants(c)
	for _, side := range []struct {
		variants []variant
		runs     *[]armRun
	}{{arms, &s.arms}, {controls, &s.controls}} {
		for _, v := range side.variants {
			a := armRun{arm: v.arm}
			for i, clock := range clocks {
				x, err := runs.add(setup{name: id, sets: v.sets, seed: s.seed, clock: clock})
				if err != nil {
					return fmt.Errorf("claim %s, %s %s: %w", id, v.what, v.arm, err)
				}
				if i == 0 {
					a.run = x
				} else {
					a.real = x
				}
			}
			*side.runs = append(*side.runs, a)
		}
	}
	return nil
}

// judge judges the claim over its seeds. One of which a run was interrupted was not run.
func (c *claimJob) judge() (*results.JudgedClaim, error) {
	j, err := c.overSeeds()
	if err == nil {
		j.Command = c.command
	}
	return j, err
}

func (c *claimJob) overSeeds() (*results.JudgedClaim, error) {
	if c.notRun != "" {
		return results.ClaimNotRun(c.claim, c.notRun), nil
	}
	var seeds []uint64
	var judged []*results.JudgedClaim
	for _, s := range c.seeds {
		if !s.done() {
			return results.ClaimNotRun(c.claim, "interrupted"), nil
		}
		j, err := results.JudgeClaim(c.claim, trials(s.arms), trials(s.controls))
		if err != nil {
			return nil, err
		}
		seeds, judged = append(seeds, s.seed), append(judged, j)
	}
	return results.OverSeeds(seeds, judged), nil
}

// done reports whether every run came to its end.
func (s claimSeed) done() bool {
	return !slices.ContainsFunc(slices.Concat(s.arms, s.controls), func(a armRun) bool {
		return a.run.findings == nil || a.real != nil && a.real.findings == nil
	})
}

func trials(arms []armRun) []results.Trial {
	list := make([]results.Trial, len(arms))
	for i, a := range arms {
		list[i] = results.Trial{
			Arm: a.arm, Settings: results.Settled(a.run.scenario.Settings(), a.run.findings), Findings: a.run.findings,
			Digest: a.run.digest,
		}
		if a.real != nil {
			list[i].Real = a.real.findings
		}
	}
	return list
}
