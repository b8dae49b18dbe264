package results

import (
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// comparison is an expectation that compares two numbers, taken apart.
type comparison struct {
	left, right *vm.Program
	op          string
}

// Sides are the two numbers that the expectation compares; ok is false where it is no single comparison of two, or one of
// them cannot be computed.
func (e *Expectation) Sides(metrics map[string]float64) (left float64, op string, right float64, ok bool) {
	if e.compares == nil {
		return 0, "", 0, false
	}
	left, leftOK := number(e.compares.left, metrics)
	right, rightOK := number(e.compares.right, metrics)
	return left, e.compares.op, right, leftOK && rightOK
}

func number(p *vm.Program, metrics map[string]float64) (float64, bool) {
	v, err := expr.Run(p, reader(metrics))
	if err != nil {
		return 0, false
	}
	f, ok := v.(float64)
	return f, ok && finite(f)
}

// comparison takes a translation apart at its one comparison; nil where there are more, or none, or it is part of
// something larger.
func (t *translation) comparison() *comparison {
	at := -1
	for i, p := range t.pieces {
		switch {
		case slices.Contains([]string{"and", "or", "not", "&&", "||", "!", "absent"}, p.text):
			return nil
		case !slices.Contains([]string{"<=", ">=", "<", ">", "==", "!="}, p.text):
			continue
		case at >= 0:
			return nil
		}
		at = i
	}
	if at < 0 || at == len(t.pieces)-1 {
		return nil
	}
	c := &comparison{op: t.pieces[at].text}
	var err error
	if c.left, err = compile(t.out.String()[:t.pieces[at].out]); err != nil {
		return nil // (a < b): what stands before the comparison is no number of its own
	}
	if c.right, err = compile(t.out.String()[t.pieces[at+1].out:]); err != nil {
		return nil
	}
	return c
}
