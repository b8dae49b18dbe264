package scenarios

import (
	"regexp"
	"slices"
)

// RefusedMetric is the metric with the server's error code for a configuration that it refuses.
const RefusedMetric = "config.refused"

var speaksOfRefusal = regexp.MustCompile(`\b` + regexp.QuoteMeta(RefusedMetric) + `\b`)

// ExpectsRefusal reports whether an expectation or the claim's prediction speaks of [RefusedMetric]: then a refusal by
// the server is an outcome of the run like any other. Else it is a mistake in the scenario, and there is no run.
func (s *Scenario) ExpectsRefusal() bool {
	expects := func(e Expectation) bool { return speaksOfRefusal.MatchString(e.Expr) }
	return slices.ContainsFunc(s.Expect, expects) || s.Claim != nil && expects(s.Claim.Predicts)
}

// refused reports a mistake for which the server would refuse the scenario, unless that is what the scenario is about.
func (c *checker) refused(path, format string, args ...any) {
	if !c.ExpectsRefusal() {
		c.errorf(path, format, args...)
	}
}
