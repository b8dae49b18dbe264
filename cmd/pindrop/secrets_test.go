package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
)

// planted is one way in which a person may hand a secret to pindrop.
type planted struct {
	name  string
	flags []string    // of the server
	works bool        // the server lets it in
	at    *sync.Mutex // held by a run on that server: two would be in each other's way
}

// garden is what secrets of all kinds are planted in: servers that ask for them, and a folder of contexts that hold them.
type garden struct {
	t       *testing.T
	folder  string
	ways    []planted
	at      *sync.Mutex // of the server that is planted now
	secrets []string    // that nothing may show
}

const (
	token   = "Tk-plain-pigeon-plum"
	envName = "PLANTED_PASSWORD"
)

// context plants a context, and a way that uses it.
func (g *garden) context(works bool, name string, settings map[string]string) {
	text, err := json.Marshal(settings)
	if err != nil {
		g.t.Fatal(err)
	}
	g.file("nats/context/"+name+".json", text)
	g.ways = append(g.ways, planted{name, []string{"--context", name}, works, g.at})
}

func (g *garden) url(works bool, name, url string) {
	g.ways = append(g.ways, planted{name, []string{"--server", url}, works, g.at})
}

// file writes a file of the folder, and returns its path.
func (g *garden) file(name string, text []byte) string {
	g.t.Helper()
	path := filepath.Join(g.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		g.t.Fatal(err)
	}
	return path
}

// server starts a server, for the ways that follow.
func (g *garden) server(config string) (url string) {
	g.at = &sync.Mutex{}
	return somebodys(g.t, config).ClientURL()
}

// with is a URL with something between :// and the host.
func with(url, user string) string { return strings.Replace(url, "://", "://"+user+"@", 1) }

// grow starts the servers and plants everything.
func grow(t *testing.T) *garden {
	g := &garden{t: t, folder: t.TempDir()}
	t.Setenv("XDG_CONFIG_HOME", g.folder)
	t.Setenv(envName, secret)
	g.secrets = []string{secret, token}
	g.byPassword()
	g.byToken()
	g.byKeys()
	g.byCertificate()
	g.mistakes()
	return g
}

func (g *garden) byPassword() {
	at := g.server(withPassword)
	orders(g.t, with(at, "pd:"+secret))
	g.url(true, "password in a URL", with(at, "pd:"+secret))
	g.context(true, "password-in-its-url", map[string]string{"url": with(at, "pd:"+secret)})
	g.context(true, "password", map[string]string{"url": at, "user": "pd", "password": secret})
	g.context(true, "password-of-the-environment", map[string]string{"url": at, "user": "pd", "password": "env://" + envName})
	g.url(false, "wrong password", with(at, "pd:wrong-"+secret))
	g.url(false, "query", with(at, "pd:"+secret)+"?token="+token)
	g.url(false, "fragment", at+"#"+secret)
	g.url(false, "path", at+"/"+secret)
	g.context(false, "query-in-its-url", map[string]string{"url": at + "?password=" + secret})
	g.url(false, "escape", with(at, "pd:%zz"+secret))
	g.url(false, "slash", with(at, "pd:/"+secret))
	g.url(false, "comma", with(at, "pd:12,"+secret))
	g.context(false, "url-that-cannot-be-read", map[string]string{"url": with(at, "pd:%zz"+secret)})
	g.ways = append(g.ways, planted{"a URL for a context", []string{"--context", with(at, "pd:"+secret)}, false, g.at})
}

func (g *garden) byToken() {
	at := g.server(`jetstream: enabled, authorization { token: "` + token + `" }`)
	orders(g.t, with(at, token))
	g.url(true, "token in a URL", with(at, token))
	g.context(true, "token-in-its-url", map[string]string{"url": with(at, token)})
	g.context(true, "token", map[string]string{"url": at, "token": token})
	g.url(false, "wrong token", with(at, "wrong-"+token))
	g.url(false, "nobody listens, password", "nats://pd:"+secret+"@127.0.0.1:1")
	g.url(false, "nobody listens, token", "nats://"+token+"@127.0.0.1:1")
	g.url(false, "nobody listens, several", "nats://"+token+"@127.0.0.1:1,nats://pd:"+secret+"@127.0.0.1:2")
}

