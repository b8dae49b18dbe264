//go:build prove && linux

package sim

import (
	"fmt"
	"os/exec"
	"testing"
)

// busyRuns is how often a seed is run beside busy processes.
const busyRuns = 40

// racing are scenarios in which several clients reach for one server in the same instant: their workload, and their faults.
var racing = []struct{ of, faults string }{
	{"stream: {storage: file}\npublishers: [{count: 4, rate: 60/s, keys: 20}]\nworkers: [{name: w, count: 9, batch: 3, expires: 2s, service: 10ms}]",
		"- {at: 1s, do: kill_server, target: n1, for: 500ms, times: 3, every: 2s}"},
	{"stream: {storage: file}\npublishers: [{backlog: 3000}]\nworkers: [{name: w, count: 4, batch: 2, expires: 2s, service: 0s, ack: double}]",
		"- {on: begin#500 of any, do: kill_server, target: n1, for: 1s, times: 2}"},
	{"stream: {storage: file}\npublishers: [{rate: 50/s, keys: 8}]\nworkers: [{name: w, count: 4, batch: 10, expires: 2s, service: 5ms}]",
		"- {at: 4s, do: restart_server, target: n1, for: 700ms}\n  - {at: 6s, do: disconnect, target: w1}"},
	{"stream: {storage: file}\npublishers: [{rate: 50/s, keys: 8}]\nworkers: [{name: w, count: 4, batch: 10, expires: 2s, service: 5ms}]",
		"- {at: 3s, do: isolate, target: n1, for: 3s}\n  - {at: 5s, do: kill, target: w2}"},
	{"stream: {storage: file}\npublishers: [{rate: 80/s, keys: 8}]\nworkers: [{name: w, count: 6, batch: 5, expires: 1s, service: 20ms, network: {latency: 20ms, jitter: 10ms}}]",
		"- {at: 2s, do: partition, target: w1, for: 2s}\n  - {at: 4s, do: disconnect, target: w3}\n  - {at: 5s, do: kill_server, target: n1, for: 1s}"},
	{"stream: {storage: file}\npublishers: [{rate: 80/s, keys: 8}]\nworkers: [{name: w, count: 6, batch: 5, expires: 1s, service: 20ms}]",
		"- {at: 2s, do: freeze, target: w1, for: 3s}\n  - {at: 5s, do: disk_full, target: n1, for: 1s}\n  - {at: 7s, do: restart_server, target: n1, for: 1s}"},
	{"stream: {storage: file}\npublishers: [{count: 3, rate: 40/s, keys: 8}]\nworkers: [{name: w, count: 5, batch: 4, expires: 2s, service: 15ms}]",
		"- {at: 6s, do: power_loss, target: n1, for: 1s}"},
	{"stream: {storage: file}\npublishers: [{count: 3, rate: 40/s, keys: 8}]\nworkers: [{name: w, count: 5, batch: 4, expires: 2s, service: 15ms, ack: double}]",
		"- {at: 2s, do: isolate, target: n1, way: in, for: 2s}\n  - {at: 5s, do: isolate, target: n1, way: out, for: 2s}"},
	{"server: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\npublishers: [{rate: 40/s, keys: 8}]\nworkers: [{name: w, count: 4, batch: 4, expires: 2s, service: 15ms}]",
		"- {at: 2s, do: split, target: leader, for: 4s}\n  - {at: 8s, do: kill_server, target: n1, for: 1s}"},
	{"server: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\npublishers: [{rate: 40/s, keys: 8}]\nworkers: [{name: w, count: 4, batch: 4, expires: 2s, service: 15ms}]",
		"- {at: 2s, do: slow_routes, target: follower, latency: 50ms, jitter: 20ms, for: 5s}\n  - {at: 4s, do: restart_server, target: n2, for: 1s}"},
}

// Beside processes that take all processors a seed has one history, as it has on an idle machine: of the drills that once had two,
// and of ten scenarios in which a server or a link breaks.
func TestGuestExactUnderLoad(t *testing.T) {
	for range 2 {
		busy := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"crash-r1", "power-loss-r1", "half-open"}
	for i, r := range racing {
		names = append(names, fmt.Sprintf(
			"name: racing-%d\nclock: virtual\nconsumer: {ack_wait: 2s}\n%s\nfaults:\n  %s\nphases: {disturb: 10s, drain: 40s}\n", i, r.of, r.faults))
	}
	for _, scenario := range names {
		digests := map[string]int{}
		for range busyRuns {
			digests[digestOf(t, inGuest(t, planOf(t, scenario, 1)))]++
		}
		if len(digests) != 1 {
			t.Errorf("%s: %d runs of one seed made %v", scenario, busyRuns, digests)
		}
		t.Logf("%.40q: %v", scenario, digests)
	}
}
