package sim

import (
	"context"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

const smallLoad = `
name: usage
publishers: [{rate: 200/s}]
workers: [{name: w, count: 2, batch: 10, expires: 1s, host: process}]
phases: {disturb: 2500ms, drain: 10s}
`

// Every process of a real run is looked at, and each kind is measured apart; what runs inside pindrop is pindrop's. On the
// virtual clock nobody looks.
func TestUsageOfProcesses(t *testing.T) {
	for mode, absent := range map[string]string{"process": "", "embedded": "server.cpu.mean"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			events, _ := onReal(t, context.Background(), smallLoad, "server.mode="+mode)
			f := measure.All(events, measure.Asked{})
			for _, metric := range []string{"server.cpu.mean", "client.cpu.mean", "harness.cpu.mean", "machine.cpu.share"} {
				if v, ok := f.Metrics[metric]; ok == (metric == absent) || v < 0 || v > 1000 {
					t.Errorf("%s is %v (%v)", metric, v, ok)
				}
			}
			looks := map[string]int{}
			for _, e := range events {
				if e.Kind == history.Usage && e.Sum > 0 {
					looks[e.Target+e.Worker]++
				}
			}
			if looks[""] < 2 || looks["w1"] < 2 || looks["w2"] < 2 || looks["n1"] < 2 != (mode == "embedded") {
				t.Errorf("the looks at processes are %v", looks)
			}
		})
	}
}

func TestNoUsageOnTheVirtualClock(t *testing.T) {
	for _, e := range onVirtual(t, planOf(t, smallLoad, 1, "workers.host=auto")) {
		if e.Kind == history.Usage {
			t.Fatalf("%+v", e)
		}
	}
}