func (g *garden) byKeys() {
	user, err := nkeys.CreateUser()
	if err != nil {
		g.t.Fatal(err)
	}
	public, _ := user.PublicKey()
	seed, _ := user.Seed()
	at := g.server(`jetstream: enabled, authorization { users: [ { nkey: ` + public + ` } ] }`)
	file := g.file("user.nk", seed)
	option, err := nats.NkeyOptionFromSeed(file)
	if err != nil {
		g.t.Fatal(err)
	}
	orders(g.t, at, option)
	g.context(true, "nkey", map[string]string{"url": at, "nkey": file})
	g.context(false, "nkey-for-its-file", map[string]string{"url": at, "nkey": string(seed)})

	config, creds, credsSeed := operated(g.t)
	jwt, err := nkeys.ParseDecoratedJWT(creds)
	if err != nil {
		g.t.Fatal(err)
	}
	at = g.server(config)
	file = g.file("user.creds", creds)
	orders(g.t, at, nats.UserCredentials(file))
	inline := base64.StdEncoding.EncodeToString(creds)
	g.context(true, "creds", map[string]string{"url": at, "creds": file})
	g.context(true, "creds-inline", map[string]string{"url": at, "creds": "data:;base64," + inline})
	g.context(true, "jwt-and-seed", map[string]string{"url": at, "user_jwt": jwt, "user_seed": credsSeed})
	g.context(false, "creds-for-their-file", map[string]string{"url": at, "creds": string(creds)})
	g.context(false, "creds-inline-and-cut", map[string]string{"url": at, "creds": "data:;base64," + inline[:len(inline)-3]})
	g.secrets = append(g.secrets, string(seed), credsSeed, jwt, inline[100:160])
}

func (g *garden) byCertificate() {
	cert, key := selfSigned(g.t)
	certFile, keyFile := g.file("cert.pem", cert), g.file("key.pem", key)
	at := g.server(fmt.Sprintf("jetstream: enabled\ntls { cert_file: %q, key_file: %q, ca_file: %q, verify: true }", certFile, keyFile, certFile))
	orders(g.t, at, nats.RootCAs(certFile), nats.ClientCert(certFile, keyFile))
	g.context(true, "tls-key", map[string]string{"url": at, "cert": certFile, "key": keyFile, "ca": certFile})
	g.context(false, "tls-key-for-its-file", map[string]string{"url": at, "cert": certFile, "key": string(key), "ca": certFile})
	g.context(false, "tls-key-that-does-not-fit", map[string]string{"url": at, "cert": keyFile, "key": certFile, "ca": certFile})
	g.secrets = append(g.secrets, strings.Split(string(key), "\n")[1])
}

func (g *garden) mistakes() {
	g.context(false, "broken", nil)
	g.file("nats/context/broken.json", []byte(`{"url":"nats://pd:`+secret+`@localhost", "token":`+token+`}`))
	g.context(false, "of-another-type", nil)
	g.file("nats/context/of-another-type.json", []byte(`{"url":["nats://pd:`+secret+`@localhost"], "token":"`+token+`"}`))
}

// orders makes a stream and a consumer to import.
func orders(t *testing.T, at string, options ...nats.Option) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	js := connectTo(t, at, options...)
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ORDERS", Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(ctx, "ORDERS", jetstream.ConsumerConfig{Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
}

// calling is how commands that need more than a server are called; own are the flags of a way.
var calling = map[string]func(file, out string, own ...string) []string{
	"run": func(file, out string, own ...string) []string {
		return append([]string{"run", file, "--clock", "real", "--out", out}, own...)
	},
	"sweep": func(file, out string, own ...string) []string {
		return append([]string{"sweep", file, "--clock", "real", "--vary", "workers.batch=5", "--out", out}, own...)
	},
	"tune": func(file, out string, own ...string) []string {
		return append([]string{"tune", file, "--confirm", "real", "--goal", "handled.count >= 1", "--out", out}, own...)
	},
	"claims": func(_, _ string, own ...string) []string {
		return append([]string{"claims", "group-needed", "--clock", "real"}, own...)
	},
	"import": func(_, out string, own ...string) []string {
		return append([]string{"import", "ORDERS", "worker", "--observe", "30ms", "--every", "10ms", "--timeout", "10s", "--out", filepath.Join(out, "imported.yaml")}, own...)
	},
}

// slowCommands are not called with every way that works: each call takes seconds.
var slowCommands = map[string]bool{"sweep": true, "tune": true, "claims": true}

// Secrets of every kind, planted in every command that takes a server, come out nowhere: not on standard output or error, in no
// file while a run goes on or afterwards, and in no argument or environment of a process that pindrop starts.
func TestSecretsStayHidden(t *testing.T) {
	g := grow(t)
	watch := watchChildren(t, g)
	calls := map[string]int{}
	file := workload(t, strings.Replace(short, "300ms", "50ms", 1))
	t.Run("calls", func(t *testing.T) {
		for name, command := range takers() {
			for _, way := range g.ways {
				if way.works && slowCommands[name] && (name != "sweep" || way.name != "creds") {
					continue
				}
				calls[name]++
				t.Run(name+"/"+way.name, func(t *testing.T) {
					t.Parallel()
					out := t.TempDir()
					watch.folder(out)
					if way.works && name != "import" {
						way.at.Lock()
						defer way.at.Unlock()
					}
					code, text := said(command(file, out, way.flags...)...)
					if bad := code == exitUsage || code == exitIO; way.works && code != 0 || !way.works && !bad {
						t.Errorf("exit code %d:\n%s", code, text)
					}
					g.shows(t, name+" says", []byte(text))
					g.files(t, out)
				})
			}
		}
	})
	if calls["import"] < 16 || calls["run"] < 16 || watch.children() == 0 {
		t.Errorf("%v calls, %d children seen", calls, watch.children())
	}
	t.Logf("%v calls, %d children seen", calls, watch.children())
}

