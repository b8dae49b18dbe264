package tune

import (
	"context"

	"pindrop/results"
	"pindrop/results/measure"
)

// lead is by how many seeds a preset must hold more often than not, or less often, for the other seeds not to be asked.
// The seeds are asked in groups of as many. Where a preset holds with three runs of four, so many more against it than
// for it come up once in 80 times, (1/3)⁴; where it holds with every second, all seeds are asked, and chance decides
// between limits of which neither is wrong.
const lead = 4

// settle tries a limit with as many seeds as it takes to know whether all of the goals hold there.
func (s *search) settle(ctx context.Context, limit int64, goals []results.Goal) error {
	at := s.at(limit)
	for {
		known, err := s.known(at, goals)
		if err != nil || known {
			return err
		}
		next := (len(at.Calm)/lead + 1) * lead
		if err := s.try(ctx, min(next, s.Study.Repeat), limit); err != nil {
			return err
		}
	}
}

// known reports whether more seeds are not worth asking: one of the goals fails for sure, or each holds for sure. One
// seed is enough to break a goal that must hold with each.
func (s *search) known(at *results.Tried, goals []results.Goal) (bool, error) {
	of := len(at.Calm)
	if of >= s.Study.Repeat {
		return true, nil
	}
	all := of > 0
	for _, g := range goals {
		held, _, err := s.tally(at, g)
		if err != nil {
			return false, err
		}
		missed := of - held
		if g.Preset && missed-held >= lead || !g.Preset && missed > 0 {
			return true, nil
		}
		all = all && g.Preset && held-missed >= lead
	}
	return all, nil
}

// tally counts the seeds with which a goal holds at a limit, and says of the first with which it does not what was got.
func (s *search) tally(at *results.Tried, g results.Goal) (held int, failed results.Failed, err error) {
	for k := range at.Calm {
		j, err := s.armsAt(at, k).judge(g.Expr)
		if err != nil {
			return 0, failed, err
		}
		if j.Verdict == measure.Pass {
			held++
		} else if failed.Got == "" {
			failed = results.Failed{Seed: at.Calm[k].Seed, Got: got(j)}
		}
	}
	failed.Seeds, failed.Of = len(at.Calm)-held, len(at.Calm)
	return held, failed, nil
}

// judge judges the goals at a limit by the seeds that were tried.
func (s *search) judge(at *results.Tried) error {
	at.Failed, at.Held = nil, nil
	for g, goal := range s.t.Goals {
		held, failed, err := s.tally(at, goal)
		if err != nil {
			return err
		}
		at.Held = append(at.Held, held)
		if !goal.Met(held, len(at.Calm)) {
			failed.Goal = g
			at.Failed = append(at.Failed, failed)
		}
	}
	at.OK = len(at.Failed) == 0
	return nil
}

// armsAt are the arms of a limit that was tried and the place of a seed. They are kept: a seed is judged again with every other one.
func (s *search) armsAt(at *results.Tried, k int) *arms {
	for i := len(s.arms[at.Limit]); i <= k; i++ {
		s.arms[at.Limit] = append(s.arms[at.Limit], armsAt(at.Calm, at.Faults, i, &s.t.Free[i]))
	}
	return s.arms[at.Limit][k]
}
