package sim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pindrop/results/history"
)

// convergePoll is how often servers are asked whether they agree.
const convergePoll = 200 * time.Millisecond

// converges reports whether the run asks its servers, in the end, what each of them has.
func (r *run) converges() bool {
	_, ok := r.server.(replicating)
	return ok && r.site.plan.Scenario.Phases.Converge > 0
}

// converge waits until nothing is pending and all replicas are equal, and writes down what each of them has come to.
//
// The state of a replica is what its server says of itself (Jsz: for a follower it comes from the replica's own store, see
// stream.state and consumer.infoWithSnapAndReply of nats-server). The messages are read by direct gets, which a server
// answers from its own store (stream.getDirectRequest); which server that was is in the trace of each request.
func (r *run) converge() {
	if !r.converges() || r.ctx.Err() != nil {
		return
	}
	r.phase(history.PhaseConverge)
	e := history.Event{Kind: history.Converged, Outcome: history.OK}
	limit := time.Now().Add(r.site.plan.Scenario.Phases.Converge.D())
	var found view
	for {
		found = r.view()
		open := found.open()
		if len(open) == 0 {
			break
		}
		if !time.Now().Before(limit) {
			e.Outcome, e.Do, e.Reason = history.Critical, worst(open), said(open)
			break
		}
		select {
		case <-time.After(convergePoll):
		case <-r.ctx.Done():
			return
		}
	}
	r.site.rec.write(r.watcher.log, &e)
	r.writeDown(found)
}

// view is what servers have said of themselves, about one instant.
type view struct {
	run     *run
	names   []string
	trouble error
	streams map[string]*streamReplica
	pinned  bool // the policy has a pin, which whoever works is to hold
	idle    bool // nobody works
}

// view asks all servers.
func (r *run) view() view {
	v := view{run: r, pinned: r.pinned(), idle: len(r.order) == 0, streams: map[string]*streamReplica{}}
	server := r.server.(replicating)
	v.names = server.names()
	v.streams, v.trouble = server.replicas(r.site.stream)
	return v
}

// lack is something that is not yet as it has to be: what it is about, and where, in words.
type lack struct{ of, text string }

func ofServers(format string, args ...any) lack {
	return lack{history.OpenServers, fmt.Sprintf(format, args...)}
}

// worst is what some lacks are about, the gravest of them.
func worst(open []lack) string {
	of := history.OpenWork
	for _, l := range open {
		if l.of == history.OpenServers || of == history.OpenWork {
			of = l.of
		}
	}
	return of
}

func said(open []lack) string {
	var texts []string
	for _, l := range open {
		texts = append(texts, l.text)
	}
	return strings.Join(texts, "; ")
}

// open is what is not yet as it has to be, and where; nothing where the run has converged.
func (v *view) open() []lack {
	if v.trouble != nil {
		return []lack{ofServers("%v", v.trouble)}
	}
	var open []lack
	for _, name := range v.names {
		if v.streams[name] == nil && len(v.streams) < v.run.site.plan.Scenario.Stream.Replicas {
			open = append(open, ofServers("the stream is not on %s", name))
		}
	}
	if len(v.streams) == 0 {
		return append(open, ofServers("nobody has the stream"))
	}
	open = append(open, v.leaders()...)
	open = append(open, v.apart(history.OfStream, (*streamReplica).state)...)
	scenario := v.run.site.plan.Scenario
	for _, shard := range v.run.site.shards() {
		name := consumerOf(shard)
		open = append(open, v.missing(name, cmp.Or(scenario.Consumer.Replicas, scenario.Stream.Replicas))...)
		open = append(open, v.apart(name, func(s *streamReplica) string {
			if c := s.consumer(name); c != nil {
				return c.state()
			}
			return ""
		})...)
		open = append(open, v.pending(name)...)
	}
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		if !v.streams[name].answers {
			open = append(open, ofServers("%s does not answer direct gets", name))
		}
	}
	return open
}

// leaders says who does not know the leader of the stream.
func (v *view) leaders() []lack {
	var open []lack
	leader := ""
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		g := v.streams[name].Cluster
		switch {
		case g == nil:
		case g.Leader == "":
			open = append(open, ofServers("%s knows no leader of the stream", name))
		case cmp.Or(leader, g.Leader) != g.Leader:
			open = append(open, ofServers("%s follows %s, another one %s", name, g.Leader, leader))
		default:
			leader = g.Leader
		}
	}
	return open
}

// apart names the replicas that differ from the others. A replica that is not there has no state.
func (v *view) apart(what string, state func(*streamReplica) string) []lack {
	at := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		if s := state(v.streams[name]); s != "" {
			at[s] = append(at[s], name)
		}
	}
	if len(at) < 2 {
		return nil
	}
	var sides []string
	for _, s := range slices.Sorted(maps.Keys(at)) {
		sides = append(sides, fmt.Sprintf("%s has %s", strings.Join(at[s], " and "), s))
	}
	return []lack{ofServers("replicas of %s differ: %s", what, strings.Join(sides, ", "))}
}

// missing says that a consumer has fewer replicas than it is to have.
func (v *view) missing(consumer string, replicas int) []lack {
	var on []string
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		if v.streams[name].consumer(consumer) != nil {
			on = append(on, name)
		}
	}
	if len(on) >= replicas || len(on) == 0 {
		return nil // of one that nobody has, nobody leads it says enough
	}
	return []lack{ofServers("%s is on %s only, and is to have %d replicas", consumer, strings.Join(on, " and "), replicas)}
}

// pending says what a consumer has still to do. The pin is asked for only then: it is given with a delivery, and lapses on
// a stream with nothing to deliver.
func (v *view) pending(consumer string) []lack {
	led := false
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		c := v.streams[name].consumer(consumer)
		if c == nil || !c.leads(name) {
			continue
		}
		led = true
		if v.idle || c.Pending+c.AckPending == 0 {
			continue
		}
		work := fmt.Sprintf("%s on %s has %d pending and %d ack pending", consumer, name, c.Pending, c.AckPending)
		open := []lack{{history.OpenWork, work}}
		if v.pinned && !c.pinned() {
			open = append(open, lack{history.OpenPin, consumer + " has no pin"})
		}
		return open
	}
	if !led {
		return []lack{ofServers("nobody leads %s", consumer)}
	}
	return nil
}
