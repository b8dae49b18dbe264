package results

import (
	"errors"
	"fmt"
	"regexp"
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
	OutcomeUnknown Outcome = "unknown" // a run was no valid experiment, or a metric is absent
)

// Trial is one run of a claim's scenario: an arm, or an arm with the control on top.
type Trial struct {
	Arm      string
	Settings map[string]float64 // as for [NewVocabulary]
	Findings *measure.Findings
}

// Number is one deciding number of a claim.
type Number struct {
	Arm    string
	Metric string
	Value  float64
	Absent bool // the metric does not apply; Value is 0
}

// JudgedClaim is a claim and what became of it.
type JudgedClaim struct {
	Claim   *scenarios.Claim
	Outcome Outcome
	Control Outcome // the same with the mechanism removed
	Numbers []Number
	Unknown []string // why an outcome is unknown
}

// Flipped reports whether the control came out the other way: only then was the mechanism what decided. Of a claim that
// holds in some arms the control must make all arms alike.
func (j *JudgedClaim) Flipped() bool {
	switch j.Outcome {
	case Holds:
		return j.Control == Refuted
	case Refuted:
		return j.Control == Holds
	case OnlyIf:
		return j.Control == Holds || j.Control == Refuted
	}
	return false
}

// AsExpected reports whether the outcome is the one that the claim's scenario expects.
func (j *JudgedClaim) AsExpected() bool { return string(j.Outcome) == j.Claim.Expected }

// Verdict is unknown where an outcome is, pass where the outcome is the expected one and the control flipped it, else
// fail.
func (j *JudgedClaim) Verdict() measure.Verdict {
	switch {
	case j.Outcome == OutcomeUnknown || j.Control == OutcomeUnknown:
		return measure.Unknown
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
	var err error
	if j.Outcome, err = j.outcome("arm", arms); err != nil {
		return nil, err
	}
	if j.Control, err = j.outcome("control of arm", controls); err != nil {
		return nil, err
	}
	for _, number := range c.Number {
		arm, metric, err := decider(c, number)
		if err != nil {
			return nil, err
		}
		for _, t := range arms {
			if arm == "" || arm == t.Arm {
				v, ok := t.Findings.Metrics[metric]
				j.Numbers = append(j.Numbers, Number{Arm: t.Arm, Metric: metric, Value: v, Absent: !ok})
			}
		}
	}
	return j, nil
}

// outcome judges the prediction over all arms, or all controls.
func (j *JudgedClaim) outcome(what string, trials []Trial) (Outcome, error) {
	predicted, err := predictions(j.Claim, trials)
	if err != nil {
		return "", err
	}
	var verdicts []measure.Verdict
	for _, t := range trials {
		if broken := brokenPremises(t.Findings.Premises); len(broken) > 0 {
			j.Unknown = append(j.Unknown, fmt.Sprintf("%s %s: broken premise: %s", what, t.Arm, strings.Join(broken, "; ")))
			verdicts = append(verdicts, measure.Unknown)
		}
	}
	for _, p := range predicted {
		judged := p.expect.Judge(p.metrics)
		if judged.Verdict == measure.Unknown {
			j.Unknown = append(j.Unknown, fmt.Sprintf("%s %s: %s", what, p.of, judged.Why))
		}
		verdicts = append(verdicts, judged.Verdict)
	}
	return together(verdicts), nil
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

// prediction is what a claim says of one run, or of all together.
type prediction struct {
	of      string // the arm, or all of them
	expect  *Expectation
	metrics map[string]float64
}

// predictions compiles what the claim predicts: for each run alone, or once for all where it names arms.
func predictions(c *scenarios.Claim, trials []Trial) ([]prediction, error) {
	if namesArms(c.Predicts.Expr, trials) {
		return jointly(c, trials)
	}
	var list []prediction
	for _, t := range trials {
		p, err := predict(c, t.Arm, NewVocabulary(t.Settings), t.metrics())
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func predict(c *scenarios.Claim, of string, words Vocabulary, metrics map[string]float64) (prediction, error) {
	e, err := CompileExpectation(c.Predicts.Expr, words)
	if err != nil {
		return prediction{}, fmt.Errorf("%s: %w", c.Predicts.Pos, err)
	}
	return prediction{of: of, expect: e, metrics: metrics}, nil
}

// metrics is empty before the run.
func (t Trial) metrics() map[string]float64 {
	if t.Findings == nil {
		return nil
	}
	return t.Findings.Metrics
}

// nameForm matches what may be the name of a metric or a setting.
var nameForm = regexp.MustCompile(`[A-Za-z_][\w.]*`)

// namesArms reports whether an expression speaks of metrics or settings of single arms.
func namesArms(source string, trials []Trial) bool {
	return slices.ContainsFunc(nameForm.FindAllString(source, -1), func(word string) bool {
		first, _, dotted := strings.Cut(word, ".")
		_, metric := measure.Lookup(word)
		return dotted && !metric && slices.ContainsFunc(trials, func(t Trial) bool {
			_, setting := t.Settings[word]
			return t.Arm == first && !setting
		})
	})
}

// jointly is one prediction over all runs, with the name of its arm in front of every word.
func jointly(c *scenarios.Claim, trials []Trial) ([]prediction, error) {
	words := Vocabulary{Metrics: map[string]string{}, Settings: map[string]float64{}}
	metrics := map[string]float64{}
	var arms []string
	for _, t := range trials {
		arms = append(arms, t.Arm)
		own := NewVocabulary(t.Settings)
		for word, unit := range own.Metrics {
			words.Metrics[t.Arm+"."+word] = unit
		}
		for word, v := range own.Settings {
			words.Settings[t.Arm+"."+word] = v
		}
		for word, v := range t.metrics() {
			metrics[t.Arm+"."+word] = v
		}
	}
	p, err := predict(c, strings.Join(arms, ", "), words, metrics)
	return []prediction{p}, err
}

// decider splits the name of a deciding number; arm is "" for all of them.
func decider(c *scenarios.Claim, number string) (arm, metric string, err error) {
	if _, ok := measure.Lookup(number); ok {
		return "", number, nil
	}
	words := []string{}
	for _, m := range measure.Table {
		words = append(words, m.Name)
	}
	arm, metric, _ = strings.Cut(number, ".")
	if !slices.ContainsFunc(c.Arms, func(a scenarios.Arm) bool { return a.Name == arm }) {
		return "", "", fmt.Errorf("claim %s: number: unknown metric %q; nearest: %s", c.ID, number, scenarios.Nearest(number, words))
	}
	if _, ok := measure.Lookup(metric); !ok {
		return "", "", fmt.Errorf("claim %s: number: unknown metric %q of arm %s; nearest: %s",
			c.ID, metric, arm, scenarios.Nearest(metric, words))
	}
	return arm, metric, nil
}
