package sim

import (
	"bytes"
	"strconv"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// Several consumers (shards) share the stream by subject: consumer k takes pindrop.k.>, and a key's messages go to
// pindrop.k.<key>. On servers that are not pindrop's the scenario stands before all that: pindrop.<scenario>.k.<key>. They are called workers-1, workers-2, …; a single one is called workers and takes everything. What
// passes on a wire names its consumer, so that every event of one can say which it is of; the number of a single one is 0.
const (
	consumerName  = "workers"
	subjectPrefix = "pindrop."
)

// consumerOf is the name of a consumer.
func consumerOf(shard int32) string {
	if shard == 0 {
		return consumerName
	}
	return consumerName + "-" + strconv.Itoa(int(shard))
}

// subjectsOf are the subjects that a consumer takes; "" for everything.
func (s *site) subjectsOf(shard int32) string {
	if shard == 0 {
		return ""
	}
	return s.subjects + strconv.Itoa(int(shard)) + ".>"
}

// subjectOf is where a key's messages are published.
func (s *site) subjectOf(shard int32, key string) string {
	if shard == 0 {
		return s.subjects + key
	}
	return s.subjects + strconv.Itoa(int(shard)) + "." + key
}

// shardOf is the number of the consumer of a name, the inverse of consumerOf; 0 for any other name.
func shardOf[T ~string | ~[]byte](name T) int32 {
	const prefix = len(consumerName) + 1
	if len(name) <= prefix || string(name[:prefix]) != consumerName+"-" {
		return 0
	}
	return int32(unsigned(name[prefix:]))
}

// lastToken is what stands behind the last dot of a subject.
func lastToken(subject []byte) []byte { return subject[bytes.LastIndexByte(subject, '.')+1:] }

// sharded reports whether there are several consumers.
func (r *run) sharded() bool { return r.site.plan.Scenario.Consumer.Count > 1 }

// about are the consumers that a fault is about: the one that it names, else all.
func (r *run) about(p *scenarios.FaultPlan) []int32 {
	if !r.sharded() || p.Consumer == 0 {
		return r.site.shards()
	}
	return []int32{int32(p.Consumer)}
}

// hitShard is the consumer to which a fault happens; 0 if it happens to all of them, or to something else.
func (r *run) hitShard(p *scenarios.FaultPlan) int32 {
	switch p.Do {
	case scenarios.DoUnpin, scenarios.DoUpdate, scenarios.DoPause:
		if r.sharded() {
			return int32(p.Consumer)
		}
	}
	return 0
}

// holds follows who holds which pin, by consumer.
type holds map[int32]*history.Pins

func (h holds) observe(e *history.Event) {
	pins := h[e.Shard]
	if pins == nil {
		pins = &history.Pins{}
		h[e.Shard] = pins
	}
	pins.Observe(e)
}

// of is who holds the pin of a consumer, and its generation; "" before the first.
func (h holds) of(shard int32) (name string, gen uint32) {
	if pins := h[shard]; pins != nil {
		return pins.Holder(), pins.Gen()
	}
	return "", 0
}

// heldBy are the consumers whose pin a worker holds: of each, the newest pin that has delivered anything is the worker's.
func (r *run) heldBy(name string) []int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	var held []int32
	for _, shard := range r.site.shards() {
		if holder, _ := r.holds.of(shard); holder == name {
			held = append(held, shard)
		}
	}
	return held
}
