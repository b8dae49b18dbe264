package scenarios

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Plan is a scenario with every choice made: two runs of one plan differ in nothing that pindrop decides.
type Plan struct {
	Scenario   *Scenario       `json:"scenario"`
	Seed       uint64          `json:"seed"`
	Publishers []PublisherPlan `json:"publishers"`
	Workers    []WorkerPlan    `json:"workers"`
	Faults     []FaultPlan     `json:"faults"`
	SampleAt   Duration        `json:"sample_at"` // of the first sample, from the start of warm-up; 0: no samples
}

// PublisherPlan is one publisher.
type PublisherPlan struct {
	Name  string   `json:"name"`  // publisher-1, …
	Group int      `json:"group"` // index into Scenario.Publishers
	Share int      `json:"share"` // its part of the group's backlog
	Phase Duration `json:"phase"` // offset of its first message from the start of its work
	Seed  uint64   `json:"seed"`  // of its arrivals
}

// WorkerPlan is one worker.
type WorkerPlan struct {
	Name  string   `json:"name"`  // w1, …
	Group int      `json:"group"` // index into Scenario.Workers
	Start Duration `json:"start"` // from the start of warm-up; of a spare one: not used
	Spare bool     `json:"spare"` // it starts only when its group is scaled up
	Seed  uint64   `json:"seed"`  // of its service times, errors, network jitter
}

// FaultPlan is one fault, as it will be injected.
type FaultPlan struct {
	ID     int       `json:"id"`           // from 1
	At     *Duration `json:"at,omitempty"` // from the start of disturb
	On     *Trigger  `json:"on,omitempty"`
	Do     string    `json:"do"`
	Target string    `json:"target"` // a worker, a group, pinned, all; a server, or sides of a split; stream or consumer; "" is the worker whose event fired the fault
	For    Duration  `json:"for,omitempty"`
	Factor float64   `json:"factor,omitempty"`
	Unpin  bool      `json:"unpin,omitempty"`
	Buffer string    `json:"buffer,omitempty"`
	Way    string    `json:"way,omitempty"`

	Latency Duration `json:"latency,omitempty"`
	Jitter  Duration `json:"jitter,omitempty"`

	Damage *Damage `json:"damage,omitempty"`

	Count int      `json:"count,omitempty"`
	Set   Settings `json:"set,omitempty"`

	Consumer int `json:"consumer,omitempty"` // which of several it is about, from 1; 0: all, and where it must be one, the first
}

// HitsWorkers reports whether the fault happens to workers, one by one; else it is one of the consumer, the stream, a
// group of workers or a server, and Target names that, or nothing.
func (p *FaultPlan) HitsWorkers() bool { return kindOf(p.Do).hitsWorkers() }

// BreaksLinks reports whether a fault breaks the network between workers and servers, or slows it down.
func (p *Plan) BreaksLinks() bool { return p.does(DoDisconnect, DoPartition, DoSlowLink) }

// SlowsLinks reports whether a fault slows the network between workers and servers down.
func (p *Plan) SlowsLinks() bool { return p.does(DoSlowLink) }

// does reports whether a fault is one of some kinds.
func (p *Plan) does(kinds ...string) bool {
	return slices.ContainsFunc(p.Faults, func(f FaultPlan) bool { return slices.Contains(kinds, f.Do) })
}

// ComesBack reports whether the fault ends as soon as it may, where it is not said for how long it lasts.
func (p *FaultPlan) ComesBack() bool { return p.Do == DoRestart || p.Do == DoRestartServer }

// Plan makes every choice of a run. The same scenario and seed give the same plan.
func (s *Scenario) Plan(seed uint64) *Plan {
	return &Plan{
		Scenario:   s,
		Seed:       seed,
		Publishers: s.planPublishers(seed),
		Workers:    s.planWorkers(seed),
		Faults:     s.planFaults(seed),
		SampleAt:   s.planSample(seed),
	}
}

