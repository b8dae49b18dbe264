package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
)

// asContext makes a context of the NATS tools, and them find it.
func asContext(t *testing.T, name, text string) {
	t.Helper()
	home := t.TempDir()
	folder := filepath.Join(home, "nats", "context")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", home)
}

// leafOf starts a server with a JetStream of its own that is a leaf of another one.
func leafOf(t *testing.T, hub *natsserver.Server, port int) *natsserver.Server {
	t.Helper()
	leaf := somebodys(t, fmt.Sprintf("server_name: leaf\njetstream { domain: leaf }\nleafnodes { remotes [ { url: \"nats://127.0.0.1:%d\" } ] }", port))
	for end := time.Now().Add(10 * time.Second); hub.NumLeafNodes() == 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("the leaf does not reach its hub")
		}
	}
	return leaf
}

// A context with a domain reaches the JetStream of that domain, here across a leaf node that has another one; and the
// wire is read as it is without.
func TestExternalDomain(t *testing.T) {
	hub := somebodys(t, "server_name: hub\njetstream { domain: hub }\nleafnodes { listen: \"127.0.0.1:-1\" }")
	varz, err := hub.Varz(nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf := leafOf(t, hub, varz.LeafNode.Port)
	atHub, atLeaf := createdAt(t, hub.ClientURL()), streamsOf(t, leaf.ClientURL())
	u, err := url.Parse(leaf.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	asContext(t, "far", `{"url":"nats://`+u.Host+`","jetstream_domain":"hub"}`)
	out := t.TempDir()
	text := strings.Replace(strings.Replace(withState, "300ms", "2s", 1), "publishers:", `consumer: {priority_policy: pinned_client, priority_groups: [g]}
faults: [{at: 100ms, do: unpin}, {at: 500ms, do: update, set: {max_ack_pending: 7}}]
publishers:`, 1)
	code, printed := shortRun(t, text, out, "--clock", "real", "--context", "far")
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, printed)
	}
	if names := atHub(); len(names) != 3 {
		t.Errorf("made in the domain: %v, want the stream and its buckets", names)
	}
	runs, err := filepath.Glob(filepath.Join(out, "short", "*"))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	_, events := said("history", runs[0])
	for _, kind := range []string{"pull", "deliver", "ack", "pinned", "unpinned", "sample", "write"} {
		if !regexp.MustCompile(`\b` + kind + `\b`).MatchString(events) {
			t.Errorf("the history has no %s", kind)
		}
	}
	if left := append(streamsOf(t, hub.ClientURL()), atLeaf...); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
	asContext(t, "prefixed", `{"url":"nats://`+u.Host+`","jetstream_api_prefix":"theirs.API"}`)
	if code, printed := shortRun(t, short, t.TempDir(), "--clock", "real", "--context", "prefixed"); code != exitUsage || !strings.Contains(printed, "prefix") {
		t.Errorf("exit code %d:\n%s", code, printed)
	}
}
