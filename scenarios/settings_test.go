package scenarios

import "testing"

func TestSettings(t *testing.T) {
	s := mustLoad(t, `
server: {jetstream: {limits: {max_ack_pending: 5000}}}
stream: {max_msgs: 5000}
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s, backoff: [1s, 2s], max_deliver: 5}
network: {latency: 250us}
publishers: [{rate: 90/m, backlog: 20}, {rate: 3/s}]
workers:
  - {name: a, count: 3, batch: 10, service: 50ms, errors: {rate: 0.1}}
  - {name: b, batch: 20, service: {dist: exponential, mean: 1s}, start: 3s}
faults: [{at: 10s, do: kill, for: 1s}]
phases: {disturb: 40s}`)
	got := s.Settings()
	for name, want := range map[string]float64{
		"ack_wait": 1, "consumer.ack_wait": 1, "priority_timeout": 2, "max_ack_pending": 1000, "consumer.max_deliver": 5,
		"max_waiting": 512, "backoff.1": 2, "stream.max_msgs": 5000, "stream.num_replicas": 1,
		"network.latency": 0.00025, "network.jitter": 0, "sample.every": 0.1, "server.nodes": 1, "server.jetstream.limits.max_ack_pending": 5000,
		"publishers.rate": 1.5, "publishers.backlog": 20, "publishers.0.rate": 1.5, "publishers.1.rate": 3,
		"publishers.size": 128, "publishers.keys": 1, "publishers.count": 1,
		"workers.batch": 10, "workers.count": 3, "workers.threshold": 5, "workers.expires": 30, "workers.concurrency": 1,
		"workers.queue": 0, "workers.service": 0.05, "workers.a.service": 0.05, "workers.jitter": 0.1,
		"workers.errors.rate": 0.1, "workers.b.batch": 20, "workers.1.batch": 20, "workers.b.start": 3,
		"faults.0.at": 10, "faults.0.for": 1, "phases.warmup": 0, "phases.disturb": 40, "phases.drain": 60,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v (there: %v), want %v", name, v, ok, want)
		}
	}
	for _, name := range []string{"max_batch", "stream.max_bytes", "workers.b.service", "workers.name", "ack_policy", "storage", "server.account.jetstream.max_ack_pending"} {
		if v, ok := got[name]; ok {
			t.Errorf("%s is %v, want it to have no number", name, v)
		}
	}
}

func TestResolveClock(t *testing.T) {
	const base = "publishers: []\nworkers: [{name: w}]\n"
	for _, c := range []struct {
		set  string
		want Clock
		why  string
	}{
		{"clock=auto", ClockVirtual, "one embedded server, workers are goroutines"},
		{"server.mode=embedded", ClockVirtual, "one embedded server, workers are goroutines"},
		{"workers.host=goroutine", ClockVirtual, "one embedded server, workers are goroutines"},
		{"server.mode=process", ClockReal, "server.mode is process"},
		{"server.nodes=3", ClockVirtual, "the cluster has 3 servers"},
		{"server.sync=always", ClockVirtual, "server.sync is always"},
		{"workers.host=process", ClockReal, "the workers w are processes"},
		{"clock=real", ClockReal, "asked for"},
		{"clock=virtual", ClockVirtual, "asked for"},
		{"clock=both", ClockBoth, "asked for"},
	} {
		clock, why := mustLoad(t, base, c.set).ResolveClock()
		if clock != c.want || why != c.why {
			t.Errorf("%s: clock %s (%s), want %s (%s)", c.set, clock, why, c.want, c.why)
		}
	}
}
