package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// withState is a short scenario that makes everything that a run may make on a server.
var withState = strings.Replace(short, "batch: 10,", "batch: 10, guard: lease,", 1) + "state: {}\n"

// The buckets of a state are removed like the stream; --keep leaves them.
func TestExternalState(t *testing.T) {
	t.Parallel()
	s, out := somebodys(t, withPassword), t.TempDir()
	at := urlFor(s, "pd")
	for _, c := range []struct {
		flag string
		left int
	}{{"--quiet", 0}, {"--keep", 3}} {
		code, said := shortRun(t, withState, out, "--clock", "real", "--server", at, c.flag)
		if left := streamsOf(t, at); code != 0 || len(left) != c.left {
			t.Errorf("%s: exit code %d, streams %v, want %d\n%s", c.flag, code, left, c.left, said)
		}
	}
}

// olderServer is a way to a server that says of itself that it has another version, and is the same in all else.
func olderServer(t *testing.T, s *natsserver.Server, version string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	says := regexp.MustCompile(`"version":"[^"]*"`)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				server, err := net.Dial("tcp", s.Addr().String())
				if err != nil {
					return
				}
				defer server.Close()
				from := bufio.NewReader(server)
				info, err := from.ReadString('\n')
				if err != nil {
					return
				}
				if _, err := io.WriteString(client, says.ReplaceAllString(info, `"version":"`+version+`"`)); err != nil {
					return
				}
				go func() {
					_, _ = io.Copy(server, client) // whatever ends it
					server.Close()
				}()
				_, _ = io.Copy(client, from)
			}()
		}
	}()
	return l.Addr().String()
}

// A server that does not know the policy of a scenario is told before anything is made on it.
func TestExternalOld(t *testing.T) {
	t.Parallel()
	s := somebodys(t, withPassword)
	created := createdAt(t, urlFor(s, "pd"))
	policy := func(name string) string {
		return short + "consumer: {priority_policy: " + name + ", priority_groups: [g]}\n"
	}
	for _, c := range []struct{ text, version, want string }{
		{policy("pinned_client"), "2.10.29", "priority_policy: pinned_client needs nats-server 2.11 or later, and this is 2.10.29"},
		{policy("overflow"), "2.10.29", "priority_policy: overflow needs nats-server 2.11 or later, and this is 2.10.29"},
		{policy("prioritized"), "2.11.8", "priority_policy: prioritized needs nats-server 2.12 or later, and this is 2.11.8"},
		{withState, "2.10.29", "guard: lease needs nats-server 2.11 or later"},
	} {
		out := t.TempDir()
		at := "nats://pd:" + secret + "@" + olderServer(t, s, c.version)
		code, said := shortRun(t, c.text, out, "--clock", "real", "--server", at)
		if code != exitUsage || !strings.Contains(said, c.want) {
			t.Errorf("exit code %d, want %d and %q:\n%s", code, exitUsage, c.want, said)
		}
		if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
			t.Errorf("%v, %v are left of a run that never was", left, err)
		}
	}
	if names := created(); len(names) > 0 {
		t.Errorf("made on servers that are too old: %v", names)
	}
	// The way itself is as good as the server.
	at := "nats://pd:" + secret + "@" + olderServer(t, s, "2.11.8")
	if code, said := shortRun(t, policy("pinned_client"), t.TempDir(), "--clock", "real", "--server", at); code != 0 {
		t.Errorf("exit code %d on a server that is not too old:\n%s", code, said)
	}
	if names := created(); len(names) != 1 {
		t.Errorf("made on a server that is not too old: %v", names)
	}
}
