package sim

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// firedAt is when the fault of an id was injected and when it healed, in the run's time.
func firedAt(t *testing.T, events []history.Event, id int32) (from, to int64) {
	t.Helper()
	for _, e := range events {
		switch {
		case e.Kind == history.Fault && e.Fault == id:
			from = e.At
		case e.Kind == history.Heal && e.Fault == id:
			to = e.At
		}
	}
	if from == 0 || to <= from {
		t.Fatalf("fault %d was injected at %d and healed at %d", id, from, to)
	}
	return from, to
}

// within is how many events of a kind lie between two times.
func within(events []history.Event, kind history.Kind, from, to int64) int {
	n := 0
	for _, e := range events {
		if e.Kind == kind && e.At >= from && e.At < to {
			n++
		}
	}
	return n
}

// sound fails where a premise is broken or a message is lost.
func sound(t *testing.T, events []history.Event, faults int) *measure.Findings {
	t.Helper()
	f := measure.All(events, measure.Asked{Faults: faults})
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	if n := f.Metrics["lost.count"]; n != 0 {
		t.Errorf("%v messages were lost", n)
	}
	return f
}

// A server that nothing reaches goes on sending: what its worker never answers comes again whenever the ack wait is over.
// One that reaches nobody is silent.
func TestIsolateOneWay(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), `
name: one-way
server: {mode: process}
consumer: {ack_wait: 200ms}
publishers: [{backlog: 5}]
workers: [{name: w, batch: 500, expires: 30s, errors: {rate: 1, do: ignore}}]
faults:
  - {at: 500ms, do: isolate, target: n1, way: in, for: 1s}
  - {at: 2500ms, do: isolate, target: n1, way: out, for: 1s}
phases: {disturb: 4s, drain: 1ms}
`)
	// A moment for what was under way when the way was shut.
	const moment = int64(100 * time.Millisecond)
	from, to := firedAt(t, events, 1)
	if n := within(events, history.Deliver, from+moment, to); n < 5 {
		t.Errorf("%d deliveries while nothing reached the server, want those whose ack wait was over", n)
	}
	from, to = firedAt(t, events, 2)
	if n := within(events, history.Deliver, from+moment, to); n != 0 {
		t.Errorf("%d deliveries while the server reached nobody", n)
	}
	if n := within(events, history.Deliver, to, to+int64(time.Second)); n < 5 {
		t.Errorf("%d deliveries afterwards", n)
	}
}

// A message of three replicas is stored once a second server has it: with slow routes not before it has crossed one, and
// the answer another.
func TestSlowRoutes(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), `
name: slow-routes
server: {nodes: 3, routes: {latency: 25ms, rate: 1000000}}
stream: {num_replicas: 3}
publishers: [{rate: 10/s, total: 10}]
workers: [{name: w}]
phases: {disturb: 3s, drain: 20s}
`, "clock=real")
	sent, stored, unanswered := map[uint64]int64{}, 0, 0
	for _, e := range events {
		switch e.Kind {
		case history.Publish:
			sent[e.Op] = e.At
		case history.Unknown, history.Refused:
			unanswered++
		case history.Stored:
			stored++
			if took := time.Duration(e.At - sent[e.Op]); took < 50*time.Millisecond {
				t.Errorf("message %d was stored after %v, and 50ms are the least", e.Op, took)
			}
		}
	}
	// On a machine that stalls for seconds a leader may step down, and a publish without one has no answer, or is refused.
	if answered := stored + unanswered; stored < 5 || answered != 10 {
		t.Errorf("%d of 10 messages were stored, and %d were not", stored, unanswered)
	}
}

// What goes into a node is what the others send on their ways to it, and what comes back on its own ways to them.
func TestIsolateRoutes(t *testing.T) {
	t.Parallel()
	p := &processes{}
	for i := range 3 {
		p.nodes = append(p.nodes, &node{name: nodeName(i), door: &proxy{network: newWire()}})
	}
	for _, from := range p.nodes {
		for _, to := range p.nodes {
			if from != to {
				p.routes = append(p.routes, route{from.name, to.name, &proxy{network: newWire()}})
			}
		}
	}
	for _, c := range []struct{ in, out bool }{{true, false}, {false, true}, {true, true}, {false, false}} {
		p.isolate(t, "n2", ways{toServer: c.in, fromServer: c.out})
		for _, r := range p.routes {
			want := ways{}
			switch {
			case r.to == "n2":
				want = ways{toServer: c.in, fromServer: c.out}
			case r.from == "n2":
				want = ways{toServer: c.out, fromServer: c.in}
			}
			if got := r.way.network.shut(); got != want {
				t.Errorf("in %v, out %v: on the way from %s to %s %+v is shut, want %+v", c.in, c.out, r.from, r.to, got, want)
			}
		}
		for _, n := range p.nodes {
			want := ways{}
			if n.name == "n2" {
				want = ways{toServer: c.in, fromServer: c.out}
			}
			if got := n.door.network.shut(); got != want {
				t.Errorf("in %v, out %v: at %s %+v is shut for clients, want %+v", c.in, c.out, n.name, got, want)
			}
		}
	}
}

