package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"pindrop/scenarios"
	"pindrop/sim"
	"pindrop/sim/guest"
)

// The engines of the virtual clock. The real one has none to choose.
const (
	engineAuto   = "auto"
	engineNative = scenarios.EngineNative
	engineGuest  = scenarios.EngineGuest
)

// prepareGuest finds or makes the guest; a test has another one.
var prepareGuest = guest.Prepare

func checkEngine(o runOptions) error {
	if !slices.Contains([]string{engineAuto, engineNative, engineGuest}, o.engine) {
		return fmt.Errorf("--engine %s: expected auto, native or guest", o.engine)
	}
	return nil
}

// engage finds the guest for the jobs that are to be run by one.
func (a *app) engage(ctx context.Context, jobs []*job, o runOptions) error {
	var guests []*job
	for _, j := range jobs {
		wants, err := j.wantsGuest(o.engine)
		if err != nil {
			return &exit{exitUsage, err}
		}
		if wants {
			guests = append(guests, j)
		}
	}
	if len(guests) == 0 {
		return nil
	}
	g, err := a.findGuest(ctx, o.quiet || o.json)
	if errors.Is(err, guest.ErrNone) && guests[0].hasTheChoice(o) {
		err = &exit{exitUsage, fmt.Errorf("%w; or run it on the real clock, which needs none: --clock real", err)}
	}
	for _, j := range guests {
		j.guest = g
	}
	return err
}

// hasTheChoice reports whether nobody asked for a guest, or for the clock that needs it, and another one would do.
func (j *job) hasTheChoice(o runOptions) bool {
	return o.engine == engineAuto && j.scenario.Clock == scenarios.ClockAuto && j.scenario.BreaksDisks() == ""
}

// findGuest finds the guest, or makes it, and says what takes long.
func (a *app) findGuest(ctx context.Context, quiet bool) (*sim.Guest, error) {
	p, err := prepareGuest(ctx, func(doing string) {
		if !quiet {
			fmt.Fprintln(a.stderr, doing)
		}
	})
	switch {
	case errors.Is(err, guest.ErrNone), errors.Is(err, guest.ErrBuild) && ctx.Err() == nil:
		return nil, &exit{exitUsage, err}
	case ctx.Err() != nil:
		return nil, &exit{exitInterrupted, err}
	case errors.As(err, new(*fs.PathError)):
		return nil, &exit{exitIO, err}
	case err != nil:
		return nil, &exit{exitInternal, err}
	}
	return &sim.Guest{Path: p.Path, ID: p.ID}, nil
}

// engageAll finds the guest for the experiments that need one.
func (a *app) engageAll(ctx context.Context, list []*experiment) error {
	var g *sim.Guest
	for _, x := range list {
		if !needsGuest(x.scenario, x.clock) {
			continue
		}
		if g == nil {
			var err error
			if g, err = a.findGuest(ctx, false); err != nil {
				return err
			}
		}
		x.guest = g
	}
	return nil
}

// wantsGuest reports whether a guest is to run the job, as --engine says it, or as the scenario needs it.
func (j *job) wantsGuest(asked string) (bool, error) {
	if !slices.Contains(j.clocks, scenarios.ClockVirtual) {
		_, why := j.scenario.ResolveClock()
		if asked == engineGuest {
			if mode, _ := j.scenario.ServerMode(); mode == scenarios.ServerExternal {
				return false, fmt.Errorf("--engine guest: %s runs against servers that are not pindrop's, and a guest has its own; leave out --engine guest, or those servers", j.arg)
			}
			return false, fmt.Errorf("--engine guest: %s runs on the real clock (%s), and a guest has none but the virtual one; use --clock virtual", j.arg, why)
		}
		return false, nil
	}
	needed, why := j.scenario.Engine(scenarios.ClockVirtual)
	if asked == engineNative && needed == engineGuest {
		return false, fmt.Errorf("--engine native: %s needs a guest on the virtual clock, since %s", j.arg, why)
	}
	return asked == engineGuest || needed == engineGuest, nil
}

// needsGuest reports whether no other engine can run a scenario on a clock.
func needsGuest(s *scenarios.Scenario, clock scenarios.Clock) bool {
	engine, _ := s.Engine(clock)
	return engine == engineGuest
}

// engine is what runs the job on a clock.
func (j *job) engine(clock scenarios.Clock) string {
	if clock == scenarios.ClockVirtual && j.guest != nil {
		return engineGuest
	}
	return engineNative
}

// guestID is the id of the guest that runs the job on a clock, "" where none does.
func (j *job) guestID(clock scenarios.Clock) string {
	if j.engine(clock) != engineGuest {
		return ""
	}
	return j.guest.ID
}

// words are the command that runs the job, without what every command has.
func (j *job) words() []string {
	words := []string{"run", j.arg}
	if j.guest != nil {
		words = append(words, "--engine", engineGuest)
	}
	return words
}
