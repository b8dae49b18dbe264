package sim

import (
	crypto "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pindrop/scenarios"
)

// layout is how the nodes of a run are configured.
type layout struct {
	asked  scenarios.Server
	seed   uint64 // of the jitter between the nodes
	store  string
	nodes  []*node
	inside bool // a guest, where no socket is
	keys   keys
	ways   map[[2]string]*proxy
	varies bool // a fault makes routes slower
}

// layOut decides on names, ports and files, and opens the proxies that the scenario's faults need.
func (p *processes) layOut(plan *scenarios.Plan) (*layout, error) {
	asked := plan.Scenario.Server
	ports, err := freePorts(2 * asked.Nodes)
	if err != nil {
		return nil, err
	}
	l := &layout{asked: asked, seed: plan.Seed, store: p.dirs.Store, keys: p.keys, inside: p.inside(), ways: map[[2]string]*proxy{}}
	if l.inside {
		l.keys.system = crypto.Text() // of the guest's own chance, on which histories rest
		p.keys = l.keys
	}
	l.varies = slices.ContainsFunc(plan.Faults, func(f scenarios.FaultPlan) bool { return f.Do == scenarios.DoSlowRoutes })
	p.layout = l
	for i := range asked.Nodes {
		name := nodeName(i)
		p.nodes = append(p.nodes, &node{
			name: name, store: filepath.Join(p.dirs.Store, name), config: filepath.Join(p.dirs.Store, name+".conf"), log: p.logName(name),
			port: ports[2*i], route: ports[2*i+1],
		})
	}
	l.nodes = p.nodes
	if !plan.Scenario.CutsServers() && asked.Routes == (scenarios.Routes{}) && !p.inside() {
		return l, nil
	}
	return l, p.openProxies(l)
}

// openProxies puts a proxy in front of each node, and one on each way between two of them.
func (p *processes) openProxies(l *layout) (err error) {
	for _, n := range p.nodes {
		if n.door, err = newProxy(newWire(), l.keys.door, n.dialer(&n.port)); err != nil {
			return err
		}
		if err := p.openRoutes(l, n); err != nil {
			return err
		}
	}
	return nil
}

// openRoutes opens the ways that a node takes to the others.
func (p *processes) openRoutes(l *layout, n *node) error {
	for _, to := range p.nodes {
		if to == n {
			continue
		}
		between, wire := [2]string{n.name, to.name}, newRoutes(l.asked.Routes, l.seed+uint64(len(p.routes)))
		wire.varies = l.varies
		if older := l.ways[between]; older != nil {
			wire.inherit(older.network)
		}
		way, err := newProxy(wire, noKey, to.dialer(&to.route))
		if err != nil {
			return err
		}
		p.routes = append(p.routes, route{n.name, to.name, way})
		l.ways[between] = way
	}
	return nil
}

// renew gives a node ports and ways to the others that its former life does not know.
func (l *layout) renew(p *processes, n *node) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	n.port, n.route = ports[0], ports[1]
	p.routes = slices.DeleteFunc(p.routes, func(r route) bool {
		if r.from == n.name {
			r.way.close()
		}
		return r.from == n.name
	})
	if err := p.openRoutes(l, n); err != nil {
		return err
	}
	return l.write(n)
}

// dialer dials one of the node's ports, as it is then.
func (n *node) dialer(port *int) func() (net.Conn, error) {
	return func() (net.Conn, error) {
		if !n.alive() {
			return nil, errCutOff // inside a guest a port may still be taken by a server that was left behind
		}
		return net.Dial("tcp", loopback(*port))
	}
}

// portsFrom and portsTo bound the ports of servers: below those that systems give to whoever connects, one of whom would
// else sit on a node's port when the node comes back.
const (
	portsFrom = 20_000
	portsTo   = 32_000
)

