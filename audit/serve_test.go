package audit

import (
	"context"
	"os"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Contexts of whoever runs the tests must not count.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "pindrop-audit-")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CONFIG_HOME", dir)
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// serve starts a server that listens on loopback.
func serve(t *testing.T, o natsserver.Options) *natsserver.Server {
	t.Helper()
	o.Host, o.Port, o.JetStream, o.StoreDir, o.NoLog, o.NoSigs = "127.0.0.1", natsserver.RANDOM_PORT, true, t.TempDir(), true, true
	server, err := natsserver.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() { server.Shutdown(); server.WaitForShutdown() })
	if !server.ReadyForConnections(patience) {
		t.Fatal("the server is not ready")
	}
	return server
}

// connect is JetStream on a server.
func connect(t *testing.T, url string, options ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// create makes a stream and a consumer.
func create(t *testing.T, js jetstream.JetStream, s jetstream.StreamConfig, c jetstream.ConsumerConfig) jetstream.Consumer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := js.CreateStream(ctx, s); err != nil {
		t.Fatalf("stream %+v: %v", s, err)
	}
	consumer, err := js.CreateConsumer(ctx, s.Name, c)
	if err != nil {
		t.Fatalf("consumer %+v: %v", c, err)
	}
	return consumer
}

// find connects as a target says and finds the consumer.
func find(t *testing.T, target Target, stream, consumer string) *Live {
	t.Helper()
	conn, err := Dial(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	live, err := conn.Find(context.Background(), stream, consumer)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// orders is the stream of most tests, worker its consumer.
var (
	orders = jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}, Storage: jetstream.MemoryStorage}
	worker = jetstream.ConsumerConfig{Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 4}
)
