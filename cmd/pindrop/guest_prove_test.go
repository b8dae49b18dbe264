//go:build prove

package main

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// contended is a scenario in which workers race for every message.
const contended = `
consumer: {priority_policy: overflow, priority_groups: [g], ack_wait: 2s, max_ack_pending: 60}
publishers: [{count: 2, rate: 100/s, keys: 20}]
workers: [{name: w, count: 6, batch: 10, expires: 3s, service: 40ms}]
faults: [{at: 1s, do: kill, target: w3}]
phases: {disturb: 3s, drain: 30s}
`

// inGuest runs a scenario in a guest, and returns its record and its run.
func inGuest(t *testing.T, scenario string, seed int) (*results.Record, *results.Run) {
	t.Helper()
	out := t.TempDir()
	code := pindrop([]string{"run", scenario, "--clock", "virtual", "--engine", "guest", "--seed", strconv.Itoa(seed),
		"--quiet", "--deadline", "10m", "--out", out}, io.Discard, io.Discard)
	name := strings.TrimSuffix(scenario[strings.LastIndex(scenario, "/")+1:], ".yaml")
	r := record(t, out+"/"+name)
	if code != 0 || r.Verdict != measure.Pass {
		t.Errorf("%s, seed %d: exit code %d: %s: %s", name, seed, code, r.Verdict, r.Reason)
	}
	run, err := results.Open(out + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return r, run
}

// A guest makes one history of one seed, however often: of a drill, of workers that race for messages, and of a cluster
// that loses its leader.
func TestGuestExact(t *testing.T) {
	for _, scenario := range []string{"kill-mid-batch", workload(t, contended), "leader-kill-r3"} {
		digests := map[string]int{}
		for range 20 {
			r, _ := inGuest(t, scenario, 1)
			digests[r.Digest]++
		}
		if len(digests) != 1 {
			t.Errorf("%s: 20 runs of one seed made %v", scenario, digests)
		}
	}
}

// Seeds make different elections: which server leads after the kill is not always the same one of the two that are left.
func TestGuestElections(t *testing.T) {
	orders := map[string]int{}
	for seed := 1; seed <= 20; seed++ {
		_, run := inGuest(t, "leader-kill-r3", seed)
		h, err := run.History()
		if err != nil {
			t.Fatal(err)
		}
		orders[elected(h)]++
	}
	t.Logf("who was killed, and who led then: %v", orders)
	victims := map[string]map[string]bool{}
	different := false
	for order := range orders {
		victim, next, _ := strings.Cut(order, " ")
		if victims[victim] == nil {
			victims[victim] = map[string]bool{}
		}
		victims[victim][next] = true
		different = different || len(victims[victim]) > 1
	}
	if !different {
		t.Errorf("20 seeds made one election order for each victim: %v", orders)
	}
}

// elected is the server that was killed, and who led the consumer next.
func elected(h *history.History) string {
	victim := ""
	for e := range h.Events() {
		switch {
		case e.Kind == history.Fault && victim == "":
			victim = e.Target
		case e.Kind == history.Leader && victim != "" && e.Target != victim:
			return victim + " " + e.Target
		}
	}
	return victim + " nobody"
}

// The engines agree on every drill of the catalogue that both can run, as closely as the clocks have to.
func TestEnginesAgree(t *testing.T) {
	for _, name := range virtualScenarios(t) {
		t.Run(name, func(t *testing.T) {
			inside, _ := inGuest(t, name, 1)
			out := t.TempDir()
			pindrop([]string{"run", name, "--clock", "virtual", "--engine", "native", "--quiet", "--out", out}, io.Discard, io.Discard)
			for _, m := range results.Agree(record(t, out+"/"+name), inside).Metrics {
				if !m.OK {
					t.Errorf("%s is %v on the native engine and %v in a guest, beyond %s", m.Metric, m.Values[0], m.Values[1], m.Within)
				}
			}
		})
	}
}

// The drills that break servers come out in a guest as they say, all that a guest can run.
func TestServerDrillsInGuest(t *testing.T) {
	for _, name := range serverDrills(t) {
		t.Run(name, func(t *testing.T) {
			r, _ := inGuest(t, name, 1)
			if again, _ := inGuest(t, name, 1); again.Digest != r.Digest {
				t.Errorf("digests %s and %s of one seed", r.Digest, again.Digest)
			}
		})
	}
}

// serverDrills are the scenarios of the catalogue with more servers than one.
func serverDrills(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range scenarios.Names() {
		s, err := load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Server.Nodes > 1 {
			names = append(names, name)
		}
	}
	return names
}
