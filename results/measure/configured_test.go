package measure_test

import (
	"strings"
	"testing"

	"pindrop/results/measure"
)

// What the server made of the configuration is a function of the history alone.
func TestConfigured(t *testing.T) {
	for _, c := range []struct {
		name, consumer, script string
		wanted                 wanted
	}{
		{"the limit that was given", `{"max_ack_pending":20}`, `0 w1 begin seq=1 delivery=1`,
			wanted{"config.max_ack_pending": 20, "config.refused": 0}},
		{"no limit", `{"max_ack_pending":-1}`, `0 w1 begin seq=1 delivery=1`, wanted{"config.max_ack_pending": -1, "config.refused": 0}},
		{"none to give", `{"ack_policy":"none"}`, `0 w1 begin seq=1 delivery=1`, wanted{"config.max_ack_pending": "absent", "config.refused": 0}},
		{"an update that was refused, and another one", `{"max_ack_pending":20}`, `
			0 runner phase phase=disturb; 5 watcher config target=consumer status=10012 reason=no
			6 watcher config target=consumer status=10121 reason=no`,
			wanted{"config.max_ack_pending": 20, "config.refused": 10012, "check.critical": "absent"}},
		{"checks, from disturb on", `{"max_ack_pending":20}`, `
			0 watcher check outcome=critical; 5 runner phase phase=disturb; 6 watcher check outcome=ok; 7 watcher check outcome=ok
			8 watcher check outcome=critical; 9 watcher check outcome=ok; 10 runner phase phase=end`,
			wanted{"check.critical": 0.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkAll(t, measured(t, c.consumer, c.script), c.wanted)
		})
	}
}

// A history of a refusal alone has one metric, and no premise of what was to happen; without the refusal it is one that
// lacks everything.
func TestNothingButARefusal(t *testing.T) {
	const refusal = `0 watcher config target=consumer status=10159 reason=group; 0 runner phase phase=end`
	asked := measure.Asked{Faults: 1, Held: []int32{1}, Due: 10}
	f := measure.All(script(t, "", refusal), asked)
	if len(f.Metrics) != 1 || f.Metrics["config.refused"] != 10159 || len(f.Premises) != 2 {
		t.Errorf("metrics %v, premises %+v", f.Metrics, f.Premises)
	}
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "group (error 10159)") {
		t.Errorf("warnings %q, want one with the server's words", f.Warnings)
	}
	f = measure.All(script(t, "", `0 runner phase phase=end`), asked)
	if p := premise(f, "the faults fired"); p.OK {
		t.Errorf("without a refusal: %+v", p)
	}
}
