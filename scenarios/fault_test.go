package scenarios

import (
	"slices"
	"testing"
)

// Every kind of fault either heals, or is over at once.
func TestMomentary(t *testing.T) {
	want := []string{DoDisconnect, DoUnpin, DoDrain, DoUpdate, DoScale, DoPurge, DoStepDown, DoReset}
	for _, k := range faultKinds {
		if got := Momentary(k.do); got != slices.Contains(want, k.do) {
			t.Errorf("%s is momentary: %v", k.do, got)
		}
	}
	if kinds := 25; len(faultKinds) != kinds {
		t.Errorf("there are %d kinds of faults, and the tests of them know %d", len(faultKinds), kinds)
	}
}
