package sim

import (
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// pinned reports whether the consumer has a pin at all.
func (r *run) pinned() bool {
	return r.site.plan.Scenario.Consumer.PriorityPolicy == jetstream.PriorityPolicyPinned
}

// holder is who works under the newest pin generation of a consumer, and that generation; for other policies, the worker
// of the highest priority that is in service, or else alive.
func (r *run) holder(shard int32) (name string, gen uint32) {
	if r.pinned() {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.holds.of(shard)
	}
	var best *worker
	for _, w := range r.order {
		if l := w.current(); l == nil || best != nil && !better(w, best) {
			continue
		}
		best = w
	}
	if best == nil {
		return "", 0
	}
	return best.plan.Name, 0
}

// better reports whether a stands before b: in service first, then the higher level (the lower number).
func better(a, b *worker) bool {
	if busy := a.busy(); busy != b.busy() {
		return busy
	}
	return a.spec.Priority < b.spec.Priority
}

// targets are the names of the workers that a target means; actor is whose event triggered the fault, "" if none did, and
// shard the consumer whose holder may be meant. Without a target it is the actor, else the holder.
func (r *run) targets(target, actor string, shard int32) []string {
	switch {
	case actor != "" && (target == "" || target == scenarios.TargetAny):
		return []string{actor}
	case target == "" || target == scenarios.TargetPinned:
		if name, _ := r.holder(shard); name != "" {
			return []string{name}
		}
		return nil
	}
	var names []string
	for _, w := range r.order {
		if w.lived() && (target == scenarios.TargetAll || target == w.plan.Name || target == w.spec.Name) {
			names = append(names, w.plan.Name)
		}
	}
	return slices.Clip(names)
}
