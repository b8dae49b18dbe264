package sim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/safety"
)

// contended is a scenario in which workers race for every message.
const contended = `
name: contended
consumer: {priority_policy: overflow, priority_groups: [g], ack_wait: 2s, max_ack_pending: 60}
publishers: [{count: 2, rate: 100/s, keys: 20}]
workers: [{name: w, count: 6, batch: 10, expires: 3s, service: 40ms}]
faults: [{at: 1s, do: kill, target: w3}]
phases: {disturb: 3s, drain: 30s}
`

// A guest makes one history of one seed, however often: of a drill, of workers that race for messages, of a cluster that loses its
// leader, and of one server that comes back and is reached by all its clients in one instant. Another seed makes another one.
func TestGuestExact(t *testing.T) {
	t.Parallel()
	for _, scenario := range []string{"kill-mid-batch", contended, "leader-kill-r3", "crash-r1", "power-loss-r1"} {
		digests := map[string]int{}
		for range exactRuns {
			digests[digestOf(t, inGuest(t, planOf(t, scenario, 1)))]++
		}
		if len(digests) != 1 {
			t.Errorf("%s: %d runs of one seed made %v", scenario, exactRuns, digests)
		}
		if other := digestOf(t, inGuest(t, planOf(t, scenario, 2))); digests[other] > 0 {
			t.Errorf("%s: two seeds made one history", scenario)
		}
	}
}

// Seeds make different elections: which server leads after the kill is not always the same one of the two that are left.
func TestGuestElections(t *testing.T) {
	t.Parallel()
	orders := map[string]map[string]int{} // who was killed, and how often who led next
	different := false
	for seed := range uint64(electionSeeds) {
		victim, next := elected(inGuest(t, planOf(t, "leader-kill-r3", seed+1)))
		if orders[victim] == nil {
			orders[victim] = map[string]int{}
		}
		orders[victim][next]++
		different = different || len(orders[victim]) > 1
	}
	t.Logf("who was killed, and who led then: %v", orders)
	if !different {
		t.Errorf("%d seeds made one election order for each victim: %v", electionSeeds, orders)
	}
}

// elected is the server that was killed, and who led the consumer next.
func elected(events []history.Event) (victim, next string) {
	for _, e := range events {
		switch {
		case e.Kind == history.Fault && victim == "":
			victim = e.Target
		case e.Kind == history.Leader && victim != "" && e.Target != victim:
			return victim, e.Target
		}
	}
	return victim, "nobody"
}

