package tune

import (
	"context"
	"fmt"
	"math"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// bestOfNever says of each goal that no limit meets how near any came.
func (s *search) bestOfNever(context.Context) error {
	for g := range s.t.Goals {
		goal := &s.t.Goals[g]
		if goal.Side != sideNever {
			continue
		}
		limit, text, err := s.nearest(g)
		if err != nil {
			return err
		}
		goal.Best = text
		if limit > 0 {
			goal.Best = fmt.Sprintf("%s, at a limit of %d", text, limit)
		}
	}
	return nil
}

// nearest is the limit that comes nearest to a goal, and the values there; 0 where no distance can be told.
func (s *search) nearest(goal int) (limit int64, text string, err error) {
	least := math.Inf(1)
	for _, l := range s.limits() {
		a := s.armsOf(s.at(l), 0)
		words, metrics := a.speak()
		e, err := results.CompileExpectation(s.t.Goals[goal].Expr, words)
		if err != nil {
			return 0, "", err
		}
		j, err := a.judge(s.t.Goals[goal].Expr)
		if err != nil {
			return 0, "", err
		}
		left, op, right, ok := e.Sides(metrics)
		if !ok {
			if text == "" {
				text = got(j)
			}
			continue
		}
		if off := math.Abs(left - right); off < least {
			least, limit = off, l
			text = fmt.Sprintf("%s, so %s where %s %s is wanted", got(j), short(left), op, short(right))
		}
	}
	return limit, text, nil
}

// levers tries, for the goals that no limit meets, other settings: each alone, without a limit and with the best one.
// What they come to is measured, never assumed.
func (s *search) levers(ctx context.Context) error {
	var missing []int
	for g := range s.t.Goals {
		if s.t.Goals[g].Side == sideNever {
			missing = append(missing, g)
		}
	}
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
	limit, _, err := s.nearest(goals[0])
	if err != nil {
		return err
	}
	if limit == 0 {
		limit = s.t.Reach
	}
	with := func(p results.Probe) results.Probe {
		p.Set = append([]string{set}, p.Set...)
		return p
	}
	list := []results.Probe{with(s.probe(-1, false, s.seed(0))), with(s.probe(limit, false, s.seed(0)))}
	if s.Faults {
		list = append(list, with(s.probe(limit, true, s.seed(0))))
	}
	done, err := s.bench(ctx, list)
	if err != nil {
		return err
	}
	a := arms{free: &done[0], calm: &done[1]}
	if s.Faults {
		a.faults = &done[2]
	}
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
		if bounds(g, sideLower) {
			lower = append(lower, g.Expr)
		}
		if bounds(g, sideUpper) {
			upper = append(upper, g.Expr)
		}
	}
	s.t.Reason = fmt.Sprintf("There is no limit to recommend: the goals exclude each other. %s needs %s, %s allows %s.",
		strings.Join(lower, " and "), edgeText(s.t.Low.Limit, "at least"), strings.Join(upper, " and "), edgeText(s.t.High.Limit, "at most"))
}

func edgeText(limit int64, how string) string {
	if limit == 0 {
		return "more than one limit can give with every seed"
	}
	return fmt.Sprintf("%s %d", how, limit)
}
