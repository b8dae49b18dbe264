package sim

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// onReal runs a plan on the real clock. Whatever came of it, no server is left: neither a process nor its files.
func onReal(t testing.TB, ctx context.Context, scenario string, sets ...string) ([]history.Event, Dirs) {
	t.Helper()
	d := dirs(t)
	err := Real(ctx, planOf(t, scenario, 1, sets...), d, func(time.Duration) {})
	if left := serversOf(t, d); len(left) > 0 {
		t.Errorf("servers are left: %v", left)
	}
	if _, err := os.Stat(d.Store); !os.IsNotExist(err) {
		t.Errorf("the servers' files are left: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return readLogs(t, d), d
}

// serversOf are the processes whose environment names a configuration of a run.
func serversOf(t testing.TB, d Dirs) []string {
	t.Helper()
	environments, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, path := range environments {
		b, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(b), serverEnv+"="+d.Store) {
			left = append(left, path)
		}
	}
	return left
}

// The one server of a run is killed just after it confirmed acks: it has forgotten some, and the history shows which.
func TestCrash(t *testing.T) {
	t.Parallel()
	events, d := onReal(t, context.Background(), "crash-r1")
	f := measure.All(events, measure.Asked{Faults: 2})
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	if n := f.Metrics["redelivery.acked"]; n < 1 {
		t.Errorf("no confirmed ack was forgotten: redelivery.acked is %v", n)
	}
	if n := f.Metrics["lost.count"]; n != 0 {
		t.Errorf("%v messages were lost", n)
	}
	i := slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == history.Fault })
	if i < 0 || events[i].Target != "n1" {
		t.Error("the fault does not name the server that it hit")
	}
	log, err := os.ReadFile(filepath.Join(d.Servers, "n1.log"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(log), "Server is ready"); n != 3 {
		t.Errorf("the log has %d starts, want 3", n)
	}
}

// Of a cluster, each leader steps down when it is asked to, and the history says who it was.
func TestStepDowns(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), "leader-step-down-r3", "phases.disturb=5s", "publishers.0.backlog=1000",
		"faults=[{at: 1s, do: step_down}, {at: 2s, do: step_down, target: stream}, {at: 3s, do: step_down, target: meta}]")
	var led []string
	nodes := []string{nodeName(0), nodeName(1), nodeName(2)}
	for _, e := range events {
		if e.Kind == history.Fault && slices.Contains(nodes, e.Target) {
			led = append(led, e.Reason)
		}
	}
	if !slices.Equal(led, []string{"consumer", "stream", "meta"}) {
		t.Errorf("leaders of %v stepped down", led)
	}
	f := measure.All(events, measure.Asked{Faults: 3})
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	if f.Metrics["server.rss.max"] == 0 {
		t.Error("nobody looked at what the servers use")
	}
}
