package sim

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// snapshotsOf runs a scenario on the real clock and returns every snapshot of it.
func snapshotsOf(t *testing.T, scenario string, sets ...string) ([]Snapshot, Dirs, error) {
	t.Helper()
	var seen []Snapshot
	d := dirs(t)
	err := RealWatched(context.Background(), planOf(t, scenario, 1, sets...), d, Access{}, Watch{
		Tell: func(s Snapshot) { seen = append(seen, s) }, Counts: true,
	})
	return seen, d, err
}

// Whoever watches is told of the set-up, then of each phase, and at the end of what the result will say. What an update
// does to the limit is seen.
func TestSnapshots(t *testing.T) {
	seen, d, err := snapshotsOf(t, `
name: seen
consumer: {ack_wait: 1s, max_ack_pending: 20, priority_policy: pinned_client, priority_groups: [g], priority_timeout: 500ms}
publishers: [{backlog: 200, rate: 50/s}]
workers: [{name: w, count: 2, batch: 10, expires: 1s, service: 5ms, host: process}]
faults:
  - {at: 200ms, do: update, set: {max_ack_pending: 30}}
  - {at: 500ms, do: freeze, target: w1, for: 600ms}
  - {at: 600ms, do: kill, target: w2, for: 600ms}
  - {at: 1100ms, do: restart, target: w2} # the kill finds nothing to heal then
phases: {disturb: 2s, drain: 20s}
`)
	if err != nil {
		t.Fatal(err)
	}
	f := measure.All(readLogs(t, d), measure.Asked{})
	last := seen[len(seen)-1]
	if last.Phase != history.PhaseEnd || last.Doing == "" || !last.Counts {
		t.Errorf("the last snapshot is %+v", last)
	}
	for metric, got := range map[string]float64{
		"handled.count": float64(last.Handled), "stored.count": float64(last.Stored), "delivered.count": float64(last.Delivered),
		"redelivery.count": float64(last.Redelivered), "overlap.count": float64(last.OverlapCount), "overlap.total": last.OverlapTime.Seconds(),
	} {
		near(t, f, metric, got, 1e-9)
	}
	var phases []string
	limits, states := map[int64]bool{}, map[string]bool{}
	for i, s := range seen {
		if i > 0 && s.Phase != phases[len(phases)-1] || i == 0 {
			phases = append(phases, s.Phase)
		}
		// Whether a snapshot falls between the end of the run and the stopping of servers is a matter of chance.
		if s.Phase != history.PhaseEnd && (s.Phase == "") != (s.Doing != "") {
			t.Errorf("in phase %q it does %q", s.Phase, s.Doing)
		}
		for _, c := range s.Consumers {
			limits[c.Limit] = true
		}
		for _, w := range s.Workers {
			states[w.Name+" "+w.State] = true
		}
		if s.Phase == history.PhaseDisturb && (s.Since <= 0 || s.At < s.Since || s.Backlog != 200 || len(s.Workers) != 2) {
			t.Errorf("a snapshot in disturb: %+v", s)
		}
	}
	if !slices.Contains(phases, history.PhaseDisturb) || !limits[20] && !limits[30] || !limits[30] || !states["w1 frozen"] || !states["w2 down"] {
		t.Errorf("phases %q, limits %v, states %v", phases, limits, states)
	}
	if len(last.Active) > 0 {
		t.Errorf("active at the end: %+v", last.Active)
	}
}

// A run that never begins is told of all the same, and nothing of a run is.
func TestSnapshotsOfWhatNeverBegins(t *testing.T) {
	seen, _, err := snapshotsOf(t, "steady", "stream.max_bytes=9000000000000000")
	if !errors.Is(err, ErrRefused) {
		t.Fatalf("got %v, want %v", err, ErrRefused)
	}
	if len(seen) == 0 || seen[len(seen)-1].Doing == "" || seen[len(seen)-1].Phase != "" || seen[len(seen)-1].At > time.Minute {
		t.Errorf("snapshots: %+v", seen)
	}
}

// A fault that is over at once is never active, whatever its kind; each of the others is until it heals.
func TestSceneOfFaults(t *testing.T) {
	for do, momentary := range map[string]bool{
		"kill": false, "disconnect": true, "freeze": false, "partition": false, "slow": false, "slow_link": false, "unpin": true,
		"drain": true, "restart": false, "update": true, "pause": false, "scale": true, "purge": true, "step_down": true,
		"kill_server": false, "restart_server": false, "isolate": false, "freeze_server": false, "lame_duck": false,
		"split": false, "reset": true, "slow_routes": false, "power_loss": false, "disk_full": false, "io_error": false,
	} {
		var s scene
		s.see(&history.Event{Kind: history.Fault, Fault: 1, Do: do, Target: "w1"})
		s.see(&history.Event{Kind: history.Fault, Fault: 1, Do: do, Target: "w2"})
		if active := len(s.active); active > 0 == momentary || s.faults[do] != 2 || len(s.recent) != 2 {
			t.Errorf("%s: %d are active of %d, %d recent", do, active, s.faults[do], len(s.recent))
		}
		s.see(&history.Event{Kind: history.Heal, Fault: 1, Target: "w1"})
		if !momentary && (len(s.active) != 1 || s.active[0].Target != "w2") {
			t.Errorf("%s: when that of w1 has healed, active are %+v", do, s.active)
		}
	}
}

// The last few are recent, the oldest first.
func TestSceneOfRecentFaults(t *testing.T) {
	var s scene
	for i := range int32(8) {
		s.see(&history.Event{Kind: history.Fault, Fault: i + 1, Do: "kill", Target: "w1"})
	}
	var recent []int32
	for _, f := range s.recent {
		recent = append(recent, f.ID)
	}
	if !slices.Equal(recent, []int32{4, 5, 6, 7, 8}) {
		t.Errorf("recent %v", recent)
	}
}
