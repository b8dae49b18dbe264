package explore

import (
	"slices"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/results/safety"
)

// Breach is something that a run broke: a law, or an expectation of its scenario.
type Breach struct {
	What    string // the law's name, or the expectation
	Message string // of server_assertion: what the server says; each message is a finding of its own
	Text    string
}

// Breaches are what a probe broke, laws first. Expectations count where every premise holds; a law counts in any run.
func Breaches(p *results.Probe) []Breach {
	var all []Breach
	for _, j := range safety.Accused(p.Laws) {
		if j.Law != safety.ServerAssertion {
			all = append(all, Breach{j.Law, "", j.Text})
			continue
		}
		for _, a := range j.Assertions {
			if a.Broken > 0 {
				all = append(all, Breach{j.Law, a.Message, a.Text})
			}
		}
	}
	if p.Verdict == measure.Fail && len(p.Broken) == 0 {
		for _, e := range p.Failed {
			all = append(all, Breach{e, "", p.Reason})
		}
	}
	return all
}

// Breaks reports whether a probe broke the same.
func Breaks(p *results.Probe, same Breach) bool {
	return slices.ContainsFunc(Breaches(p), func(b Breach) bool { return b.What == same.What && b.Message == same.Message })
}

// Judged reports whether a probe says anything: it came to its end, and could be held against a law or an expectation.
func Judged(p *results.Probe) bool {
	if len(Breaches(p)) > 0 || p.Verdict == measure.Pass {
		return true
	}
	return !p.Cut && slices.ContainsFunc(p.Laws, func(j safety.Judgement) bool { return j.Outcome == safety.Held })
}
