package sim

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// guarded is a pinned worker and its standby that write into one state. Its faults last for no multiple of the time
// between two messages: what happens at one instant has no order.
const guarded = `
name: guarded
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s, ack_wait: 3s}
state: {}
publishers: [{rate: 12/s, keys: 4}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 50ms, jitter: 0}]
phases: {disturb: 10s, drain: 60s}
`

// The faults that guards are put to.
const (
	calm          = "faults=[]"
	frozenAtWork  = `faults=[{on: "read#20 of pinned", do: freeze, for: 6013ms}]`
	killedUnacked = `faults=[{on: "effect#20 of pinned", do: kill}]`
	frozenAtWrite = `faults=[{on: "lease#20 of pinned", do: freeze, for: 6013ms}]`
	briefly       = `faults=[{on: "read#20 of pinned", do: freeze, for: 3013ms}]`
)

// damage names the metrics of the final state that are not 0.
func damage(f *measure.Findings) string {
	var names []string
	for _, name := range []string{"lost_update", "stale_write", "double_apply", "stale_read"} {
		if f.Metrics["guard."+name] != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// What each guard keeps from the state, and what it does not: the one right answer is every message once, in order.
func TestGuards(t *testing.T) {
	const all = "lost_update stale_write double_apply"
	long := []string{"consumer.ack_wait=30s"}
	for _, c := range []struct {
		guard, fault string
		sets         []string
		want         string
	}{
		{scenarios.GuardNone, calm, nil, ""},
		{scenarios.GuardNone, frozenAtWork, nil, all},
		{scenarios.GuardNone, killedUnacked, nil, "double_apply"},
		{scenarios.GuardIdempotent, calm, nil, ""},
		{scenarios.GuardIdempotent, frozenAtWork, nil, "lost_update stale_write"},
		{scenarios.GuardIdempotent, killedUnacked, nil, ""},
		{scenarios.GuardIdempotent, killedUnacked, []string{"state.remember=1"}, "double_apply"}, // others of the key came between
		{scenarios.GuardCAS, calm, nil, ""},
		{scenarios.GuardCAS, frozenAtWork, nil, "stale_write double_apply"},
		{scenarios.GuardCAS, killedUnacked, nil, "double_apply"},
		{scenarios.GuardIdempotentCAS, frozenAtWork, nil, ""},
		{scenarios.GuardIdempotentCAS, killedUnacked, nil, ""},
		{scenarios.GuardIdempotentCAS, briefly, long, "stale_write"}, // it is not delivered again meanwhile: the entry does not know it
		{scenarios.GuardFence, calm, nil, ""},
		{scenarios.GuardFence, frozenAtWork, nil, ""},
		{scenarios.GuardFence, killedUnacked, nil, "double_apply"},
		{scenarios.GuardFence, briefly, long, ""},
		{scenarios.GuardIdempotentFence, frozenAtWork, nil, ""},
		{scenarios.GuardIdempotentFence, killedUnacked, nil, ""},
		{scenarios.GuardIdempotentFence, briefly, long, ""},
		{scenarios.GuardLease, calm, nil, ""},
		{scenarios.GuardLease, frozenAtWork, nil, "stale_write double_apply"}, // what waits in its buffer comes after the new lease
		{scenarios.GuardLease, killedUnacked, nil, "double_apply"},
		{scenarios.GuardLease, frozenAtWrite, nil, all},
	} {
		t.Run(strings.Join(append([]string{c.guard, c.fault}, c.sets...), "/"), func(t *testing.T) {
			t.Parallel()
			f := measured(t, guarded, 1, append([]string{"workers.guard=" + c.guard, c.fault}, c.sets...)...)
			if got := damage(f); got != c.want {
				t.Errorf("damage: %q, want %q; %v", got, c.want, f.Metrics)
			}
			near(t, f, "lost.count", 0, 0)
			near(t, f, "handled.count", f.Metrics["stored.count"], 0)
		})
	}
}

// Guarded runs of one seed are the same in every process, also where leases expire and writes conflict.
func TestGuardsRepeat(t *testing.T) {
	for _, c := range [][]string{
		{"workers.guard=cas", frozenAtWork}, {"workers.guard=lease", frozenAtWork}, {"workers.guard=idempotent_fence", killedUnacked},
		{"workers.cache=reload", frozenAtWork, "network.latency=1ms"},
	} {
		digests := map[string]bool{}
		for range 3 {
			d, err := results.Digest(history.Of(onVirtual(t, planOf(t, guarded, 1, c...))...))
			if err != nil {
				t.Fatal(err)
			}
			digests[d] = true
		}
		if len(digests) != 1 {
			t.Errorf("%v: 3 runs of one seed gave %d histories", c, len(digests))
		}
	}
}

// The lease of a worker that dies expires after its TTL, however many leases of other keys come and go meanwhile.
func TestLeaseExpires(t *testing.T) {
	const scenario = `
name: lease
consumer: {ack_wait: 1s}
publishers: [{rate: 20/s, keys: 8}]
workers: [{name: w, count: 3, batch: 1, expires: 2s, service: 20ms, jitter: 0, guard: lease, lease: 4s}]
faults: [{on: "read#5 of w1", do: kill}]
phases: {disturb: 10s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	var killed, key = int64(0), ""
	for _, e := range events {
		switch {
		case e.Kind == history.Fault:
			killed = e.At
			before := slices.IndexFunc(events, func(r history.Event) bool { return r.Kind == history.Read && r.Actor == "w1" && r.At == e.At })
			key = events[before].Key
		case e.Kind == history.Read && e.Key == key && killed > 0 && e.At > killed:
			if after := e.At - killed; after < 3.9e9 || after > 4.5e9 {
				t.Errorf("the next one had the lease of %s after %d ms, want its TTL, 4 s", key, after/1e6)
			}
			return
		}
	}
	t.Error("nobody ever had the lease again")
}

// A worker that keeps entries in memory works on old ones when it has lost the pin and got it back, unless a new
// generation begins with an empty memory.
func TestCaches(t *testing.T) {
	const unpins = `faults=[{at: 3003ms, do: unpin}, {at: 6007ms, do: unpin}]`
	for _, c := range []struct {
		sets []string
		want string
	}{
		{[]string{"workers.cache=keep", calm}, ""},
		{[]string{"workers.cache=keep", unpins}, "lost_update stale_read"},
		{[]string{"workers.cache=reload", unpins}, ""},
		{[]string{"workers.cache=keep", "workers.guard=cas", unpins}, "stale_read"}, // the conflict says so, and it reads again
	} {
		t.Run(strings.Join(c.sets, "/"), func(t *testing.T) {
			t.Parallel()
			f := measured(t, guarded, 1, append([]string{"workers.batch=1"}, c.sets...)...)
			if got := damage(f); got != c.want {
				t.Errorf("damage: %q, want %q; %v", got, c.want, f.Metrics)
			}
		})
	}
}

// Whatever cuts a worker from its writes, what the workers say of them agrees with what the server kept, and the guard that
// is always right is right: the network takes its time, so that requests are on their way when it happens.
func TestGuardsUnderFaults(t *testing.T) {
	unanswered := make(chan bool, 100)
	t.Run("all", func(t *testing.T) {
		for _, guard := range []string{scenarios.GuardNone, scenarios.GuardIdempotentFence, scenarios.GuardLease} {
			for _, fault := range []string{"partition, for: 8013ms", "disconnect", "kill, for: 1013ms", "freeze, for: 8013ms", "restart"} {
				t.Run(guard+"/"+fault, func(t *testing.T) {
					t.Parallel()
					events := onVirtual(t, planOf(t, guarded, 1, "workers.guard="+guard, "network.latency=3ms",
						"faults=[{at: 2026ms, do: "+fault+"}]"))
					f := measure.All(events, measure.Asked{})
					for _, p := range f.Premises {
						if !p.OK {
							t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
						}
					}
					if guard == scenarios.GuardIdempotentFence && damage(f) != "" {
						t.Errorf("damage: %s", damage(f))
					}
					unanswered <- slices.ContainsFunc(events, func(e history.Event) bool { return e.Outcome == history.Unanswered })
				})
			}
		}
	})
	close(unanswered)
	for some := range unanswered {
		if some {
			return
		}
	}
	t.Error("every write was answered: nothing was on its way when the faults hit")
}

// Where there is no state, handlers touch nothing.
func TestWithoutState(t *testing.T) {
	const scenario = "publishers: [{backlog: 3}]\nworkers: [{}]\nphases: {disturb: 1s}\n"
	f := measured(t, scenario, 1)
	for name := range maps.Keys(f.Metrics) {
		if strings.HasPrefix(name, "guard.") {
			t.Errorf("%s is measured", name)
		}
	}
}
