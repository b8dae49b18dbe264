package explore

import (
	"context"
	"slices"
	"time"

	"pindrop/scenarios"
)

// Run runs cases side by side and reports of each whether it breaks what is looked for.
type Run func(ctx context.Context, cases []Case) ([]bool, error)

// Shrunk is what is left of a case.
type Shrunk struct {
	Case
	Runs     int  // that it took
	Complete bool // nothing that was tried makes it smaller; else the runs that were allowed are over
}

// Shrink makes a case that breaks something smaller, as long as it goes on to break it: fewer faults (delta debugging, see
// Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input), a shorter disturb phase, fewer messages, shorter
// and rounder times. It takes at most so many runs. Where run fails, it returns what it has come to, with the error.
//
// What is left need not be the smallest case that there is: each change gives another history, in which elections fall
// otherwise, and only what breaks the same with the same seed is kept.
func Shrink(ctx context.Context, c Case, runs int, run Run) (Shrunk, error) {
	s := &shrinker{best: c, left: runs, run: run, tried: map[string]bool{}}
	s.tried[key(&c)] = true
	for {
		before := key(&s.best)
		for _, step := range []func(context.Context) error{s.fewer, s.shorter, s.lighter, s.rounder} {
			if err := step(ctx); err != nil {
				return Shrunk{s.best, runs - s.left, false}, err
			}
		}
		if key(&s.best) == before || s.left <= 0 {
			return Shrunk{s.best, runs - s.left, s.left > 0}, nil
		}
	}
}

type shrinker struct {
	best  Case
	left  int
	run   Run
	tried map[string]bool // by their keys, what they broke
}

func key(c *Case) string {
	text := ""
	for _, set := range c.Sets() {
		text += set + "\n"
	}
	return text
}

// sideBySide is how many cases are handed over at once: the first that breaks counts, and the runs of those behind it are lost.
const sideBySide = 2

// first tries cases in their order, and takes the first that breaks the same; false where there is none.
func (s *shrinker) first(ctx context.Context, list []Case) (int, bool, error) {
	for i := 0; i < len(list); {
		var now []Case
		from := i
		for ; i < len(list) && len(now) < min(sideBySide, max(s.left, 0)); i++ {
			if _, known := s.tried[key(&list[i])]; !known {
				now = append(now, list[i])
			}
		}
		if len(now) > 0 {
			broken, err := s.run(ctx, now)
			if err != nil {
				return 0, false, err
			}
			s.left -= len(now)
			for k := range now {
				s.tried[key(&now[k])] = broken[k]
			}
		}
		for k := from; k < i; k++ {
			if s.tried[key(&list[k])] {
				s.best = list[k]
				return k, true, nil
			}
		}
		if s.left <= 0 {
			return 0, false, nil
		}
	}
	return 0, false, nil
}

// fewer leaves out faults: in halves, then in quarters, and so on, until none alone can be spared.
func (s *shrinker) fewer(ctx context.Context) error {
	for parts := 2; len(s.best.Faults) > 0 && s.left > 0; {
		parts = min(parts, len(s.best.Faults))
		size := (len(s.best.Faults) + parts - 1) / parts
		var without, alone []Case
		for from := 0; from < len(s.best.Faults); from += size {
			to := min(from+size, len(s.best.Faults))
			without = append(without, s.with(slices.Concat(s.best.Faults[:from], s.best.Faults[to:])))
			if parts > 2 && size > 1 {
				alone = append(alone, s.with(slices.Clone(s.best.Faults[from:to])))
			}
		}
		_, ok, err := s.first(ctx, append(alone, without...))
		switch {
		case err != nil:
			return err
		case ok:
			parts = 2
		case size == 1:
			return nil
		default:
			parts *= 2
		}
	}
	return nil
}

// with is the case with other faults.
func (s *shrinker) with(faults []scenarios.Fault) Case {
	c := s.best
	c.Faults = faults
	return c
}

const whole = scenarios.Duration(time.Second)

// up rounds a time up to whole seconds.
func up(d scenarios.Duration) scenarios.Duration { return (d + whole - 1) / whole * whole }

// shorter ends disturb earlier: behind the last fault's heal, or in the middle between its begin and the end.
func (s *shrinker) shorter(ctx context.Context) error {
	last, healed := scenarios.Duration(0), scenarios.Duration(0)
	for i := range s.best.Faults {
		f := &s.best.Faults[i]
		if f.At == nil || f.Every > 0 {
			return nil // nobody knows when
		}
		last, healed = max(last, *f.At), max(healed, *f.At+f.For)
	}
	var list []Case
	for _, end := range []scenarios.Duration{up(last) + whole, up(healed) + whole, up((last + s.best.Disturb) / 2)} {
		if end < s.best.Disturb && end > last {
			c := s.best
			c.Disturb = end
			list = append(list, c)
		}
	}
	_, _, err := s.first(ctx, list)
	return err
}

// lighter publishes less.
func (s *shrinker) lighter(ctx context.Context) error {
	for i := range s.best.Rates {
		for again := true; again; {
			var list []Case
			if rate := s.best.Rates[i]; rate > 1 {
				for _, less := range []scenarios.Rate{rate / 4, rate / 2} {
					c := s.best
					c.Rates = slices.Clone(c.Rates)
					c.Rates[i] = max(1, scenarios.Rate(int64(less)))
					list = append(list, c)
				}
			}
			if backlog := s.best.Backlogs[i]; backlog > 1 {
				c := s.best
				c.Backlogs = slices.Clone(c.Backlogs)
				c.Backlogs[i] = backlog / 2
				list = append(list, c)
			}
			var err error
			if _, again, err = s.first(ctx, list); err != nil {
				return err
			}
		}
	}
	return nil
}

// rounder gives faults rounder times, and the simplest way.
func (s *shrinker) rounder(ctx context.Context) error {
	for i := range s.best.Faults {
		for _, change := range []func(*scenarios.Fault){
			func(f *scenarios.Fault) { f.At = rounded(f.At); f.For = up(f.For) },
			func(f *scenarios.Fault) { f.At = rounded(f.At) },
			func(f *scenarios.Fault) { f.For = up(f.For) },
			func(f *scenarios.Fault) { f.For = up(f.For / 2) },
			func(f *scenarios.Fault) {
				if f.Way != "" {
					f.Way = scenarios.WayBoth
				}
			},
		} {
			c := s.with(slices.Clone(s.best.Faults))
			change(&c.Faults[i])
			if when := c.Faults[i].At; when != nil && *when >= c.Disturb {
				continue
			}
			if _, _, err := s.first(ctx, []Case{c}); err != nil {
				return err
			}
		}
	}
	return nil
}

// rounded is a time in whole seconds.
func rounded(d *scenarios.Duration) *scenarios.Duration {
	if d == nil {
		return nil
	}
	r := (*d + whole/2) / whole * whole
	return &r
}
