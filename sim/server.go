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
)

// readyTimeout is how long a server may take to accept connections.
const readyTimeout = 10 * time.Second

// embedded is the one unmodified nats-server of a run, in this process. On the virtual clock it has no listener: a
// goroutine in the network poller never counts as idle, and time would stand still.
type embedded struct {
	server *natsserver.Server
	listen bool
	dir    string
}

// startServer starts a server that keeps its files in dir, with the limits that a scenario asks of it.
func startServer(dir string, listen bool, asked scenarios.Server) (*embedded, error) {
	options := &natsserver.Options{
		ServerName: "n1", Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, DontListen: !listen,
		JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
		JetStreamLimits: natsserver.JSLimitOpts{MaxAckPending: asked.JetStream.Limits.MaxAckPending},
	}
	server, err := natsserver.NewServer(options)
	if err != nil {
		return nil, fmt.Errorf("configure the server: %w", err)
	}
	server.Start()
	e := &embedded{server: server, listen: listen, dir: dir}
	if !server.ReadyForConnections(readyTimeout) {
		return nil, errors.Join(fmt.Errorf("the server is not ready after %v", readyTimeout), e.stop())
	}
	if err := limit(server, asked.Account); err != nil {
		return nil, errors.Join(err, e.stop())
	}
	return e, nil
}

// dial opens a connection to the server.
func (e *embedded) dial() (net.Conn, error) {
	if e.listen {
		return net.Dial("tcp", e.server.Addr().String())
	}
	return e.server.InProcessConn()
}

// addresses are where it listens.
func (e *embedded) addresses() []string { return []string{e.server.Addr().String()} }

// stop shuts the server down and removes its files.
func (e *embedded) stop() error {
	e.server.Shutdown()
	e.server.WaitForShutdown()
	if err := os.RemoveAll(e.dir); err != nil {
		return fmt.Errorf("remove the server's files: %w", err)
	}
	return nil
}

// dialer is how nats.go gets its connections: it asks for one each time it connects, also after a cut.
type dialer func() (net.Conn, error)

// InProcessConn implements nats.InProcessConnProvider.
func (d dialer) InProcessConn() (net.Conn, error) { return d() }

// reconnectWait is nats.go's default wait before it connects again, without its random part.
const reconnectWait = 2 * time.Second

// connect opens a client connection under a name, with the library's defaults, except that it reconnects for ever and
// that its waits are not drawn at random.
func connect(name string, dial dialer, more ...nats.Option) (*nats.Conn, error) {
	options := append([]nats.Option{
		nats.Name(name), nats.InProcessServer(dial), nats.MaxReconnects(-1),
		nats.CustomReconnectDelay(func(int) time.Duration { return reconnectWait }),
		// What goes wrong on a connection is in the history; by default the library prints it.
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	nc, err := nats.Connect("", options...)
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", name, err)
	}
	return nc, nil
}

// The versions under test.
const (
	ServerVersion = natsserver.VERSION
	ClientVersion = nats.Version
)
