package audit

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// A real publisher sends 100 messages a second; five workers take 80 ms for each, and a limit of 4 ack pending lets four
// of them work. Whatever the machine does at the same time, the server's counters say what they say.
func TestObserveLive(t *testing.T) {
	const limit, workers, service = 4, 5, 80 * time.Millisecond
	server := serve(t, natsserver.Options{})
	js := connect(t, server.ClientURL())
	create(t, js, orders, worker)
	work(t, server.ClientURL(), workers, service)
	live := find(t, Target{URL: server.ClientURL()}, "ORDERS", "worker")
	sent := publish(t, js)

	told, before := 0, sent.Load()
	seen, err := live.Observe(context.Background(), Watch{For: 2 * time.Second, Every: 50 * time.Millisecond,
		Tell: func(time.Duration, []Sample) { told++ }})
	if err != nil {
		t.Fatal(err)
	}
	published := float64(sent.Load() - before)
	m, err := live.Measure(seen)
	if err != nil {
		t.Fatal(err)
	}
	if told < m.Samples {
		t.Errorf("progress was told %d times for %d samples", told, m.Samples)
	}
	within := func(what string, got, least, most float64) {
		if !(got >= least && got <= most) {
			t.Errorf("%s: %v, want %v to %v", what, got, least, most)
		}
	}
	within("published, of what was sent", m.Published.Count/published, 0.8, 1.1)
	within("delivered, of four workers at most", m.Delivered.PerSecond, 1, limit/service.Seconds()*1.1)
	within("arrived, of what was published", m.Arrived.Count/m.Published.Count, 0.9, 1.1)
	within("redelivered", m.Redelivered.Count, 0, 0)
	within("acked, of what was delivered", m.Left.Count/m.Delivered.Count, 0.8, 1.2)
	within("share of time at the limit", *m.AtLimit, 0.5, 1)
	within("ack pending at most", m.AckPending.Max, limit, limit)
	within("waiting pulls on average", m.Waiting.Mean, workers-1, 2*workers)
	// Handlers take their time and then some, so the bound from above must be above it, and near it.
	within("time ack pending", m.Hold().Value, 0.9*service.Seconds(), 3*service.Seconds())
	within("backlog, of what was not delivered", m.Pending.Last-m.Pending.First-(m.Arrived.Count-m.Delivered.Count), -20, 20)
	s := scenario(t, live, m)
	if c := s.Consumer; c.MaxAckPending != limit || c.AckPolicy != jetstream.AckExplicitPolicy {
		t.Errorf("the scenario's consumer: %+v", c)
	}
	if w := s.Workers[0]; w.Count < workers-1 || w.Count > 2*workers || w.Service.Mean.D() < service*9/10 {
		t.Errorf("the scenario's workers: %d with a service of %s, want about %d and at least about %s", w.Count, w.Service.Mean, workers, service)
	}
}

// publish publishes 100 messages a second until the test is over, and counts them.
func publish(t *testing.T, js jetstream.JetStream) (sent *atomic.Int64) {
	sent = new(atomic.Int64)
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if _, err := js.PublishAsync("orders.new", make([]byte, 50)); err != nil {
				return
			}
			sent.Add(1)
		}
	}()
	return sent
}

