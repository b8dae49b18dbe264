package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/measure"
)

// inGuest runs a scenario of the catalogue in a guest, and returns its record.
func inGuest(t *testing.T, name string) *results.Record {
	t.Helper()
	out := t.TempDir()
	code := pindrop([]string{"run", name, "--clock", "virtual", "--engine", "guest", "--quiet", "--out", out}, io.Discard, io.Discard)
	r := record(t, out+"/"+name)
	if code != 0 || r.Verdict != measure.Pass {
		t.Errorf("%s: exit code %d: %s: %s", name, code, r.Verdict, r.Reason)
	}
	return r
}

// The drills that break servers come out in a guest as they say, all that a guest can run.
func TestServerDrillsInGuest(t *testing.T) {
	t.Parallel()
	for _, name := range serverDrills(t) {
		t.Run(name, func(t *testing.T) { inGuest(t, name) })
	}
}

// A server that refuses to start ends the run, not the guest: what was recorded is measured, and why it ended is said. Two failures
// of one disk heal one after the other: between the heals the disk still fails.
func TestServerThatDoesNotComeBack(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]string{
		"full": "[{at: 2s, do: disk_full, target: n1, for: 15s}, {at: 3s, do: restart_server, target: n1, for: 1s}]",
		"two":  "[{at: 2s, do: disk_full, target: n1, for: 2s}, {at: 3s, do: disk_full, target: n1, for: 15s}, {at: 5s, do: restart_server, target: n1, for: 1s}]",
	} {
		file := workload(t, "clock: virtual\nserver: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\n"+
			"publishers: [{rate: 10/s}]\nworkers: [{name: w, batch: 10, service: 5ms}]\nphases: {disturb: 20s}\nfaults: "+faults+"\n")
		out := t.TempDir()
		code := pindrop([]string{"run", file, "--quiet", "--out", out}, io.Discard, io.Discard)
		r := record(t, out+"/short")
		end := r.Findings.Phases[len(r.Findings.Phases)-1].Reason
		if code != 2 || r.Complete || !strings.Contains(end, " s after the start: a server did not come back: start server n1: it gave up: Can't start JetStream: ") {
			t.Errorf("%s: exit code %d, complete %v, ended because %s", name, code, r.Complete, end)
		}
		if r.Metrics["handled.count"] < 10 {
			t.Errorf("%s: %v messages handled before that", name, r.Metrics["handled.count"])
		}
	}
}

// A disk that failed under a server that was killed meanwhile does not cost the run.
func TestKilledOnABrokenDisk(t *testing.T) {
	t.Parallel()
	file := workload(t, "clock: virtual\nserver: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\n"+
		"publishers: [{rate: 10/s}]\nworkers: [{name: w, batch: 10, service: 5ms}]\nphases: {disturb: 20s}\n"+
		"faults: [{at: 2s, do: io_error, target: n1, for: 6s}, {at: 4s, do: kill_server, target: n1, for: 8s}]\n")
	out := t.TempDir()
	if code := pindrop([]string{"run", file, "--quiet", "--out", out}, io.Discard, io.Discard); code != 0 {
		t.Errorf("exit code %d: %s", code, record(t, out+"/short").Reason)
	}
}

// All runs of an exploration have one engine, whatever the first seed draws: that which the menu needs.
func TestExplorationHasOneEngine(t *testing.T) {
	t.Parallel()
	file := workload(t, `
clock: virtual
stream: {storage: file}
publishers: [{rate: 20/s}]
workers: [{name: w, count: 2, batch: 5, expires: 2s, service: 10ms}]
phases: {disturb: 10s}
explore: {max: 1, menu: [{do: slow, target: [w1]}, {do: restart_server, target: [n1], for_min: 3s, for_max: 4s}]}
expect: [latency.response.max < 1s]
`)
	engines := map[string]bool{}
	for _, first := range []string{"1", "2", "3"} { // each may draw the one or the other
		code, text := said("explore", file, "--seeds", "8", "--from", first, "--shrink", "4", "--json", "--out", t.TempDir())
		var e results.Exploration
		if err := json.Unmarshal([]byte(text[strings.Index(text, "{"):]), &e); err != nil || code != 1 || len(e.Found) == 0 {
			t.Fatalf("exit code %d, %v: %s", code, err, text)
		}
		engines[e.Engine] = true
		if f := e.Found[0]; f.Dir == "" || !strings.Contains(f.Command, "--engine guest") {
			t.Errorf("what was found is kept in %q, and repeated by %q", f.Dir, f.Command)
		}
	}
	if len(engines) != 1 || !engines["guest"] {
		t.Errorf("engines %v, want guest", engines)
	}
}
