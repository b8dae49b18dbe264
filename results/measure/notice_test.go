package measure

import (
	"testing"

	"pindrop/results/history"
)

// A server notices a partition when it closes the worker's connection: that worker's, after the partition began, while it
// lasted.
func TestNotice(t *testing.T) {
	events := func(drops ...history.Event) []history.Event {
		all := []history.Event{
			{At: 0, Actor: history.Runner, N: 1, Kind: history.Phase, Phase: history.PhaseDisturb},
			{At: 10e9, Actor: history.Nemesis, N: 1, Kind: history.Fault, Fault: 1, Do: doPartition, Target: "w1"},
			{At: 50e9, Actor: history.Nemesis, N: 2, Kind: history.Heal, Fault: 1, Do: doPartition, Target: "w1"},
			{At: 60e9, Actor: history.Runner, N: 2, Kind: history.Phase, Phase: history.PhaseEnd, Reason: history.StopDrained},
		}
		for i, d := range drops {
			d.Actor, d.N, d.Kind = history.Host, int64(i+1), history.Dropped
			all = append(all, d)
		}
		return all
	}
	for name, c := range map[string]struct {
		drops []history.Event
		want  float64 // 0: absent
	}{
		"never":            {nil, 0},
		"twice":            {[]history.Event{{At: 30e9, Worker: "w1"}, {At: 40e9, Worker: "w1"}}, 20},
		"before":           {[]history.Event{{At: 9e9, Worker: "w1"}}, 0},
		"once it was over": {[]history.Event{{At: 51e9, Worker: "w1"}}, 0},
		"another worker":   {[]history.Event{{At: 30e9, Worker: "w2"}}, 0},
	} {
		got, ok := All(events(c.drops...), Asked{}).Metrics["notice.max"]
		if got != c.want || ok != (c.want > 0) {
			t.Errorf("%s: notice.max is %v (%v), want %v", name, got, ok, c.want)
		}
	}
}
