package tune

import (
	"fmt"
	"maps"
	"math"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// presets are the goals of whoever names none: a limit that takes nothing from rate and latency while all is well, and
// at which delivery does not come to a stand, not even when something breaks. They compare runs of which each has its own
// luck (of two in a hundred messages that take ten times as long, one run has both at once), so they must hold with most
// seeds, not with each: with each it would be the luckless one that decides, and ever more of those come with more seeds.
var presets = append(presetsCalm, "calm.cliff.stall.total == 0s")

// presetsCalm are those on rate and latency.
var presetsCalm = []string{
	"calm.handled.rate >= 99% * free.handled.rate",
	"calm.latency.response.p99 <= 110% * free.latency.response.p99 + 1ms",
}

// presetFaults is the goal that a scenario with faults has besides.
const presetFaults = "faults.cliff.stall.total == 0s"

// The sides on which a goal bounds the limit.
const (
	sideLower  = "lower"
	sideUpper  = "upper"
	sideBoth   = "both"
	sideAlways = "always"
	sideNever  = "never"
)

// arms are the probes of one limit and one seed that a goal is judged by. Probes that were not run are nil.
type arms struct {
	faults, calm, free *results.Probe
	words              *results.Vocabulary // made by speak
	metrics            map[string]float64
	judged             map[string]results.Judged // by goal
}

// armsAt puts together what was run of one seed, by its place in the lists, with and without faults; faults may be empty.
func armsAt(calm, faults []results.Probe, k int, free *results.Probe) *arms {
	a := &arms{calm: &calm[k], free: free}
	if len(faults) > 0 {
		a.faults = &faults[k]
	}
	return a
}

// armsOf are the arms of probes that were made by both and run.
func armsOf(done []results.Probe, free *results.Probe) *arms {
	return armsAt(done[:1], done[1:], 0, free)
}

// speak is what goals may speak of: metrics of the arms by their name and that of the metric, settings, and metrics
// alone, which are those of the scenario as it stands.
func (a *arms) speak() (results.Vocabulary, map[string]float64) {
	if a.words != nil {
		return *a.words, a.metrics
	}
	words := results.NewVocabulary(a.asItStands().Settings)
	metrics := maps.Clone(a.asItStands().Metrics)
	if metrics == nil {
		metrics = map[string]float64{}
	}
	for name, p := range map[string]*results.Probe{
		results.ArmFaults: a.faults, results.ArmCalm: a.calm, results.ArmFree: a.free,
	} {
		if p == nil {
			continue
		}
		for _, m := range measure.Names() {
			words.Metrics[name+"."+m] = words.Metrics[m]
			if v, ok := p.Metrics[m]; ok {
				metrics[name+"."+m] = v
			}
		}
	}
	a.words, a.metrics = &words, metrics
	return words, metrics
}

// asItStands is the arm that is the scenario itself.
func (a *arms) asItStands() *results.Probe {
	switch {
	case a.faults != nil:
		return a.faults
	case a.calm != nil:
		return a.calm
	}
	return a.free
}

// judge judges a goal, once.
func (a *arms) judge(expr string) (results.Judged, error) {
	if j, ok := a.judged[expr]; ok {
		return j, nil
	}
	e, err := a.compile(expr)
	if err != nil {
		return results.Judged{}, err
	}
	if a.judged == nil {
		a.judged = map[string]results.Judged{}
	}
	a.judged[expr] = a.verdict(e, expr)
	return a.judged[expr], nil
}

// compile reads a goal.
func (a *arms) compile(expr string) (*results.Expectation, error) {
	words, _ := a.speak()
	e, err := results.CompileExpectation(expr, words)
	if err != nil {
		return nil, fmt.Errorf("--goal %q: %w", scenarios.Brief(expr, 200), err)
	}
	return e, nil
}

// verdict judges a goal that was compiled. A probe whose premises do not hold says nothing, so no goal is met by it.
func (a *arms) verdict(e *results.Expectation, expr string) results.Judged {
	for _, p := range []*results.Probe{a.faults, a.calm, a.free} {
		if p != nil && len(p.Broken) > 0 {
			premise, _, _ := strings.Cut(p.Broken[0], " (")
			return results.Judged{Expr: expr, Verdict: measure.Unknown, Why: "broken premise: " + premise}
		}
	}
	words, metrics := a.speak()
	j := e.Judge(metrics)
	j.Got = readings(e.Metrics(), words, metrics)
	return j
}

// readings lists metrics with their values, to four digits: they are read, not computed with.
func readings(names []string, words results.Vocabulary, metrics map[string]float64) string {
	var parts []string
	for _, name := range names {
		text := "absent"
		if v, ok := metrics[name]; ok {
			switch unit := words.Metrics[name]; {
			case unit == "s" && v != 0 && math.Abs(v) < 1:
				text = short(1000*v) + " ms"
			case unit == "s":
				text = short(v) + " s"
			default:
				text = short(v) + unit
			}
		}
		parts = append(parts, name+" is "+text)
	}
	return strings.Join(parts, ", ")
}

// got is a judgement in a few words.
func got(j results.Judged) string {
	if j.Why != "" {
		return j.Why
	}
	return j.Got
}

// sideOf classifies a goal by where it held along rising limits. Whether it holds in between is not known; gaps counts
// the changes beyond those that its side explains.
func sideOf(held []bool) (side string, gaps int) {
	changes := 0
	for i := 1; i < len(held); i++ {
		if held[i] != held[i-1] {
			changes++
		}
	}
	first, last := held[0], held[len(held)-1]
	switch {
	case changes == 0 && first:
		return sideAlways, 0
	case changes == 0:
		return sideNever, 0
	case !first && last:
		return sideLower, changes - 1
	case first && !last:
		return sideUpper, changes - 1
	case !first:
		return sideBoth, changes - 2
	}
	return sideBoth, changes // it holds at both ends, but not in between
}
