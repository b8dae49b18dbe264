package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/history"
)

// Characters and line breaks may be cut by the borders of writes.
func TestVisibleWriterMindsNoBorders(t *testing.T) {
	text := "plain\tünï–🙂\r\nred \x1b[31m\u009b\u202e\r\n"
	want := "plain\tünï–🙂\r\n" + `red \u001b[31m\u009b\u202e` + "\r\n"
	for size := 1; size < len(text); size++ {
		var out bytes.Buffer
		v := &visible{to: &out}
		for rest := []byte(text); len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if n, err := v.Write(rest[:min(size, len(rest))]); err != nil || n != min(size, len(rest)) {
				t.Fatal(n, err)
			}
		}
		if out.String() != want {
			t.Errorf("in writes of %d bytes: got %q, want %q", size, out.String(), want)
		}
	}
}

// steering is what a terminal would obey.
const steering = "\x1b[2J\x1b]0;title\x07\u009b31m\u202e"

// No command prints raw what a scenario, a history, an argument or the name of a file holds.
func TestControlCharactersAreShownAsText(t *testing.T) {
	dir := t.TempDir()
	scenario := filepath.Join(dir, "a"+steering+".yaml")
	if err := os.WriteFile(scenario, []byte("name: x\nbad"+steering+": 1\n# "+steering+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	lines := filepath.Join(dir, "h.jsonl")
	var text bytes.Buffer
	if err := results.WriteJSONL(&text, history.Of(history.Event{At: 1, Actor: "w1" + steering, N: 1, Kind: history.Stop, Reason: steering})); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lines, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"run", scenario}, {"show", scenario}, {"run", steering}, {"run", "--" + steering}, {steering},
		{"measure", lines}, {"measure", lines, "--json"}, {"measure", dir + "/" + steering}, {"report", scenario},
		{"run", "kill-mid-batch", "--set", "workers." + steering + "=1"},
	} {
		var stdout, stderr bytes.Buffer
		pindrop(args, &stdout, &stderr)
		if said := stdout.String() + stderr.String(); said == "" || strings.ContainsAny(said, "\x1b\x07\u009b\u202e") {
			t.Errorf("%q printed %q", args, said)
		}
		if args[len(args)-1] == "--json" && !json.Valid(stdout.Bytes()) {
			t.Errorf("%q printed no JSON: %s", args, stdout.String())
		}
	}
}

// The events of a stored run too.
func TestHistoryIsShownAsText(t *testing.T) {
	run, err := results.Store{Dir: t.TempDir()}.Create("x", "1")
	if err != nil {
		t.Fatal(err)
	}
	h := history.Of(history.Event{At: 1, Actor: "w1" + steering, N: 1, Kind: history.Stop, Reason: steering})
	if err := run.Keep(h); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"history", run.Dir}, {"history", run.Dir, "--json"}} {
		var stdout, stderr bytes.Buffer
		if code := pindrop(args, &stdout, &stderr); code != 0 {
			t.Fatalf("%q: %s", args, stderr.String())
		}
		if said := stdout.String(); strings.ContainsAny(said, "\x1b\x07\u009b\u202e") || !strings.Contains(said, `\u001b[2J`) {
			t.Errorf("%q printed %q", args, said)
		}
	}
	var stdout, stderr bytes.Buffer
	pindrop([]string{"history", run.Dir, "--json"}, &stdout, &stderr)
	again, err := results.ReadJSONL(&stdout)
	if err != nil || again.Slice()[0].Reason != steering {
		t.Errorf("the lines say something else: %v", err)
	}
}
