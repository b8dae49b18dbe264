package sim

import (
	"context"
	"fmt"
	"net"

	"github.com/nats-io/nats.go"

	"pindrop/scenarios"
)

// servers are the nats-servers of a run: inside this process (servers_embedded.go), processes of their own (servers_process.go),
// or somebody else's (servers_external.go).
type servers interface {
	// dial opens a connection to a node; to "" it is any that takes one, each in its turn, which is what a client that
	// connects again wants.
	dial(node string) (net.Conn, error)
	// addresses are where clients reach the nodes, host:port, in the nodes' order; nil where there is no listener.
	addresses() []string
	// ports are the addresses at which the nodes themselves listen, past what pindrop puts in front of them; nil as above.
	ports() []string
	// options are what clients need beside a connection: credentials, and how many nodes there are.
	options() []nats.Option
	// versions are the servers' own words about their version; nil where they are this program.
	versions() []version
	// stop ends the servers and removes their files.
	stop() error
}

// startServers starts the servers that a scenario asks for, or connects to those that are there. What ends by itself
// later is told to failed. Those of pindrop's ask for the keys.
func startServers(ctx context.Context, plan *scenarios.Plan, dirs Dirs, c clock, k keys, x *hearsay, failed func(error)) (servers, error) {
	asked := plan.Scenario.Server
	mode, _ := plan.Scenario.ServerMode()
	switch mode {
	case scenarios.ServerProcess:
		return startProcesses(ctx, plan, dirs, c, k, x, failed)
	case scenarios.ServerExternal:
		return connectTo(plan, c.access)
	}
	return startServer(dirs.Store, c.listen, asked, k, x)
}

// anyOf is the dialer of clients that take whatever node they get.
func anyOf(s servers) dialer { return func() (net.Conn, error) { return s.dial("") } }

// nodeName is the name of a node by its number, from 0: n1, n2, …
func nodeName(i int) string { return fmt.Sprintf("n%d", i+1) }

// pool tells the client library how many nodes it may try before it waits: with its own dialer away, it would think that
// there is one.
func pool(addresses []string) nats.Option {
	return func(o *nats.Options) error {
		o.Servers, o.NoRandomize, o.IgnoreDiscoveredServers = nil, true, true
		for _, address := range addresses {
			o.Servers = append(o.Servers, "nats://"+address)
		}
		return nil
	}
}
