package sim

import (
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// A one-way cut is named from where the fault is: what goes in to a worker comes from the server, what goes in to a server
// comes from its clients.
func TestOneWayCuts(t *testing.T) {
	for _, c := range []struct {
		way            string
		worker, server ways
	}{
		{scenarios.WayBoth, ways{toServer: true, fromServer: true}, ways{toServer: true, fromServer: true}},
		{scenarios.WayIn, ways{fromServer: true}, ways{toServer: true}},
		{scenarios.WayOut, ways{toServer: true}, ways{fromServer: true}},
	} {
		if got := cutOff(c.way); got != c.worker {
			t.Errorf("%s cuts a worker off with %+v, want %+v", c.way, got, c.worker)
		}
		if got := cutOff(c.way).turned(); got != c.server {
			t.Errorf("%s cuts a server off with %+v, want %+v", c.way, got, c.server)
		}
	}
}

// A group has its own network, if it asks for one, else the scenario's: a message that finds a pull waiting arrives one trip
// after it was stored, and the history says how long that is.
func TestNetworksOfGroups(t *testing.T) {
	t.Parallel()
	events := onVirtual(t, planOf(t, `
name: regions
network: {latency: 10ms}
publishers: [{rate: 10/s, network: {}}]
workers:
  - {name: near, batch: 5}
  - {name: far, batch: 5, network: {latency: 80ms, jitter: 40ms}}
phases: {warmup: 1s, disturb: 10s}
`, 1))
	const ms = int64(time.Millisecond)
	least := map[string]int64{"near1": 10 * ms, "far1": 80 * ms}
	most := map[string]int64{"near1": 10 * ms, "far1": 120 * ms}
	mean := map[string]int64{"near1": 10 * ms, "far1": 100 * ms}
	stored, seen, trips := map[uint64]int64{}, map[string]int{}, map[int64]bool{}
	for _, e := range events {
		switch e.Kind {
		case history.Stored:
			stored[e.Seq] = e.At
		case history.Connect:
			if e.Delay != mean[e.Actor] {
				t.Errorf("the network of %s adds %v on average, want %v", e.Actor, time.Duration(e.Delay), time.Duration(mean[e.Actor]))
			}
		case history.Deliver:
			took := e.At - stored[e.Seq]
			if e.Seq == 1 {
				continue // it was there before the first pull
			}
			if seen[e.Actor]++; took < least[e.Actor] || took > most[e.Actor] {
				t.Errorf("message %d was with %s after %v", e.Seq, e.Actor, time.Duration(took))
			}
			if e.Actor == "far1" {
				trips[took] = true
			}
		}
	}
	if seen["near1"] < 20 || seen["far1"] < 20 || len(trips) < 10 {
		t.Errorf("%v messages were delivered, to the far one with %d different trips", seen, len(trips))
	}
}
