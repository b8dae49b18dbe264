package sim

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"pindrop/scenarios"
	"pindrop/sim/assertion"
)

// readyTimeout is how long a server may take to accept connections.
const readyTimeout = 10 * time.Second

// embedded is the one unmodified nats-server of a run, in this process. On the virtual clock it has no listener: a
// goroutine in the network poller never counts as idle, and time would stand still.
type embedded struct {
	server *natsserver.Server
	listen bool
	dir    string
	keys   keys
	said   *assertion.Server // what it asserts
}

// startServer starts a server that keeps its files in dir, with the limits that a scenario asks of it.
func startServer(dir string, listen bool, asked scenarios.Server, k keys, x *hearsay) (*embedded, error) {
	options := &natsserver.Options{
		ServerName: "n1", Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, DontListen: !listen,
		JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
		JetStreamLimits: natsserver.JSLimitOpts{MaxAckPending: asked.JetStream.Limits.MaxAckPending},
	}
	if listen {
		options.Users, options.AuthTimeout = k.users(), authTime.Seconds()
	}
	e := &embedded{listen: listen, dir: dir, keys: k, said: x.listen(options.ServerName, 1)}
	var err error
	e.said.Run(func() {
		if e.server, err = natsserver.NewServer(options); err == nil {
			e.server.Start()
		}
	})
	if err != nil {
		e.said.Leave()
		return nil, fmt.Errorf("configure the server: %w", err)
	}
	server := e.server
	if !server.ReadyForConnections(readyTimeout) {
		return nil, errors.Join(fmt.Errorf("the server is not ready after %v", readyTimeout), e.stop())
	}
	if err := limit(server, asked.Account); err != nil {
		return nil, errors.Join(err, e.stop())
	}
	return e, nil
}

// dial opens a connection to the server, whichever node is asked for: there is one.
func (e *embedded) dial(string) (net.Conn, error) {
	if !e.listen {
		return e.server.InProcessConn()
	}
	address := e.server.Addr()
	if address == nil {
		return nil, errCutOff // it has stopped, and somebody who was given up connects again
	}
	return net.Dial("tcp", address.String())
}

func (e *embedded) addresses() []string {
	if !e.listen {
		return nil
	}
	return []string{e.server.Addr().String()}
}

func (e *embedded) ports() []string { return e.addresses() }

func (e *embedded) options() []nats.Option { return presenting(e.keys.user()) }

// users are those that a server in this process knows.
func (k keys) users() []*natsserver.User {
	known := []*natsserver.User{{Username: clientUser, Password: k.client}}
	if k.look == "" {
		return known
	}
	return append(known, &natsserver.User{Username: lookUser, Password: k.look, Permissions: &natsserver.Permissions{
		Publish: &natsserver.SubjectPermission{Allow: lookMay},
	}})
}

func (e *embedded) versions() []version { return nil }

// stop shuts the server down and removes its files.
func (e *embedded) stop() error {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	e.said.Leave()
	if err := os.RemoveAll(e.dir); err != nil {
		return fmt.Errorf("remove the server's files: %w", err)
	}
	return nil
}