// work starts workers, each on a connection of its own.
func work(t *testing.T, url string, workers int, service time.Duration) {
	t.Helper()
	for range workers {
		c, err := connect(t, url).Consumer(context.Background(), "ORDERS", "worker")
		if err != nil {
			t.Fatal(err)
		}
		going, err := c.Consume(func(msg jetstream.Msg) {
			<-time.After(service)
			_ = msg.Ack()
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(going.Stop)
	}
}

// scenario is the scenario that is written, loaded.
func scenario(t *testing.T, l *Live, m *Measured) *scenarios.Scenario {
	t.Helper()
	text, err := l.Scenario(m)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Load("test.yaml", text, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if !strings.Contains(string(text), "# ? ") {
		t.Errorf("nothing is asked:\n%s", text)
	}
	return s
}

// An observation that is interrupted keeps what it has, and says so; one that has nothing is an error.
func TestObserveInterrupted(t *testing.T) {
	server := serve(t, natsserver.Options{})
	create(t, connect(t, server.ClientURL()), orders, worker)
	live := find(t, Target{URL: server.ClientURL()}, "ORDERS", "worker")
	ctx, cancel := context.WithCancel(context.Background())
	seen, err := live.Observe(ctx, Watch{For: time.Hour, Every: 10 * time.Millisecond, Tell: func(_ time.Duration, s []Sample) {
		if len(s) == 3 {
			cancel()
		}
	}})
	if err != nil || seen.Cut != "interrupted" || len(seen.Samples) != 3 {
		t.Fatalf("got %+v and %v, want 3 samples", seen, err)
	}
	m, err := live.Measure(seen)
	if err != nil {
		t.Fatal(err)
	}
	text, err := live.Scenario(m)
	if said := strings.Join(strings.Fields(string(text)), " "); err != nil || !strings.Contains(said, "3 samples (of 1h") ||
		!strings.Contains(said, "interrupted") {
		t.Errorf("the scenario does not say that the observation was interrupted: %v\n%s", err, text)
	}
	if _, err := live.Observe(ctx, Watch{For: time.Hour}); !errors.Is(err, ErrTooFew) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want too few samples", err)
	}
}

// A consumer that is deleted ends the observation.
func TestObserveDeleted(t *testing.T) {
	server := serve(t, natsserver.Options{})
	js := connect(t, server.ClientURL())
	create(t, js, orders, worker)
	live := find(t, Target{URL: server.ClientURL()}, "ORDERS", "worker")
	seen, err := live.Observe(context.Background(), Watch{For: time.Hour, Every: 10 * time.Millisecond, Tell: func(_ time.Duration, s []Sample) {
		if len(s) == 3 {
			_ = js.DeleteConsumer(context.Background(), "ORDERS", "worker")
		}
	}})
	if err != nil || seen.Cut != "it was deleted" || len(seen.Samples) != 3 {
		t.Errorf("got %+v and %v, want 3 samples", seen, err)
	}
}

// Names that do not exist get the nearest ones; push consumers are refused.
func TestFindMistakes(t *testing.T) {
	server := serve(t, natsserver.Options{})
	js := connect(t, server.ClientURL())
	create(t, js, orders, worker)
	if _, err := js.CreatePushConsumer(context.Background(), "ORDERS", jetstream.ConsumerConfig{Durable: "pushed", DeliverSubject: "there"}); err != nil {
		t.Fatal(err)
	}
	conn, err := Dial(Target{URL: server.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, c := range []struct {
		stream, consumer string
		kind             error
		want             string
	}{
		{"ORDER", "worker", ErrNotFound, `there is no stream "ORDER"; nearest: ORDERS (of 1)`},
		{"orders.>", "worker", ErrNotFound, `there is no stream "orders.>"; nearest: ORDERS (of 1)`},
		{"ORDERS", "wroker", ErrNotFound, `there is no consumer "wroker" of stream ORDERS; nearest: worker (of 2)`},
		{"ORDERS", "a.b", ErrNotFound, `there is no consumer "a.b" of stream ORDERS; nearest: `},
		{"ORDERS", "pushed", ErrPush, "consumer pushed of stream ORDERS is a push consumer (it has a deliver_subject), and pindrop runs pull consumers"},
	} {
		_, err := conn.Find(context.Background(), c.stream, c.consumer)
		if !errors.Is(err, c.kind) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %s", c.stream, c.consumer, err, c.want)
		}
	}
}

// restricted is a server with users who may ask for different things.
func restricted(t *testing.T) string {
	t.Helper()
	may := func(name string, subjects ...string) *natsserver.User {
		return &natsserver.User{Username: name, Password: "secret", Permissions: &natsserver.Permissions{
			Publish: &natsserver.SubjectPermission{Allow: subjects}, Subscribe: &natsserver.SubjectPermission{Allow: []string{"_INBOX.>"}},
		}}
	}
	server := serve(t, natsserver.Options{Users: []*natsserver.User{
		{Username: "admin", Password: "secret"},
		may("reader", "$JS.API.STREAM.INFO.ORDERS", "$JS.API.CONSUMER.INFO.ORDERS.worker"),
		may("half", "$JS.API.STREAM.INFO.ORDERS"),
		may("nobody", "elsewhere"),
	}})
	create(t, connect(t, server.ClientURL(), nats.UserInfo("admin", "secret")), orders, worker)
	return server.ClientURL()
}

// as is a URL with a user.
func as(url, user string) Target {
	return Target{URL: strings.Replace(url, "nats://", "nats://"+user+":secret@", 1), Timeout: patience}
}

// A user who may ask for the information about one stream and one consumer, and for nothing else, can import: so nothing
// else is ever asked.
func TestReadsOnly(t *testing.T) {
	live := find(t, as(restricted(t), "reader"), "ORDERS", "worker")
	seen, err := live.Observe(context.Background(), Watch{For: 100 * time.Millisecond, Every: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	m, err := live.Measure(seen)
	if err != nil {
		t.Fatal(err)
	}
	scenario(t, live, m)
}

// Whoever may not ask is told so at once, and for what; no password is shown.
func TestRefused(t *testing.T) {
	url := restricted(t)
	for user, want := range map[string]string{
		"nobody": `read stream ORDERS: the user may not ask for stream ORDERS: nats: permissions violation: ` +
			`Permissions Violation for Publish to "$JS.API.STREAM.INFO.ORDERS"`,
		"half": `read consumer worker of stream ORDERS: the user may not ask for consumer worker: nats: permissions violation: ` +
			`Permissions Violation for Publish to "$JS.API.CONSUMER.INFO.ORDERS.worker"`,
	} {
		conn, err := Dial(as(url, user))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if strings.Contains(conn.Where, "secret") {
			t.Errorf("the password is shown: %s", conn.Where)
		}
		if _, err := conn.Find(context.Background(), "ORDERS", "worker"); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", user, err, want)
		}
	}
	if _, err := Dial(as(url, "stranger")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an error without the password", err)
	}
}

// Servers that are not there, have no JetStream, or do not answer, are told apart.
func TestUnreachable(t *testing.T) {
	if _, err := Dial(Target{URL: "nats://127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), "connect to nats://127.0.0.1:1 (asked for): ") {
		t.Errorf("got %v, want the address", err)
	}
	if _, err := Dial(Target{Context: "nowhere"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want that there is no such context", err)
	}
	server, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	defer server.Shutdown()
	if !server.ReadyForConnections(patience) {
		t.Fatal("the server is not ready")
	}
	conn, err := Dial(Target{URL: server.ClientURL()})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Find(context.Background(), "ORDERS", "worker"); !errors.Is(err, errDisabled) {
		t.Errorf("got %v, want that JetStream is not available", err)
	}
	deaf, err := nats.Connect(server.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	if _, err := deaf.SubscribeSync("$JS.API.>"); err != nil {
		t.Fatal(err)
	}
	if err := deaf.Flush(); err != nil {
		t.Fatal(err)
	}
	conn.timeout = 50 * time.Millisecond
	want := "read stream ORDERS: ask for stream ORDERS: nobody answered within 50ms"
	if _, err := conn.Find(context.Background(), "ORDERS", "worker"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// keep writes a file of a test.
func keep(t *testing.T, path string, text []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
