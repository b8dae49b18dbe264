package sim

import (
	"context"
	"sync"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
	"pindrop/sim/guest"
)

// theGuest is built, or found, once.
var theGuest = sync.OnceValues(func() (*guest.Program, error) { return guest.Prepare(context.Background(), func(string) {}) })

// guestLimit is how long a guest may take: it shares the machine with all other tests.
const guestLimit = 15 * time.Minute

// inGuest runs a plan in a guest, and returns its history.
func inGuest(t *testing.T, plan *scenarios.Plan) []history.Event {
	t.Helper()
	g, err := theGuest()
	if err != nil {
		t.Fatal(err)
	}
	d := dirs(t)
	if err := InGuest(context.Background(), Guest{Path: g.Path}, plan, d, guestLimit, func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	return readLogs(t, d)
}

func digestOf(t *testing.T, events []history.Event) string {
	t.Helper()
	d, err := results.Digest(history.Of(events...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Where one worker is active at a time, a guest makes the history that the native engine makes.
func TestGuestAgrees(t *testing.T) {
	t.Parallel()
	plan := planOf(t, "kill-mid-batch", 1)
	if inside, native := digestOf(t, inGuest(t, plan)), digestOf(t, onVirtual(t, plan)); inside != native {
		t.Errorf("digest %s in a guest, %s in a process", inside, native)
	}
}

// cluster loses the leader of its consumer.
const cluster = `
name: cluster
clock: virtual
server: {nodes: 3}
stream: {storage: file, num_replicas: 3}
publishers: [{backlog: 200, rate: 10/s, keys: 4}] # the backlog is what waits: while nobody leads, nothing more may be stored
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 50ms}]
faults: [{at: 2s, do: kill_server, target: leader, for: 10s}]
phases: {disturb: 15s}
`

// A cluster with its elections, a crash and a server that comes back is an exact function of its seed, too.
func TestGuestCluster(t *testing.T) {
	t.Parallel()
	events := inGuest(t, planOf(t, cluster, 1))
	if one, again := digestOf(t, events), digestOf(t, inGuest(t, planOf(t, cluster, 1))); one != again {
		t.Errorf("digests %s and %s of one seed", one, again)
	}
	f := measure.All(events, measure.Asked{Faults: 1})
	for _, j := range f.Laws {
		if j.Outcome != safety.Held && j.Law != "acked_redelivered" {
			t.Errorf("%s: %s: %s", j.Law, j.Outcome, j.Text)
		}
	}
	if len(f.Laws) != len(safety.Laws) {
		t.Errorf("%d of %d laws were judged", len(f.Laws), len(safety.Laws))
	}
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	// An election begins 4 to 9 s after the leader has gone silent (nats-server raft.go, minElectionTimeout and max).
	if gap := f.Metrics["gap.max"]; gap < 2 || gap > 12 || f.Metrics["lost.count"] != 0 {
		t.Errorf("nobody worked for %v s, %v messages lost", gap, f.Metrics["lost.count"])
	}
}

// Publishers on a slow network connect again to a server that has been restarted. Their client holds its lock while it shakes
// hands: a handshake that took time would stop the virtual clock for all who publish meanwhile.
func TestPublishersConnectAgain(t *testing.T) {
	t.Parallel()
	events := inGuest(t, planOf(t, `
stream: {storage: file}
network: {latency: 20ms}
publishers: [{rate: 40/s}]
workers: [{name: w, batch: 10, expires: 2s}]
faults: [{at: 1s, do: restart_server, target: n1}]
phases: {disturb: 5s, drain: 20s}
`, 1))
	if last := events[len(events)-1]; last.Phase != history.PhaseEnd && last.Kind != history.Final {
		t.Errorf("the last event is %+v", last)
	}
	if n := count(events, history.Stored, 4*time.Second, 5*time.Second); n < 30 {
		t.Errorf("%d messages are stored in the second behind the restart, want 40 or so", n)
	}
}
