package main

import (
	"encoding/json"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// Every scenario of the catalogue is what it says it is, with more than one seed, and nothing that its server delivered is
// unaccounted for.
func TestCatalogue(t *testing.T) {
	for _, seed := range []string{"1", "2"} {
		for _, name := range virtualScenarios(t) {
			t.Run(name+"/"+seed, func(t *testing.T) {
				t.Parallel()
				out := t.TempDir()
				code := pindrop([]string{"run", name, "--seed", seed, "--quiet", "--out", out}, io.Discard, io.Discard)
				r := record(t, out+"/"+name)
				if code != 0 || r.Verdict != measure.Pass {
					t.Errorf("exit code %d: %s: %s", code, r.Verdict, r.Reason)
				}
				everyDeliveryIsAccountedFor(t, out+"/"+name)
			})
		}
	}
}

// virtualScenarios are those of the catalogue that run on the virtual clock. The others take as long as they say.
func virtualScenarios(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range scenarios.Names() {
		s, err := load(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if clock, _ := s.ResolveClock(); clock == scenarios.ClockVirtual && nativeEngine(s) {
			names = append(names, name)
		}
	}
	return names
}

// nativeEngine reports whether a scenario needs no guest on the virtual clock: guests are for the long proofs.
func nativeEngine(s *scenarios.Scenario) bool {
	engine, _ := s.Engine(scenarios.ClockVirtual)
	return engine == scenarios.EngineNative
}

func record(t *testing.T, path string) *results.Record {
	t.Helper()
	run, err := results.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Record()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Measuring a stored history again gives the stored findings.
func TestMeasuredAgain(t *testing.T) {
	out := t.TempDir()
	if code := pindrop([]string{"run", "freeze-holder", "--quiet", "--out", out}, io.Discard, io.Discard); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	stored := record(t, out+"/freeze-holder")
	run, err := results.Open(out + "/freeze-holder")
	if err != nil {
		t.Fatal(err)
	}
	h, err := run.History()
	if err != nil {
		t.Fatal(err)
	}
	again := results.New(results.Input{Findings: *measure.Stream(h.Events(), measure.Asked{})})
	for _, part := range []struct {
		name          string
		stored, again any
	}{
		{"metrics", stored.Metrics, again.Metrics},
		{"findings", stored.Findings, again.Findings},
		{"series", stored.Series, again.Series},
	} {
		if diff := cmp.Diff(asJSON(t, part.stored), asJSON(t, part.again)); diff != "" {
			t.Errorf("%s:\n%s", part.name, diff)
		}
	}
}

// asJSON is a value as a record keeps it.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
