package sim

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/jsm.go/natscontext"
	"github.com/nats-io/nats.go"

	"pindrop/redact"
	"pindrop/scenarios"
)

// Access is who may use which servers, of which no record holds anything. The zero value is pindrop alone, on its own servers.
type Access struct {
	User *url.Userinfo // of the URL of somebody else's server; nil: none
	Keep bool          // what the run made on such servers stays

	// Left is told what a run could not remove from them; nil: the run's error says it.
	Left func(Left)
	// Invite is told, once pindrop's own servers listen, the URL with which somebody may look in; nil: nobody may.
	Invite func(url string)
}

// ErrUnfit is in the error of a run that never began because the server cannot serve it.
var ErrUnfit = errors.New("the server cannot run this scenario")

// ErrUnreachable is in the error of a run that never began because nobody answered at the server's address.
var ErrUnreachable = errors.New("the server cannot be reached")

// ErrRefuses is in the error of what is not a run, where the servers do not let it.
var ErrRefuses = errors.New("the servers refuse it")

// silent reports whether an error says that nobody answered.
func silent(err error) bool {
	return errors.Is(err, nats.ErrNoServers) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, nats.ErrConnectionClosed) || errors.As(err, new(*net.OpError))
}

// external are servers that are not pindrop's. It makes one stream there, and what belongs to it, and removes that.
type external struct {
	where  string // without credentials
	nodes  []string
	client nats.Options // of the context: credentials, TLS
	given  []nats.Option
	access Access
	hidden []string // what no error may show
	stream string
	api    string // what the subjects of the API begin with
	owner  Owner  // this run, in the metadata of its streams
	told   []version
	makes  int // how many streams

	stopping sync.Once
	stopped  error
	hurry    func() bool // whether the end must not take long
	turns    turns
}

// connectTo connects to the servers of a scenario and checks that they can run it.
func connectTo(plan *scenarios.Plan, access Access) (servers, error) {
	e, err := reach(plan.Scenario, access)
	if err == nil {
		err = e.check(plan)
	}
	if err != nil {
		return nil, e.asked(err, ErrUnfit)
	}
	return e, nil
}

// asked is the error of servers that were asked for something: that nobody answered, or what they said, which is of a kind.
func (e *external) asked(err, kind error) error {
	if silent(err) {
		kind = ErrUnreachable
	}
	return fmt.Errorf("%w: %s: %w", kind, e.where, redact.Error(err, e.hidden...))
}

// Fits says why somebody else's servers cannot run a plan (an [ErrUnfit]), nil if they can, or if the plan asks for no
// servers but pindrop's.
func Fits(plan *scenarios.Plan, access Access) error {
	if mode, _ := plan.Scenario.ServerMode(); mode != scenarios.ServerExternal {
		return nil
	}
	_, err := connectTo(plan, access)
	return err
}

// reach reads where the servers of a scenario are, and how to speak to them.
func reach(s *scenarios.Scenario, access Access) (*external, error) {
	settings, where, err := settingsOf(s.Server)
	e := &external{where: where, access: access, stream: streamName(s.Name), owner: newOwner(s, access.Keep), makes: madeBy(s)}
	if err != nil {
		return e, err
	}
	e.hidden = redact.Of(settings)
	if e.given, err = settings.NATSOptions(); err != nil {
		return e, err
	}
	return e, e.locate(settings)
}

// settingsOf are the settings of a context, or of a URL alone.
func settingsOf(asked scenarios.Server) (settings *natscontext.Context, where string, err error) {
	if asked.Context == "" {
		settings, err = natscontext.New("", false, natscontext.WithServerURL(asked.URL))
		return settings, asked.URL, err
	}
	where = "context " + asked.Context
	if !natscontext.IsKnown(asked.Context) {
		known := natscontext.KnownContexts()
		return nil, where, fmt.Errorf("there is no such context; nearest: %s", cmp.Or(scenarios.Nearest(asked.Context, known), "none"))
	}
	settings, err = natscontext.New(asked.Context, true)
	return settings, where, err
}

