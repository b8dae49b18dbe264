package sim

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// strange runs a plan on the real clock, and lets a stranger try while it is under way: tries is told where the run's own
// processes listen.
func strange(t *testing.T, d Dirs, scenario string, tries func(ports []int)) []history.Event {
	t.Helper()
	var once sync.Once
	watch := Watch{Tell: func(s Snapshot) {
		if s.Phase == history.PhaseDisturb {
			once.Do(func() { tries(listening(t, d)) })
		}
	}}
	if err := RealWatched(context.Background(), planOf(t, scenario, 1), d, Access{}, watch); err != nil {
		t.Fatal(err)
	}
	once.Do(func() { t.Error("the stranger came too late") })
	return readLogs(t, d)
}

// listening are the ports of all sockets that listen in this process or in the servers of a run. Linux says which.
func listening(t *testing.T, d Dirs) []int {
	t.Helper()
	mine := map[string]bool{}
	processes := []string{"/proc/self"}
	for _, environ := range serversOf(t, d) {
		processes = append(processes, filepath.Dir(environ))
	}
	for _, process := range processes {
		for _, socket := range socketsOf(process) {
			mine[socket] = true
		}
	}
	var ports []int
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/net/" + table)
		if err != nil {
			t.Skip("there is no ", err)
		}
		for line := range strings.Lines(string(text)) {
			const listens = "0A"
			if f := strings.Fields(line); len(f) > 9 && f[3] == listens && mine[f[9]] {
				address, port, _ := strings.Cut(f[1], ":")
				if address != "0100007F" {
					t.Errorf("port %s is open on %s, which is not loopback", port, address)
				}
				n, err := strconv.ParseInt(port, 16, 32)
				if err != nil {
					t.Fatal(err)
				}
				ports = append(ports, int(n))
			}
		}
	}
	return ports
}

// refusedClient fails where a client without a password, with a wrong one, or in the name of the system gets in.
func refusedClient(t *testing.T, port int) {
	for _, user := range []*url.Userinfo{nil, url.UserPassword(clientUser, "wrong"), url.UserPassword(systemUser, "")} {
		at := url.URL{Scheme: "nats", Host: loopback(port), User: user}
		nc, err := nats.Connect(at.String(), nats.Timeout(200*time.Millisecond), nats.NoReconnect())
		if err == nil {
			nc.Close()
			t.Errorf("user %v came in at port %d", user, port)
		}
	}
}

// ears is the log of a server that listens to what others tell it.
type ears struct {
	mu    sync.Mutex
	said  []string
	heard chan struct{} // closed at the first refusal
	once  sync.Once
}

func (e *ears) hear(format string, args ...any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	line := fmt.Sprintf(format, args...)
	if e.said = append(e.said, line); regexp.MustCompile(`(?i)authorization violation`).MatchString(line) {
		e.once.Do(func() { close(e.heard) })
	}
}

func (e *ears) Noticef(f string, a ...any) { e.hear(f, a...) }
func (e *ears) Warnf(f string, a ...any)   { e.hear(f, a...) }
func (e *ears) Fatalf(f string, a ...any)  { e.hear(f, a...) }
func (e *ears) Errorf(f string, a ...any)  { e.hear(f, a...) }
func (e *ears) Debugf(f string, a ...any)  { e.hear(f, a...) }
func (e *ears) Tracef(f string, a ...any)  { e.hear(f, a...) }

// strangeServer starts a server that names the cluster and the account of the run and wants a route to each of its ports. It returns once
// one has refused; what gets through until then and until overheard is called, a client of it hears.
func strangeServer(t *testing.T, ports []int) (overheard func() []string) {
	theirs := natsserver.NewAccount("PINDROP")
	options := &natsserver.Options{
		ServerName: "stranger", Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoSigs: true,
		Accounts: []*natsserver.Account{theirs}, Users: []*natsserver.User{{Username: "s", Password: "s", Account: theirs}},
		Cluster: natsserver.ClusterOpts{Name: "pindrop", Host: "127.0.0.1", Port: natsserver.RANDOM_PORT},
	}
	for _, port := range ports {
		options.Routes = append(options.Routes, &url.URL{Scheme: "nats-route", Host: loopback(port)})
	}
	s, err := natsserver.NewServer(options)
	if err != nil {
		t.Error(err)
		return nil
	}
	said := &ears{heard: make(chan struct{})}
	s.SetLogger(said, true, false)
	s.Start()
	nc, err := nats.Connect(s.ClientURL(), nats.UserInfo("s", "s"), nats.InProcessServer(s))
	if err != nil {
		t.Error(err)
		return nil
	}
	var mu sync.Mutex
	var messages []string
	if _, err := nc.Subscribe(">", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		messages = append(messages, m.Subject)
	}); err != nil {
		t.Error(err)
	}
	select {
	case <-said.heard:
	case <-time.After(5 * time.Second):
		t.Error("no server has refused the stranger")
	}
	return func() []string {
		nc.Close()
		s.Shutdown()
		s.WaitForShutdown()
		mu.Lock()
		defer mu.Unlock()
		return messages
	}
}