func (s *Scenario) planPublishers(seed uint64) []PublisherPlan {
	plans := []PublisherPlan{}
	for group := range s.Publishers {
		p := &s.Publishers[group]
		for i := range p.Count {
			number := len(plans)
			plan := PublisherPlan{
				Name:  "publisher-" + strconv.Itoa(number+1),
				Group: group,
				Share: p.Backlog / p.Count,
				Seed:  subSeed(seed, "publisher", number),
			}
			if i < p.Backlog%p.Count {
				plan.Share++
			}
			plan.Phase = p.phase(generator(seed, "phase", number), s.Phases)
			plans = append(plans, plan)
		}
	}
	return plans
}

// The starts of workers: a millisecond apart, with up to half of one added by the seed, so that no two start together
// and every seed is a little different.
const (
	startApart  = Duration(StartApart)
	startSpread = startApart / 2
)

// StartApart is how far apart workers start, where nothing else is said: on the virtual clock, what happens at one
// instant has no order.
const StartApart = time.Millisecond

// starts are the workers of each group with the earliest start that is planned for them, from the start of the warm-up.
func (s *Scenario) starts(yield func(group, i int, at Duration) bool) {
	next := Duration(0)
	for group := range s.Workers {
		w := &s.Workers[group]
		if w.Start != nil && w.Count > 0 {
			next = *w.Start
		}
		for i := range w.names() {
			if !yield(group, i, next) {
				return
			}
			next += w.Stagger
		}
	}
}

func (s *Scenario) planWorkers(seed uint64) []WorkerPlan {
	plans := []WorkerPlan{}
	s.starts(func(group, i int, start Duration) bool {
		number, w := len(plans), &s.Workers[group]
		if i > 0 || w.Start == nil {
			start += Duration(generator(seed, "start", number).Int64N(int64(startSpread)))
		}
		plans = append(plans, WorkerPlan{Name: w.names()[i], Group: group, Start: start, Seed: subSeed(seed, "worker", number)})
		return true
	})
	for group := range s.Workers { // behind all others, whose numbers must not depend on them
		w := &s.Workers[group]
		for _, name := range w.numbered(s.sizeMax(w))[w.Count:] {
			plans = append(plans, WorkerPlan{Name: name, Group: group, Spare: true, Seed: subSeed(seed, "worker", len(plans))})
		}
	}
	return plans
}

func (s *Scenario) planFaults(seed uint64) []FaultPlan {
	plans := []FaultPlan{}
	for i := range s.Faults {
		f := &s.Faults[i]
		for k := range s.occurrences(f) {
			plan := s.planFault(f, generator(seed, "fault", i, k))
			plan.ID = len(plans) + 1
			if f.At != nil {
				at := *f.At + Duration(k)*f.Every
				plan.At = &at
			}
			plans = append(plans, plan)
		}
	}
	return plans
}

// planFault draws one occurrence of a fault.
func (s *Scenario) planFault(f *Fault, r *rand.Rand) FaultPlan {
	kind := kindOf(f.Do[r.IntN(len(f.Do))])
	plan := FaultPlan{On: f.On, Do: kind.do, Target: f.Target, Consumer: f.Consumer}
	switch f.Target {
	case TargetAny:
		workers := s.WorkerNames()
		plan.Target = workers[r.IntN(len(workers))]
	case TargetTrigger:
		plan.Target = ""
	}
	if kind.heals {
		plan.For = f.For
	}
	switch kind.do {
	case DoSlow:
		plan.Factor = f.Factor
	case DoDrain:
		plan.Unpin, plan.Buffer = f.Unpin, f.Buffer
	case DoIsolate, DoPartition, DoSplit:
		plan.Way = f.Way
	case DoKillServer, DoRestartServer, DoPowerLoss:
		plan.Damage = f.Damage
	case DoSlowLink, DoSlowRoutes:
		plan.Latency, plan.Jitter = f.Latency, f.Jitter
	case DoScale:
		plan.Count = f.Count
	case DoUpdate:
		plan.Set = f.Set
	}
	return plan
}

func (s *Scenario) planSample(seed uint64) Duration {
	if s.Sample.Every == 0 {
		return 0
	}
	return 1 + Duration(generator(seed, "sample").Int64N(int64(s.Sample.Every)-1))
}