// Where a run's files are, where the guest is, and what the environment has in it changes nothing.
func TestGuestAnywhere(t *testing.T) {
	g, err := theGuest()
	if err != nil {
		t.Fatal(err)
	}
	here := digestOf(t, inGuest(t, planOf(t, cluster, 3)))
	t.Setenv("PINDROP_SOMETHING", strings.Repeat("else ", 1000))
	far := filepath.Join(t.TempDir(), strings.Repeat("a folder far away/", 10))
	if err := os.MkdirAll(far, 0o777); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(g.Path)
	if err == nil {
		err = os.WriteFile(filepath.Join(far, "guest"), program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	d := Dirs{Logs: filepath.Join(far, "logs"), Store: filepath.Join(far, "store"), Servers: filepath.Join(far, "servers")}
	err = InGuest(context.Background(), Guest{Path: filepath.Join(far, "guest")}, planOf(t, cluster, 3), d, guestLimit, func(time.Duration) {})
	if err != nil {
		t.Fatal(err)
	}
	if there := digestOf(t, readLogs(t, d)); there != here {
		t.Errorf("digests %s and %s of one seed in two places", here, there)
	}
	if logs, err := os.ReadDir(d.Servers); err != nil || len(logs) != 3 {
		t.Errorf("%d logs of servers are kept (%v), want 3", len(logs), err)
	}
}

// What a guest has logged is there whatever ends it: here somebody who does not want the rest.
func TestGuestCutShort(t *testing.T) {
	t.Parallel()
	g, err := theGuest()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := dirs(t)
	plan := planOf(t, strings.Replace(contended, "disturb: 3s", "disturb: 1000h", 1), 1)
	err = InGuest(ctx, Guest{Path: g.Path}, plan, d, guestLimit, func(at time.Duration) {
		if at > 3*time.Second {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
	var last time.Duration
	handled := 0
	for _, e := range readLogs(t, d) {
		last = max(last, time.Duration(e.At))
		if e.Kind == history.End {
			handled++
		}
	}
	if last < 3*time.Second || handled < 100 {
		t.Errorf("%d messages are in the logs as handled, which end after %v, and 3s were over", handled, last)
	}
}

// five is a cluster of five that loses the leader of the stream.
const five = `
name: five
clock: virtual
server: {nodes: 5}
stream: {storage: file, num_replicas: 3}
consumer: {ack_wait: 2s}
publishers: [{rate: 20/s, keys: 8}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 5ms}]
faults: [{at: 3s, do: kill_server, target: stream_leader, for: 8s}]
phases: {disturb: 20s}
`

// Five servers fit into a guest, with three replicas and with five, and one seed gives one history.
func TestFiveServersInGuest(t *testing.T) {
	t.Parallel()
	for _, replicas := range []string{"num_replicas: 3", "num_replicas: 5"} {
		plan := planOf(t, strings.Replace(five, "num_replicas: 3", replicas, 1), 1)
		events := inGuest(t, plan)
		if one, again := digestOf(t, events), digestOf(t, inGuest(t, plan)); one != again {
			t.Errorf("%s: digests %s and %s of one seed", replicas, one, again)
		}
		servers := map[string]bool{}
		for _, e := range events {
			if e.Kind == history.Usage && e.Reason != "" {
				servers[e.Target] = true
			}
		}
		if len(servers) != 5 {
			t.Errorf("%s: %d servers said their version, want 5", replicas, len(servers))
		}
		for _, j := range sound(t, events, 1).Laws {
			if j.Outcome == safety.Broken {
				t.Errorf("%s: %s: %s", replicas, j.Law, j.Text)
			}
		}
		firedAt(t, events, 1)
	}
}

// A guest that needs more memory than it has ends, and says why; what was logged until then is there.
func TestGuestMemory(t *testing.T) {
	t.Parallel()
	g, err := theGuest()
	if err != nil {
		t.Fatal(err)
	}
	d := dirs(t)
	plan := planOf(t, `
name: hungry
clock: virtual
server: {nodes: 1}
stream: {storage: memory}
publishers: [{backlog: 1000, size: 900000}]
workers: [{name: w, service: 1ms}]
phases: {disturb: 3s}
`, 1)
	err = InGuest(context.Background(), Guest{Path: g.Path}, plan, d, guestLimit, func(time.Duration) {})
	if !errors.Is(err, ErrGuestMemory) {
		t.Errorf("it ended with %v", err)
	}
}

// fullDisk is a server that has a full disk for a while.
const fullDisk = `
name: full
server: {nodes: 1}
stream: {storage: file}
publishers: [{rate: 20/s, keys: 4}]
workers: [{name: w, batch: 10, expires: 2s, service: 5ms}]
faults:
  - {at: 5s, do: disk_full, target: n1, for: 5s}
phases: {disturb: 30s}
`

// A server whose disk is full is told so by the file system, and stores nothing more, though there is room again, before it is
// started anew (nats-server filestore.go keeps a write error).
func TestFullDisk(t *testing.T) {
	t.Parallel()
	restarted := strings.Replace(fullDisk, "for: 5s}\n", "for: 5s}\n  - {at: 20s, do: restart_server, target: n1, for: 1s}\n", 1)
	for text, again := range map[string]bool{fullDisk: false, restarted: true} {
		before, meanwhile, after := 0, 0, 0
		for _, e := range inGuest(t, planOf(t, text, 1)) {
			switch at := time.Duration(e.At); {
			case e.Kind != history.Stored:
			case at < 5*time.Second:
				before++
			case at < 20*time.Second:
				meanwhile++
			default:
				after++
			}
		}
		// What is in the last page of a block can still be added to.
		if before < 90 || meanwhile > 40 || (after > 100) != again {
			t.Errorf("started anew: %v: %d messages were stored before, %d while the disk was full or the server still thought so, %d then",
				again, before, meanwhile, after)
		}
	}
}

// What Linux says of its memory is read, and anything else says nothing.
func TestAvailableMemory(t *testing.T) {
	for text, want := range map[string]uint64{
		"MemTotal:       24 kB\nMemFree:        7 kB\nMemAvailable:   12345 kB\nBuffers: 1 kB\n": 12345 << 10,
		"MemTotal: 24 kB\nMemFree: 7 kB\n":      0,
		"MemTotal: 24 kB\nMemAvailable: much\n": 0,
	} {
		file := filepath.Join(t.TempDir(), "meminfo")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if got, ok := availableMemory(file); got != want && ok || ok != (want > 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, ok, want)
		}
	}
	if _, ok := availableMemory(filepath.Join(t.TempDir(), "none")); ok {
		t.Error("a file that is not there says something")
	}
	if here, ok := availableMemory("/proc/meminfo"); ok && here < 1<<20 {
		t.Errorf("%d bytes are available here", here)
	}
}

// badSnapshot is a cluster whose follower comes back from a snapshot in which a bit is another one.
const badSnapshot = `
name: bad-snapshot
clock: virtual
server: {nodes: 3}
stream: {storage: file, num_replicas: 3}
consumer: {ack_wait: 5s}
publishers: [{rate: 20/s, keys: 8}]
workers: [{name: w, batch: 10, expires: 2s, service: 10ms}]
faults:
  - {at: 2s, do: restart_server, target: n1, for: 1s}
  - {at: 6s, do: restart_server, target: n2, for: 1s}
  - {at: 10s, do: restart_server, target: n3, for: 1s}
  - {at: 14s, do: kill_server, target: follower, damage: {do: bit_flip, file: snapshot}, for: 2s}
phases: {disturb: 20s}
`

// A server that cannot read its snapshot gives up, or leaves goroutines of its own behind. Either way the run has an end of its own,
// with a cause that says whether a server is gone.
func TestSnapshotDamaged(t *testing.T) {
	t.Parallel()
	causes := map[string]int{}
	for seed := range uint64(damageSeeds) {
		end := history.Event{}
		for _, e := range inGuest(t, planOf(t, badSnapshot, seed+1)) {
			if e.Kind == history.Phase && e.Phase == history.PhaseEnd {
				end = e
			}
		}
		cause := end.Do
		causes[cause]++
		if cause != history.CauseDrained && (cause != history.CauseServerGone || !strings.Contains(end.Reason, "it gave up: ")) {
			t.Errorf("seed %d: the end is %+v", seed+1, end)
		}
	}
	t.Logf("%d seeds ended: %v", damageSeeds, causes)
}
