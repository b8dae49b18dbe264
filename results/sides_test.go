package results

import "testing"

func TestSides(t *testing.T) {
	words := NewVocabulary(map[string]float64{"priority_timeout": 2})
	metrics := map[string]float64{"takeover.fault.max": 1.9, "handled.rate": 95, "lost.count": 0}
	for source, want := range map[string]struct {
		left  float64
		op    string
		right float64
		ok    bool
	}{
		"takeover.fault.max <= priority_timeout + 100ms": {1.9, "<=", 2.1, true},
		"handled.rate/5 >= max(10, 20)":                  {19, ">=", 20, true},
		"(handled.rate) == 5":                            {95, "==", 5, true},
		"(handled.rate < 5)":                             {}, // in parentheses, each side alone is none
		"lost.count == 0 and handled.rate > 1":           {},
		"absent(overlap.max) or overlap.max < 1":         {},
		"overlap.max < 1":                                {0, "<", 1, false}, // absent
	} {
		e, err := CompileExpectation(source, words)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		left, op, right, ok := e.Sides(metrics)
		if ok != want.ok || ok && (left != want.left || op != want.op || right != want.right) {
			t.Errorf("%s: got %v %s %v, %v; want %+v", source, left, op, right, ok, want)
		}
	}
}