// takers are all commands that take a server, with how each is called: one that is new with nothing else.
func takers() map[string]func(file, out string, own ...string) []string {
	all := map[string]func(file, out string, own ...string) []string{}
	for _, c := range newRoot(&app{}).Commands() {
		if c.Flags().Lookup("server") == nil && c.Flags().Lookup("context") == nil {
			continue
		}
		all[c.Name()] = calling[c.Name()]
		if all[c.Name()] == nil {
			all[c.Name()] = func(_, _ string, own ...string) []string { return append([]string{c.Name()}, own...) }
		}
	}
	return all
}

// shows fails where a secret stands in a text.
func (g *garden) shows(t *testing.T, where string, text []byte) {
	for _, s := range g.secrets {
		if i := bytes.Index(text, []byte(s)); i >= 0 {
			t.Errorf("%s a secret: …%s", where, text[max(0, i-80):i+len(s)])
		}
	}
}

// files fails where a file below a folder holds a secret, and where the events of a run do, which are packed.
func (g *garden) files(t *testing.T, folder string) {
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // it may be gone
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		if d.Name() == "history.parquet" {
			_, events := said("history", filepath.Dir(path), "--json")
			text = append(text, events...)
		}
		g.shows(t, path+" holds", text)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// watcher looks at what processes below this one show of themselves, and at the files that grow, until the test ends.
type childWatcher struct {
	mu      sync.Mutex
	folders []string
	seen    map[string]bool
}

func (w *childWatcher) folder(path string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.folders = append(w.folders, path)
}

func (w *childWatcher) children() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.seen)
}

func watchChildren(t *testing.T, g *garden) *childWatcher {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("only Linux shows the arguments and the environment of a process: ", err)
	}
	w := &childWatcher{seen: map[string]bool{}}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(25 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				w.look(t, g)
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
	return w
}

func (w *childWatcher) look(t *testing.T, g *garden) {
	for _, process := range below(strconv.Itoa(os.Getpid())) {
		args, _ := os.ReadFile("/proc/" + process + "/cmdline") // it may be gone
		environ, _ := os.ReadFile("/proc/" + process + "/environ")
		g.shows(t, "process "+string(args)+" shows", append(args, environ...))
		w.mu.Lock()
		w.seen[process] = w.seen[process] || len(environ) > 0
		w.mu.Unlock()
	}
	w.mu.Lock()
	folders := slices.Clone(w.folders)
	w.mu.Unlock()
	for _, folder := range folders {
		g.growing(t, folder)
	}
}

// growing looks at the small files of runs that go on.
func (g *garden) growing(t *testing.T, folder string) {
	files, _ := filepath.Glob(folder + "/*/*/*.json")
	stores, _ := filepath.Glob(folder + "/*/*/store/*")
	for _, path := range append(files, stores...) {
		if text, err := os.ReadFile(path); err == nil {
			g.shows(t, path+" holds", text)
		}
	}
}

// below are the processes that a process has started, and those that these have.
func below(parent string) []string {
	tasks, _ := filepath.Glob("/proc/" + parent + "/task/*/children")
	var all []string
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for _, child := range strings.Fields(string(text)) {
			all = append(append(all, child), below(child)...)
		}
	}
	return all
}

// selfSigned is a certificate for loopback that vouches for itself, and its key.
func selfSigned(t *testing.T) (cert, key []byte) {
	t.Helper()
	pair, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pindrop test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, self, self, pair.Public(), pair)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
}

// What people write in the wrong place is quoted by many errors; a secret in it by none.
func TestErrorsHideSecrets(t *testing.T) {
	at := "nats://pd:" + secret + "@127.0.0.1:1"
	mistaken := workload(t, short+"server: {mode: external, url: \""+at+"\", nods: 3}\n")
	for _, args := range [][]string{
		{at},
		{"run", at},
		{"run", mistaken},
		{"show", mistaken},
		{"run", "steady", "--clock", at},
		{"run", "steady", "--set", "server.url=" + at},
		{"run", "steady", "--set", at},
		{"run", "steady", "--metrics", at},
		{"run", "steady", "--repeat-of", at},
		{"sweep", "steady", "--vary", at},
		{"import", "ORDERS", "worker", at},
		{"import", "ORDERS", "worker", "--observe", at},
		{"import", "ORDERS", at, "--server", at},
		{"history", at},
		{"report", at},
		{"compare", at, at},
		{"claims", at},
		{"help", at},
	} {
		code, text := said(args...)
		if code == 0 || strings.Contains(text, secret) {
			t.Errorf("pindrop %s: exit code %d:\n%s", args[0], code, text)
		}
	}
}
