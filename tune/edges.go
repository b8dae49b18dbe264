package tune

import (
	"context"
	"math"
	"slices"

	"pindrop/results"
)

// fine is how near two limits must be, one that meets the goals and one that does not, for the search to stop.
const fine = 1.02

// edges finds the smallest and the largest limit that meet every goal, or why there is none.
//
// Goals that bound the limit from below and those that bound it from above are looked for apart: where the two ranges do
// not meet, both edges are still known, and say how far apart the goals are.
func (s *search) edges(ctx context.Context) error {
	if len(s.nowhere()) > 0 {
		s.t.Verdict = results.TuningUnmet
		return s.bestOfNever()
	}
	low, err := s.edge(ctx, sideLower, s.rungs)
	if err != nil {
		return err
	}
	down := slices.Clone(s.rungs)
	slices.Reverse(down)
	high, err := s.edge(ctx, sideUpper, down)
	if err != nil {
		return err
	}
	s.t.Low, s.t.High = s.describe(low, sideLower), s.describe(high, sideUpper)
	s.resolve()
	if low > 0 && high > 0 && low <= high {
		return nil
	}
	s.t.Verdict = results.TuningUnmet
	return s.bestOfNever()
}

// condition is something that begins to hold somewhere along the limits. Holds says whether it does at one that was tried.
type condition struct {
	goals []results.Goal // it is known where these are
	holds func(limit int64) (bool, error)
}

// edge is the first limit from which on the goals of a side hold, along rungs in the direction in which they begin to; 0
// where there is none.
func (s *search) edge(ctx context.Context, side string, rungs []int64) (int64, error) {
	goals := slices.DeleteFunc(slices.Clone(s.t.Goals), func(g results.Goal) bool { return !bounds(g, side) })
	return s.turn(ctx, rungs, condition{goals, func(limit int64) (bool, error) { return s.meets(side, limit), nil }})
}

// knee finds the smallest limit at which rate and latency without faults are those without a limit. Where the presets
// are the goals, the lower edge is found already, but may be that of the faults.
func (s *search) knee(ctx context.Context) error {
	var goals []results.Goal
	for _, expr := range presetsCalm {
		goals = append(goals, results.Goal{Expr: expr, Preset: true})
	}
	var err error
	s.t.Knee, err = s.turn(ctx, s.rungs, condition{goals, func(limit int64) (bool, error) {
		for _, g := range goals {
			held, failed, err := s.tally(s.at(limit), g)
			if err != nil || !g.Met(held, failed.Of) {
				return false, err
			}
		}
		return true, nil
	}})
	return err
}

// turn is the first limit from which on a condition holds, along rungs in the direction in which it begins to; 0 where it
// holds at none. The rung from which on all seeds see it hold, and not at the one before it: between them it is bisected.
func (s *search) turn(ctx context.Context, rungs []int64, c condition) (int64, error) {
	at, err := s.start(ctx, rungs, c)
	if err != nil || at == len(rungs) {
		return 0, err
	}
	for ; at > 0; at-- {
		ok, err := s.ask(ctx, rungs[at-1], c)
		if err != nil {
			return 0, err
		}
		if !ok {
			return s.bisect(ctx, rungs[at-1], rungs[at], c)
		}
	}
	return rungs[0], nil
}

// start is the place of a rung at which the condition holds, or the number of rungs. The ladder shows where to look, but
// with one seed: from there on rungs are tried with as many as it takes, until one holds.
func (s *search) start(ctx context.Context, rungs []int64, c condition) (int, error) {
	at := 0
	for ; at < len(rungs)-1; at++ {
		if ok, err := c.holds(rungs[at]); ok || err != nil {
			break
		}
	}
	for ; at < len(rungs); at++ {
		if ok, err := s.ask(ctx, rungs[at], c); ok || err != nil {
			return at, err
		}
	}
	return at, nil
}

