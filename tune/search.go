package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"pindrop/results"
)

// Request is what a tuning is to find. The zero value of a field that is not explained is nothing.
type Request struct {
	Study     results.Study
	Goals     []string           // none: the presets
	Faults    bool               // the scenario has faults
	Own       int64              // the scenario's own limit; 0 or less: none
	Consumers int                // of several, each has the limit; 0: there is one
	Base      []string           // overrides that all probes share
	Levers    []string           // "path=value": other settings that are tried where no limit meets a goal
	Also      []results.Axis     // other settings that are searched together with the limit
	Rules     []results.Estimate // what rules of thumb say: they are tried as well
	ConfirmOn string             // another clock, on which the recommendation is tried again; "": nowhere
}

// ladderSteps is how many limits are tried before the search knows where to look closer.
const ladderSteps = 8

// LimitSet is a limit of ack pending as an override.
func LimitSet(limit int64) string { return "consumer.max_ack_pending=" + strconv.FormatInt(limit, 10) }

// search is a tuning that goes on.
type search struct {
	Request
	bench Bench
	t     *results.Tuning
	rungs []int64 // of the ladder
	tried map[int64]*results.Tried
	arms  map[int64][]*arms // of what was tried, by limit and seed
}

// Search finds the limits of ack pending that meet every goal. It always returns what it has found, also with an error:
// that of the bench, or one of a goal that cannot be read.
func Search(ctx context.Context, r Request, bench Bench) (*results.Tuning, error) {
	s := newSearch(r, bench)
	err := s.run(ctx)
	s.list()
	if err != nil && s.t.Verdict == "" {
		s.t.Verdict, s.t.Reason = results.TuningUnknown, "the search was interrupted before it found anything to advise"
	}
	s.t.Complete = err == nil
	return s.t, err
}

func newSearch(r Request, bench Bench) *search {
	t := &results.Tuning{Study: r.Study, Goals: []results.Goal{}, Limits: []results.Tried{}, Why: []string{}, Rules: slices.Clone(r.Rules), Also: r.Also, ConfirmOn: r.ConfirmOn}
	for _, g := range r.Goals {
		t.Goals = append(t.Goals, results.Goal{Expr: g})
	}
	if len(r.Goals) == 0 {
		for _, g := range presets {
			t.Goals = append(t.Goals, results.Goal{Expr: g, Preset: true})
		}
		if r.Faults {
			t.Goals = append(t.Goals, results.Goal{Expr: presetFaults, Preset: true})
		}
	}
	return &search{Request: r, bench: bench, t: t, tried: map[int64]*results.Tried{}, arms: map[int64][]*arms{}}
}

// run is the search.
func (s *search) run(ctx context.Context) error {
	if err := s.unlimited(ctx); err != nil {
		return err
	}
	if s.t.Verdict != "" {
		return nil
	}
	if err := s.ladder(ctx); err != nil {
		return err
	}
	if err := s.edges(ctx); err != nil {
		return err
	}
	if s.t.Verdict == results.TuningUnmet {
		return s.levers(ctx)
	}
	if err := s.knee(ctx); err != nil {
		return err
	}
	if err := s.advise(ctx); err != nil {
		return err
	}
	if err := s.rules(ctx); err != nil {
		return err
	}
	if len(s.Also) > 0 {
		if err := s.also(ctx); err != nil {
			return err
		}
	}
	if s.ConfirmOn == "" || s.t.Advised == 0 {
		return nil
	}
	return s.confirm(ctx)
}

// rules tries what rules of thumb say.
func (s *search) rules(ctx context.Context) error {
	for i := range s.t.Rules {
		r := &s.t.Rules[i]
		if r.Limit <= 0 {
			continue
		}
		if err := s.settle(ctx, r.Limit, s.t.Goals); err != nil {
			return err
		}
		r.OK, r.Failed = s.at(r.Limit).OK, s.at(r.Limit).Failed
	}
	return nil
}

// unlimited runs the scenario without a limit: what it can do at best, and how much ack pending it ever has.
func (s *search) unlimited(ctx context.Context) error {
	if err := s.try(ctx, min(lead, s.Study.Repeat)); err != nil {
		return err
	}
	s.question()
	return s.checkGoals()
}

// checkGoals compiles every goal and judges it without a limit: words that nobody knows are found before the search.
func (s *search) checkGoals() error {
	var mistakes []error
	for _, g := range s.t.Goals {
		_, err := armsAt(s.t.Free, s.t.Loose, 0, &s.t.Free[0]).judge(g.Expr)
		mistakes = append(mistakes, err)
	}
	return errors.Join(mistakes...)
}

func (s *search) seed(k int) uint64 { return s.Study.Seed + uint64(k) }

// probe is the scenario with a limit, as it stands or without its faults.
func (s *search) probe(limit int64, faults bool, seed uint64) results.Probe {
	set := slices.Clone(s.Base)
	if !faults && s.Faults {
		set = append(set, "faults=[]")
	}
	return results.Probe{Set: append(set, LimitSet(limit)), Seed: seed}
}

