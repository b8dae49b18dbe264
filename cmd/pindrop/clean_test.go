package main

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const plainServer = "jetstream: enabled\n"

// longer is a scenario that takes long enough for somebody to meddle.
const longer = `
name: short
publishers: [{rate: 100/s}]
workers: [{name: w, batch: 10, expires: 1s}]
phases: {disturb: 1s, drain: 2s}
expect: [lost.count == 0]
`

// runApart starts a run in a process of its own.
func runApart(t *testing.T, text, out, at string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	c := exec.Command(asPindrop(t), "run", workload(t, text), "--quiet", "--out", out, "--clock", "real", "--server", at)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // where the test did not
	return c, &said
}

// awaitStream waits until the stream of the scenario has messages.
func awaitStream(t *testing.T, js jetstream.JetStream, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		if s, err := js.Stream(ctx, name); err == nil && s.CachedInfo().State.Msgs > 20 {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal("no stream " + name)
		}
	}
}

func jetStreamAt(t *testing.T, at string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// A run that lives keeps its stream, whoever comes; what it left when it was killed is named, and removed when asked for.
func TestOwnership(t *testing.T) {
	t.Parallel()
	s, out := somebodys(t, plainServer), t.TempDir()
	at := s.ClientURL()
	_, js := jetStreamAt(t, at)
	if _, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "PINDROP_theirs", Subjects: []string{"theirs"}}); err != nil {
		t.Fatal(err)
	}
	long := strings.Replace(longer, "disturb: 1s", "disturb: 1h", 1)
	first, _ := runApart(t, long, out, at)
	awaitStream(t, js, "PINDROP_short")
	code, text := shortRun(t, long, t.TempDir(), "--server", at, "--clock", "real")
	if code != exitUsage || !strings.Contains(text, "is in use: run ") || !strings.Contains(text, " on host ") {
		t.Errorf("a second run while the first lives: exit code %d:\n%s", code, text)
	}
	if code, text := said("clean", "--server", at); code != 0 || !strings.Contains(text, "; lives") || len(streamsOf(t, at)) != 2 {
		t.Errorf("clean while the run lives: exit code %d:\n%s", code, text)
	}
	other := strings.Replace(short, "name: short", "name: other", 1)
	if code, text := shortRun(t, other, t.TempDir(), "--server", at, "--clock", "real"); code != 0 {
		t.Errorf("another scenario beside it: exit code %d:\n%s", code, text)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // killed
	if code, text := shortRun(t, long, t.TempDir(), "--server", at, "--clock", "real"); code != exitUsage || !strings.Contains(text, "pindrop clean --server "+at) {
		t.Errorf("after a killed run: exit code %d:\n%s", code, text)
	}
	if code, text := said("report", filepath.Join(out, "short")); code != 0 || !strings.Contains(text, "PINDROP_short;") {
		t.Errorf("report of the killed run: exit code %d:\n%s", code, text)
	}
	for _, c := range []struct {
		want string
		left int
		args []string
	}{
		{"to be removed", 2, []string{"--dry-run"}},
		{"not older than 1h0m0s", 2, []string{"--older", "1h"}},
		{"removed ", 1, nil},
		{"no run of this version of pindrop made it", 1, nil},
	} {
		code, text := said(append([]string{"clean", "--server", at}, c.args...)...)
		if left := streamsOf(t, at); code != 0 || !strings.Contains(text, c.want) || len(left) != c.left {
			t.Errorf("clean %v: exit code %d, streams %v, want %d and %q:\n%s", c.args, code, left, c.left, c.want, text)
		}
	}
}

// meddled runs the longer scenario, does something to the servers in the middle, and returns the exit code and what was said.
func meddled(t *testing.T, at, text string, meddle func(*nats.Conn, jetstream.JetStream)) (int, string) {
	t.Helper()
	nc, js := jetStreamAt(t, at)
	done := make(chan struct{})
	go func() {
		defer close(done)
		awaitStream(t, js, "PINDROP_short")
		meddle(nc, js)
	}()
	code, said := shortRun(t, text, t.TempDir(), "--server", at, "--clock", "real", "--quiet")
	<-done
	return code, said
}

// What somebody else does to the stream of a run breaks a premise, and is not taken for a loss, or for the run's own.
func TestMeddling(t *testing.T) {
	t.Parallel()
	at := somebodys(t, plainServer).ClientURL()
	for _, c := range []struct {
		want string
		do   func(*nats.Conn, jetstream.JetStream)
	}{
		{"the stream stayed", func(_ *nats.Conn, js jetstream.JetStream) {
			if err := js.DeleteStream(context.Background(), "PINDROP_short"); err != nil {
				t.Error(err)
			}
		}},
		{"all messages are the run's own (got 1 ", func(nc *nats.Conn, _ jetstream.JetStream) {
			if _, err := nc.Request("pindrop.short.k0", nil, time.Second); err != nil {
				t.Error(err)
			}
		}},
	} {
		code, text := meddled(t, at, longer, c.do)
		if code != 2 || !strings.Contains(text, c.want) || strings.Contains(text, "lost: ") {
			t.Errorf("exit code %d, want 2 and %q:\n%s", code, c.want, text)
		}
	}
}

