package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// hearing is standard error for a test that acts on what stands in it.
type hearing struct {
	mu   sync.Mutex
	said bytes.Buffer
	url  chan string // of the first line with one
}

func (h *hearing) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said.Write(b)
	if _, rest, ok := strings.Cut(string(b), "nats --server "); ok {
		url, _, _ := strings.Cut(rest, " ")
		h.url <- url
	}
	return len(b), nil
}

// The line that --open prints lets its reader ask the server, and change nothing; the record says that somebody was invited.
func TestOpen(t *testing.T) {
	for _, mode := range []string{"embedded", "process"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			out, said := t.TempDir(), &hearing{url: make(chan string, 1)}
			file := filepath.Join(t.TempDir(), "short.yaml")
			if err := os.WriteFile(file, []byte(strings.Replace(short, "300ms", "2s", 1)), 0o666); err != nil {
				t.Fatal(err)
			}
			code := make(chan int)
			go func() {
				code <- pindrop([]string{"run", file, "--out", out, "--clock", "real", "--server", mode, "--open", "--quiet"}, said, said)
			}()
			select {
			case url := <-said.url:
				looks(t, url)
			case c := <-code:
				t.Fatalf("exit code %d without an invitation:\n%s", c, &said.said)
			}
			if c := <-code; c != 0 {
				t.Errorf("exit code %d:\n%s", c, &said.said)
			}
			r := record(t, out+"/short")
			if !slices.Contains(r.Warnings, openWarning) || strings.Contains(r.Command, "open") {
				t.Errorf("warnings %q, command %q", r.Warnings, r.Command)
			}
		})
	}
}

// looks does what somebody does who looks in, and tries to do more.
func looks(t *testing.T, url string) {
	t.Helper()
	refused := make(chan error, 100)
	nc, err := nats.Connect(url, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	const name = "PINDROP_short"
	var stream jetstream.Stream
	for stream == nil { // the servers are there, the stream may not be yet
		if stream, err = js.Stream(ctx, name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Fatal(err)
		}
	}
	if names := streamsOf(t, url); !slices.Contains(names, name) {
		t.Errorf("streams %v, want %s", names, name)
	}
	for _, subject := range []string{
		"$JS.API.STREAM.PURGE." + name, "$JS.API.STREAM.DELETE." + name, "$JS.API.STREAM.UPDATE." + name, "$JS.API.STREAM.CREATE.X",
		"$JS.API.STREAM.MSG.DELETE." + name, "$JS.API.CONSUMER.CREATE." + name, "$JS.API.CONSUMER.DELETE." + name + ".workers",
		"$JS.API.CONSUMER.MSG.NEXT." + name + ".workers", "$JS.ACK." + name + ".workers.1.1.1.1.1", "pindrop.k", "_INBOX.x", "$JS.API.CONSUMER.UNPIN." + name + ".workers",
	} {
		if err := nc.PublishRequest(subject, "_INBOX.mine", nil); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-refused:
			if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), subject) {
				t.Errorf("%s: %v, want it refused", subject, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: not refused", subject)
		}
	}
}

// Where nobody can look in, that is said before anything runs.
func TestOpenMistakes(t *testing.T) {
	for flags, want := range map[string]string{
		"":             "--open: short runs on the virtual clock, on which no server listens; expected --clock real",
		"--clock both": "expected --clock real",
		"--clock real --server nats://localhost:4222": "--open: the servers of short are not pindrop's",
	} {
		out := t.TempDir()
		if code, said := shortRun(t, short, out, append([]string{"--open"}, strings.Fields(flags)...)...); code != exitUsage || !strings.Contains(said, want) {
			t.Errorf("%s: exit code %d, want %d and %q:\n%s", flags, code, exitUsage, want, said)
		}
	}
}
