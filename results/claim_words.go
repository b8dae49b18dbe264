package results

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

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
		p, err := predict(c, t.Arm, claimVocabulary(t.Settings), t.metrics())
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

// metrics is empty before the run. Where both clocks ran it is that of the virtual one, and how far apart they are.
func (t Trial) metrics() map[string]float64 {
	if t.Findings == nil {
		return nil
	}
	if t.Real == nil {
		return t.Findings.Metrics
	}
	all := maps.Clone(t.Findings.Metrics)
	maps.Copy(all, clocksApart(t.Findings, t.Real))
	return all
}

// ClockWords are what claims that compare the clocks may speak of beside metrics, with the units of [measure.Table].
var ClockWords = map[string]string{
	"clocks.judged":   "count", // metrics that must agree, as [Agree] says
	"clocks.apart":    "count", // those of them that do not
	"clocks.span.max": "s",     // the largest difference of those that are spans of time
}

// clocksApart says how far two runs of one plan are apart.
func clocksApart(onVirtual, onReal *measure.Findings) map[string]float64 {
	record := func(clock scenarios.Clock, f *measure.Findings) *Record {
		return &Record{Clock: string(clock), Metrics: f.Metrics, Findings: *f}
	}
	words := map[string]float64{"clocks.judged": 0, "clocks.apart": 0, "clocks.span.max": 0}
	a := Agree(record(scenarios.ClockVirtual, onVirtual), record(scenarios.ClockReal, onReal))
	for _, m := range a.Metrics {
		if m.Within == "" {
			continue
		}
		words["clocks.judged"]++
		if !m.OK {
			words["clocks.apart"]++
		}
		if m.Within == withinSpan && m.Missing == "" {
			words["clocks.span.max"] = max(words["clocks.span.max"], math.Abs(m.Values[0]-m.Values[1]))
		}
	}
	return words
}

// claimVocabulary is that of expectations, with the words for what two clocks say.
func claimVocabulary(settings map[string]float64) Vocabulary {
	words := NewVocabulary(settings)
	for name, unit := range ClockWords {
		if unit == "count" {
			unit = ""
		}
		words.Metrics[name] = unit
	}
	return words
}

// isMetric reports whether a claim may speak of a metric by this name.
func isMetric(name string) bool {
	_, metric := measure.Lookup(name)
	_, clocks := ClockWords[name]
	return metric || clocks
}

// nameForm matches what may be the name of a metric or a setting.
var nameForm = regexp.MustCompile(`[A-Za-z_][\w.]*`)

// Names are the words of an expectation's source that may be names of metrics or settings, in order, also twice.
func Names(source string) []string { return nameForm.FindAllString(source, -1) }

// namesArms reports whether an expression speaks of metrics or settings of single arms.
func namesArms(source string, trials []Trial) bool {
	return slices.ContainsFunc(Names(source), func(word string) bool {
		first, _, dotted := strings.Cut(word, ".")
		return dotted && !isMetric(word) && slices.ContainsFunc(trials, func(t Trial) bool {
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
		own := claimVocabulary(t.Settings)
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
	if isMetric(number) {
		return "", number, nil
	}
	words := slices.Sorted(maps.Keys(ClockWords))
	for _, m := range measure.Table {
		words = append(words, m.Name)
	}
	arm, metric, _ = strings.Cut(number, ".")
	if !slices.ContainsFunc(c.Arms, func(a scenarios.Arm) bool { return a.Name == arm }) {
		return "", "", fmt.Errorf("claim %s: number: unknown metric %q; nearest: %s", c.ID, number, scenarios.Nearest(number, words))
	}
	if !isMetric(metric) {
		return "", "", fmt.Errorf("claim %s: number: unknown metric %q of arm %s; nearest: %s",
			c.ID, metric, arm, scenarios.Nearest(metric, words))
	}
	return arm, metric, nil
}
