package scenarios

import (
	"strings"
	"testing"
)

// everything uses every section, and most fields with something else than their default.
const everything = `
name: everything
doc: "Uses: all, of it # and more"
clock: real
server: {mode: process, nodes: 3}
stream:
  storage: file
  num_replicas: 3
  max_age: 1h
  retention: limits
  discard: new
  max_msgs: 100000
  compression: s2
  consumer_limits: {max_ack_pending: 500, inactive_threshold: 1m}
  republish: {src: ">", dest: "copy.>"}
  placement: {cluster: C1, tags: [ssd, "1"]}
  metadata: {owner: "on", "a.b c": "1e5"}
consumer:
  priority_policy: pinned_client
  priority_groups: [jobs, a/b=c]
  backoff: [1s, 2s]
  max_deliver: 3
  deliver_policy: by_start_time
  opt_start_time: -1.5s
  pause_until: +10s
  inactive_threshold: 30s
  count: 2
network: {latency: 1ms, jitter: 250us}
sample: off
publishers:
  - {count: 2, backlog: 7, rate: 90/m, arrival: poisson, total: 1_000, size: 0, keys: 3}
  - {rate: 1/h, shape: [{for: 10s, rate: 100/s}, {rate: 0/s}]}
workers:
  - {name: a, count: 2, group: a/b=c, api: messages, batch: 7, threshold: 2, expires: 1s, service: {dist: lognormal, p50: 20ms, p99: 200ms}}
  - {name: b, api: fetch, expires: 10ms, concurrency: 3, queue: 4, service: {dist: uniform, max: 5ms, pool: 2}, ack: batch, window: 2s}
  - {name: c, service: {steps: [{for: 1s, service: 5ms}, {service: {dist: exponential, mean: 3ms}}]}, jitter: 0.2, ack: double, start: 3s}
  - {name: d, service: {points: [{q: 0, time: 1ms}, {q: 0.5, time: 2ms}, {q: 1, time: 9ms}]}, errors: {rate: 0.25, do: nak, delay: 1s}, guard: cas, host: process}
  - {name: e, service: {dist: constant, time: 3ms, pool: 1}, ack: none}
faults:
  - {on: "begin#4 of a2", do: kill, for: 3s, times: 2}
  - {at: 0s, every: 3s, do: [freeze, slow, unpin], for: 1s, factor: 3.5, target: any}
  - {every: 5s, times: 2, do: drain, unpin: true, target: b}
  - {on: ack of any, do: disconnect}
  - {at: 1s, do: update, set: {ack_wait: 10s, priority_groups: [x], metadata: {a: b}}}
  - {at: 2s, do: scale, count: 5, target: c}
  - {at: 3s, do: isolate, target: n2, for: 2s}
phases: {warmup: 2s, disturb: 20s, drain: 1h30m}
expect:
  - "lost.count == 0"
  - handled.rate >= 0.98 * publishers.rate
claim:
  id: all
  source: R
  statement: "Everything: holds"
  predicts: big.held.max > small.held.max
  number: [held.max, big.lost.count]
  arms:
    - {name: big, set: {workers.a.batch: 9, sample: {every: 1s}, workers.d.service: "5ms", faults: []}}
    - {name: small}
  control: {set: {consumer.metadata: {a: "1"}, clock: }}
  only_if: it does
  why: "it is so, in C:1"
  expected: only if
`

// The bounds of a file protect the parser, which recurses.
func TestFileBounds(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"long", strings.Repeat("#", textMax+1), "a.yaml: a scenario has at most 1048576 bytes, this has 1048577"},
		{"binary", "name: \xff\xfe", "a.yaml: the text is not valid UTF-8"},
		{"very deep", strings.Repeat("[", 100_000), "a.yaml: nested deeper than 100 levels"},
		{"very deep blocks", strings.Repeat("- ", 100_000) + "a", "a.yaml: nested deeper than 100 levels"},
		{"deep", strings.Repeat("[", 200) + strings.Repeat("]", 200), "a.yaml:1:102: nested deeper than 100 levels"},
		{"many", "expect: [" + strings.Repeat("a,", nodesMax) + "]", "a.yaml:1:200006: more than 100000 values"},
	} {
		if _, err := Load("a.yaml", []byte(c.text), nil); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// What is written with every default reads back as the same scenario.
func TestEverything(t *testing.T) {
	s, err := Load("everything.yaml", []byte(everything), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load("everything.yaml", s.YAML(), nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, s.YAML())
	}
	if diff := equal(s, again); diff != "" {
		t.Error(diff)
	}
}
