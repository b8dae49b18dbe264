package scenarios

import (
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// faultsMax bounds the faults of one run.
const faultsMax = 10_000

func (c *checker) checkFaults() {
	total := 0
	for i := range c.Faults {
		f, path := &c.Faults[i], itemPath("faults", i)
		if len(f.Do) == 0 {
			c.errorf(path, "a fault needs do: one of %s", strings.Join(FaultNames(), ", "))
			continue
		}
		c.checkWhen(f, path)
		c.checkTrigger(f, path)
		c.checkTarget(f, path)
		c.checkFaultConsumer(f, path)
		c.checkExtras(f, path)
		if total += c.occurrences(f); total > faultsMax {
			c.errorf(path, "at most %d faults in one run, got at least %d", faultsMax, total)
			return
		}
	}
}

// checkWhen checks the times of a fault, each alone and together.
func (c *checker) checkWhen(f *Fault, path string) {
	switch {
	case f.At != nil && f.On != nil:
		c.errorf(path+".on", "a fault fires at a time or on an event: give at or on, not both")
	case f.Every > 0 && f.On != nil:
		c.errorf(path+".every", "every goes with at; a fault that fires on an event is repeated with times: N")
	case f.At == nil && f.On == nil:
		c.errorf(path, "a fault needs at, every or on")
	case f.Every == 0 && f.On == nil && f.Times > 1:
		c.errorf(path+".times", "times: %d needs every", f.Times)
	case f.At != nil && *f.At >= c.Phases.Disturb:
		where := path + ".at"
		if !c.places.has(where) {
			where = path + ".every"
		}
		c.errorf(where, "the fault fires at %s, and disturb ends at %s", f.At, c.Phases.Disturb)
	case f.Every > 0 && f.Times > c.fitting(f):
		c.errorf(path+".times", "only %d of %d faults fire before disturb ends at %s", c.fitting(f), f.Times, c.Phases.Disturb)
	}
}

// fitting is how often a repeated fault can fire before disturb ends.
func (s *Scenario) fitting(f *Fault) int { return int((s.Phases.Disturb-*f.At-1)/f.Every) + 1 }

// occurrences is how often a fault fires.
func (s *Scenario) occurrences(f *Fault) int {
	if f.Times == 0 && f.At != nil && f.Every > 0 {
		return s.fitting(f)
	}
	return f.Times
}

func (c *checker) checkTrigger(f *Fault, path string) {
	if f.On == nil {
		return
	}
	known := append(c.groupNames(), c.WorkerNames()...)
	known = append(known, TargetPinned, TargetAny)
	switch of := f.On.Of; {
	case !slices.Contains(known, of):
		c.errorf(path+".on", "on: there is no %q; nearest: %s", of, Nearest(of, known))
	case of == TargetPinned && !c.hasHolder():
		c.errorf(path+".on", "on: pinned needs priority_policy: pinned_client or prioritized")
	case c.State == nil && slices.Contains(stateKinds, f.On.Kind):
		c.errorf(path+".on", "on: there is no %s without a state; give state: {}, or workers a guard", f.On.Kind)
	case f.On.Kind == "lease" && !slices.ContainsFunc(c.Workers, func(w Workers) bool { return w.Guard == GuardLease }):
		c.errorf(path+".on", "on: there is no lease without workers with guard: lease")
	}
}

func (c *checker) checkTarget(f *Fault, path string) {
	known := c.targets(f)
	path += ".target"
	switch {
	case len(known) == 0 && f.Target == "":
	case len(c.Workers) == 0 && kindOf(f.Do[0]).hits == hitsWorkers:
		c.errorf(path, "do: there are no workers to hit with %s", strings.Join(f.Do, ", "))
	case len(known) == 0:
		c.errorf(path, "target: %s has nothing to choose", strings.Join(f.Do, ", "))
	case !c.sameTargets(f):
		c.errorf(path, "do: the faults of one list must hit the same kind of target")
	case kindOf(f.Do[0]).hitsRoutes():
		c.checkSides(f, path)
	case !slices.Contains(known, f.Target):
		c.errorf(path, "target: there is no %q; nearest: %s", f.Target, Nearest(f.Target, known))
	case f.Target == TargetPinned && !c.hasHolder() && c.places.has(path):
		c.errorf(path, "target: pinned needs priority_policy: pinned_client or prioritized")
	case f.Target == TargetTrigger && f.On == nil:
		c.errorf(path, "target: trigger is the worker whose event fired the fault, and this one fires at a time")
	}
}

// targets lists what a fault may hit; empty where there is nothing to choose.
func (c *checker) targets(f *Fault) []string {
	if len(f.Do) == 0 {
		return nil
	}
	switch kindOf(f.Do[0]).hits {
	case hitsWorkers:
		words := []string{TargetPinned, TargetAny, TargetAll, TargetTrigger}
		return slices.Concat(c.WorkerNames(), c.groupNames(), words)
	case hitsGroup:
		return c.groupNames()
	case hitsNode, hitsRoutes:
		return c.nodeTargets()
	case hitsLeader:
		return []string{TargetConsumer, TargetStream, TargetMeta}
	case hitsStream:
		return f.Do.either()
	}
	return nil
}

func (c *checker) sameTargets(f *Fault) bool {
	first := kindOf(f.Do[0]).hits
	return !f.Do.some(func(k faultKind) bool { return k.hits != first })
}

// checkExtras checks the fields that only some kinds of faults have.
func (c *checker) checkExtras(f *Fault, path string) {
	kinds := strings.Join(f.Do, ", ")
	pinnedClient := c.Consumer.PriorityPolicy == jetstream.PriorityPolicyPinned
	if f.For > 0 && !f.Do.some(func(k faultKind) bool { return k.heals }) {
		c.errorf(path+".for", "for: %s does not heal", kinds)
	}
	if f.Factor != 0 && !f.Do.has(DoSlow) {
		c.errorf(path+".factor", "factor goes with do: slow, not with %s", kinds)
	}
	if f.Factor < 0 || c.places.has(path+".factor") && f.Factor == 0 {
		c.errorf(path+".factor", "factor must be more than 0, got %v", f.Factor)
	}
	if f.Way != "" && !f.Do.some(faultKind.hasWay) {
		c.errorf(path+".way", "way goes with do: isolate, split or partition, not with %s", kinds)
	}
	slows := f.Do.some(faultKind.slowsNetwork)
	if f.Latency != 0 && !slows {
		c.errorf(path+".latency", "latency goes with do: slow_link or slow_routes, not with %s", kinds)
	}
	if f.Jitter != 0 && !slows {
		c.errorf(path+".jitter", "jitter goes with do: slow_link or slow_routes, not with %s", kinds)
	}
	if f.Latency == 0 && f.Jitter == 0 && slows {
		c.errorf(path+".do", "do: %s needs a latency such as latency: 200ms, or a jitter", kinds)
	}
	if f.Unpin && !f.Do.has(DoDrain) {
		c.errorf(path+".unpin", "unpin goes with do: drain, not with %s", kinds)
	}
	if f.Buffer != "" && !f.Do.has(DoDrain) {
		c.errorf(path+".buffer", "buffer goes with do: drain, not with %s", kinds)
	}
	if f.Buffer == BufferNak && !c.acks() {
		c.errorf(path+".buffer", "buffer: nak has no effect: the consumer's ack_policy is none")
	}
	if f.Unpin && !pinnedClient {
		c.errorf(path+".unpin", "unpin needs priority_policy: pinned_client")
	}
	if f.Do.has(DoUnpin) && !pinnedClient {
		c.errorf(path+".do", "do: unpin needs priority_policy: pinned_client")
	}
	c.checkDamage(f, path)
	c.checkData(f, path, kinds)
}

// checkData checks the data of scale and update.
func (c *checker) checkData(f *Fault, path, kinds string) {
	switch {
	case f.Count > 0 && !f.Do.has(DoScale):
		c.errorf(path+".count", "count goes with do: scale, not with %s", kinds)
	case f.Count == 0 && f.Do.has(DoScale):
		c.errorf(path+".do", "do: scale needs a count of workers")
	}
	switch {
	case len(f.Set) > 0 && !f.Do.has(DoUpdate):
		c.errorf(path+".set", "set goes with do: update, not with %s", kinds)
	case len(f.Set) == 0 && f.Do.has(DoUpdate):
		c.errorf(path+".do", "do: update needs settings: set: {max_ack_pending: 100}")
	}
}
