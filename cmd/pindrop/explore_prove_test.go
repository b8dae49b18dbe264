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
	"pindrop/sim/guest"
)

// plantedServer makes of the released server one that acknowledges what only its leader has: it commits an entry as soon as it has
// written it itself. The server's source stays as it is: a copy of it is changed and built. (The compiler's -overlay would need
// no copy, but refuses files of the module cache.)
func plantedServer(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/nats-io/nats-server/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	server := filepath.Join(dir, "nats-server")
	if err := os.CopyFS(server, os.DirFS(strings.TrimSpace(string(out)))); err != nil {
		t.Fatal(err)
	}
	raft := filepath.Join(server, "server", "raft.go")
	text, err := os.ReadFile(raft)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for _, change := range [][2]string{
		{"\tif acks < n.qn {\n", "\tif acks < 1 {\n"},
		{"\tif n.qn <= 1 {\n\t\tn.tryCommit(n.pindex)\n", "\tif shouldStore {\n\t\tn.tryCommit(n.pindex)\n"},
	} {
		if strings.Count(changed, change[0]) != 1 {
			t.Fatalf("raft.go has %d places like %q, want 1: look at what it does now", strings.Count(changed, change[0]), change[0])
		}
		changed = strings.Replace(changed, change[0], change[1], 1)
	}
	program, modfile := filepath.Join(dir, "guest"), filepath.Join(dir, "planted.mod")
	requires, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		raft: changed, filepath.Join(dir, "planted.sum"): string(sums),
		modfile: string(requires) + "\nreplace github.com/nats-io/nats-server/v2 => " + server + "\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := guest.Compile(context.Background(), filepath.Join("..", ".."), program, "-mod=mod", "-modfile", modfile); err != nil {
		t.Fatal(err)
	}
	return program
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
	program := plantedServer(t)
	was := prepareGuest
	t.Cleanup(func() { prepareGuest = was })
	prepareGuest = func(context.Context, func(string)) (*guest.Program, error) {
		return &guest.Program{Path: program, Origin: "planted", ID: "planted"}, nil
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "planted.yaml")
	if err := os.WriteFile(file, []byte(plantedScenario), 0o666); err != nil {
		t.Fatal(err)
	}
	var out, trouble bytes.Buffer
	code := pindrop([]string{"explore", file, "--seeds", "200", "--json", "--out", dir, "--shrink", "30", "--jobs", "2"}, &out, &trouble)
	var e results.Exploration
	if err := json.Unmarshal(out.Bytes(), &e); err != nil || code != 1 || len(e.Found) == 0 {
		t.Fatalf("code %d, %v\n%s\n%s", code, err, &out, &trouble)
	}
	f := e.Found[0]
	t.Logf("seed %d of %d: %s: %s\ndrawn %s\nleft %s after %d runs", f.Seed, e.Run, f.What, f.Text, f.Faults, f.Shrunk, f.Runs)
	if count := strings.Count(f.Shrunk, "do: "); count > 3 || count == 0 {
		t.Errorf("%d faults are left", count)
	}
	prepareGuest = was
	runtime.GC()
	if code := pindrop([]string{"run", filepath.Join(f.Dir, results.ScenarioFile), "--seed", jsonNumber(f.Seed), "--engine", "guest",
		"--quiet", "--out", t.TempDir()}, &out, &trouble); code == 1 {
		t.Errorf("the released server breaks a law with that seed as well\n%s", &trouble)
	}
}

func jsonNumber(n uint64) string {
	text, _ := json.Marshal(n)
	return string(text)
}
