//go:build prove

package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"pindrop/results/measure"
)

const (
	pollRuns  = 10
	pollEvery = 100 * time.Millisecond
	longCliff = 2.0 // s: of the stretches at the limit that are compared
)

// poll is what the monitoring endpoint of a server said of a consumer.
type poll struct {
	at                  time.Time
	ackPending, pending int
}

// monitoredServer builds the nats-server of go.mod and starts it; it ends with the test.
func monitoredServer(t *testing.T) (url, monitor string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "nats-server")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/nats-io/nats-server/v2").CombinedOutput(); err != nil {
		t.Fatalf("build nats-server: %v\n%s", err, out)
	}
	var ports [2]string
	for i := range ports {
		l, err := net.Listen("tcp", loopback(0))
		if err != nil {
			t.Fatal(err)
		}
		_, ports[i], _ = net.SplitHostPort(l.Addr().String())
		l.Close()
	}
	cmd := exec.Command(binary, "-a", "127.0.0.1", "-p", ports[0], "-m", ports[1], "-js", "-sd", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url, monitor = "nats://127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[1]
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for deadline := time.Now().Add(readyTimeout); time.Now().Before(deadline); <-ticker.C {
		if answer, err := http.Get(monitor + "/healthz"); err == nil {
			answer.Body.Close()
			return url, monitor
		}
	}
	t.Fatal("the server is not ready")
	return "", ""
}

// polls asks the monitoring endpoint again and again what it knows of the one consumer.
func polls(ctx context.Context, monitor string) []poll {
	var all []poll
	for ticker := time.NewTicker(pollEvery); ; {
		select {
		case <-ctx.Done():
			return all
		case <-ticker.C:
		}
		answer, err := http.Get(monitor + "/jsz?consumers=true&accounts=true")
		if err != nil {
			continue
		}
		var said struct {
			Accounts []struct {
				Streams []struct {
					Consumers []struct {
						AckPending int `json:"num_ack_pending"`
						Pending    int `json:"num_pending"`
					} `json:"consumer_detail"`
				} `json:"stream_detail"`
			} `json:"account_details"`
		}
		err = json.NewDecoder(answer.Body).Decode(&said)
		answer.Body.Close()
		if err != nil {
			continue
		}
		for _, a := range said.Accounts {
			for _, s := range a.Streams {
				for _, c := range s.Consumers {
					all = append(all, poll{time.Now(), c.AckPending, c.Pending})
				}
			}
		}
	}
}

// long adds up the stretches of at least longCliff in which every poll was at the limit while messages waited. One poll may have
// met a dip that does not end a cliff: it is shorter than the time between two of them.
func long(polls []poll, limit int) (total float64) {
	var from, last time.Time
	dipped := false
	add := func() {
		if length := last.Sub(from).Seconds() + pollEvery.Seconds(); !from.IsZero() && length >= longCliff {
			total += length
		}
		from = time.Time{}
	}
	for _, p := range polls {
		switch {
		case p.ackPending >= limit && p.pending > 0:
			if from.IsZero() {
				from = p.at
			}
			last, dipped = p.at, false
		case dipped:
			add()
		default:
			dipped = true
		}
	}
	add()
	return total
}

// Against a nats-server in a process of its own, the time at the limit, in long stretches, is what polling its monitoring endpoint
// shows.
func TestTimeAtTheLimitIsWhatMonitoringShows(t *testing.T) {
	url, monitor := monitoredServer(t)
	for run := range pollRuns {
		limit := []int{5, 20, 58}[run%3]
		scenario := fmt.Sprintf(`
name: polled
server: {mode: external, url: %q}
consumer: {ack_wait: 3s, max_ack_pending: %d}
publishers: [{backlog: 50, rate: %d/s, keys: 8}]
workers: [{name: w, count: 3, batch: 40, concurrency: 10, service: 50ms}]
faults: [{at: 3s, do: %s, target: w1, for: 4s}, {at: 9s, do: freeze, target: w2, for: 3s}]
phases: {disturb: 15s, drain: 60s}
`, url, limit, 20*limit, []string{"kill", "freeze", "partition", "disconnect"}[run%4])
		ctx, stop := context.WithCancel(context.Background())
		polled := make(chan []poll)
		go func() { polled <- polls(ctx, monitor) }()
		events, _ := onReal(t, context.Background(), scenario)
		stop()
		want := long(<-polled, limit)
		f := measure.All(events, measure.Asked{})
		got := 0.0
		for _, c := range f.Cliffs {
			if s := float64(c.To-c.From) / 1e9; s >= longCliff {
				got += s
			}
		}
		t.Logf("run %d: limit %d: measured %.3f s, polled %.3f s, %s, %s", run, limit, got, want, f.ServerView, broken(f))
		if math.Abs(got-want) > 0.05*want {
			t.Errorf("run %d: measured %.3f s at the limit, polling shows %.3f s", run, got, want)
		}
	}
}
