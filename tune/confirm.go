package tune

import (
	"context"

	"pindrop/results"
	"pindrop/results/measure"
)

// confirm runs the recommendation on another clock, and one limit on each side of the range, far enough outside to be
// told from it on a clock with noise: half of the smallest that meets the goals, and twice the largest.
func (s *search) confirm(ctx context.Context) error {
	limits := []int64{s.t.Advised}
	if half := s.t.Low.Limit / 2; s.t.Low.Beyond > 0 && half > 0 {
		limits = append(limits, half)
	}
	if s.t.High.Beyond > 0 {
		limits = append(limits, 2*s.t.High.Limit)
	}
	if err := s.try(ctx, 1, limits...); err != nil {
		return err
	}
	again := func(p *results.Probe) { p.Clock = s.ConfirmOn }
	free, err := s.bench(ctx, s.both(-1, s.seed(0), again)[:1])
	if err != nil {
		return err
	}
	for _, limit := range limits {
		done, err := s.bench(ctx, s.both(limit, s.seed(0), again))
		if err != nil {
			return err
		}
		confirmed := results.Confirmed{Limit: limit, Clock: s.ConfirmOn, Calm: done[:1], Faults: done[1:]}
		if confirmed.Failed, err = s.misses(armsOf(done, &free[0])); err != nil {
			return err
		}
		found, err := s.misses(s.armsAt(s.at(limit), 0))
		if err != nil {
			return err
		}
		confirmed.OK = len(confirmed.Failed) == 0
		confirmed.Agrees = confirmed.OK == (len(found) == 0)
		s.t.Confirm = append(s.t.Confirm, confirmed)
	}
	return nil
}

// misses are the goals that do not hold in one set of arms.
func (s *search) misses(a *arms) ([]results.Failed, error) {
	var failed []results.Failed
	for g := range s.t.Goals {
		j, err := a.judge(s.t.Goals[g].Expr)
		if err != nil {
			return nil, err
		}
		if j.Verdict != measure.Pass {
			failed = append(failed, results.Failed{Goal: g, Seed: a.calm.Seed, Seeds: 1, Of: 1, Got: got(j)})
		}
	}
	return failed, nil
}