// An ack that was confirmed half a second before the crash is on the disk: nothing comes again.
func TestPauseBeforeCrash(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), "crash-r1", "publishers.0.backlog=1000",
		"faults=[{at: 5s, do: kill_server, target: n1, for: 1s}]", "phases.disturb=8s")
	from, _ := firedAt(t, events, 1)
	const pause = int64(500 * time.Millisecond)
	if acked, late := within(events, history.Acked, 0, from-pause), within(events, history.Acked, from-pause, from); acked != 1000 || late != 0 {
		t.Fatalf("%d acks were confirmed half a second before the crash and %d after that, want all 1000 before", acked, late)
	}
	if n := sound(t, events, 1).Metrics["redelivery.acked"]; n != 0 {
		t.Errorf("%v confirmed acks were forgotten", n)
	}
}

// Another nats-server runs where one is asked for, and what it says of itself is in the history.
func TestBinary(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "another-server")
	if said, err := exec.Command("go", "build", "-o", binary, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	ran := make(chan string, 1)
	d := dirs(t)
	plan := planOf(t, `
name: binary
publishers: [{backlog: 20}]
workers: [{name: w, batch: 10, expires: 1s}]
phases: {disturb: 1200ms}
`, 1, "server.mode=process", "server.binary="+binary)
	err := Real(context.Background(), plan, d, func(time.Duration) {
		for _, environ := range serversOf(t, d) {
			if program, err := os.Readlink(filepath.Join(filepath.Dir(environ), "exe")); err == nil {
				select {
				case ran <- program:
				default:
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	events := readLogs(t, d)
	sound(t, events, 0)
	select {
	case got := <-ran:
		if got != binary {
			t.Errorf("the server is %s, want %s", got, binary)
		}
	default:
		t.Error("nobody saw the server run")
	}
	if !slices.ContainsFunc(events, func(e history.Event) bool { return e.Kind == history.Usage && e.Reason == ServerVersion }) {
		t.Error("the history does not have the version of the server")
	}
	if left := serversOf(t, d); len(left) > 0 {
		t.Errorf("servers are left: %v", left)
	}
}

// A path that leads nowhere, a program that is no server, and a server that is too old are told before anything starts.
func TestBinaryUnfit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct{ binary, want string }{
		{filepath.Join(dir, "nothing"), "no such file"},
		{script("text", "", 0o666), "permission denied"},
		{script("echo", "echo hello", 0o777), `expected a nats-server, but --version says "hello"`},
		{script("fails", "exit 3", 0o777), "expected a nats-server, but --version fails: exit status 3"},
		{script("old", "echo nats-server: v2.10.29", 0o777), "priority_policy: pinned_client needs nats-server 2.11 or later, and this is 2.10.29"},
	} {
		d := dirs(t)
		plan := planOf(t, "kill-mid-batch", 1, "clock=real", "server.mode=process", "server.binary="+c.binary)
		err := Real(context.Background(), plan, d, func(time.Duration) {})
		if !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.binary) {
			t.Errorf("%v; want the path and %q", err, c.want)
		}
		for _, path := range []string{d.Logs, d.Store, d.Servers} {
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("%s: %s was made: %v", c.binary, path, err)
			}
		}
	}
}

// A server that only it itself takes for the leader does not lead: more than half follow whoever does.
func TestLeaderIsWhomMostFollow(t *testing.T) {
	for want, leaders := range map[string][3]string{"n2": {"n1", "n2", "n2"}, "": {"n1", "", "n2"}, "n3": {"n3", "n3", "n3"}} {
		v := view{streams: map[string]*streamReplica{}}
		for i, leader := range leaders {
			v.streams[nodeName(i)] = &streamReplica{Cluster: &group{Leader: leader}}
		}
		if got := v.leader(); got != want {
			t.Errorf("%v: %q leads, want %q", leaders, got, want)
		}
	}
}

// A consumer that some of its servers do not have is missed; one that all have is not, nor is one of a single replica.
func TestConsumersThatAreMissing(t *testing.T) {
	has := &streamReplica{Consumers: []consumerReplica{{Name: "workers"}}}
	v := view{streams: map[string]*streamReplica{"n1": has, "n2": {}, "n3": {}}}
	if got := v.missing("workers", 3); len(got) != 1 || got[0].text != "workers is on n1 only, and is to have 3 replicas" {
		t.Errorf("got %q", got)
	}
	if got := v.missing("workers", 1); got != nil {
		t.Errorf("a single replica: %q", got)
	}
	v.streams["n2"], v.streams["n3"] = has, has
	if got := v.missing("workers", 3); got != nil {
		t.Errorf("all have it: %q", got)
	}
}