// bisect finds where a condition begins to hold between a limit at which it does not and one at which it does.
func (s *search) bisect(ctx context.Context, fails, holds int64, c condition) (int64, error) {
	for apart(fails, holds) {
		middle := between(fails, holds)
		ok, err := s.ask(ctx, middle, c)
		if err != nil {
			return 0, err
		}
		if ok {
			holds = middle
		} else {
			fails = middle
		}
	}
	return holds, nil
}

// ask tries a limit with as many seeds as the condition takes.
func (s *search) ask(ctx context.Context, limit int64, c condition) (bool, error) {
	if err := s.settle(ctx, limit, c.goals); err != nil {
		return false, err
	}
	return c.holds(limit)
}

// limits are those that were tried, in order.
func (s *search) limits() []int64 {
	var list []int64
	for limit, at := range s.tried {
		if len(at.Calm) > 0 {
			list = append(list, limit)
		}
	}
	slices.Sort(list)
	return list
}

// bounds reports whether a goal may bound the limit on a side: one that holds everywhere with the seed of the ladder may
// not with others.
func bounds(g results.Goal, side string) bool {
	return g.Side == side || g.Side == sideBoth || g.Side == sideAlways
}

// nowhere are the places of the goals that hold at no limit.
func (s *search) nowhere() []int {
	var list []int
	for g := range s.t.Goals {
		if s.t.Goals[g].Side == sideNever {
			list = append(list, g)
		}
	}
	return list
}

// meets reports whether the goals that bound the limit on a side hold at a limit that was tried.
func (s *search) meets(side string, limit int64) bool {
	for g := range s.t.Goals {
		if bounds(s.t.Goals[g], side) && !s.holds(g, limit) {
			return false
		}
	}
	return true
}

// resolve says of goals that the ladder saw hold everywhere what all seeds say: on which side they bound the limit, or,
// where an edge was looked for in vain, that they hold nowhere.
func (s *search) resolve() {
	for g := range s.t.Goals {
		goal := &s.t.Goals[g]
		fails := func(f results.Failed) bool { return f.Goal == g }
		below, above := slices.ContainsFunc(s.t.Low.Failed, fails), slices.ContainsFunc(s.t.High.Failed, fails)
		switch {
		case (s.t.Low.Limit == 0 || s.t.High.Limit == 0) && s.hopeless(g):
			goal.Side = sideNever
		case goal.Side != sideAlways:
		case below && above:
			goal.Side = sideBoth
		case below:
			goal.Side = sideLower
		case above:
			goal.Side = sideUpper
		}
	}
}

// hopeless reports whether a goal holds at no limit that was tried with more than the seed of the ladder.
func (s *search) hopeless(goal int) bool {
	return !slices.ContainsFunc(s.limits(), func(l int64) bool {
		return len(s.at(l).Calm) >= min(lead, s.Study.Repeat) && s.holds(goal, l)
	})
}

// apart reports whether it is worth looking between two limits.
func apart(a, b int64) bool {
	a, b = min(a, b), max(a, b)
	return b-a > 1 && float64(b)/float64(a) > fine
}

// between is a whole number between two that are apart: the middle by their logarithm.
func between(a, b int64) int64 {
	a, b = min(a, b), max(a, b)
	middle := int64(math.Round(math.Sqrt(float64(a) * float64(b))))
	return min(max(middle, a+1), b-1)
}

// describe is an edge with what fails beyond it.
func (s *search) describe(limit int64, side string) results.Edge {
	e := results.Edge{Limit: limit, Failed: []results.Failed{}}
	for _, l := range s.limits() {
		nearer := side == sideLower && l < limit || side == sideUpper && l > limit && (e.Beyond == 0 || l < e.Beyond)
		if nearer && !s.meets(side, l) {
			e.Beyond = l
		}
	}
	if e.Beyond > 0 {
		for _, f := range s.at(e.Beyond).Failed {
			if bounds(s.t.Goals[f.Goal], side) {
				e.Failed = append(e.Failed, f)
			}
		}
	}
	return e
}
