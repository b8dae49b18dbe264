package sim

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// What a scenario says that a limit will be, where it leaves it out, is what the server makes it; and what the server
// says is in the history.
func TestDefaultLimit(t *testing.T) {
	for _, c := range []struct {
		name string
		sets []string
	}{
		{"none", nil},
		{"stream", []string{"stream.consumer_limits.max_ack_pending=70"}},
		{"stream, high", []string{"stream.consumer_limits.max_ack_pending=7000"}},
		{"stream without a limit", []string{"stream.consumer_limits.max_ack_pending=-1"}},
		{"server", []string{"server.jetstream.limits.max_ack_pending=60"}},
		{"server, high", []string{"server.jetstream.limits.max_ack_pending=6000"}},
		{"account", []string{"server.account.jetstream.max_ack_pending=50"}},
		{"account, high", []string{"server.account.jetstream.max_ack_pending=5000"}},
		{"all", []string{"stream.consumer_limits.max_ack_pending=40", "server.jetstream.limits.max_ack_pending=60",
			"server.account.jetstream.max_ack_pending=50"}},
		{"no limit", []string{"consumer.max_ack_pending=-1", "server.account.jetstream.max_ack_pending=50"}},
		{"written", []string{"consumer.max_ack_pending=20", "server.account.jetstream.max_ack_pending=50"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := planOf(t, "steady", 1, append(c.sets, "phases.disturb=1s")...)
			events := onVirtual(t, plan)
			i := slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == history.Config })
			var got struct {
				MaxAckPending int `json:"max_ack_pending"`
			}
			if err := json.Unmarshal(events[i].Consumer, &got); err != nil {
				t.Fatal(err)
			}
			if want := plan.Scenario.Consumer.MaxAckPending; got.MaxAckPending != want {
				t.Errorf("the server says %d, the scenario %d", got.MaxAckPending, want)
			}
			near(t, measure.All(events, measure.Asked{}), "config.max_ack_pending", float64(got.MaxAckPending), 0)
		})
	}
}

// Where a scenario is about a refusal, it is the outcome of a run on both clocks, and all that there is to measure.
func TestRefusalIsAnOutcome(t *testing.T) {
	for _, c := range []struct {
		name, what, reason string
		code               float64
		sets               []string
	}{
		{"a policy without a group", refusedConsumer, "Setting PriorityPolicy requires at least one PriorityGroup to be set", 10159,
			[]string{"consumer.priority_policy=pinned_client"}},
		{"above the account's limit", refusedConsumer, "consumer max ack pending exceeds system limit of 5", 10121,
			[]string{"consumer.max_ack_pending=6", "server.account.jetstream.max_ack_pending=5"}},
		{"a stream without room", refusedStream, "insufficient memory resources available", 10028, []string{"stream.max_bytes=9000000000000000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := planOf(t, "steady", 1, append(c.sets, "expect=[config.refused > 0]", "faults=[{at: 1s, do: kill, target: any}]")...)
			d := dirs(t)
			if err := Real(context.Background(), plan, d, func(time.Duration) {}); err != nil {
				t.Fatal(err)
			}
			for _, events := range [][]history.Event{onVirtual(t, plan), readLogs(t, d)} {
				i := slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == history.Config })
				if e := events[i]; e.Target != c.what || e.Reason != c.reason || len(e.Consumer) > 0 {
					t.Errorf("the refusal is %+v", e)
				}
				f := measure.All(events, measure.Asked{Faults: 1, Due: 100})
				if len(f.Metrics) != 1 || f.Metrics["config.refused"] != c.code {
					t.Errorf("metrics %v, want the refusal alone, with %v", f.Metrics, c.code)
				}
				for _, p := range f.Premises {
					if !p.OK {
						t.Errorf("broken premise: %s: got %s", p.Name, p.Got)
					}
				}
			}
		})
	}
}

// An update that the server refuses is in the history with its error, and is a fault that fired only where the scenario is
// about refusals; else the premise is broken that it did.
func TestUpdateRefusalIsAnOutcome(t *testing.T) {
	const scenario = `
name: update-refused
publishers: [{backlog: 10}]
workers: [{name: w}]
faults: [{at: 1s, do: update, set: {deliver_policy: new}}]
phases: {disturb: 2s, drain: 10s}
`
	for _, expect := range []string{"lost.count == 0", "config.refused == 10012"} {
		f := measure.All(onVirtual(t, planOf(t, scenario, 1, "expect=["+expect+"]")), measure.Asked{Faults: 1})
		about := strings.HasPrefix(expect, "config")
		near(t, f, "config.refused", 10012, 0)
		near(t, f, "handled.count", 10, 0)
		for _, p := range f.Premises {
			if broken := p.Name == "the faults fired" && !about; p.OK == broken {
				t.Errorf("expecting %s: %s: ok: %v, got %s", expect, p.Name, p.OK, p.Got)
			}
		}
		if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "deliver policy can not be updated (error 10012)") {
			t.Errorf("warnings %q, want one with the server's words", f.Warnings)
		}
	}
}

// What is refused by nobody in particular is no outcome: a run needs the server's own word.
func TestRefusalByOthers(t *testing.T) {
	w := &watcher{}
	if w.refused(refusedStream, 0, errors.New("nats: timeout")) {
		t.Error("an error that is not the server's was taken for a refusal")
	}
}
