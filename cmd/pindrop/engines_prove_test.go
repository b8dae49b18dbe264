//go:build prove

package main

import (
	"io"
	"slices"
	"testing"

	"pindrop/results"
	"pindrop/scenarios"
)

// The engines agree on every drill of the catalogue that both can run, as closely as the clocks have to.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	for _, name := range virtualScenarios(t) {
		t.Run(name, func(t *testing.T) {
			inside := inGuest(t, name)
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

// serverDrills are the scenarios of the catalogue that run in a guest.
func serverDrills(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range scenarios.Names() {
		s, err := load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if clock, _ := s.ResolveClock(); clock == scenarios.ClockVirtual && !nativeEngine(s) {
			names = append(names, name)
		}
	}
	return names
}

// printedRuns are all built-in scenarios.
func printedRuns() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(scenarios.Names(), scenarios.Claims()))))
}
