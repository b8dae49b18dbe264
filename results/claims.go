package results

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// Outcome is what became of a claim.
type Outcome string

// The outcomes of a claim.
const (
	Holds          Outcome = "holds"   // the prediction is true in every arm
	Refuted        Outcome = "refuted" // in none
	OnlyIf         Outcome = scenarios.OutcomeOnlyIf
	Varies         Outcome = scenarios.OutcomeVaries
	OutcomeUnknown Outcome = "unknown" // a run was no valid experiment, or a metric is absent
	NotRun         Outcome = "not run"
)

// Trial is one run of a claim's scenario: an arm, or an arm with the control on top.
type Trial struct {
	Arm      string
	Settings map[string]float64 // as for [NewVocabulary]
	Findings *measure.Findings  // nil before the run
	Digest   string             // of the history
	Real     *measure.Findings  // of the same plan on the real clock, where the claim compares the clocks; else nil
}

// Number is one deciding number of a claim.
type Number struct {
	Arm    string
	Metric string
	Value  float64
	Absent bool // the metric does not apply; Value is 0
	// Filled in by [OverSeeds]: how many seeds there were, how many with which the metric does not apply, and the range
	// over the others.
	Seeds, Lacking int
	Min, Max       float64
}

// JudgedClaim is a claim and what became of it.
type JudgedClaim struct {
	Claim   *scenarios.Claim
	Outcome Outcome
	Control Outcome // the same with the mechanism removed
	Numbers []Number
	Unknown []string // why an outcome is unknown
	Reason  string   // why it was not run; else ""
	Command string   // repeats it, or runs what was not run; for whoever knows how it is run to fill in
	Seeds   []SeedOutcome
	Alike   []string // arms, and controls, of which seeds gave equal histories

	verdicts [2][]measure.Verdict // of the prediction, in arms and controls
	digests  []string             // of the histories of arms and controls, in their order
}

// Flipped reports whether the control came out the other way: only then was the mechanism what decided. Of a claim that
// holds in some arms, or with some seeds, the control must make all alike.
func (j *JudgedClaim) Flipped() bool {
	switch j.Outcome {
	case Holds:
		return j.Control == Refuted
	case Refuted:
		return j.Control == Holds
	case OnlyIf, Varies:
		return j.Control == Holds || j.Control == Refuted
	}
	return false
}

// AsExpected reports whether the outcome is the one that the claim's scenario expects.
func (j *JudgedClaim) AsExpected() bool { return string(j.Outcome) == j.Claim.Expected }

// Verdict is unknown where an outcome is, and where nothing was run; pass where the outcome is the expected one and the
// control flipped it; else fail. Of a claim that varies with the seed, one seed shows only one side.
func (j *JudgedClaim) Verdict() measure.Verdict {
	switch {
	case j.Outcome == NotRun || j.Outcome == OutcomeUnknown || j.Control == OutcomeUnknown:
		return measure.Unknown
	case j.Claim.Expected == string(Varies) && len(j.Seeds) == 1 && (j.Control == Holds || j.Control == Refuted):
		return measure.Pass
	case j.AsExpected() && j.Flipped():
		return measure.Pass
	}
	return measure.Fail
}

// CheckClaim finds what is wrong with the words of a claim before anything runs: unknown metrics, settings and arms. Of
// the trials only arms and settings are used.
func CheckClaim(c *scenarios.Claim, arms, controls []Trial) error {
	var mistakes []error
	_, err := predictions(c, arms)
	if err == nil { // else the controls make the same mistake
		_, err = predictions(c, controls)
	}
	mistakes = append(mistakes, err)
	for _, number := range c.Number {
		_, _, err := decider(c, number)
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

// JudgeClaim judges a claim by the runs of its arms and of its controls. It errs where [CheckClaim] does.
func JudgeClaim(c *scenarios.Claim, arms, controls []Trial) (*JudgedClaim, error) {
	j := &JudgedClaim{Claim: c}
	for i, side := range []struct {
		what   string
		trials []Trial
		of     *Outcome
	}{{"arm", arms, &j.Outcome}, {"control of arm", controls, &j.Control}} {
		var err error
		if j.verdicts[i], err = j.judge(side.what, side.trials); err != nil {
			return nil, err
		}
		*side.of = together(j.verdicts[i])
		for _, t := range side.trials {
			j.digests = append(j.digests, t.Digest)
		}
	}
	for _, number := range c.Number {
		arm, metric, err := decider(c, number)
		if err != nil {
			return nil, err
		}
		for _, t := range arms {
			if arm == "" || arm == t.Arm {
				v, ok := t.metrics()[metric]
				j.Numbers = append(j.Numbers, Number{Arm: t.Arm, Metric: metric, Value: v, Absent: !ok})
			}
		}
	}
	return j, nil
}

// judge judges the prediction over all arms, or all controls.
func (j *JudgedClaim) judge(what string, trials []Trial) ([]measure.Verdict, error) {
	predicted, err := predictions(j.Claim, trials)
	if err != nil {
		return nil, err
	}
	var verdicts []measure.Verdict
	for _, t := range trials {
		for _, f := range []*measure.Findings{t.Findings, t.Real} {
			if f == nil {
				continue
			}
			if broken := brokenPremises(f.Premises); len(broken) > 0 {
				j.Unknown = append(j.Unknown, fmt.Sprintf("%s %s: broken premise: %s", what, t.Arm, strings.Join(broken, "; ")))
				verdicts = append(verdicts, measure.Unknown)
			}
		}
	}
	for _, p := range predicted {
		judged := p.expect.Judge(p.metrics)
		if judged.Verdict == measure.Unknown {
			j.Unknown = append(j.Unknown, fmt.Sprintf("%s %s: %s", what, p.of, judged.Why))
		}
		verdicts = append(verdicts, judged.Verdict)
	}
	return verdicts, nil
}

// together is the outcome of several judgements: unknown if one is.
func together(verdicts []measure.Verdict) Outcome {
	yes, no := slices.Contains(verdicts, measure.Pass), slices.Contains(verdicts, measure.Fail)
	switch {
	case slices.Contains(verdicts, measure.Unknown):
		return OutcomeUnknown
	case yes && no:
		return OnlyIf
	case yes:
		return Holds
	}
	return Refuted
}
