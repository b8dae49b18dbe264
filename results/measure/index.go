package measure

import (
	"slices"

	"pindrop/results/history"
)

// outcome is a history.Outcome without a pointer: the garbage collector need not look into books that have none. The zero
// value is no outcome.
type outcome struct{ number int8 }

var outcomes = []history.Outcome{"", history.OK, history.Naked, history.Termed, history.Ignored}

// outcomeOf is the outcome of an end; one that no handler has is none.
func outcomeOf(e *history.Event) outcome {
	return outcome{int8(max(slices.Index(outcomes, e.Outcome), 0))}
}

func (o outcome) is(which history.Outcome) bool { return outcomes[o.number] == which }

// names numbers names from 1; "" is 0.
type names map[string]int32

// number is the number of a name, new or known.
func (n names) number(name string) int32 {
	if name == "" {
		return 0
	}
	i, ok := n[name]
	if !ok {
		i = int32(len(n)) + 1
		n[name] = i
	}
	return i
}

// sequences finds the messages of a stream by their sequences. These begin anywhere and mostly have no gaps, so that a
// slice does what would take a map ten times the memory; a map has those that lie far from the others. The zero value
// is empty.
type sequences struct {
	first uint64  // the sequence of near[0]
	near  []int32 // indexes of messages, plus 1; 0: none
	far   map[uint64]int32
	count int // of messages
}

// sequencesGap is how many sequences without a message a slice may have in a row, and sparseMax how many there may be of
// each with one, from there on.
const (
	sequencesGap = 1 << 16
	sparseMax    = 64
)

// index is the message of a sequence.
func (s *sequences) index(seq uint64) (int32, bool) {
	if at := seq - s.first; at < uint64(len(s.near)) && s.near[at] > 0 {
		return s.near[at] - 1, true
	}
	i, ok := s.far[seq] // also one that the slice has reached since
	return i, ok
}

// set gives a sequence its message, once.
func (s *sequences) set(seq uint64, i int32) {
	if len(s.near) == 0 {
		s.first = seq
	}
	s.count++
	switch at := seq - s.first; { // a sequence before the first one is far
	case at < uint64(len(s.near)):
		s.near[at] = i + 1
	case at < uint64(len(s.near)+sequencesGap) && at < uint64(sequencesGap+sparseMax*s.count):
		s.near = append(s.near, make([]int32, at+1-uint64(len(s.near)))...)
		s.near[at] = i + 1
	default:
		if s.far == nil {
			s.far = map[uint64]int32{}
		}
		s.far[seq] = i
	}
}
