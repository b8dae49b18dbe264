//go:build prove

package sim

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pindrop/results/history"
)

// Five servers keep a stream five times, and go on without the one that led the consumer. What is asked of the cluster
// while nobody leads is asked again until somebody does.
func TestFiveServers(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), `
name: five
server: {nodes: 5}
stream: {storage: file, num_replicas: 5}
consumer: {ack_wait: 2s, priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s}
publishers: [{backlog: 200, rate: 20/s}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 5ms}]
faults:
  - {at: 1s, do: kill_server, target: leader, for: 13s}
  - {at: 1500ms, do: update, set: {max_ack_pending: 77}}
  - {at: 1600ms, do: unpin}
  - {at: 1700ms, do: pause, for: 100ms}
phases: {disturb: 15s}
`)
	f := sound(t, events, 4)
	if n := f.Metrics["server.rss.max"]; n == 0 {
		t.Error("nobody looked at what the servers use")
	}
	servers := map[string]bool{}
	updated := false
	for _, e := range events {
		if e.Kind == history.Usage && e.Target != "" {
			servers[e.Target] = true
		}
		updated = updated || e.Kind == history.Config && strings.Contains(string(e.Consumer), `"max_ack_pending":77`)
	}
	if len(servers) != 5 {
		t.Errorf("servers %v, want five", servers)
	}
	if !updated {
		t.Error("the update did not get through")
	}
	for id := int32(2); id <= 4; id++ {
		if !slices.ContainsFunc(events, func(e history.Event) bool { return e.Kind == history.Fault && e.Fault == id }) {
			t.Errorf("fault %d had nobody to ask", id)
		}
	}
}
