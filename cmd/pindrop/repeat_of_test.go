package main

import (
	"regexp"
	"strings"
	"testing"

	"pindrop/results"
)

// edited changes the record of a run.
func edited(t *testing.T, dir string, change func(*results.Record)) {
	t.Helper()
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Record()
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	if err := run.Write(results.RecordFile, r.Encode); err != nil {
		t.Fatal(err)
	}
}

// A repeat that comes out otherwise ends with 1 and shows the first event that differs, and what was not the same; one that
// comes out the same although something is not says both.
func TestRepeatDiffers(t *testing.T) {
	file := workload(t, "publishers: [{rate: 50/s}]\nworkers: [{name: w, batch: 10, service: 5ms}]\nphases: {disturb: 1s}\n")
	for _, c := range []struct {
		name   string
		change func(*results.Record)
		code   int
		want   string
	}{
		{"another server", func(r *results.Record) { r.Versions.NATSServer = "2.14.0" }, 0,
			`^The repeat is the same: .*, although not all is the same that makes a run \(nats-server was 2\.14\.0 and is 2\.\S+\)\. It is kept in \S+\.\n$`},
		{"another seed", func(r *results.Record) { r.Seed = 2 }, 1,
			`(?s)^The repeat is another: .* \(the seed made another plan\)\.\nThey part at event \d+:\n  before .+\n  now    .+\n$`},
		{"another history", func(r *results.Record) { r.Digest = strings.Repeat("0", 64) }, 64,
			`the run is damaged: .*found a history with digest`},
		{"no engine", func(r *results.Record) { r.Engine = "diesel" }, 64, `it names the engine "diesel"`},
		{"no scenario", func(r *results.Record) { r.YAML = "workers: 7" }, 64, `its scenario cannot be read`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := t.TempDir()
			if code, text := said("run", file, "--quiet", "--out", out); code != 0 {
				t.Fatalf("exit code %d: %s", code, text)
			}
			edited(t, out+"/short", c.change)
			code, text := said("run", "--repeat-of", out+"/short", "--out", t.TempDir())
			if code != c.code || !regexp.MustCompile(c.want).MatchString(text) {
				t.Errorf("exit code %d, want %d with %s:\n%s", code, c.code, c.want, text)
			}
		})
	}
}

// Without the Go toolchain, and with neither a carried guest nor one in the cache, what needs a guest is refused.
func TestNoToolchain(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	code, text := said("run", "steady", "--engine", "guest", "--out", t.TempDir())
	if code != exitUsage || !strings.Contains(text, "the go command is not in PATH") || !strings.Contains(text, "make dist") || strings.Contains(text, "--clock real") {
		t.Errorf("exit code %d: %s", code, text)
	}
	code, text = said("run", workload(t, "name: three\nserver: {nodes: 3}\npublishers: [{rate: 1/s}]\nworkers: [{name: w}]\n"), "--out", t.TempDir())
	if code != exitUsage || !strings.Contains(text, "make dist") || !strings.Contains(text, "or run it on the real clock, which needs none: --clock real") {
		t.Errorf("exit code %d: %s", code, text)
	}
}
