package sim

import (
	"context"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// elsewhere starts a server that is not the run's.
func elsewhere(t *testing.T) *natsserver.Server {
	t.Helper()
	s, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(s.Shutdown)
	if !s.ReadyForConnections(readyTimeout) {
		t.Fatal("the server is not ready")
	}
	return s
}

// A run is dead only when that is known: of all else its streams are left alone.
func TestLife(t *testing.T) {
	nc, err := nats.Connect(elsewhere(t).ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	now := time.Now()
	var asked sync.WaitGroup
	o := Owner{Run: "r", Started: now, Until: now.Add(time.Minute)}
	for _, c := range []struct {
		name    string
		process string
		age     time.Duration
		want    Life
	}{
		{"in its time", "", time.Second, Unsure},
		{"its time is over", "", time.Minute + 1, Dead},
		{"its process lives", thisProcess(), time.Second, Unsure},
		{"a process of another boot", "another/pid:[1]/1/1", time.Second, Unsure},
		{"the clock of the servers is not known", "", -time.Hour, Unsure},
	} {
		asked.Go(func() {
			o := o
			o.Process = c.process
			if got := lifeOf(nc, o, c.age); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		})
	}
	asked.Wait()
	if process := thisProcess(); process != "" {
		if o.Process = process + "0"; lifeOf(nc, o, time.Second) != Dead { // of another start
			t.Error("a process that is gone: want dead")
		}
	}
}

// Only what a run writes into its streams makes an owner.
func TestOwnerOf(t *testing.T) {
	t.Parallel()
	o := newOwner(planOf(t, "steady", 1).Scenario, true)
	given := o.metadata(map[string]string{"theirs": "kept"})
	if given["theirs"] != "kept" {
		t.Error("the scenario's own metadata is gone")
	}
	for _, c := range []struct {
		stream string
		change map[string]string
		want   bool
	}{
		{"PINDROP_steady", nil, true},
		{"KV_PINDROP_steady", nil, true},
		{"KV_PINDROP_steady_leases", nil, true},
		{"PINDROP_copy", nil, false},
		{"PINDROP_steady", map[string]string{runKey: ""}, false},
		{"PINDROP_steady", map[string]string{untilKey: "soon"}, false},
		{"PINDROP_steady", map[string]string{untilKey: o.Started.Format(time.RFC3339Nano)}, false},
	} {
		m := o.metadata(nil)
		for k, v := range c.change {
			m[k] = v
		}
		got, ok := ownerOf(jetstream.StreamConfig{Name: c.stream, Metadata: m})
		if ok != c.want || ok && got != o {
			t.Errorf("%s with %v: %v, %v, want %v", c.stream, c.change, got, ok, c.want)
		}
	}
}

// Servers that are gone for good end a run within seconds, in order, and it tells what it could not remove.
func TestServersGone(t *testing.T) {
	before := goneMax
	goneMax = 600 * time.Millisecond
	t.Cleanup(func() { goneMax = before })
	s := elsewhere(t)
	plan := planOf(t, "steady", 1, "clock=real", "server.mode=external", "server.url="+s.ClientURL(), "phases.warmup=0s", "phases.disturb=1h")
	var left Left
	dirs := Dirs{Logs: t.TempDir(), Store: t.TempDir()}
	stopped := false
	watch := Watch{Counts: true, Tell: func(snapshot Snapshot) {
		if !stopped && snapshot.Phase == history.PhaseDisturb {
			stopped = true
			go s.Shutdown()
		}
	}}
	began := time.Now()
	err := RealWatched(context.Background(), plan, dirs, Access{Left: func(l Left) { left = l }}, watch)
	if took := time.Since(began); err != nil || took > 15*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	h, _, err := ReadLogs(dirs.Logs)
	if err != nil {
		t.Fatal(err)
	}
	var last history.Event
	for e := range h.Events() {
		last = *e
	}
	if last.Phase != history.PhaseEnd || last.Cause() != history.CauseServerGone {
		t.Errorf("the history ends with %+v", last)
	}
	if len(left.Streams) != 1 || left.Streams[0] != "PINDROP_steady" {
		t.Errorf("left: %+v", left)
	}
}
