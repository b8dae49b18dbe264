package main

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// somebodys starts a server that is not pindrop's.
func somebodys(t *testing.T, config string) *natsserver.Server {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "server.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := natsserver.ProcessConfigFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o.Host, o.Port, o.NoSigs, o.NoLog, o.StoreDir = "127.0.0.1", natsserver.RANDOM_PORT, true, true, dir
	s, err := natsserver.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

const (
	secret       = "correct-horse-battery"
	withPassword = `
jetstream: enabled
accounts {
  A { jetstream: enabled, users: [
    { user: pd, password: "` + secret + `" }
    { user: meek, password: "` + secret + `", permissions { publish { deny: ["$JS.API.CONSUMER.>"] } } }
    { user: mute, password: "` + secret + `", permissions { publish { deny: ["pindrop.short.>"] } } }
    { user: deaf, password: "` + secret + `", permissions { subscribe { deny: ["$JS.EVENT.>"] } } }
    { user: guest, password: "` + secret + `", permissions { publish { deny: ["$JS.API.STREAM.CREATE.>"] } } }
    { user: keeper, password: "` + secret + `", permissions { publish { deny: ["$JS.API.STREAM.DELETE.>"] } } }
    { user: blind, password: "` + secret + `", permissions { publish { deny: ["$JS.API.DIRECT.GET.>"] } } }
    { user: shy, password: "` + secret + `", permissions { subscribe { deny: ["_pindrop.>"] } } }
    { user: reader, password: "` + secret + `", permissions { publish { deny: ["$KV.>"] } } }
  ] }
  B { users: [ { user: bare, password: "` + secret + `" } ] }
  C { jetstream: { max_streams: 1, max_mem: 1M, max_file: -1 }, users: [ { user: full, password: "` + secret + `" } ] }
}`
	short = `
name: short
publishers: [{backlog: 50}]
workers: [{name: w, batch: 10, expires: 1s}]
phases: {disturb: 300ms}
expect: [lost.count == 0]
`
)

// urlFor is where a server is, for a user with the password.
func urlFor(s *natsserver.Server, user string) string {
	u, err := url.Parse(s.ClientURL())
	if err != nil {
		panic(err)
	}
	u.User = url.UserPassword(user, secret)
	return u.String()
}

// streamsOf are the names of the streams that a user sees.
func streamsOf(t *testing.T, at string, options ...nats.Option) []string {
	t.Helper()
	nc, err := nats.Connect(at, options...)
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
	var names []string
	for name := range js.StreamNames(ctx).Name() {
		names = append(names, name)
	}
	return names
}

// shortRun runs a short scenario, and returns its exit code and all that it said.
func shortRun(t *testing.T, text, out string, flags ...string) (int, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "short.yaml")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	code := pindrop(append([]string{"run", file, "--out", out}, flags...), &said, &said)
	return code, said.String()
}

// nowhere fails if a secret is in a file below a directory, or in what was said.
func nowhere(t *testing.T, out, said string, secrets ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files++
		for _, s := range secrets {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%s holds a secret", path)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
	for _, s := range secrets {
		if strings.Contains(said, s) {
			t.Errorf("pindrop says a secret:\n%s", said)
		}
	}
}

// On a server that is not pindrop's a run leaves nothing behind, and nothing that it writes holds the password.
func TestExternal(t *testing.T) {
	t.Parallel()
	s, out := somebodys(t, withPassword), t.TempDir()
	at := urlFor(s, "pd")
	code, said := shortRun(t, short, out, "--server", at)
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	nowhere(t, out, said, secret)
	if left := streamsOf(t, at); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
	if r := record(t, out+"/short"); r.Server != "external" || !strings.Contains(r.Command, "--server nats://127.0.0.1") {
		t.Errorf("server %q, command %q", r.Server, r.Command)
	}
	// What a run was asked to leave stays until somebody removes it.
	if code, said = shortRun(t, short, out, "--server", at, "--keep"); code != 0 || len(streamsOf(t, at)) != 1 {
		t.Errorf("exit code %d, streams %v; want one that is kept\n%s", code, streamsOf(t, at), said)
	}
	if code, said = shortRun(t, short, out, "--server", at); code != exitUsage || !strings.Contains(said, "the stream PINDROP_short may be in use, or was kept: run ") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// What a server cannot do is said before anything is made on it, and without the password.
func TestExternalMistakes(t *testing.T) {
	t.Parallel()
	s := somebodys(t, withPassword)
	elsewhere := strings.Replace(urlFor(s, "pd"), secret, "wrong-"+secret, 1)
	full, err := nats.Connect(urlFor(s, "full"))
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	js, err := jetstream.New(full)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "OTHER", Storage: jetstream.MemoryStorage, MaxBytes: 1000}); err != nil {
		t.Fatal(err)
	}
	foreign, err := nats.Connect(urlFor(s, "pd"))
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	theirs, err := jetstream.New(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.CreateStream(context.Background(), jetstream.StreamConfig{Name: "PINDROP_theirs"}); err != nil {
		t.Fatal(err)
	}
	if _, err := theirs.CreateKeyValue(context.Background(), jetstream.KeyValueConfig{Bucket: "PINDROP_mine"}); err != nil {
		t.Fatal(err)
	}
	plain := somebodys(t, `authorization { user: pd, password: "`+secret+`" }`)
	for _, c := range []struct{ name, text, at, want string }{
		{"no JetStream", short, urlFor(s, "bare"), "no JetStream"},
		{"a server without JetStream", short, urlFor(plain, "pd"), "no JetStream"},
		{"may not subscribe", short, urlFor(s, "deaf"), "lacks a permission"},
		{"may not create", short, urlFor(s, "guest"), "lacks a permission"},
		{"may not delete", short, urlFor(s, "keeper"), "lacks a permission"},
		{"may not write the state", short + "state: {}\n", urlFor(s, "reader"), "may not publish to $KV.PINDROP_short.>"},
		{"not our bucket", strings.Replace(short, "name: short", "name: mine", 1) + "state: {}\n", urlFor(s, "pd"), "that pindrop has not made, in the way of the run's PINDROP_mine with pindrop.mine.>"},
		{"may not read the state", short + "state: {}\n", urlFor(s, "blind"), "lacks a permission"},
		{"may not answer", short, urlFor(s, "shy"), "lacks a permission"},
		{"no permission", short, urlFor(s, "meek"), "lacks a permission"},
		{"may not publish", short, urlFor(s, "mute"), "may not publish to pindrop.short.>"},
		{"limit", short, urlFor(s, "full"), "may have 1 streams, and has 1"},
		{"wrong password", short, elsewhere, "Authorization Violation"},
		{"not ours", strings.Replace(short, "name: short", "name: theirs", 1), urlFor(s, "pd"), "that pindrop has not made, in the way of the run's PINDROP_theirs with pindrop.theirs.>"},
		{"fault", short + "faults: [{at: 100ms, do: kill_server}]\n", urlFor(s, "pd"), "of servers that are not pindrop's only step_down"},
		{"password in a scenario", short + "server: {mode: external, url: \"" + urlFor(s, "pd") + "\"}\n", "", "must not hold a user or a password"},
	} {
		flags := []string{"--clock", "real"}
		if c.at != "" {
			flags = append(flags, "--server", c.at)
		}
		out := t.TempDir()
		code, said := shortRun(t, c.text, out, flags...)
		if code != exitUsage || !strings.Contains(said, c.want) || strings.Contains(said, secret) {
			t.Errorf("%s: exit code %d, want %d and %q, without the password:\n%s", c.name, code, exitUsage, c.want, said)
		}
		if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
			t.Errorf("%s: %v, %v are left of a run that never was", c.name, left, err)
		}
	}
	if left := streamsOf(t, urlFor(s, "pd")); len(left) != 2 || left[0] != "KV_PINDROP_mine" || left[1] != "PINDROP_theirs" {
		t.Errorf("streams are left or gone: %v", left)
	}
}

