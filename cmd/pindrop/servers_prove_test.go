//go:build prove

package main

import (
	"io"
	"slices"
	"testing"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// The drills of the catalogue that break servers come out as they say on real processes as well, but for those that break disks.
// They run one after the other: elections are a matter of time, and so is who gets the processor.
func TestServerDrills(t *testing.T) {
	virtual := virtualScenarios(t)
	for _, name := range scenarios.Names() {
		if slices.Contains(virtual, name) {
			continue
		}
		s, err := load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.BreaksDisks() != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			code := pindrop([]string{"run", name, "--clock", "real", "--quiet", "--out", out}, io.Discard, io.Discard)
			if r := record(t, out+"/"+name); code != 0 || r.Verdict != measure.Pass {
				t.Errorf("exit code %d: %s: %s", code, r.Verdict, r.Reason)
			}
		})
	}
}

// What cuts a server off cuts it off the second time as well: no server has found another way to it meanwhile.
func TestIsolatedTwice(t *testing.T) {
	out := t.TempDir()
	pindrop([]string{"run", "partition-leader-r3", "--clock", "real", "--quiet", "--out", out,
		"--set", "faults=[{at: 3s, do: isolate, target: leader, for: 14s}, {at: 25s, do: isolate, target: leader, for: 14s}]",
		"--set", "phases.disturb=45s", "--set", "publishers.0.backlog=14000"}, io.Discard, io.Discard)
	r := record(t, out+"/partition-leader-r3")
	long := 0
	for _, g := range r.Findings.Gaps {
		if g.To-g.From >= 3e9 {
			long++
		}
	}
	if long != 2 || r.Verdict != measure.Pass {
		t.Errorf("%s, %d gaps of 3 s or more, want one for each fault: %+v", r.Verdict, long, r.Findings.Gaps)
	}
}