// A stream with the run's subjects is named, and what to do about it.
func TestOverlap(t *testing.T) {
	t.Parallel()
	at := somebodys(t, plainServer).ClientURL()
	_, js := jetStreamAt(t, at)
	old := jetstream.StreamConfig{Name: "PINDROP_older", Subjects: []string{"pindrop.>"}, Metadata: map[string]string{"pindrop.run": "_INBOX.x"}}
	if _, err := js.CreateStream(context.Background(), old); err != nil {
		t.Fatal(err)
	}
	code, text := shortRun(t, short, t.TempDir(), "--server", at, "--clock", "real")
	if code != exitUsage || !strings.Contains(text, "there is a stream PINDROP_older that another version of pindrop has made") {
		t.Errorf("exit code %d:\n%s", code, text)
	}
}

// An account without room refuses publishes, and then the run is no experiment.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	s := somebodys(t, "jetstream: enabled\naccounts { A { jetstream: { max_mem: 4K, max_file: 4K }, users: [ { user: pd, password: \""+secret+"\" } ] } }")
	for _, c := range []struct {
		text, want string
		code       int
	}{
		{longer, "has room for", exitUsage},
		{strings.Replace(longer, "{rate: 100/s}", "{window: 5}", 1), "refused for want of room", 2},
	} {
		code, text := shortRun(t, c.text, t.TempDir(), "--server", urlFor(s, "pd"), "--clock", "real", "--quiet")
		if code != c.code || !strings.Contains(text, c.want) {
			t.Errorf("exit code %d, want %d and %q:\n%s", code, c.code, c.want, text)
		}
	}
}

// A run whose stream is somebody else's is refused, and has changed nothing there: to learn what the user may do, it acknowledges no
// message and removes none.
func TestRefusedRunTouchesNothing(t *testing.T) {
	t.Parallel()
	at := somebodys(t, plainServer).ClientURL()
	_, js := jetStreamAt(t, at)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "PINDROP_short", Subjects: []string{"theirs.>"}, Retention: jetstream.WorkQueuePolicy})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.CreateConsumer(ctx, "PINDROP_short", jetstream.ConsumerConfig{Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Hour})
	for range 3 {
		if err == nil {
			_, err = js.Publish(ctx, "theirs.one", nil)
		}
	}
	var batch jetstream.MessageBatch
	if err == nil {
		batch, err = consumer.Fetch(3)
	}
	if err != nil {
		t.Fatal(err)
	}
	for range batch.Messages() { // they are held, and not acknowledged
	}
	code, text := shortRun(t, longer, t.TempDir(), "--server", at, "--clock", "real")
	if code != exitUsage || !strings.Contains(text, "theirs.>") || !strings.Contains(text, "--set name=another") {
		t.Errorf("exit code %d:\n%s", code, text)
	}
	info, err := consumer.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	after, err := stream.Info(ctx)
	if err != nil || after.State.Msgs != 3 || info.NumAckPending != 3 || info.AckFloor.Stream != 0 {
		t.Errorf("%d messages, %d ack pending, ack floor %d (%v); want 3, 3, 0", after.State.Msgs, info.NumAckPending, info.AckFloor.Stream, err)
	}
}

// A user who may not clean is told at once which permission is missing. Servers that cannot be reached have another exit code.
func TestCleanSaysWhyNot(t *testing.T) {
	t.Parallel()
	at := somebodys(t, "jetstream: enabled\nauthorization: {users: [{user: few, password: x, permissions: {publish: [_pindrop.run.*]}}]}\n")
	began := time.Now()
	code, text := said("clean", "--server", strings.Replace(at.ClientURL(), "://", "://few:x@", 1))
	if code != exitUsage || !strings.Contains(text, "lacks a permission") || !strings.Contains(text, "$JS.API.STREAM.LIST") {
		t.Errorf("exit code %d:\n%s", code, text)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if code, text := said("clean", "--server", "nats://127.0.0.1:1"); code != exitIO || !strings.Contains(text, "cannot be reached") {
		t.Errorf("nobody there: exit code %d:\n%s", code, text)
	}
	if code, text := said("clean", "--server", "nats://127.0.0.1:1", "--context", "c"); code != exitUsage || !strings.Contains(text, "got both") {
		t.Errorf("both: exit code %d:\n%s", code, text)
	}
}
