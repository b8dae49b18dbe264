package main

import (
	"fmt"

	"pindrop/scenarios"
	"pindrop/scenarios/laws"
)

// warnings are what arithmetic alone says against the settings of a scenario, a line each. Whoever breaks a law on
// purpose is told so too: the scenario runs all the same.
func warnings(s *scenarios.Scenario) []string {
	var lines []string
	for _, f := range laws.Check(s) {
		lines = append(lines, f.String())
	}
	return lines
}

// warn prints the warnings of scenarios before the first runs; with several of them each names its own.
func (a *app) warn(jobs []*job, o runOptions) {
	if o.quiet || o.json {
		return
	}
	for _, j := range jobs {
		name := ""
		if len(jobs) > 1 {
			name = j.scenario.Name + ": "
		}
		for _, line := range warnings(j.scenario) {
			fmt.Fprintf(a.stderr, "warning: %s%s\n", name, line)
		}
	}
}