// Credentials of a context reach the server and nothing else.
func TestExternalContext(t *testing.T) {
	config, creds, seed := operated(t)
	s, out, home := somebodys(t, config), t.TempDir(), t.TempDir()
	file := filepath.Join(home, "user.creds")
	if err := os.WriteFile(file, creds, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(home, "nats", "context")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	text := `{"url":"` + s.ClientURL() + `","creds":"` + file + `"}`
	if err := os.WriteFile(filepath.Join(folder, "staging.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", home)
	code, said := shortRun(t, short, out, "--context", "staging")
	if code != 0 {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	nowhere(t, out, said, seed)
	if left := streamsOf(t, s.ClientURL(), nats.UserCredentials(file)); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
	if code, said := shortRun(t, short, out, "--context", "stagin"); code != exitUsage || !strings.Contains(said, "nearest: staging") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// operated is the configuration of a server with an operator and an account, and the credentials of a user, of whom the
// seed is the secret.
func operated(t *testing.T) (config string, creds []byte, seed string) {
	t.Helper()
	key := func(make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		pair, err := make()
		if err != nil {
			t.Fatal(err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return pair, public
	}
	sign := func(c jwt.Claims, by nkeys.KeyPair) string {
		token, err := c.Encode(by)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	operator, operatorID := key(nkeys.CreateOperator)
	account, accountID := key(nkeys.CreateAccount)
	_, systemID := key(nkeys.CreateAccount)
	user, userID := key(nkeys.CreateUser)
	claims := jwt.NewAccountClaims(accountID)
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
	config = "operator: " + sign(jwt.NewOperatorClaims(operatorID), operator) +
		"\nsystem_account: " + systemID + "\nresolver: MEMORY\nresolver_preload: {\n  " + accountID + ": " + sign(claims, operator) +
		"\n  " + systemID + ": " + sign(jwt.NewAccountClaims(systemID), operator) + "\n}\njetstream: enabled\n"
	secretSeed, err := user.Seed()
	if err != nil {
		t.Fatal(err)
	}
	creds, err = jwt.FormatUserConfig(sign(jwt.NewUserClaims(userID), account), secretSeed)
	if err != nil {
		t.Fatal(err)
	}
	return config, creds, string(secretSeed)
}

// An interrupted run is removed like any other, its buckets with it.
func TestExternalInterrupted(t *testing.T) {
	s := somebodys(t, withPassword)
	ctx, cancel := context.WithCancel(context.Background())
	a := &app{stdout: io.Discard, stderr: io.Discard}
	root := newRoot(a)
	file := filepath.Join(t.TempDir(), "short.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(withState, "300ms", "1h", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	root.SetArgs([]string{"run", file, "--quiet", "--out", t.TempDir(), "--server", urlFor(s, "pd")})
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	for len(streamsOf(t, urlFor(s, "pd"))) < 3 {
		select {
		case err := <-ended:
			t.Fatalf("the run ended: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	cancel()
	<-ended
	if left := streamsOf(t, urlFor(s, "pd")); len(left) > 0 {
		t.Errorf("streams are left: %v", left)
	}
}
