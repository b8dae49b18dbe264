package sim

import (
	"testing"
)

// Where a consumer of an empty stream begins, whatever its deliver_policy: by_start_sequence at its sequence, all others at
// the first message. What comes before is not waited for, and not lost.
func TestDeliverPolicies(t *testing.T) {
	t.Parallel()
	const scenario = `
name: policies
publishers: [{backlog: 20}]
workers: [{name: w, batch: 5, expires: 2s, service: 5ms}]
phases: {disturb: 2s}
`
	for _, c := range []struct {
		sets    []string
		skipped float64 // -1: absent
	}{
		{[]string{"consumer.deliver_policy=all"}, -1},
		{[]string{"consumer.deliver_policy=by_start_sequence", "consumer.opt_start_seq=11"}, 10},
		{[]string{"consumer.deliver_policy=by_start_sequence", "consumer.opt_start_seq=21"}, 20},
		{[]string{"consumer.deliver_policy=new"}, 0},
		{[]string{"consumer.deliver_policy=last"}, 0},
		{[]string{"consumer.deliver_policy=by_start_time", "consumer.opt_start_time=-1h"}, 0},
		{[]string{"consumer.deliver_policy=by_start_time", "consumer.opt_start_time=1h"}, 0},
	} {
		f := measured(t, scenario, 1, c.sets...)
		t.Log(c.sets)
		near(t, f, "stored.count", 20, 0)
		near(t, f, "handled.count", 20-max(c.skipped, 0), 0)
		near(t, f, "lost.count", 0, 0)
		near(t, f, "gap.max", 0, 0.01)
		near(t, f, "backlog.max", f.Metrics["handled.count"], 0)
		skipped, known := f.Metrics["skipped.count"]
		if known != (c.skipped >= 0) || known && skipped != c.skipped {
			t.Errorf("skipped.count is %v (known: %v), want %v", skipped, known, c.skipped)
		}
	}
}

// Each of several consumers has its filter, and its own part of what one deliver_policy leaves out.
func TestDeliverPolicyOfEach(t *testing.T) {
	t.Parallel()
	f := measured(t, `
name: policies
consumer: {count: 2, deliver_policy: by_start_sequence, opt_start_seq: 11}
publishers: [{backlog: 20, keys: 8}]
workers: [{name: w, batch: 5, expires: 2s, service: 5ms}]
phases: {disturb: 2s}
`, 1)
	for name, want := range map[string]float64{"stored.count": 20, "handled.count": 10, "skipped.count": 10, "lost.count": 0, "gap.max": 0} {
		near(t, f, name, want, 0)
	}
}
