package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/results"
)

// createdAt hears of every stream that is made on a server, for a user; the function says of which.
func createdAt(t *testing.T, at string) func() []string {
	t.Helper()
	nc, err := nats.Connect(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	heard, err := nc.SubscribeSync("$JS.EVENT.ADVISORY.STREAM.CREATED.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return func() []string {
		var names []string
		for {
			msg, err := heard.NextMsg(100 * time.Millisecond)
			if err != nil {
				return names
			}
			names = append(names, msg.Subject[strings.LastIndexByte(msg.Subject, '.')+1:])
		}
	}
}

// said runs pindrop, and returns its exit code and all that it said.
func said(args ...string) (int, string) {
	var text bytes.Buffer
	code := pindrop(args, &text, &text)
	return code, text.String()
}

// workload writes a scenario into a file.
func workload(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "short.yaml")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// The runs of a sweep are on the servers that are named, and what is written down can be repeated, but for the password.
func TestSweepExternal(t *testing.T) {
	t.Parallel()
	s, out := somebodys(t, withPassword), t.TempDir()
	at := urlFor(s, "pd")
	created := createdAt(t, at)
	code, text := said("sweep", workload(t, short), "--vary", "workers.batch=5,10", "--out", out, "--server", at)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, text)
	}
	if names := created(); len(names) != 2 || names[0] != "PINDROP_short" {
		t.Errorf("made on the server: %v, want a stream for each point", names)
	}
	if left := streamsOf(t, at); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
	nowhere(t, out, text, secret)
	found, err := filepath.Glob(filepath.Join(out, "short", "*"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	sweep, err := (&results.Run{Dir: found[0]}).Sweep()
	if err != nil {
		t.Fatal(err)
	}
	if sweep.Clock != "real" || !strings.Contains(sweep.Command, "--clock real") || !strings.Contains(sweep.Command, "--server nats://127.0.0.1") {
		t.Errorf("on the clock %s; to repeat it: %s", sweep.Clock, sweep.Command)
	}
}

// A sweep that was interrupted goes on where it began: the servers are known, and a password is given anew.
func TestSweepExternalResumed(t *testing.T) {
	t.Parallel()
	o := studyOptions{serverFlags: serverFlags{server: "nats://pd:" + secret + "@127.0.0.1:4222"}}
	before := []string{"--server", "nats://127.0.0.1:4222"}
	if err := o.sameServers(before); err != nil || !strings.Contains(o.server, secret) {
		t.Errorf("the same servers with a password: %v", err)
	}
	o = studyOptions{}
	if err := o.sameServers(before); err != nil || o.server != before[1] {
		t.Errorf("the servers are %q, %v; want those of the directory", o.server, err)
	}
	o = studyOptions{serverFlags: serverFlags{context: "other"}}
	if err := o.sameServers(before); err == nil || !strings.Contains(err.Error(), before[1]) {
		t.Errorf("other servers: %v", err)
	}
}

// Of a tuning only the runs that confirm it are on the servers that are named.
func TestTuneExternal(t *testing.T) {
	t.Parallel()
	s, out := somebodys(t, withPassword), t.TempDir()
	at := urlFor(s, "pd")
	created := createdAt(t, at)
	text := `
name: short
publishers: [{rate: 100/s}]
workers: [{name: w, batch: 4, expires: 1s, service: 5ms}]
phases: {disturb: 500ms}
`
	code, printed := said("tune", workload(t, text), "--confirm", "real", "--goal", "handled.count >= 1", "--out", out, "--server", at)
	found, err := filepath.Glob(filepath.Join(out, "short", "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("exit code %d, %v, %v:\n%s", code, found, err, printed)
	}
	tuning, err := (&results.Run{Dir: found[0]}).Tuning()
	if err != nil {
		t.Fatal(err)
	}
	runs := 1 // without a limit
	for _, c := range tuning.Confirm {
		runs += len(c.Calm) + len(c.Faults)
	}
	if names := created(); len(tuning.Confirm) == 0 || len(names) != runs {
		t.Errorf("%d streams were made on the server, want one for each of %d runs that confirm", len(names), runs)
	}
	if tuning.Clock != "virtual" || !strings.Contains(tuning.Command, "--confirm real") || !strings.Contains(tuning.Command, "--server nats://127.0.0.1") {
		t.Errorf("on the clock %s; to repeat it: %s", tuning.Clock, tuning.Command)
	}
	nowhere(t, out, printed, secret)
	if left := streamsOf(t, at); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
}

// Claims are judged on the servers that are named, if those can do what they need.
func TestClaimsExternal(t *testing.T) {
	t.Parallel()
	s := somebodys(t, withPassword)
	at := urlFor(s, "pd")
	created := createdAt(t, at)
	var stdout, stderr bytes.Buffer
	code := pindrop([]string{"claims", "group-needed", "leader-kill", "--clock", "real", "--json", "--server", at}, &stdout, &stderr)
	var rows []struct{ ID, Verdict, Command, Reason string }
	if err := json.Unmarshal(stdout.Bytes(), &rows); err != nil || len(rows) != 2 {
		t.Fatalf("%v: %s%s", err, &stdout, &stderr)
	}
	if names := created(); len(names) == 0 || code != 2 || rows[0].Verdict != "refuted" || !strings.Contains(rows[0].Command, "--server nats://127.0.0.1") {
		t.Errorf("exit code %d, streams %v, %+v", code, names, rows[0])
	}
	if text := stderr.String(); !strings.Contains(text, "claim leader-kill was not run: not on these servers: do: kill_server needs server.mode: process") {
		t.Errorf("said: %s", text)
	}
	if strings.Contains(stdout.String()+stderr.String(), secret) {
		t.Error("a password is printed")
	}
	if left := streamsOf(t, at); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
}

// Servers that no run would use are refused, and so is what is none, without a word of what may be a password.
func TestServersUnused(t *testing.T) {
	at := "nats://pd:" + secret + "@127.0.0.1:1"
	const unreachable = "the server cannot be reached"
	for _, c := range []struct {
		want string
		args []string
	}{
		{"nothing would use it", []string{"run", "steady", "--clock", "virtual", "--server", at}},
		{"use --clock real", []string{"sweep", "steady", "--vary", "workers.batch=1", "--clock", "virtual", "--server", at}},
		{"use --confirm real, or --clock real", []string{"tune", "steady", "--server", at}},
		{"--context: on the virtual clock nothing would use it", []string{"tune", "steady", "--context", "staging"}},
		{"use --clock real", []string{"claims", "map1-batch1", "--server", at}},
		{unreachable, []string{"tune", "steady", "--confirm", "real", "--server", at}},
		{"expected auto, embedded, process or a URL", []string{"sweep", "steady", "--vary", "workers.batch=1", "--server", "pd:" + secret + "@host"}},
		{"leave out --server", []string{"claims", "--clock", "real", "--server", at, "--context", "staging"}},
	} {
		args := c.args
		out := t.TempDir()
		if args[0] != "claims" {
			args = append(args, "--out", out)
		}
		wanted := exitUsage
		if c.want == unreachable {
			wanted = exitIO
		}
		code, text := said(args...)
		if code != wanted || !strings.Contains(text, c.want) || strings.Contains(text, secret) {
			t.Errorf("%s: exit code %d, want %d and %q, without the password:\n%s", c.args[0], code, wanted, c.want, text)
		}
		if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
			t.Errorf("%s: %v, %v are left of what never was", c.args[0], left, err)
		}
	}
}
