//go:build prove

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pindrop/results"
	"pindrop/results/safety"
)

// rivals is a cluster whose leader is cut off while the two others lose their power: they go on with shorter logs, and the leader comes
// back with what it had taken for committed.
const rivals = `
name: rivals
clock: virtual
server: {nodes: 3}
stream: {storage: file, num_replicas: 3}
publishers: [{rate: 100/s, size: 512}]
workers: [{name: w, batch: 5, expires: 1s}]
faults:
  - {at: 5s, do: isolate, target: stream_leader, for: 25s}
  - {at: 5500ms, do: power_loss, target: n1, for: 1s}
  - {at: 5500ms, do: power_loss, target: n2, for: 1s}
explore: {min: 0, max: 1, menu: [{do: [power_loss, isolate], target: [n1, n2, n3], for_min: 1s, for_max: 10s}]}
phases: {disturb: 40s, drain: 10s}
`

// Servers that forget what they had acknowledged say so themselves: within 60 seeds one of them meets a leader that contradicts what it
// had taken for committed. That is known, with its reference, and no finding.
func TestLostCommitsAreAsserted(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "rivals.yaml")
	if err := os.WriteFile(file, []byte(rivals), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, trouble bytes.Buffer
	code := pindrop([]string{"explore", file, "--seeds", "60", "--keep-going", "--only", safety.ServerAssertion, "--json", "--out", dir, "--jobs", "2"}, &out, &trouble)
	var e results.Exploration
	if err := json.Unmarshal(out.Bytes(), &e); err != nil || len(e.Found) > 0 {
		t.Fatalf("code %d, %v\n%s\n%s", code, err, &out, &trouble)
	}
	for _, message := range []string{"Truncate to earlier entry would lose commits"} {
		i := slices.IndexFunc(e.Assertions, func(a results.AssertionCount) bool { return a.Message == message })
		if i < 0 || e.Assertions[i].Known == 0 || e.Assertions[i].Broken > 0 {
			t.Errorf("%q: %+v", message, e.Assertions)
		}
	}
	for _, a := range e.Assertions {
		t.Logf("%s: called in %d of %d runs, known in %d, seeds %v", a.Message, a.Runs, e.Run, a.Known, a.Seeds)
	}
}
