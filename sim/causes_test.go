package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pindrop/results/measure"
)

// causes tells in words, each once, why pins overlapped, work was taken over, and messages came again.
func causes(f *measure.Findings) []string {
	said := map[string]bool{}
	for _, o := range f.Overlaps {
		said[fmt.Sprintf("overlap by %s %d", o.Cause, o.FaultID)] = true
	}
	for _, t := range f.Takeovers {
		said[fmt.Sprintf("takeover by fault %d", t.FaultID)] = true
	}
	for _, r := range f.Redeliveries {
		said[fmt.Sprintf("redelivery by %s, root %s, to %s", r.Mechanism, r.Root, r.Owner)] = true
	}
	return slices.Sorted(maps.Keys(said))
}

// Every overlap, takeover and redelivery of a run is put down to what the scenario did, and to nothing else.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		scenario string
		sets     []string
		want     []string
	}{
		{"kill-mid-batch", nil, []string{"redelivery by ack_wait, root fault 1, to another", "takeover by fault 1"}},
		{"kill-mid-batch", []string{"workers.count=1", "faults.0.do=restart"},
			[]string{"redelivery by ack_wait, root fault 1, to same", "takeover by fault 1"}},
		{"freeze-holder", nil, []string{"overlap by fault 1", "takeover by fault 1"}},
		{"freeze-holder", []string{"consumer.ack_wait=5s"},
			[]string{"overlap by fault 1", "redelivery by ack_wait, root fault 1, to another", "takeover by fault 1"}},
		{"slow-batch", nil, []string{"overlap by expiry 0"}},
		{"slow-batch", []string{"consumer.ack_wait=1s", "consumer.priority_timeout=10s"}, []string{"redelivery by ack_wait, root none, to same"}},
		{"slow-batch", []string{"faults=[{at: 17003ms, do: kill, target: w1}]"}, []string{"overlap by expiry 0"}},
		{"unpin", nil, []string{"overlap by unpin 1"}},
		{"clean-stop", nil, []string{"takeover by fault 1"}},
		{"prioritized-standby", nil, []string{"redelivery by ack_wait, root fault 1, to another", "takeover by fault 1"}},
		{"prioritized-standby", []string{"faults.0.on=begin#100 of primary1", "faults.0.target=standby1"}, nil},
		{"error-path", nil, []string{"redelivery by ack_wait, root none, to another", "redelivery by ack_wait, root none, to same"}},
		{"error-path", []string{"workers.errors.do=nak"},
			[]string{"redelivery by nak, root none, to another", "redelivery by nak, root none, to same"}},
	} {
		t.Run(strings.Join(append([]string{c.scenario}, c.sets...), "/"), func(t *testing.T) {
			t.Parallel()
			if got := causes(measured(t, c.scenario, 1, c.sets...)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A wait near a fault of a server is put down to what caused it, as the servers themselves tell: a leader that steps down is
// followed by another one at once.
func TestCausesNearServers(t *testing.T) {
	t.Parallel()
	const scenario = `
name: step-down
server: {nodes: 3}
stream: {storage: file, num_replicas: 3}
publishers: [{rate: 10/s}]
workers: [{name: w, batch: 10, expires: 12s, service: 10ms}]
faults: [{at: 10s, do: step_down, target: consumer}]
phases: {disturb: 30s}
`
	for cause, sets := range map[string][]string{
		measure.CauseNoPull: nil,
		measure.CausePaused: {"faults=[{at: 5s, do: pause, for: 15s}, {at: 10s, do: step_down, target: consumer}]"},
	} {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			d := measure.All(inGuest(t, planOf(t, scenario, 1, sets...)), measure.Asked{}).Diagnosis
			if d.Cause != cause || !strings.Contains(d.Text, "new leader was there 0.01 s after fault") {
				t.Errorf("%+v, want %s and a new leader at once", d, cause)
			}
		})
	}
}
