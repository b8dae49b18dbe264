//go:build prove

package sim

import (
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/safety"
)

// five is a cluster of five that loses the leader of the stream.
const five = `
name: five
clock: virtual
server: {nodes: 5}
stream: {storage: file, num_replicas: 3}
consumer: {ack_wait: 2s}
publishers: [{rate: 20/s, keys: 8}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 5ms}]
faults: [{at: 3s, do: kill_server, target: stream_leader, for: 8s}]
phases: {disturb: 20s}
`

// Five servers fit into a guest, with three replicas and with five, and one seed gives one history.
func TestFiveServersInGuest(t *testing.T) {
	t.Parallel()
	for _, replicas := range []string{"num_replicas: 3", "num_replicas: 5"} {
		plan := planOf(t, strings.Replace(five, "num_replicas: 3", replicas, 1), 1)
		events := inGuest(t, plan)
		if one, again := digestOf(t, events), digestOf(t, inGuest(t, plan)); one != again {
			t.Errorf("%s: digests %s and %s of one seed", replicas, one, again)
		}
		servers := map[string]bool{}
		for _, e := range events {
			if e.Kind == history.Usage && e.Reason != "" {
				servers[e.Target] = true
			}
		}
		if len(servers) != 5 {
			t.Errorf("%s: %d servers said their version, want 5", replicas, len(servers))
		}
		for _, j := range sound(t, events, 1).Laws {
			if j.Outcome == safety.Broken {
				t.Errorf("%s: %s: %s", replicas, j.Law, j.Text)
			}
		}
		firedAt(t, events, 1)
	}
}
