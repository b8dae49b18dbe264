package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results"
)

// tuned runs pindrop tune and returns what it found, and what it printed.
func tuned(t *testing.T, yaml string, args ...string) (*results.Tuning, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "workload.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := pindrop(append([]string{"tune", file, "--out", dir}, args...), &stdout, &stderr)
	runs, err := filepath.Glob(filepath.Join(dir, "workload", "*"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("exit code %d, %d results: %s%s", code, len(runs), &stdout, &stderr)
	}
	found, err := (&results.Run{Dir: runs[0]}).Tuning()
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]int{results.TuningFound: 0, results.TuningUnmet: 1}[found.Verdict]; code != want {
		t.Errorf("exit code %d, verdict %s: %s%s", code, found.Verdict, &stdout, &stderr)
	}
	return found, stdout.String()
}

// littles is a workload of which Little's law tells the smallest limit: 60 messages a second hold their slot for 500 ms
// of service and 10 ms on the way each, so 30.6 slots are in use.
const littles = `
network: {latency: 5ms}
publishers: [{rate: 60/s}]
workers: [{name: w, count: 40, batch: 1, expires: 5s, service: 500ms, jitter: 0}]
phases: {warmup: 2s, disturb: 8s}
`

// TestTuneFindsLittlesLaw compares the lower edge with arithmetic.
func TestTuneFindsLittlesLaw(t *testing.T) {
	found, _ := tuned(t, littles, "--repeat", "2", "--goal", "handled.rate >= 99.9% * free.handled.rate")
	if got := float64(found.Low.Limit); math.Abs(got/31-1) > 0.05 {
		t.Errorf("the smallest limit is %v; by Little's law it is 31", got)
	}
	if found.Advised < 40 || found.Advised > 50 {
		t.Errorf("recommended is %d; wanted half as much again as 31", found.Advised)
	}
}

// TestTuneSeveralConsumers: each of two consumers gets half of the messages, and has the limit of its own.
func TestTuneSeveralConsumers(t *testing.T) {
	text := strings.Replace(littles, "rate: 60/s", "rate: 120/s, keys: 2", 1) + "consumer: {count: 2}\n"
	found, printed := tuned(t, text, "--repeat", "2", "--goal", "handled.rate >= 99.9% * free.handled.rate")
	if got := float64(found.Low.Limit); math.Abs(got/31-1) > 0.05 {
		t.Errorf("the smallest limit is %v; by Little's law it is 31 at each", got)
	}
	if r := found.Rules[0]; r.Limit != 31 || r.Formula != "60/s × 0.51 s" {
		t.Errorf("Little's law says %d by %s", r.Limit, r.Formula)
	}
	if found.Reach > 40 || !strings.Contains(printed, "of each of the 2 consumers") {
		t.Errorf("up to %d messages are ack pending; it says:\n%s", found.Reach, printed)
	}
}

// exposed is a workload whose exposure is bounded by the limit: the pinned worker buffers all that it may.
const exposed = `
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s, ack_wait: 10s}
publishers: [{backlog: 1200}]
workers: [{name: w, count: 2, batch: 1000, expires: 1s, service: 5ms, jitter: 0}]
faults: [{on: "begin#100 of pinned", do: kill}]
phases: {disturb: 10s, drain: 60s}
`

// TestTuneFindsExposure compares the upper edge with what the goal says of it.
func TestTuneFindsExposure(t *testing.T) {
	found, _ := tuned(t, exposed, "--repeat", "2", "--goal", "held.at_fault <= 200", "--goal", "calm.handled.rate >= 100")
	if got := float64(found.High.Limit); math.Abs(got/200-1) > 0.05 {
		t.Errorf("the largest limit is %v; with 200 messages held it is 200", got)
	}
	if found.Verdict != results.TuningFound {
		t.Errorf("%s: %s", found.Verdict, found.Reason)
	}
}

// TestTuneApplies runs what is printed against a server: the limit is in force, and nothing else has changed.
func TestTuneApplies(t *testing.T) {
	found, text := tuned(t, strings.Replace(littles, "500ms", "200ms", 1), "--repeat", "1")
	printed := regexp.MustCompile(`--max-pending=(\d+)\n.*MaxAckPending: (\d+)\}`).FindStringSubmatch(text)
	if printed == nil || printed[1] != strconv.FormatInt(found.Advised, 10) || printed[2] != printed[1] {
		t.Fatalf("recommended is %d, printed is %v", found.Advised, printed)
	}
	file := regexp.MustCompile(`consumer +(\S+consumer.json)`).FindStringSubmatch(text)
	if file == nil {
		t.Fatalf("no consumer.json in:\n%s", text)
	}
	config, err := os.ReadFile(file[1])
	if err != nil {
		t.Fatal(err)
	}
	js := serve(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}}); err != nil {
		t.Fatal(err)
	}
	before, err := js.CreateConsumer(ctx, "ORDERS", jetstream.ConsumerConfig{Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 7})
	if err != nil {
		t.Fatal(err)
	}
	update := before.CachedInfo().Config
	if err := json.Unmarshal(config, &update); err != nil {
		t.Fatal(err)
	}
	after, err := js.UpdateConsumer(ctx, "ORDERS", update)
	if err != nil {
		t.Fatalf("the server refuses %s: %v", config, err)
	}
	want := before.CachedInfo().Config
	want.MaxAckPending = int(found.Advised)
	if got := after.CachedInfo().Config; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// serve starts a server in this process.
func serve(t *testing.T) jetstream.JetStream {
	t.Helper()
	server, err := natsserver.NewServer(&natsserver.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() { server.Shutdown(); server.WaitForShutdown() })
	return connectTo(t, "", nats.InProcessServer(server))
}
