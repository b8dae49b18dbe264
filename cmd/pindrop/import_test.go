package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pindrop/audit"
	"pindrop/results"
	"pindrop/scenarios"
)

// A consumer on a server of another process is held back by a limit that is far too small for its load. It is imported
// and tuned; with the limit that this recommends, the time at the limit is gone.
func TestImportTuneApply(t *testing.T) {
	t.Parallel()
	url := startPlant(t)
	file := filepath.Join(t.TempDir(), "orders.yaml")
	run := func(args ...string) []byte {
		t.Helper()
		var out, trouble bytes.Buffer
		if code := pindrop(args, &out, &trouble); code != 0 {
			t.Fatalf("pindrop %v: exit code %d\n%s%s", args, code, trouble.Bytes(), out.Bytes())
		}
		return out.Bytes()
	}
	run("import", "ORDERS", "worker", "--server", url, "--observe", "2s", "--every", "100ms", "--out", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", text)
	s, err := scenarios.Load(file, text, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Consumer.MaxAckPending != plantLimit || s.Consumer.AckWait != time.Minute {
		t.Errorf("settings: limit %d and ack wait %v, want %d and 1m", s.Consumer.MaxAckPending, s.Consumer.AckWait, plantLimit)
	}
	run("show", file)

	var tuning results.Tuning
	out := run("tune", file, "--json", "--repeat", "1", "--set", "phases.disturb=8s", "--out", filepath.Join(t.TempDir(), "results"))
	if err := json.Unmarshal(out, &tuning); err != nil {
		t.Fatal(err)
	}
	t.Logf("advised %d: %s", tuning.Advised, tuning.Reason)
	if tuning.Advised <= plantLimit {
		t.Fatalf("a limit of %d is advised, want more than the %d that hold the consumer back", tuning.Advised, plantLimit)
	}
	before, after := applied(t, url, int(tuning.Advised))
	t.Logf("at the limit %.0f %% of the time before, %.0f %% after", 100*before, 100*after)
	if before < 0.5 || after > 0.25 {
		t.Errorf("at the limit for %.0f %% of the time before and %.0f %% after; want most of it, then next to nothing",
			100*before, 100*after)
	}
}

// An import that is interrupted writes what it has seen, says so, and ends like everything that was interrupted. Names
// that do not exist, a file that exists, and a directory that does not, have their codes.
func TestImportEnds(t *testing.T) {
	t.Parallel()
	url := startPlant(t)
	dir := t.TempDir()
	var out, trouble bytes.Buffer
	imported := func(ctx context.Context, consumer string, o importOptions) int {
		out.Reset()
		trouble.Reset()
		o.target.URL, o.target.Timeout, o.every = url, 10*time.Second, 50*time.Millisecond
		var e *exit
		err := (&app{stdout: &out, stderr: &trouble}).importConsumer(ctx, "ORDERS", consumer, o)
		if errors.As(err, &e) {
			return e.code
		}
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	file := filepath.Join(dir, "cut.yaml")
	if code := imported(ctx, "worker", importOptions{observe: time.Hour, out: file}); code != exitInterrupted {
		t.Errorf("interrupted: exit code %d, want %d\n%s", code, exitInterrupted, trouble.String())
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(text)), " "), "of 1h that were") {
		t.Errorf("%v; the file does not say that it was cut short:\n%s", err, text)
	}
	if said := trouble.String(); !strings.Contains(said, "interrupted: what was measured until then is used") ||
		!strings.Contains(said, "(asked for)") {
		t.Errorf("standard error does not say what it is connected to, or that it was interrupted:\n%s", said)
	}
	for _, c := range []struct {
		consumer, out string
		code          int
	}{
		{"worker", "", 0}, {"wroker", "", exitUsage}, {"worker", file, exitUsage}, {"worker", filepath.Join(dir, "no", "file"), exitIO},
	} {
		if code := imported(context.Background(), c.consumer, importOptions{out: c.out}); code != c.code {
			t.Errorf("%s to %q: exit code %d, want %d", c.consumer, c.out, code, c.code)
		}
		if loads := out.Len() > 0; loads != (c.code == 0) {
			t.Errorf("%s to %q: printed %d bytes", c.consumer, c.out, out.Len())
		}
	}
}

// applied sets a limit on the live consumer, waits until what had heaped up is gone, and gives the shares of time at the
// limit before and after.
func applied(t *testing.T, url string, limit int) (before, after float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	before = atLimit(ctx, t, url, 300*time.Millisecond)
	update(ctx, t, url, limit)
	return before, atLimit(ctx, t, url, 2*time.Second)
}

// atLimit is the share of time that the consumer is seen at its limit.
func atLimit(ctx context.Context, t *testing.T, url string, span time.Duration) float64 {
	t.Helper()
	conn, err := audit.Dial(audit.Target{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	live, err := conn.Find(ctx, "ORDERS", "worker")
	if err != nil {
		t.Fatal(err)
	}
	seen, err := live.Observe(ctx, audit.Watch{For: span, Every: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	m, err := live.Measure(seen)
	if err != nil {
		t.Fatal(err)
	}
	return *m.AtLimit
}

// update applies a limit and waits until nothing waits.
func update(ctx context.Context, t *testing.T, url string, limit int) {
	t.Helper()
	js := connectTo(t, url)
	c, err := js.Consumer(ctx, "ORDERS", "worker")
	if err != nil {
		t.Fatal(err)
	}
	config := c.CachedInfo().Config
	config.MaxAckPending = limit
	if c, err = js.UpdateConsumer(ctx, "ORDERS", config); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := c.Info(ctx)
		if err != nil {
			t.Fatalf("wait until nothing waits, with a limit of %s: %v", strconv.Itoa(limit), err)
		}
		if info.NumPending == 0 {
			return
		}
		<-tick.C
	}
}
