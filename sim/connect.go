package sim

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// dialer is how nats.go gets its connections: it asks for one each time it connects, also after a cut.
type dialer func() (net.Conn, error)

// InProcessConn implements nats.InProcessConnProvider.
func (d dialer) InProcessConn() (net.Conn, error) { return d() }

// turns dials addresses in turn: each dial begins behind the one that was tried last.
// The zero value begins with the first.
type turns struct{ taken atomic.Uint64 }

// dial tries as many addresses as there are, until one opens; if none does, it returns the last one's error.
func (t *turns) dial(addresses []string, open func(address string) (net.Conn, error)) (net.Conn, error) {
	var refused error
	for range addresses {
		turn := t.taken.Add(1) - 1
		conn, err := open(addresses[turn%uint64(len(addresses))])
		if err == nil {
			return conn, nil
		}
		refused = err
	}
	return nil, refused
}

// dialWithin opens TCP connections, each within limit.
func dialWithin(limit time.Duration) func(address string) (net.Conn, error) {
	return func(address string) (net.Conn, error) { return net.DialTimeout("tcp", address, limit) }
}

// reconnectWait is nats.go's default wait before it connects again, without its random part.
const reconnectWait = 2 * time.Second

// reconnectAfter makes a client connect again after the library's default wait, and what a handshake takes.
func reconnectAfter(handshake time.Duration) nats.Option {
	return nats.CustomReconnectDelay(func(int) time.Duration { return reconnectWait + handshake })
}

// connect opens a client connection under a name, with the library's defaults, except that it reconnects for ever and
// that its waits are not drawn at random.
func connect(name string, dial dialer, more ...nats.Option) (*nats.Conn, error) {
	options := append([]nats.Option{
		nats.Name(name), nats.InProcessServer(dial), nats.MaxReconnects(-1),
		reconnectAfter(0),
		// What goes wrong on a connection is in the history; by default the library prints it.
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	nc, err := nats.Connect("", options...)
	if err != nil {
		// The library calls every connection that it does not dial itself one in the process.
		if inner := errors.Unwrap(err); inner != nil && errors.As(inner, new(*net.OpError)) {
			err = inner
		}
		return nil, fmt.Errorf("connect %s: %w", name, err)
	}
	return nc, nil
}

// apiPrefix is where a JetStream answers that has no domain, or the one that a client is connected to.
const apiPrefix = "$JS.API."

// domainPrefix is where the JetStream of a domain answers, also across leaf nodes; of none, as above.
func domainPrefix(domain string) string {
	if domain == "" {
		return apiPrefix
	}
	return "$JS." + domain + ".API."
}

// keysOf is what the subjects of keys begin with, before the bucket: keys of another domain are reached through its API, as
// the client library does it.
func keysOf(api string) string {
	if api == apiPrefix {
		return "$KV."
	}
	return api + "$KV."
}

// openJetStream opens the JetStream whose API has a prefix.
func openJetStream(nc *nats.Conn, api string) (jetstream.JetStream, error) {
	if api == apiPrefix {
		return jetstream.New(nc)
	}
	return jetstream.NewWithAPIPrefix(nc, strings.TrimSuffix(api, "."))
}

// The versions under test.
const (
	ServerVersion = natsserver.VERSION
	ClientVersion = nats.Version
)
