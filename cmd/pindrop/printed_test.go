package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A history that was printed and is measured again has the findings of its run.
func TestPrintedHistories(t *testing.T) {
	for _, name := range printedRuns() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if code := pindrop([]string{"run", name, "--quiet", "--out", dir}, &bytes.Buffer{}, &bytes.Buffer{}); code > 2 {
				t.Fatalf("run: exit code %d", code)
			}
			runs, err := filepath.Glob(filepath.Join(dir, "*", "*"))
			if err != nil || len(runs) == 0 {
				t.Skip("the scenario cannot run by itself")
			}
			printed := filepath.Join(dir, "printed.jsonl")
			if err := os.WriteFile(printed, output(t, "history", runs[0], "--json"), 0o666); err != nil {
				t.Fatal(err)
			}
			if stored, read := output(t, "measure", runs[0], "--json"), output(t, "measure", printed, "--json"); !bytes.Equal(stored, read) {
				t.Errorf("measured again, the printed history says\n%s\nwant\n%s", read, stored)
			}
		})
	}
}

// output is what a command prints, without trouble.
func output(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, trouble bytes.Buffer
	if code := pindrop(args, &out, &trouble); code != 0 {
		t.Fatalf("%s: exit code %d: %s", args[0], code, trouble.String())
	}
	return out.Bytes()
}
