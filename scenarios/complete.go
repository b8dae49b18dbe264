package scenarios

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The server's defaults of a consumer's settings: a reader of a scenario should not have to look them up.
const (
	ackWaitDefault       = 30 * time.Second
	maxAckPendingDefault = 1000
	maxDeliverDefault    = -1
	maxWaitingDefault    = 512
	pinnedTTLDefault     = 2 * time.Minute
)

// convergeDefault is far above what a healed cluster takes: an election within 9 s, a catch-up within a few.
const convergeDefault = Duration(60 * time.Second)

// complete fills in the defaults that depend on other fields.
func (s *Scenario) complete() {
	s.completeConsumer()
	for i := range s.Workers {
		s.completeWorkers(&s.Workers[i], itemPath("workers", i))
	}
	s.completeState()
	if s.Server.Nodes > 1 && s.Server.Mode != ServerExternal {
		fill(&s.Phases.Converge, convergeDefault)
	}
	for i := range s.Faults {
		s.completeFault(&s.Faults[i])
	}
	if s.Claim != nil {
		fill(&s.Claim.ID, s.Name)
	}
}

func (s *Scenario) completeConsumer() {
	c := &s.Consumer
	if s.Stream.Replicas == 0 {
		s.Stream.Replicas = 1
	}
	s.completeLimit()
	if c.AckPolicy != jetstream.AckNonePolicy {
		if len(c.BackOff) > 0 {
			fill(&c.AckWait, c.BackOff[0]) // the server puts it in the place of ack_wait
		}
		fill(&c.AckWait, ackWaitDefault)
	}
	fill(&c.MaxDeliver, maxDeliverDefault)
	fill(&c.MaxWaiting, maxWaitingDefault)
	if c.PriorityPolicy == jetstream.PriorityPolicyPinned {
		fill(&c.PinnedTTL, pinnedTTLDefault)
	}
}

// fill gives a field that is zero another value.
func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (s *Scenario) completeWorkers(w *Workers, path string) {
	if len(s.Consumer.PriorityGroups) > 0 {
		fill(&w.Group, s.Consumer.PriorityGroups[0])
	}
	if !s.places.has(path + ".batch") {
		w.Batch = 500
		if w.API == APIFetch {
			w.Batch = 100
		}
	}
	if w.API != APIFetch {
		fill(&w.Threshold, (w.Batch+1)/2) // what nats.go makes of 0
	}
	if w.Service.varies() && !s.places.has(path+".jitter") {
		w.Jitter = 0.1
	}
	if w.Concurrency > 1 {
		fill(&w.Timers, TimersLate)
	}
	fill(&w.Timers, TimersExact)
	if s.Consumer.AckPolicy == jetstream.AckNonePolicy {
		fill(&w.Ack, AckNone)
	}
	fill(&w.Ack, AckEach)
	if w.Ack == AckBatch && !s.places.has(path+".window") {
		w.Window = Duration(time.Second)
	}
}

func (s *Scenario) completeFault(f *Fault) {
	if f.Every > 0 && f.At == nil && f.On == nil {
		at := f.Every
		f.At = &at
	}
	if f.Every == 0 {
		fill(&f.Times, 1)
	}
	if f.Do.has(DoSlow) {
		fill(&f.Factor, 10)
	}
	if f.Do.some(faultKind.hasWay) {
		fill(&f.Way, WayBoth)
	}
	if f.Do.has(DoDrain) {
		fill(&f.Buffer, BufferFinish)
	}
	fill(&f.Target, s.targetDefault(f))
}

// targetDefault is whom a fault hits that does not say so.
func (s *Scenario) targetDefault(f *Fault) string {
	switch {
	case f.Do.some(faultKind.breaksServers):
		return TargetLeader
	case f.Do.has(DoStepDown):
		return TargetConsumer
	case len(f.Do.either()) > 0:
		return f.Do.either()[0]
	case f.Do.has(DoScale) && len(s.Workers) > 0:
		return s.Workers[0].Name
	case !f.Do.some(faultKind.hitsWorkers):
		return ""
	case f.On != nil && f.On.Of == TargetPinned:
		return TargetPinned
	case f.On != nil && s.isWorker(f.On.Of):
		return f.On.Of
	case f.On != nil:
		return TargetTrigger
	case s.hasHolder():
		return TargetPinned
	}
	return TargetAny
}

// hasHolder reports whether the policy makes one worker the holder.
func (s *Scenario) hasHolder() bool {
	p := s.Consumer.PriorityPolicy
	return p == jetstream.PriorityPolicyPinned || p == jetstream.PriorityPolicyPrioritized
}
