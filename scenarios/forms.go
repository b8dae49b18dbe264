package scenarios

import (
	"reflect"
	"strings"
)

func (s *Sample) fromNode(d *decoder, n *node, path string) {
	if n.kind == scalar && n.text == "off" {
		s.Every = 0
		return
	}
	if n.kind != mapping {
		d.wrong(n, path, "off or {every: 100ms}")
		return
	}
	d.mapping(n, reflect.ValueOf(s).Elem(), path)
}

func (s Sample) toNode() *node {
	if s.Every == 0 {
		return plainNode("off")
	}
	return encodeFields(reflect.ValueOf(s), fieldsOf(reflect.TypeFor[Sample]()), func(field) bool { return true })
}

func (e *Expectation) fromNode(d *decoder, n *node, path string) {
	switch {
	case n.kind != scalar:
		d.wrong(n, path, "a condition such as lost.count == 0")
	case strings.TrimSpace(n.text) == "":
		d.add(n.at, "%s: a condition must not be empty", last(path))
	}
	e.Expr, e.Pos = n.text, n.at
}

func (e Expectation) toNode() *node { return &node{kind: scalar, text: e.Expr, quoted: true} }

// oneOrMore decodes a list whose only item may stand alone.
func (d *decoder) oneOrMore(n *node, into *[]string, f field, path string) {
	if n.kind == scalar {
		n = &node{kind: sequence, at: n.at, items: []*node{n}}
	}
	if n.kind == sequence && len(n.items) == 0 {
		d.add(n.at, "%s: the list must not be empty", last(path))
	}
	d.sequence(n, reflect.ValueOf(into).Elem(), f, path)
}

// encodeOneOrMore is the inverse of oneOrMore.
func encodeOneOrMore(list []string) *node {
	if len(list) == 1 {
		return plainNode(list[0])
	}
	return encode(reflect.ValueOf(list))
}
