package history_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pindrop/results/history"
)

// acts reads words such as "fault1(w1.2)", "heal1", "start(w1.2)" and "stop(w1.1)": the number is the nemesis's count.
func acts(t *testing.T, words string) *history.Acts {
	t.Helper()
	a := &history.Acts{}
	for word := range strings.FieldsSeq(words) {
		e := history.Event{}
		name, of, _ := strings.Cut(strings.TrimSuffix(word, ")"), "(")
		worker, number, _ := strings.Cut(of, ".")
		if number != "" {
			if _, err := fmt.Sscan(number, &e.Incarnation); err != nil {
				t.Fatal(err)
			}
		}
		e.Kind = history.Kind(strings.TrimRight(name, "0123456789"))
		if n := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz"); n != name && n != "" {
			if _, err := fmt.Sscan(n, &e.N); err != nil {
				t.Fatal(err)
			}
			e.Target = worker
		} else {
			e.Worker = worker
		}
		if !a.Add(&e) {
			t.Fatalf("%s is no act", word)
		}
	}
	return a
}

func told(events []history.Event) string {
	var words []string
	for _, e := range events {
		of := ""
		if worker := e.Target + e.Worker; worker != "" {
			of = fmt.Sprintf("(%s.%d)", worker, e.Incarnation)
		}
		n := ""
		if e.N > 0 {
			n = fmt.Sprint(e.N)
		}
		words = append(words, string(e.Kind)+n+of)
	}
	return strings.Join(words, " ")
}

func TestActsOfOneInstant(t *testing.T) {
	for _, c := range []struct{ name, read, wanted string }{
		{"in the order of the nemesis", "fault5(w1.1) heal4", "heal4 fault5(w1.1)"},
		{"a start that a fault meets", "fault1(w1.2) stop(w1.1) start(w1.2)", "stop(w1.1) start(w1.2) fault1(w1.2)"},
		{"a start after a fault of the one before", "fault1(w1.1) start(w1.2)", "fault1(w1.1) start(w1.2)"},
		{"a stop that a fault meets", "fault1(w1.1) stop(w1.1)", "fault1(w1.1) stop(w1.1)"},
		{"a start between two faults", "fault1(w1.1) fault2(w1.2) start(w1.2)", "fault1(w1.1) start(w1.2) fault2(w1.2)"},
		{"a fault of another worker", "fault1(w2.2) start(w1.2)", "fault1(w2.2) start(w1.2)"},
		{"whole lives", "stop(w1.1) start(w1.2) stop(w1.2) start(w1.3) fault1(w1.3)", "stop(w1.1) start(w1.2) stop(w1.2) start(w1.3) fault1(w1.3)"},
		{"of an old history", "fault1(w1.0) start(w1.0)", "fault1(w1.0) start(w1.0)"},
	} {
		for range 2 { // whatever order they are read in
			a := acts(t, c.read)
			if got := told(a.Settle()); got != c.wanted {
				t.Errorf("%s: %s, want %s", c.name, got, c.wanted)
			}
			if left := a.Settle(); len(left) > 0 {
				t.Errorf("%s: %s is left", c.name, told(left))
			}
			words := strings.Fields(c.read)
			slices.SortStableFunc(words, func(v, w string) int { return strings.Compare(v[:2], w[:2]) })
			c.read = strings.Join(words, " ")
		}
	}
}

func TestActsBeforeAConnect(t *testing.T) {
	a := acts(t, "fault1(w1.1) fault2(w1.2) fault3(w2.1) heal4 stop(w1.1) start(w1.2) start(w2.2)")
	if got := told(a.Connect("w3")); got != "" {
		t.Errorf("before w3 connects: %s", got)
	}
	if got, want := told(a.Connect("w1")), "fault1(w1.1) stop(w1.1) start(w1.2)"; got != want {
		t.Errorf("before w1 connects: %s, want %s", got, want)
	}
	if got, want := told(a.Settle()), "fault2(w1.2) fault3(w2.1) heal4 start(w2.2)"; got != want {
		t.Errorf("then: %s, want %s", got, want)
	}
}
