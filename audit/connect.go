package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/jsm.go/natscontext"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/redact"
	"pindrop/scenarios"
)

// DefaultURL is where a server is looked for if nothing is said and no context is selected.
const DefaultURL = "nats://127.0.0.1:4222"

// The mistakes of whoever asks, as opposed to those of servers and networks.
var (
	ErrNotFound = errors.New("not found")        // no such context, stream or consumer
	ErrPush     = errors.New("push consumer")    // pindrop runs pull consumers
	ErrTarget   = errors.New("no valid target")  // a URL or a context that nobody can connect with
	ErrTooFew   = errors.New("too few samples")  // nothing can be said about rates
	errRefused  = errors.New("the user may not") // permissions
	errSilent   = errors.New("nobody answered")  // timeouts
	errDisabled = errors.New("JetStream is not available to this account; if it is in a domain, name a context with jetstream_domain")
)

// Target says where a live server is. The zero value is the context that is selected, or [DefaultURL] if none is.
type Target struct {
	URL     string        // of the server, instead of a context
	Context string        // name of a context of the NATS tools
	Timeout time.Duration // of the connection and of each question; 0: 5s
}

// Conn is a connection that asks. Close ends it.
type Conn struct {
	// Where says what it is connected to, and why, without credentials.
	Where string

	nc      *nats.Conn
	js      jetstream.JetStream
	hidden  []string // what no error may show
	timeout time.Duration

	mu     sync.Mutex
	cancel context.CancelCauseFunc // of the question that is being asked; nil: none
}

// Dial connects. A context that does not exist is [ErrNotFound], with the nearest name; one that makes no sense, or a URL
// that does not, is [ErrTarget].
func Dial(t Target) (*Conn, error) {
	settings, why, err := t.settings()
	if err != nil {
		return nil, err
	}
	c := &Conn{timeout: cmp.Or(t.Timeout, 5*time.Second)}
	list, err := redact.Servers(settings.ServerURL())
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrTarget, why, err)
	}
	c.hidden = append(redact.Of(settings), list.Secrets()...)
	// A message that the user may not send is refused behind its back: nobody would answer the question, and the reason
	// would be lost. So it ends the question.
	options, err := settings.NATSOptions(nats.Name("pindrop"), nats.Timeout(c.timeout),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { c.refuse(err) }))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrTarget, why, redact.Error(err, c.hidden...))
	}
	if c.nc, err = nats.Connect(list.Full(), options...); err != nil {
		return nil, fmt.Errorf("connect to %s (%s): %w", list, why, redact.Error(err, c.hidden...))
	}
	c.Where = fmt.Sprintf("%s (%s)", connected(c.nc), why)
	switch {
	case settings.JSDomain() != "":
		c.js, err = jetstream.NewWithDomain(c.nc, settings.JSDomain())
	case settings.JSAPIPrefix() != "":
		c.js, err = jetstream.NewWithAPIPrefix(c.nc, settings.JSAPIPrefix())
	default:
		c.js, err = jetstream.New(c.nc)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("%w: %s: %w", ErrTarget, why, err)
	}
	return c, nil
}

// settings are those of the context, and why it is this one.
func (t Target) settings() (settings *natscontext.Context, why string, err error) {
	name := t.Context
	switch {
	case t.URL != "":
		settings, err = natscontext.New("", false, natscontext.WithServerURL(t.URL))
		return settings, "asked for", err
	case strings.Contains(name, "://"):
		return nil, "", wrapped{"--context: expected the name of a context; a URL goes with --server", ErrTarget}
	case name != "":
		why = fmt.Sprintf("context %s", name)
		if known := natscontext.KnownContexts(); !natscontext.IsKnown(name) {
			return nil, "", missing("context", name, "", known)
		}
	case natscontext.SelectedContext() != "":
		name = natscontext.SelectedContext()
		why = fmt.Sprintf("context %s, which is selected", name)
	default:
		settings, err = natscontext.New("", false, natscontext.WithServerURL(DefaultURL))
		return settings, "the default: no context is selected", err
	}
	if settings, err = natscontext.New(name, true); err != nil {
		return nil, "", fmt.Errorf("%w: %s: %w", ErrTarget, why, redact.Error(err))
	}
	return settings, why, nil
}

// connected is the URL of the server that a client is connected to, as it may be shown.
func connected(nc *nats.Conn) string {
	list, err := redact.Servers(nc.ConnectedUrl())
	if err != nil {
		return nc.ConnectedAddr()
	}
	return list.String()
}

// missing is the error of a name that does not exist; in says where, "" for nowhere in particular.
func missing(what, name, in string, known []string) error {
	text := fmt.Sprintf("there is no %s %q%s", what, name, in)
	if nearest := scenarios.Nearest(name, known); nearest != "" {
		text += fmt.Sprintf("; nearest: %s (of %d)", nearest, len(known))
	}
	return wrapped{text, ErrNotFound}
}

// wrapped is an error with a text of its own that is another one all the same.
type wrapped struct {
	text string
	kind error
}

// Error implements error.
func (e wrapped) Error() string { return e.text }

// Unwrap implements the interface of package errors.
func (e wrapped) Unwrap() error { return e.kind }

// refuse ends the question that is being asked where the user may not ask it.
func (c *Conn) refuse(err error) {
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		c.cancel(err)
	}
}

// ask asks one question: what says which, in a few words. The errors of a server that does not answer, or not this
// user, say so; the answers of the server itself are returned as they are.
func (c *Conn) ask(ctx context.Context, what string, question func(context.Context) error) error {
	ctx, stop := context.WithTimeoutCause(ctx, c.timeout, errSilent)
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.mu.Lock()
	c.cancel = cancel
	c.mu.Unlock()
	err := redact.Error(question(ctx), c.hidden...)
	c.mu.Lock()
	c.cancel = nil
	c.mu.Unlock()
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return nil
	case errors.Is(cause, nats.ErrPermissionViolation):
		return fmt.Errorf("%w ask for %s: %w", errRefused, what, cause)
	case errors.Is(cause, errSilent):
		return fmt.Errorf("ask for %s: %w within %v", what, errSilent, c.timeout)
	case errors.Is(err, nats.ErrNoResponders), errors.Is(err, jetstream.ErrJetStreamNotEnabled),
		errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fmt.Errorf("ask for %s: %w: %w", what, errDisabled, err)
	}
	return err
}

// Close ends the connection.
func (c *Conn) Close() { c.nc.Close() }
