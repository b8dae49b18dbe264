package sim

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"pindrop/results/history"
)

// asserted is, by server and life, which messages a server violated, and whether it was heard at all.
type asserted struct {
	heard  map[string][]int32 // lives, by server
	broken map[string][]string
	called map[string]bool
}

func assertedIn(events []history.Event) asserted {
	a := asserted{map[string][]int32{}, map[string][]string{}, map[string]bool{}}
	for i := range events {
		switch e := &events[i]; {
		case e.Kind != history.Assertion:
		case e.Do == history.AssertionsHeard:
			a.heard[e.Target] = append(a.heard[e.Target], e.Incarnation)
		case e.Violated() && !slices.Contains(a.broken[e.Target], e.Key):
			a.broken[e.Target] = append(a.broken[e.Target], e.Key)
		default:
			a.called[e.Target] = true
		}
	}
	return a
}

// In a guest, where three servers share a process, each assertion is told of the server whose disk is full, and of no other; a server
// that has started again is heard as its next life.
func TestGuestHearsWhoseAssertion(t *testing.T) {
	t.Parallel()
	events := inGuest(t, planOf(t, `
name: full
server: {nodes: 3}
stream: {storage: file, num_replicas: 3}
publishers: [{rate: 50/s}]
workers: [{name: w, batch: 5, expires: 1s}]
faults:
  - {at: 2s, do: disk_full, target: n2, for: 4s}
  - {at: 8s, do: restart_server, target: n2, for: 1s}
phases: {disturb: 12s, drain: 10s}
`, 1))
	a := assertedIn(events)
	if got := slices.Sorted(maps.Keys(a.broken)); !slices.Equal(got, []string{"n2"}) {
		t.Errorf("violated by %v, want n2", got)
	}
	for _, message := range []string{"Raft encountered write error", "Filestore encountered write error", "Filestore msg block encountered flush error"} {
		if !slices.Contains(a.broken["n2"], message) {
			t.Errorf("n2 said %q", a.broken["n2"])
		}
	}
	for server, lives := range map[string][]int32{"n1": {1}, "n2": {1, 2}, "n3": {1}} {
		if !slices.Equal(a.heard[server], lives) {
			t.Errorf("heard lives %v of %s, want %v", a.heard[server], server, lives)
		}
	}
	for i := range events {
		if e := &events[i]; e.Kind == history.Assertion && e.Violated() && (e.Reason == "" || e.At < 2e9) {
			t.Errorf("at %d: %q", e.At, e.Reason)
		}
	}
}

// Real servers of this program write down what they assert themselves, each into a log of its own, also after a SIGKILL.
func TestProcessesAreHeard(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), `
name: heard
server: {nodes: 3}
stream: {storage: file, num_replicas: 3}
publishers: [{rate: 100/s}]
workers: [{name: w, batch: 5, expires: 1s, host: goroutine}]
faults: [{at: 500ms, do: kill_server, target: follower, for: 500ms}]
phases: {disturb: 2s, drain: 20s}
`)
	a := assertedIn(events)
	lives := 0
	for _, server := range []string{"n1", "n2", "n3"} {
		lives += len(a.heard[server])
	}
	if lives != 4 || len(a.called) == 0 || len(a.broken) > 0 {
		t.Errorf("heard %v, called %v, violated %v", a.heard, a.called, a.broken)
	}
}

// A stream of one replica reports a full disk as well.
func TestOneReplicaReportsItsDisk(t *testing.T) {
	t.Parallel()
	a := assertedIn(inGuest(t, planOf(t, `
name: full
server: {mode: process}
stream: {storage: file}
publishers: [{rate: 50/s}]
workers: [{name: w, batch: 5, expires: 1s}]
faults:
  - {at: 2s, do: disk_full, target: n1, for: 2s}
  - {at: 6s, do: restart_server, target: n1, for: 1s}
phases: {disturb: 9s, drain: 10s}
`, 1)))
	if !slices.Contains(a.broken["n1"], "Stream encountered write error") {
		t.Errorf("n1 said %q", a.broken["n1"])
	}
}

// What waits for a history goes into the log of the server that was listened to, also where nobody knows which server it was: the
// watcher's own log is the watcher's.
func TestWhatWaitedHasALogOfItsOwn(t *testing.T) {
	t.Parallel()
	x, dir := &hearsay{}, t.TempDir()
	x.hear("n1", &history.Event{Kind: history.Assertion, Do: history.AssertUnreachable, Key: "m"})
	rec, err := newRecorder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	x.begin(rec)
	if err := rec.close(); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(dir, "*"))
	if want := []string{filepath.Join(dir, "watcher.n1.log")}; err != nil || !slices.Equal(logs, want) {
		t.Errorf("the logs are %v (%v), want %v", logs, err, want)
	}
}

// The one server of a run on the virtual clock is heard as well, with either engine.
func TestOneServerIsHeard(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"native": "", "guest": "server: {mode: process}\n"} {
		plan := planOf(t, "name: one\nclock: virtual\n"+more+"publishers: [{rate: 10/s}]\nworkers: [{name: w}]\nphases: {disturb: 1s}\n", 1)
		var events []history.Event
		if name == "guest" {
			events = inGuest(t, plan)
		} else {
			events = onVirtual(t, plan)
		}
		if a := assertedIn(events); !slices.Equal(a.heard["n1"], []int32{1}) || len(a.heard) != 1 {
			t.Errorf("%s: heard %v", name, a.heard)
		}
	}
}
