package scenarios

import (
	"strings"
	"testing"
)

// Overrides reach every place of a scenario, whether the file speaks of it or not; the last one wins.
func TestOverrides(t *testing.T) {
	const text = `
publishers: [{rate: 1/s}, {rate: 2/s, shape: [{for: 1s, rate: 1/s}, {rate: 2/s}]}]
workers: [{count: 2}, {name: b, service: 5ms}]
faults: [{at: 1s, do: kill}]
sample: off
`
	for _, c := range []struct {
		sets []string
		want []string
	}{
		{[]string{"consumer.ack_wait=7s"}, []string{"ack_wait: 7s"}},
		{[]string{"consumer={ack_wait: 7s}", "consumer.max_ack_pending=5"}, []string{"ack_wait: 7s", "max_ack_pending: 5"}},
		{[]string{"workers.batch=7"}, []string{"batch: 7", "batch: 7"}},
		{[]string{"workers.batch=7", "workers.1.batch=8"}, []string{"batch: 7", "batch: 8"}},
		{[]string{"workers.w.batch=9"}, []string{"batch: 9", "batch: 500"}},
		{[]string{"workers.b.service.dist=uniform", "workers.b.service.max=3ms"}, []string{"service: {dist: uniform, max: 3ms}"}},
		{[]string{"publishers.1.shape.0.rate=16/s"}, []string{"{for: 1s, rate: 16/s}"}},
		{[]string{"faults.0.at=2s", "faults.0.for=1s"}, []string{"at: 2s", "for: 1s"}},
		{[]string{"faults=[]"}, []string{"faults: []"}},
		{[]string{"phases.disturb=1m"}, []string{"disturb: 1m"}},
		{[]string{"network.latency=1ms"}, []string{"latency: 1ms"}},
		{[]string{"sample.every=1s"}, []string{"sample: {every: 1s}"}},
		{[]string{"sample.every=1s", "sample=off"}, []string{"sample: off"}},
		{[]string{"stream.metadata.a.b=c"}, []string{"metadata: {a.b: c}"}},
		{[]string{"stream.consumer_limits.max_ack_pending=5"}, []string{"consumer_limits: {max_ack_pending: 5}"}},
		{[]string{"stream.republish.dest=x.>"}, []string{`republish: {dest: "x.>"}`}},
		{[]string{"doc=a=b"}, []string{"doc: a=b"}},
		{[]string{"clock=real", "clock="}, []string{"clock: auto"}},
	} {
		yaml := string(mustLoad(t, text, c.sets...).YAML())
		rest := yaml
		for _, want := range c.want {
			var found bool
			if _, rest, found = strings.Cut(rest, want); !found {
				t.Errorf("%q: no %q (after those before it) in\n%s", c.sets, want, yaml)
			}
		}
	}
}

// One anchor used twice is two values: an override of one does not reach the other.
func TestOverrideOfAnAlias(t *testing.T) {
	s := mustLoad(t, `
publishers: []
workers:
  - &w {name: a, batch: 10, errors: {rate: 0.5}}
  - {<<: *w, name: b, batch: 20}
`, "workers.b.errors.rate=0.25")
	if a, b := s.Workers[0].Errors.Rate, s.Workers[1].Errors.Rate; a != 0.5 || b != 0.25 {
		t.Errorf("rates %v and %v, want 0.5 and 0.25", a, b)
	}
	if s.Workers[1].Name != "b" || s.Workers[1].Batch != 20 {
		t.Errorf("what stands beside << must win, got %+v", s.Workers[1])
	}
}
