package main

import (
	"io"
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
