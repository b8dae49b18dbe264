package measure

import (
	"testing"

	"pindrop/results/history"
)

// A run that was cut short is not complete, whatever cut it and whatever the words are, and nobody knows what it has lost.
func TestCutShort(t *testing.T) {
	for cause, complete := range map[string]bool{
		history.CauseDrained: true, history.CauseNotDrained: true, history.CauseInterrupted: false, history.CauseDeadline: false,
		history.CauseMemory: false, history.CauseNoProgress: false, history.CauseServerGone: false, history.CauseFailed: false,
	} {
		f := All([]history.Event{
			{Actor: history.Runner, N: 1, Kind: history.Phase, Phase: history.PhaseDisturb},
			{At: 1, Actor: "p1", N: 1, Kind: history.Publish, Op: 1, Due: 1},
			{At: 2, Actor: "p1", N: 2, Kind: history.Stored, Op: 1, Seq: 1},
			{At: 5, Actor: history.Watcher, N: 1, Kind: history.Final, Stored: 1},
			{At: 6, Actor: history.Runner, N: 2, Kind: history.Phase, Phase: history.PhaseEnd, Do: cause, Reason: "some words"},
		}, Asked{})
		if lost, known := f.Metrics["lost.count"]; known != complete || known && lost != 1 {
			t.Errorf("%s: lost.count is %v, known: %v, want %v", cause, lost, known, complete)
		}
		for _, p := range f.Premises {
			if p.Name == "the run is complete" && (p.OK != complete || !complete && p.Got != "some words") {
				t.Errorf("%s: %+v, want it to hold: %v", cause, p, complete)
			}
		}
	}
}
