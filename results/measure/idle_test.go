package measure

import (
	"slices"
	"testing"

	"pindrop/results/history"
)

// Where nobody works there is nothing to drain, and nothing is said of it.
func TestNobodyIsDrained(t *testing.T) {
	for reason, applies := range map[string]bool{history.EndIdle: false, "drained": true} {
		f := All([]history.Event{
			{Actor: history.Runner, N: 1, Kind: history.Phase, Phase: history.PhaseDisturb},
			{At: 5, Actor: history.Watcher, N: 1, Kind: history.Final, Pending: 7, Stored: 7},
			{At: 6, Actor: history.Runner, N: 2, Kind: history.Phase, Phase: history.PhaseEnd, Reason: reason},
		}, Asked{})
		if got := slices.ContainsFunc(f.Premises, func(p Premise) bool { return p.Name == "drained" }); got != applies {
			t.Errorf("ended because %s: the premise applies: %v, want %v", reason, got, applies)
		}
	}
}
