//go:build prove

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/safety"
	"pindrop/sim/assertion/calls"
	"pindrop/sim/guest"
)

// graft is a change of the source of a module: what stands once in a file, and what takes its place.
type graft struct{ file, old, new string }

// rash makes of the released server one that acknowledges what only its leader has: it commits an entry as soon as it has written it itself.
var rash = []graft{
	{"server/raft.go", "\tif acks < n.qn {\n", "\tif acks < 1 {\n"},
	{"server/raft.go", "\tif n.qn <= 1 {\n\t\tn.tryCommit(n.pindex)\n", "\tif shouldStore {\n\t\tn.tryCommit(n.pindex)\n"},
}

// plantedGuest is a guest with a changed copy of a module. The module's source stays as it is: a copy of it is changed and built. (The
// compiler's -overlay would need no copy, but refuses files of the module cache.)
func plantedGuest(t *testing.T, module string, changes []graft) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	changed := filepath.Join(dir, "module")
	if err := os.CopyFS(changed, os.DirFS(strings.TrimSpace(string(out)))); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		path := filepath.Join(changed, c.file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), c.old); n != 1 {
			t.Fatalf("%s has %d places like %q, want 1: look at what it does now", c.file, n, c.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), c.old, c.new, 1)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	program, modfile := filepath.Join(dir, "guest"), filepath.Join(dir, "planted.mod")
	for from, to := range map[string]string{"../../go.mod": modfile, "../../go.sum": filepath.Join(dir, "planted.sum")} {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("go", "mod", "edit", "-replace", module+"="+changed, modfile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := guest.Compile(context.Background(), filepath.Join("..", ".."), program, "-mod=mod", "-modfile", modfile); err != nil {
		t.Fatal(err)
	}
	return program
}

// runsIn has every run of the test take a program for the guest.
func runsIn(t *testing.T, program string) (before func(context.Context, func(string)) (*guest.Program, error)) {
	before = prepareGuest
	t.Cleanup(func() { prepareGuest = before })
	prepareGuest = func(context.Context, func(string)) (*guest.Program, error) {
		return &guest.Program{Path: program, Origin: "planted", ID: "planted"}, nil
	}
	return before
}

// explorePlanted explores until something is found, and returns the first finding.
func explorePlanted(t *testing.T, flags ...string) results.Found {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "planted.yaml")
	if err := os.WriteFile(file, []byte(plantedScenario), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, trouble bytes.Buffer
	code := pindrop(append([]string{"explore", file, "--seeds", "200", "--json", "--out", dir, "--shrink", "30", "--jobs", "2"}, flags...), &out, &trouble)
	var e results.Exploration
	if err := json.Unmarshal(out.Bytes(), &e); err != nil || code != 1 || len(e.Found) == 0 {
		t.Fatalf("code %d, %v\n%s\n%s", code, err, &out, &trouble)
	}
	f := e.Found[0]
	t.Logf("seed %d of %d: %s: %s\ndrawn %s\nleft %s after %d runs", f.Seed, e.Run, f.Name(), f.Text, f.Faults, f.Shrunk, f.Runs)
	if count := strings.Count(f.Shrunk, "do: "); count > 3 || count == 0 {
		t.Errorf("%d faults are left", count)
	}
	return f
}

const plantedScenario = `
name: planted
clock: virtual
server: {nodes: 3, routes: {latency: 20ms}}
stream: {storage: file, num_replicas: 3}
publishers: [{rate: 20/s, keys: 4}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 10ms}]
phases: {disturb: 20s}
`

// A server that acknowledges before a quorum has the message is found out within 200 seeds, and what is left of the finding
// are three faults at most. The released server passes the seed that finds it.
func TestExploreFindsAPlantedBug(t *testing.T) {
	was := runsIn(t, plantedGuest(t, calls.Server, rash))
	f := explorePlanted(t)
	prepareGuest = was
	runtime.GC()
	var out, trouble bytes.Buffer
	if code := pindrop([]string{"run", filepath.Join(f.Dir, results.ScenarioFile), "--seed", jsonNumber(f.Seed), "--engine", "guest",
		"--quiet", "--out", t.TempDir()}, &out, &trouble); code == 1 {
		t.Errorf("the released server breaks a law with that seed as well\n%s", &trouble)
	}
}

func jsonNumber(n uint64) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// The same server is found out by what it asserts itself, where nothing else is looked for.
func TestExploreFindsAPlantedViolation(t *testing.T) {
	runsIn(t, plantedGuest(t, calls.Server, rash))
	if f := explorePlanted(t, "--only", safety.ServerAssertion); f.What != safety.ServerAssertion || f.Message == "" {
		t.Errorf("found %+v", f)
	}
}

// A library that says of every late confirmation from the fourth term on that it came too soon is heard, and the faults that make
// leaders change are what is left of the finding.
func TestExploreHearsALyingLibrary(t *testing.T) {
	runsIn(t, plantedGuest(t, calls.Library, []graft{{"assert/assert.go", "history.AssertAlwaysOrUnreachable, condition,",
		`history.AssertAlwaysOrUnreachable, condition && details["n.term"].(uint64) < 4,`}}))
	f := explorePlanted(t, "--only", safety.ServerAssertion)
	if f.What != safety.ServerAssertion || f.Message != "Raft response term mismatch" || !strings.Contains(f.Text, `"n.term":"4"`) {
		t.Errorf("found %+v", f)
	}
}