// freePorts are ports that nobody listens on.
func freePorts(count int) ([]int, error) {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(os.Getpid())))
	var ports []int
	for range portsTo - portsFrom {
		port := portsFrom + random.IntN(portsTo-portsFrom)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer l.Close() // not before all are found: no two are the same
		if ports = append(ports, port); len(ports) == count {
			return ports, nil
		}
	}
	return nil, errors.New("find ports for the servers: there is none that is free")
}

// What servers log beside what they always do; see [scenarios.Server].
const (
	logDebug = "debug"
	logTrace = "trace"
)

// nobody is an address on loopback at which nobody listens. Inside a guest all ports of the usual one may be taken, from 1 on.
const nobody = "127.0.0.2:1"

// write writes the configuration of a node, in the server's own language, so that any version reads it.
func (l *layout) write(n *node) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("server_name: %s", n.name)
	line("listen: %q", loopback(n.port))
	line("log_file: %q\nlogtime: true", n.log)
	line("lame_duck_grace_period: %q", lameDuckGrace)
	line("lame_duck_duration: %q", lameDuckTime)
	switch l.asked.Log {
	case logTrace:
		line("debug: true\ntrace: true")
	case logDebug:
		line("debug: true")
	}
	line("jetstream {\n  store_dir: %q", n.store)
	if l.asked.Sync != "" {
		line("  sync_interval: %s", l.asked.Sync)
	}
	if limit := l.asked.JetStream.Limits.MaxAckPending; limit != 0 {
		line("  limits { max_ack_pending: %d }", limit)
	}
	line("}")
	limits := "enabled"
	if limit := l.asked.Account.JetStream.MaxAckPending; limit != 0 {
		limits = fmt.Sprintf("{ max_ack_pending: %d }", limit)
	}
	l.writeUsers(line, limits)
	if len(l.nodes) > 1 {
		line("cluster {\n  name: pindrop\n  listen: %q\n  no_advertise: true", loopback(n.route))
		// A node that hears of another one by gossip would connect to it past the proxies: it hears an address that is none.
		if len(l.ways) > 0 {
			line("  advertise: %q", nobody)
		}
		if !l.inside {
			line("  authorization { user: %s, password: %q, timeout: %v }", routeUser, l.keys.route, authTime.Seconds())
		}
		routes, err := json.Marshal(l.routes(n))
		if err != nil {
			return fmt.Errorf("configure server %s: %w", n.name, err)
		}
		line("  routes: %s\n}", routes)
	}
	if err := os.WriteFile(n.config, []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("configure server %s: %w", n.name, err)
	}
	return nil
}

// writeUsers writes who may connect. Inside a guest nobody else can, and nobody is asked.
func (l *layout) writeUsers(line func(format string, args ...any), limits string) {
	password := l.keys.client
	if l.inside {
		password = l.keys.system
	}
	line("accounts {\n  PINDROP { jetstream: %s, users: [", limits)
	line("    { user: %s, password: %q }", clientUser, password)
	if l.keys.look != "" {
		line("    { user: %s, password: %q, permissions { publish { allow: [\"%s\"] } } }", lookUser, l.keys.look, strings.Join(lookMay, `", "`))
	}
	line("  ] }\n  SYSTEM { users: [ { user: %s, password: %q } ] }\n}\nsystem_account: SYSTEM", systemUser, l.keys.system)
	if l.inside {
		line("no_auth_user: %s", clientUser)
	}
}

// routes are where a node finds the others.
func (l *layout) routes(n *node) []string {
	var all []string
	for _, to := range l.nodes {
		if to == n {
			continue
		}
		address := loopback(to.route)
		if way := l.ways[[2]string{n.name, to.name}]; way != nil {
			address = way.address()
		}
		u := url.URL{Scheme: "nats-route", Host: address}
		if !l.inside {
			u.User = url.UserPassword(routeUser, l.keys.route)
		}
		all = append(all, u.String())
	}
	return all
}

// How a lame duck goes: it waits, then it sends its clients away, one by one.
const (
	lameDuckGrace = "1s"
	lameDuckTime  = "30s" // the least that the server takes
)