// both are the probes of a limit with a seed, without the faults and, where there are any, with them, with what is changed
// in each.
func (s *search) both(limit int64, seed uint64, change func(*results.Probe)) []results.Probe {
	list := []results.Probe{s.probe(limit, false, seed)}
	if s.Faults {
		list = append(list, s.probe(limit, true, seed))
	}
	for i := range list {
		change(&list[i])
	}
	return list
}

// try runs limits, and the scenario without one to compare them with, with the first seeds, in one go, unless that was
// done before, and judges the goals.
func (s *search) try(ctx context.Context, seeds int, limits ...int64) error {
	var list []results.Probe
	var owners []*[]results.Probe
	want := func(into *[]results.Probe, limit int64, faults bool, seeds int) {
		for k := len(*into); k < seeds; k++ {
			list, owners = append(list, s.probe(limit, faults, s.seed(k))), append(owners, into)
		}
	}
	want(&s.t.Free, -1, false, seeds)
	if s.Faults {
		want(&s.t.Loose, -1, true, min(seeds, lead)) // no goal is judged by it
	}
	for _, limit := range limits {
		want(&s.at(limit).Calm, limit, false, seeds)
		if s.Faults {
			want(&s.at(limit).Faults, limit, true, seeds)
		}
	}
	done, err := s.bench(ctx, list)
	if err != nil {
		return err // a limit of which only some probes were run would be judged by those alone
	}
	for i, p := range done {
		*owners[i] = append(*owners[i], p)
	}
	for _, p := range slices.Concat(s.t.Free, s.t.Loose) {
		s.t.Reach = max(s.t.Reach, int64(p.Metrics["ack_pending.max"]))
	}
	for _, limit := range limits {
		if err := s.judge(s.at(limit)); err != nil {
			return err
		}
	}
	return nil
}

// at is the place of a limit, made if need be.
func (s *search) at(limit int64) *results.Tried {
	if s.tried[limit] == nil {
		s.tried[limit] = &results.Tried{Limit: limit}
	}
	return s.tried[limit]
}

// ladder tries limits from 1 to the most that acts, evenly spread by their logarithm, and finds on which side each goal
// bounds the limit.
func (s *search) ladder(ctx context.Context) error {
	s.rungs = rungs(s.t.Reach+1, ladderSteps)
	if err := s.try(ctx, 1, s.rungs...); err != nil {
		return err
	}
	// The last one never acts: what one seed says of it by chance must not hide that it meets a goal.
	if err := s.settle(ctx, s.rungs[len(s.rungs)-1], s.t.Goals); err != nil {
		return err
	}
	for g := range s.t.Goals {
		held := make([]bool, len(s.rungs))
		for i, limit := range s.rungs {
			held[i] = s.holds(g, limit)
		}
		side, gaps := sideOf(held)
		s.t.Goals[g].Side = side
		if gaps > 0 {
			s.t.Why = append(s.t.Why, fmt.Sprintf("%s does not simply hold on one side of a limit: it changes %d times more between 1 and %d.",
				s.t.Goals[g].Expr, gaps, s.t.Reach))
		}
	}
	return s.dropPresets()
}

// dropPresets leaves out goals that nobody asked for and no limit meets.
func (s *search) dropPresets() error {
	idle := func(g results.Goal) bool { return g.Preset && g.Side == sideNever }
	for _, g := range s.t.Goals {
		if idle(g) {
			s.t.Why = append(s.t.Why, fmt.Sprintf("%s, which is looked for where no goal is named, holds at no limit here, and was left out.", g.Expr))
		}
	}
	s.t.Goals = slices.DeleteFunc(s.t.Goals, idle)
	for _, limit := range s.limits() {
		if err := s.judge(s.at(limit)); err != nil {
			return err
		}
	}
	return nil
}

// rungs are at most so many whole numbers from 1 to top, both included, evenly spread by their logarithm.
func rungs(top int64, steps int) []int64 {
	limits := []int64{1}
	for i := 1; i < steps; i++ {
		v := int64(math.Round(math.Pow(float64(top), float64(i)/float64(steps-1))))
		if v > limits[len(limits)-1] {
			limits = append(limits, v)
		}
	}
	return limits
}

// holds reports whether a goal holds at a limit that was tried.
func (s *search) holds(goal int, limit int64) bool {
	return !slices.ContainsFunc(s.at(limit).Failed, func(f results.Failed) bool { return f.Goal == goal })
}

// list puts the limits that were tried into the result, in order.
func (s *search) list() {
	s.t.Limits = s.t.Limits[:0]
	for _, at := range s.tried {
		if len(at.Calm) > 0 {
			s.t.Limits = append(s.t.Limits, *at)
		}
	}
	slices.SortFunc(s.t.Limits, func(a, b results.Tried) int { return int(a.Limit - b.Limit) })
}
