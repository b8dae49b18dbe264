package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// What a process is told that pindrop started to be a nats-server: its configuration file, and how many were before it, plus one.
const (
	serverEnv     = "PINDROP_SERVER"
	serverLifeEnv = "PINDROP_SERVER_LIFE"
)

// serverChild is the whole life of such a process of this program. It ends with the server, by a signal, or when in ends,
// which is when pindrop is gone.
func serverChild(in io.Reader, _ io.Writer) error {
	x := &hearsay{}
	go func() {
		x.follow(in)
		_, _ = io.Copy(io.Discard, in) // any end is the end
		os.Exit(exitFailed)
	}()
	options, err := natsserver.ProcessConfigFile(os.Getenv(serverEnv))
	if err != nil {
		return err
	}
	life, err := strconv.ParseInt(os.Getenv(serverLifeEnv), 10, 32)
	if err != nil {
		return fmt.Errorf("read which life this is: %w", err)
	}
	var server *natsserver.Server
	x.listen(options.ServerName, int32(life)).Run(func() {
		if server, err = natsserver.NewServer(options); err == nil {
			server.ConfigureLogger()
			server.Start()
		}
	})
	if err != nil {
		return err
	}
	server.WaitForShutdown()
	return nil
}

// processes are nats-servers that are processes of this binary, or of another one. They can be killed, stopped and cut off.
type processes struct {
	dirs    Dirs
	disk    *disk.Files // on which their files are: they are parts of this process, which is a guest; nil: they are not
	layout  *layout
	binary  string // another nats-server; "": this program
	keys    keys
	nodes   []*node
	system  *nats.Conn // of the system account
	failed  func(error)
	ears    *hearsay
	told    []version
	turns   turns
	routes  []route         // between nodes; nil where nothing cuts them
	life    context.Context // its end kills them
	hearing *hearing        // where servers write what they assert; nil: nowhere yet, or they are another program
	aged    chan struct{}   // closed when time stops going by for the disks; nil: it does not
}

// inside reports whether the servers are parts of this process.
func (p *processes) inside() bool { return p.disk != nil }

// route is the way that one node takes to another.
type route struct {
	from, to string
	way      *proxy
}

// startProcesses starts a server, or a cluster, and waits until it can be used.
func startProcesses(ctx context.Context, plan *scenarios.Plan, dirs Dirs, c clock, k keys, x *hearsay, failed func(error)) (servers, error) {
	p := &processes{dirs: dirs, disk: c.files, life: c.life, binary: plan.Scenario.Server.Binary, keys: k, ears: x, failed: failed}
	if err := fitting(p.binary, plan.Scenario); err != nil {
		return nil, err
	}
	if err := p.start(ctx, plan); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *processes) start(ctx context.Context, plan *scenarios.Plan) error {
	err := errors.Join(os.MkdirAll(p.dirs.Store, 0o700), os.MkdirAll(cmp.Or(p.dirs.Servers, p.dirs.Store), 0o777))
	if err != nil {
		return fmt.Errorf("make a folder for the servers: %w", err)
	}
	l, err := p.layOut(plan)
	if err != nil {
		return err
	}
	for _, n := range p.nodes {
		if err := l.write(n); err != nil {
			return err
		}
	}
	if plan.Scenario.LosesPower() {
		p.age()
	}
	for _, n := range p.nodes {
		if err := p.launch(n); err != nil {
			return err
		}
	}
	err = patiently(ctx, readyTimeout, whatever, func() (err error) {
		p.system, err = connect("system", anyOf(p), append(p.options(), nats.UserInfo(systemUser, p.keys.system))...)
		return err
	})
	if err != nil {
		return fmt.Errorf("the servers are not ready: %w", errors.Join(err, p.trouble()))
	}
	return p.ready(ctx)
}

// dialTimeout is how long a node may take to accept a connection.
const dialTimeout = 2 * time.Second

func (p *processes) dial(name string) (net.Conn, error) {
	open := p.come
	if p.inside() {
		open = p.dialAtOnce
	}
	if name == "" {
		return p.turns.dial(p.addresses(), open)
	}
	n := p.node(name)
	if n == nil {
		return nil, fmt.Errorf("there is no server %s", name)
	}
	return open(n.address())
}

// come connects to a node, or to the door in front of it.
func (p *processes) come(address string) (net.Conn, error) {
	conn, err := dialWithin(dialTimeout)(address)
	if err != nil || p.nodes[0].door == nil {
		return conn, err
	}
	return knock(conn, p.keys.door)
}

// dialAtOnce is what a dial is on the virtual clock, where nothing may wait in one: the client library holds its lock.
func (p *processes) dialAtOnce(address string) (net.Conn, error) {
	for _, n := range p.nodes {
		if n.address() == address && (!n.alive() || n.door.network.held()) {
			return nil, errCutOff
		}
	}
	return net.Dial("tcp", address)
}

func (p *processes) addresses() []string {
	var all []string
	for _, n := range p.nodes {
		all = append(all, n.address())
	}
	return all
}

func (p *processes) ports() []string {
	var all []string
	for _, n := range p.nodes {
		all = append(all, loopback(n.port))
	}
	return all
}

func (p *processes) versions() []version { return p.told }

func (p *processes) options() []nats.Option {
	return append(presenting(p.keys.user()), pool(p.addresses()))
}

// node is the node of a name, nil if there is none.
func (p *processes) node(name string) *node {
	for _, n := range p.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// launch starts a node's process.
func (p *processes) launch(n *node) error {
	fell := func(err error) {
		p.failed(fmt.Errorf("%w: %s (%v); its log is %s", ErrServerEnded, n.name, err, n.log))
	}
	if p.inside() {
		return p.launchInside(n, fell)
	}
	program, args := p.binary, []string{"-c", n.config}
	if program == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program to start it as a server: %w", err)
		}
		program, args = self, nil
	}
	cmd := exec.CommandContext(p.life, program, args...)
	cmd.Env = environ(childEnv+"="+childServer, serverEnv+"="+n.config, fmt.Sprint(serverLifeEnv, "=", n.number+1))
	defer n.tell(p.hearing)
	return n.begin(func() (serverLife, error) { return newServerProcess(cmd) }, fell)
}

// trouble is what the nodes said before they ended, nil if they said nothing.
func (p *processes) trouble() error {
	var all []error
	for _, n := range p.nodes {
		if text := n.trouble(); text != "" {
			all = append(all, fmt.Errorf("%s: %s", n.name, text))
		}
	}
	return errors.Join(all...)
}

func (p *processes) stop() error {
	if p.aged != nil {
		close(p.aged)
	}
	if p.system != nil {
		p.system.Close()
	}
	for _, n := range p.nodes {
		n.kill()
		n.close()
	}
	for _, r := range p.routes {
		r.way.close()
	}
	if p.inside() {
		return nil // a guest's disk goes with it, and may be one that failed
	}
	if err := os.RemoveAll(p.dirs.Store); err != nil {
		return fmt.Errorf("remove the servers' files: %w", err)
	}
	return nil
}

// logName is the file of a node's log.
func (p *processes) logName(name string) string {
	return filepath.Join(cmp.Or(p.dirs.Servers, p.dirs.Store), name+logSuffix)
}

// processes are the run's servers, if they are processes.
func (r *run) processes() *processes {
	p, _ := r.server.(*processes)
	return p
}
