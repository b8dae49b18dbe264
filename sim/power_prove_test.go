//go:build prove

package sim

import (
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// power is a scenario in which the only server loses its power. Its stream is in the kernel's hands by then.
const power = `
name: power
server: {mode: process}
stream: {storage: file}
consumer: {ack_wait: 1s}
publishers: [{rate: 20/s, keys: 2}]
workers: [{name: w, batch: 5, expires: 2s, service: 1ms}]
faults: [{at: 2s, do: power_loss, target: n1, for: 1s}]
phases: {warmup: 36s, disturb: 5s, drain: 20s}
`

// A loss of power takes what was acknowledged and not synced, and the same of it each time; where each write is synced it
// takes nothing.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	events := inGuest(t, planOf(t, power, 1))
	if one, again := digestOf(t, events), digestOf(t, inGuest(t, planOf(t, power, 1))); one != again {
		t.Errorf("digests %s and %s of one seed", one, again)
	}
	told := ""
	for _, e := range events {
		if e.Kind == history.Fault {
			told = e.Reason
		}
	}
	if !strings.Contains(told, "unsynced writes") || !strings.Contains(told, "msgs/1.blk") {
		t.Errorf("the fault says nothing of what was lost: %q", told)
	}
	for _, c := range []struct {
		what   string
		events []history.Event
		loses  bool
	}{
		{"by default", events, true},
		{"with sync: always", inGuest(t, planOf(t, strings.Replace(power, "mode: process", "mode: process, sync: always", 1), 1)), false},
	} {
		f := measure.All(c.events, measure.Asked{Faults: 1})
		for _, p := range f.Premises {
			if !p.OK {
				t.Errorf("%s: broken premise: %s: got %s, wanted %s", c.what, p.Name, p.Got, p.Wanted)
			}
		}
		if lost, known := f.Metrics["publish.lost"]; !known || lost > 0 != c.loses {
			t.Errorf("%s: publish.lost is %v (known: %v)", c.what, lost, known)
		}
	}
}
