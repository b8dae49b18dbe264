package main

import (
	"fmt"
	"slices"
	"strings"

	"pindrop/scenarios"
	"pindrop/sim"
)

// of are the options of runs on a clock.
func (o *studyOptions) of(c scenarios.Clock) runOptions {
	return runOptions{clock: string(c), sets: o.sets, serverFlags: o.onClock(c)}
}

// first are the options with which a study reads its scenario, before its clock is settled. To name servers that are no
// part of pindrop settles it, as in pindrop run; not so for a search, which is long.
func (o *studyOptions) first() runOptions {
	if o.searches && o.clockName != string(scenarios.ClockReal) {
		return runOptions{clock: o.clockName, sets: o.sets}
	}
	r := o.of(scenarios.Clock(o.clockName))
	r.clock = o.clockName
	return r
}

// unused refuses servers that no run of the study would use.
func (o *studyOptions) unused() error {
	if o.elsewhere {
		return nil
	}
	instead := "use --clock real"
	if o.searches {
		instead = "use --confirm real, or --clock real"
	}
	return o.used(o.clock, instead)
}

// sameServers takes the servers of a study that goes on from its directory. Where it takes a password to reach them, it
// is given anew, with the same servers.
func (o *studyOptions) sameServers(before []string) error {
	if o.serverFlags == (serverFlags{}) {
		o.serverFlags = flagsIn(before)
	}
	at, err := o.target()
	if err == nil && !slices.Equal(at.words, before) {
		err = fmt.Errorf("%s: --resume goes on with the servers that it began with: %s", strings.Join(at.words, " "),
			orScenario(before))
	}
	o.words = at.words
	return err
}

func orScenario(words []string) string {
	if len(words) == 0 {
		return "those of the scenario"
	}
	return strings.Join(words, " ")
}

// reachable asks the servers of the runs that follow a search on another clock whether they can run them: not only when
// the search is over.
func (l *lab) reachable(clock string) error {
	if clock == "" {
		return nil
	}
	j, err := l.jobOn(scenarios.Clock(clock), nil)
	if err != nil {
		return failed(err)
	}
	if err := sim.Fits(j.scenario.Plan(1), j.target.access); err != nil {
		return neverRan(err)
	}
	return nil
}
