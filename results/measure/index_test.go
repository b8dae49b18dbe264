package measure

import (
	"testing"

	"pgregory.net/rapid"
)

// A sequence that was far is found when the slice has grown past it.
func TestSequencesThatWereFar(t *testing.T) {
	var s sequences
	for i, seq := range []uint64{0, sequencesGap + 5, sequencesGap - 1, sequencesGap + 9} {
		s.set(seq, int32(i))
	}
	if i, ok := s.index(sequencesGap + 5); !ok || i != 1 || len(s.near) < sequencesGap+6 {
		t.Errorf("message %d (%v), want 1; the slice has %d", i, ok, len(s.near))
	}
}

// Sequences are found as in a map, wherever they lie.
func TestSequencesAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s sequences
		want := map[uint64]int32{}
		near := rapid.Uint64Range(0, 1<<40).Draw(t, "near")
		for i := range int32(rapid.IntRange(0, 60).Draw(t, "messages")) {
			seq := near + rapid.Uint64Range(0, 40).Draw(t, "seq")
			switch rapid.IntRange(0, 9).Draw(t, "where") {
			case 0:
				seq += rapid.Uint64Range(0, 3*sequencesGap).Draw(t, "gap")
			case 1:
				seq = rapid.Uint64().Draw(t, "anywhere")
			}
			got, ok := s.index(seq)
			if known, there := want[seq]; ok != there || ok && got != known {
				t.Fatalf("sequence %d is message %d (%v), want %d (%v)", seq, got, ok, known, there)
			}
			if !ok {
				s.set(seq, i)
				want[seq] = i
			}
		}
		for seq, i := range want {
			if got, ok := s.index(seq); !ok || got != i {
				t.Fatalf("sequence %d is message %d (%v), want %d", seq, got, ok, i)
			}
		}
	})
}
