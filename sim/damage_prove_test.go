//go:build prove

package sim

import (
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// flipped is a scenario in which a bit of the only server's block turns over while it is down.
const flipped = `
name: flipped
server: {mode: process}
stream: {storage: file}
consumer: {ack_wait: 1s}
publishers: [{rate: 20/s, keys: 2}]
workers: [{name: w, batch: 5, expires: 2s, service: 1ms}]
faults: [{at: 5s, do: kill_server, target: n1, for: 1s, damage: {do: bit_flip, file: block}}]
phases: {disturb: 8s, drain: 20s}
`

// damageOf is the one event that says what became of a file.
func damageOf(t *testing.T, events []history.Event) history.Event {
	t.Helper()
	var told []history.Event
	for _, e := range events {
		if e.Kind == history.Damage {
			told = append(told, e)
		}
	}
	if len(told) != 1 {
		t.Fatalf("%d damages in the history, want one", len(told))
	}
	return told[0]
}

// A bit that turns over costs the only server what stands behind it in the block, the same each time; the history names the
// file, and says so where there is none.
func TestDamage(t *testing.T) {
	t.Parallel()
	events := inGuest(t, planOf(t, flipped, 1))
	if one, again := digestOf(t, events), digestOf(t, inGuest(t, planOf(t, flipped, 1))); one != again {
		t.Errorf("digests %s and %s of one seed", one, again)
	}
	e := damageOf(t, events)
	if e.Outcome != history.OK || !strings.HasSuffix(e.Key, "/msgs/1.blk") || e.Count != 1 || e.Target != "n1" || e.Fault != 1 {
		t.Errorf("the damage is told as %+v", e)
	}
	if lost := measure.All(events, measure.Asked{Faults: 1}).Metrics["publish.lost"]; lost < 1 {
		t.Errorf("%v messages are lost, want those behind the bit", lost)
	}
	none := damageOf(t, inGuest(t, planOf(t, strings.Replace(flipped, "file: block", "file: index", 1), 1)))
	if none.Outcome != history.Ignored || none.Key != "" || !strings.Contains(none.Reason, "nothing to damage") {
		t.Errorf("where there is no index yet, it is told as %+v", none)
	}
}
