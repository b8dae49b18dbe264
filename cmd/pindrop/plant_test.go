package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// plantEnv marks a process that is a plant: a server with a stream, a consumer, a publisher and workers, whose settings
// the test does not see. It ends with its standard input.
const plantEnv = "PINDROP_TEST_PLANT"

// What the plant hides: 60 messages a second, 10 workers that take 50 ms for each, and a limit that lets two of them work.
const (
	plantRate    = 60
	plantWorkers = 10
	plantService = 50 * time.Millisecond
	plantLimit   = 2
)

// startPlant starts a plant and returns the URL of its server.
func startPlant(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), plantEnv+"="+t.TempDir())
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := child.Wait(); err != nil {
			t.Errorf("the plant: %v", err)
		}
	})
	var url string
	if _, err := fmt.Fscanln(out, &url); err != nil {
		t.Fatalf("the plant does not say where it is: %v", err)
	}
	return url
}

// plant is the whole life of a plant.
func plant(dir string) error {
	server, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true,
	})
	if err != nil {
		return err
	}
	server.Start()
	if !server.ReadyForConnections(10 * time.Second) {
		return fmt.Errorf("the server is not ready")
	}
	nc, err := nats.Connect(server.ClientURL())
	if err != nil {
		return err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	if err := plantWork(js); err != nil {
		return err
	}
	stop := make(chan struct{})
	stopped := make(chan error)
	go func() { stopped <- plantMessages(js, stop) }()
	fmt.Println(server.ClientURL())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends
	close(stop)
	err = <-stopped
	nc.Close()
	server.Shutdown()
	server.WaitForShutdown()
	return err
}

// plantWork makes the stream and the consumer, and starts the workers.
func plantWork(js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{
		Name: "ORDERS", Subjects: []string{"orders.>"}, Storage: jetstream.MemoryStorage,
	}); err != nil {
		return err
	}
	for range plantWorkers {
		c, err := js.CreateOrUpdateConsumer(ctx, "ORDERS", jetstream.ConsumerConfig{
			Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: plantLimit, AckWait: time.Minute,
		})
		if err != nil {
			return err
		}
		if _, err := c.Consume(func(msg jetstream.Msg) {
			<-time.After(plantService) // the work
			_ = msg.Ack()
		}); err != nil {
			return err
		}
	}
	return nil
}

// plantMessages publishes at its rate until it is stopped.
func plantMessages(js jetstream.JetStream, stop <-chan struct{}) error {
	tick := time.NewTicker(time.Second / plantRate)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
		if _, err := js.PublishAsync("orders."+strconv.Itoa(n%7), []byte(strings.Repeat("x", 100))); err != nil {
			return err
		}
	}
}

// connectTo is JetStream on a server.
func connectTo(t *testing.T, url string, o ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, o...)
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