// A stranger who finds every port of a run gets in nowhere, and the run does not notice: neither a client nor a server that names the
// cluster, not even at the doors that pindrop opens for its own.
func TestStrangers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		least      int // ports
		routes     bool
	}{
		{"embedded", "name: ours\npublishers: [{rate: 50/s}]\nworkers: [{name: w, count: 2}]\n" +
			"faults: [{at: 1s, do: kill, target: w1}]\nphases: {disturb: 1200ms, warmup: 1ms}\n", 3, false},
		{"cluster", "name: ours\nserver: {nodes: 3}\nstream: {num_replicas: 3}\npublishers: [{rate: 50/s}]\nworkers: [{name: w, count: 2}]\n" +
			"faults: [{at: 3500ms, do: isolate, target: n3, for: 200ms}]\nphases: {disturb: 4s, warmup: 1ms}\n", 3 + 3 + 3 + 6 + 2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dirs(t)
			tried, overheard := 0, func() []string { return nil }
			events := strange(t, d, c.text, func(ports []int) {
				tried = len(ports)
				var trying sync.WaitGroup
				for _, port := range ports {
					trying.Go(func() { refusedClient(t, port) })
				}
				if c.routes {
					trying.Go(func() { overheard = strangeServer(t, ports) })
				}
				trying.Wait()
			})
			if messages := overheard(); len(messages) > 0 {
				t.Errorf("the stranger's server hears %d messages, such as %s", len(messages), messages[0])
			}
			if tried < c.least {
				t.Errorf("the stranger found %d ports, want %d or more", tried, c.least)
			}
			sound(t, events, 1)
			first := slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == history.Fault || e.Kind == history.Dropped })
			if events[first].Kind == history.Dropped {
				t.Errorf("the history takes the stranger for a worker: %+v", events[first])
			}
		})
	}
}

// On the virtual clock nobody can come in: the process of a run has no socket at all, and draws no passwords.
func TestVirtualHasNoSockets(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("only Linux says which sockets a process has: ", err)
	}
	const text = "name: alone\nserver: {mode: process}\nstream: {storage: memory}\npublishers: [{rate: 500/s}]\nworkers: [{name: w, count: 2}]\nphases: {disturb: 30s}\n"
	for name, text := range map[string]string{"native": strings.Replace(text, "process", "embedded", 1), "guest": text} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looked := 0
			look := func(time.Duration) {
				for _, process := range virtualOnes(t) {
					looked++
					if sockets := socketsOf(process); len(sockets) > 0 {
						t.Errorf("%s has sockets: %v", process, sockets)
					}
				}
			}
			plan, d := planOf(t, text, 4711), dirs(t)
			var err error
			if g, none := theGuest(); name == "guest" && none == nil {
				err = InGuest(context.Background(), Guest{Path: g.Path}, plan, d, guestLimit, look)
			} else {
				err = Virtual(context.Background(), plan, d, wallLimit, look)
			}
			if err != nil || looked == 0 {
				t.Errorf("%d looks: %v", looked, err)
			}
		})
	}
	if k := newKeys(clock{name: scenarios.ClockVirtual}); k != (keys{}) {
		t.Errorf("keys were drawn: %+v", k)
	}
}

// virtualOnes are the processes in which this one runs plans on the virtual clock.
func virtualOnes(t *testing.T) []string {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(process string) bool {
		status, _ := os.ReadFile(process + "/status")
		environ, _ := os.ReadFile(process + "/environ")
		args, _ := os.ReadFile(process + "/cmdline")
		ours := strings.Contains(string(status), fmt.Sprintf("\nPPid:\t%d\n", os.Getpid()))
		return !ours || !strings.Contains(string(environ), childEnv+"="+childRun) && !strings.HasPrefix(string(args), "pindrop-guest")
	})
}

// socketsOf are the sockets of a process, as its files are named.
func socketsOf(process string) []string {
	files, _ := os.ReadDir(process + "/fd") // it may be gone
	var sockets []string
	for _, file := range files {
		if to, err := os.Readlink(process + "/fd/" + file.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			sockets = append(sockets, strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]"))
		}
	}
	return sockets
}
