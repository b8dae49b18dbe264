package tune

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// bestOfNever says of each goal that no limit meets how near any came.
func (s *search) bestOfNever() error {
	for _, g := range s.nowhere() {
		n, err := s.nearest(g)
		if err != nil {
			return err
		}
		s.t.Goals[g].Best = n.text
		if n.limit > 0 {
			s.t.Goals[g].Best = fmt.Sprintf("%s, at a limit of %d", n.text, n.limit)
		}
	}
	return nil
}

// miss is a limit at which a goal does not hold with a seed; the limit is 0 where no distance can be told.
type miss struct {
	limit int64
	seed  uint64
	text  string // the values, and those that are wanted
}

// nearest is the miss that comes nearest to a goal; of each limit the first seed that misses it counts.
func (s *search) nearest(goal int) (miss, error) {
	best, least := miss{seed: s.seed(0)}, math.Inf(1)
	expr := s.t.Goals[goal].Expr
	for _, l := range s.limits() {
		at := s.at(l)
		i := slices.IndexFunc(at.Failed, func(f results.Failed) bool { return f.Goal == goal })
		if i < 0 {
			continue
		}
		f := at.Failed[i]
		a := s.armsAt(at, int(f.Seed-s.seed(0)))
		e, err := a.compile(expr)
		if err != nil {
			return best, err
		}
		_, metrics := a.speak()
		left, op, right, ok := e.Sides(metrics)
		if !ok {
			if best.text == "" {
				best.text = f.Got
			}
			continue
		}
		if off := math.Abs(left - right); off < least {
			least = off
			best = miss{l, f.Seed, fmt.Sprintf("%s, so %s where %s %s is wanted", f.Got, short(left), op, short(right))}
		}
	}
	return best, nil
}

// levers tries, for the goals that no limit meets, other settings: each alone, without a limit and with the best one.
// What they come to is measured, never assumed.
func (s *search) levers(ctx context.Context) error {
	missing := s.nowhere()
	if len(missing) == 0 { // each goal can be met, but not all at one limit
		s.conflict()
		return nil
	}
	for _, set := range s.Levers {
		if err := s.lever(ctx, set, missing); err != nil {
			return err
		}
	}
	var texts []string
	for _, g := range missing {
		texts = append(texts, fmt.Sprintf("no limit meets %s (at best %s)", s.t.Goals[g].Expr, s.t.Goals[g].Best))
	}
	s.t.Reason = "There is no limit to recommend: " + strings.Join(texts, "; ") + "." + s.leverText(missing)
	return nil
}

// lever runs the scenario with one more setting, at the limit nearest to the first of the goals.
func (s *search) lever(ctx context.Context, set string, goals []int) error {
	n, err := s.nearest(goals[0])
	if err != nil {
		return err
	}
	limit := n.limit
	if limit == 0 {
		limit = s.t.Reach
	}
	with := func(p *results.Probe) { p.Set = append([]string{set}, p.Set...) }
	free := s.probe(-1, false, n.seed)
	with(&free)
	done, err := s.bench(ctx, append([]results.Probe{free}, s.both(limit, n.seed, with)...))
	if err != nil {
		return err
	}
	a := armsOf(done[1:], &done[0])
	for _, g := range goals {
		j, err := a.judge(s.t.Goals[g].Expr)
		if err != nil {
			return err
		}
		s.t.Levers = append(s.t.Levers, results.Lever{Goal: g, Set: set, Met: j.Verdict == measure.Pass, Got: got(j)})
	}
	return nil
}

// leverText says which settings would have to change.
func (s *search) leverText(goals []int) string {
	var found []string
	for _, l := range s.t.Levers {
		if l.Met {
			found = append(found, fmt.Sprintf("%s with %s", s.t.Goals[l.Goal].Expr, l.Set))
		}
	}
	switch {
	case len(s.t.Levers) == 0:
		return ""
	case len(found) == 0:
		return fmt.Sprintf(" Nor did any of %d other settings that were tried change that.", len(s.t.Levers)/len(goals))
	}
	return " It is met where another setting changes: " + strings.Join(found, ", ") + "."
}

// conflict says which goals exclude each other.
func (s *search) conflict() {
	var lower, upper []string
	for _, g := range s.t.Goals {
		if g.Side == sideLower || g.Side == sideBoth {
			lower = append(lower, g.Expr)
		}
		if g.Side == sideUpper || g.Side == sideBoth {
			upper = append(upper, g.Expr)
		}
	}
	s.t.Reason = fmt.Sprintf("There is no limit to recommend: the goals exclude each other. %s needs %s, %s allows %s.",
		strings.Join(lower, " and "), edgeText(s.t.Low.Limit, "at least"), strings.Join(upper, " and "), edgeText(s.t.High.Limit, "at most"))
}

func edgeText(limit int64, how string) string {
	if limit == 0 {
		return "what no limit gives with all seeds"
	}
	return fmt.Sprintf("%s %d", how, limit)
}