// locate reads where the servers are and how to speak to them.
func (e *external) locate(settings *natscontext.Context) error {
	switch {
	case settings.JSAPIPrefix() != "" || settings.JSEventPrefix() != "":
		return errors.New("a context with a prefix for the JetStream API or its events is not supported yet; use one with a domain, or without")
	case settings.SocksProxy() != "":
		return errors.New("a context with a SOCKS proxy is not supported yet; use one without")
	}
	e.api = domainPrefix(settings.JSDomain())
	list, err := redact.Servers(settings.ServerURL())
	if err != nil {
		return err
	}
	e.hidden = append(e.hidden, list.Secrets()...)
	e.access.User = cmp.Or(list.User, e.access.User)
	for _, u := range list.URLs {
		if u.Scheme != "nats" && u.Scheme != "tls" {
			return errors.New("expected a URL that begins with nats:// or tls://")
		}
		if u.Scheme == "tls" {
			e.given = append(e.given, nats.Secure())
		}
		e.nodes = append(e.nodes, net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "4222")))
	}
	if user := e.access.User; user != nil {
		password, _ := user.Password()
		e.hidden = append(e.hidden, password)
	}
	e.given = append(e.given, presenting(e.access.User)...)
	e.client = nats.GetDefaultOptions()
	for _, option := range e.given {
		if err := option(&e.client); err != nil {
			return err
		}
	}
	return nil
}

// ownTLS tells the client library that the dialer has done the handshake: the wire is read above it.
type ownTLS struct{}

// Dial implements nats.CustomDialer; the library asks the run's own dialer instead.
func (ownTLS) Dial(string, string) (net.Conn, error) { return nil, errCutOff }

// SkipTLSHandshake is asked by the client library.
func (ownTLS) SkipTLSHandshake() bool { return true }

func (e *external) options() []nats.Option {
	return append(append([]nats.Option{}, e.given...), nats.SetCustomDialer(ownTLS{}), pool(e.nodes))
}

func (e *external) addresses() []string { return e.nodes }

func (e *external) ports() []string { return e.nodes }

func (e *external) versions() []version { return e.told }

func (e *external) dial(name string) (net.Conn, error) {
	if name != "" {
		return e.open(name)
	}
	return e.turns.dial(e.nodes, e.open)
}

// open connects to an address, in TLS where the server or the settings want it. A server says that in its first line,
// which the client library has to see as well.
func (e *external) open(address string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", address, e.client.Timeout)
	if err != nil {
		return nil, err
	}
	opened, err := e.secure(conn, address)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return opened, opened.SetDeadline(time.Time{})
}

func (e *external) secure(conn net.Conn, address string) (net.Conn, error) {
	if err := conn.SetDeadline(time.Now().Add(e.client.Timeout)); err != nil {
		return nil, err
	}
	if e.client.TLSHandshakeFirst {
		return e.handshake(conn, address)
	}
	line, err := firstLine(conn)
	if err != nil {
		return nil, err
	}
	var info struct {
		Required bool `json:"tls_required"`
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "INFO ")), &info); err != nil {
		return nil, fmt.Errorf("%s is no nats-server", address)
	}
	if info.Required || e.client.Secure {
		if conn, err = e.handshake(conn, address); err != nil {
			return nil, err
		}
	}
	return &told{Conn: conn, rest: []byte(line)}, nil
}

func (e *external) handshake(conn net.Conn, address string) (net.Conn, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if e.client.TLSConfig != nil {
		config = e.client.TLSConfig.Clone()
	}
	if e.client.TLSCertCB != nil {
		certificate, err := e.client.TLSCertCB()
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	if e.client.RootCAsCB != nil {
		roots, err := e.client.RootCAsCB()
		if err != nil {
			return nil, err
		}
		config.RootCAs = roots
	}
	if config.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		config.ServerName = host
	}
	secured := tls.Client(conn, config)
	return secured, secured.Handshake()
}

// firstLine reads a line and nothing behind it: what follows may be a handshake.
func firstLine(conn net.Conn) (string, error) {
	const lineMax = 64 << 10
	var line []byte
	for b := make([]byte, 1); len(line) < lineMax; {
		if _, err := conn.Read(b); err != nil {
			return "", err
		}
		if line = append(line, b[0]); b[0] == '\n' {
			return string(line), nil
		}
	}
	return "", errors.New("the server's first line does not end")
}

// told is a connection of which something has been read, and is read again.
type told struct {
	net.Conn
	rest []byte
}

// Read implements net.Conn.
func (t *told) Read(b []byte) (int, error) {
	if len(t.rest) == 0 {
		return t.Conn.Read(b)
	}
	n := copy(b, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}
