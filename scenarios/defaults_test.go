package scenarios

import "testing"

// The defaults that depend on other settings.
func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		got        func(*Scenario) any
		want       any
	}{
		{"name", "", func(s *Scenario) any { return s.Name }, "test"},
		{"batch of a fetch", "workers: [{api: fetch}]", func(s *Scenario) any { return s.Workers[0].Batch }, 100},
		{"batch", "workers: [{}]", func(s *Scenario) any { return s.Workers[0].Batch }, 500},
		{"threshold", "workers: [{batch: 7}]", func(s *Scenario) any { return s.Workers[0].Threshold }, 4},
		{"threshold of 0", "workers: [{batch: 7, threshold: 0}]", func(s *Scenario) any { return s.Workers[0].Threshold }, 4},
		{"threshold of a fetch", "workers: [{api: fetch}]", func(s *Scenario) any { return s.Workers[0].Threshold }, 0},
		{"jitter", "workers: [{service: 1ms}]", func(s *Scenario) any { return s.Workers[0].Jitter }, 0.1},
		{"jitter of a distribution", "workers: [{service: {dist: exponential, mean: 1s}}]", func(s *Scenario) any { return s.Workers[0].Jitter }, 0.0},
		{"jitter of a claim", "workers: [{jitter: 0}]", func(s *Scenario) any { return s.Workers[0].Jitter }, 0.0},
		{"window", "workers: [{ack: batch}]", func(s *Scenario) any { return s.Workers[0].Window.String() }, "1s"},
		{"ack without acks", "consumer: {ack_policy: none}\nworkers: [{}]", func(s *Scenario) any { return s.Workers[0].Ack }, AckNone},
		{"group", "consumer: {priority_policy: overflow, priority_groups: [x, y]}\nworkers: [{}]",
			func(s *Scenario) any { return s.Workers[0].Group }, "x"},
		{"ack wait", "", func(s *Scenario) any { return s.Consumer.AckWait.String() }, "30s"},
		{"ack wait with backoff", "consumer: {backoff: [3s]}", func(s *Scenario) any { return s.Consumer.AckWait.String() }, "3s"},
		{"limit", "", func(s *Scenario) any { return s.Consumer.MaxAckPending }, 1000},
		{"limit of the stream", "stream: {consumer_limits: {max_ack_pending: 5000}}", func(s *Scenario) any { return s.Consumer.MaxAckPending }, 5000},
		{"limit of the server", "server: {jetstream: {limits: {max_ack_pending: 300}}}", func(s *Scenario) any { return s.Consumer.MaxAckPending }, 300},
		{"limit of the account", "server: {jetstream: {limits: {max_ack_pending: 300}}, account: {jetstream: {max_ack_pending: 200}}}",
			func(s *Scenario) any { return s.Consumer.MaxAckPending }, 200},
		{"high limits above", "server: {jetstream: {limits: {max_ack_pending: 3000}}, account: {jetstream: {max_ack_pending: 2000}}}",
			func(s *Scenario) any { return s.Consumer.MaxAckPending }, 1000},
		{"stream without a limit", "stream: {consumer_limits: {max_ack_pending: -1}}", func(s *Scenario) any { return s.Consumer.MaxAckPending }, -1},
		{"limit without acks", "consumer: {ack_policy: none}", func(s *Scenario) any { return s.Consumer.MaxAckPending }, 0},
		{"no limit", "consumer: {max_ack_pending: -1}", func(s *Scenario) any { return s.Consumer.MaxAckPending }, -1},
		{"timeout of a pin", "consumer: {priority_policy: pinned_client, priority_groups: [x]}",
			func(s *Scenario) any { return s.Consumer.PinnedTTL.String() }, "2m0s"},
		{"timeout without a pin", "", func(s *Scenario) any { return s.Consumer.PinnedTTL.String() }, "0s"},
		{"samples", "", func(s *Scenario) any { return s.Sample.Every.String() }, "100ms"},
		{"no samples", "sample: off", func(s *Scenario) any { return s.Sample.Every.String() }, "0s"},
		{"a plain policy", "consumer: {priority_policy: none}", func(s *Scenario) any { return s.hasHolder() }, false},
		{"target", "workers: [{}]\nfaults: [{at: 1s, do: kill}]", func(s *Scenario) any { return s.Faults[0].Target }, TargetAny},
		{"target of an event", "workers: [{}]\nfaults: [{on: begin of any, do: kill}]", func(s *Scenario) any { return s.Faults[0].Target }, TargetTrigger},
		{"target of an event of a worker", "workers: [{}]\nfaults: [{on: begin of w1, do: kill}]", func(s *Scenario) any { return s.Faults[0].Target }, "w1"},
		{"target with a priority", "consumer: {priority_policy: prioritized, priority_groups: [x]}\nworkers: [{}]\nfaults: [{at: 1s, do: kill}]",
			func(s *Scenario) any { return s.Faults[0].Target }, TargetPinned},
		{"target of a server's fault", "faults: [{at: 1s, do: isolate}]", func(s *Scenario) any { return s.Faults[0].Target }, TargetLeader},
		{"target of the stream's fault", "faults: [{at: 1s, do: purge}]", func(s *Scenario) any { return s.Faults[0].Target }, ""},
		{"target of scale", "workers: [{}]\nfaults: [{at: 1s, do: scale, count: 2}]", func(s *Scenario) any { return s.Faults[0].Target }, "w"},
	} {
		text := string(withSections([]byte(c.text + "\n")))
		if got := c.got(mustLoad(t, text)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
