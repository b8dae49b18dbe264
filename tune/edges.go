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
// The edges are looked for with one seed, and must then hold with all. Goals that bound the limit from below and those
// that bound it from above are looked for apart: where the two ranges do not meet, both edges are still known, and say
// how far apart the goals are.
func (s *search) edges(ctx context.Context) error {
	if s.never() {
		s.t.Verdict = results.TuningUnmet
		return s.bestOfNever(ctx)
	}
	limits := s.limits()
	low, high := limits[0], limits[len(limits)-1]
	var err error
	if s.bounded(sideLower) {
		if low, err = s.edge(ctx, sideLower, limits); err != nil {
			return err
		}
	}
	slices.Reverse(limits)
	if s.bounded(sideUpper) {
		if high, err = s.edge(ctx, sideUpper, limits); err != nil {
			return err
		}
	}
	if low <= high {
		if low, err = s.settle(ctx, sideLower, low, 1, high); err != nil {
			return err
		}
		if high, err = s.settle(ctx, sideUpper, high, -1, low); err != nil {
			return err
		}
	}
	s.t.Low, s.t.High = s.describe(low, sideLower), s.describe(high, sideUpper)
	if low == 0 || high == 0 || low > high {
		s.t.Verdict = results.TuningUnmet
	}
	return nil
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

// bounds reports whether a goal bounds the limit on a side.
func bounds(g results.Goal, side string) bool { return g.Side == side || g.Side == sideBoth }

// bounded reports whether any goal does.
func (s *search) bounded(side string) bool {
	return slices.ContainsFunc(s.t.Goals, func(g results.Goal) bool { return bounds(g, side) })
}

// never reports whether some goal holds at no limit that was tried.
func (s *search) never() bool {
	return slices.ContainsFunc(s.t.Goals, func(g results.Goal) bool { return g.Side == sideNever })
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

// edge is the first limit from which on the goals of a side hold; limits are those that were tried, in the direction in
// which they begin to hold. Between the last that fails and the first that holds it is bisected.
func (s *search) edge(ctx context.Context, side string, limits []int64) (int64, error) {
	first := slices.IndexFunc(limits, func(l int64) bool { return s.meets(side, l) })
	if first < 0 {
		return 0, nil
	}
	if first == 0 {
		return limits[0], nil
	}
	fails, holds := limits[first-1], limits[first]
	for apart(fails, holds) {
		middle := between(fails, holds)
		if err := s.try(ctx, 1, middle); err != nil {
			return 0, err
		}
		if s.meets(side, middle) {
			holds = middle
		} else {
			fails = middle
		}
	}
	return holds, nil
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

// settle tries an edge with all seeds, and moves on step by step, a fiftieth at a time, until it holds with each; it is
// 0 where it meets the other edge before.
func (s *search) settle(ctx context.Context, side string, edge, direction, other int64) (int64, error) {
	for edge > 0 && direction*(other-edge) >= 0 {
		if err := s.try(ctx, s.Study.Repeat, edge); err != nil {
			return 0, err
		}
		if s.meets(side, edge) {
			return edge, nil
		}
		edge += direction * max(1, edge/50)
	}
	return 0, nil
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

// knee finds the smallest limit at which rate and latency without faults are those without a limit. Where the presets
// are the goals, the lower edge is found already, but may be that of the faults.
func (s *search) knee(ctx context.Context) error {
	limits := s.limits()
	good := func(limit int64) (bool, error) {
		at := s.at(limit)
		for k := range at.Calm {
			a := arms{calm: &at.Calm[k], free: s.free[at.Calm[k].Seed]}
			for _, expr := range presetsCalm {
				j, err := a.judge(expr)
				if err != nil || !j.OK {
					return false, err
				}
			}
		}
		return true, nil
	}
	fails, holds := int64(0), int64(0)
	for _, l := range limits {
		ok, err := good(l)
		switch {
		case err != nil:
			return err
		case !ok:
			fails, holds = l, 0
		case holds == 0:
			holds = l
		}
	}
	for fails > 0 && holds > 0 && apart(fails, holds) {
		middle := between(fails, holds)
		if err := s.try(ctx, 1, middle); err != nil {
			return err
		}
		ok, err := good(middle)
		if err != nil {
			return err
		}
		if ok {
			holds = middle
		} else {
			fails = middle
		}
	}
	s.t.Knee = holds
	return nil
}
