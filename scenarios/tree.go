package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// node is a piece of a scenario file: all that YAML can say which a scenario needs, each piece with its place.
// Overrides are written into the tree, so that they pass the same checks as the file.
type node struct {
	kind   nodeKind
	at     Pos
	text   string // of a scalar
	quoted bool   // a scalar that can only be text
	keys   []key  // of a mapping
	items  []*node
	note   string // a comment that is written above it
}

type nodeKind int

const (
	null nodeKind = iota
	scalar
	mapping
	sequence
)

// key is one entry's name; its value is the item of the same index.
type key struct {
	name string
	at   Pos
}

// get is the value of a mapping's key, nil where there is none.
func (n *node) get(name string) *node {
	i := slices.IndexFunc(n.keys, func(k key) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return n.items[i]
}

// put adds an entry or replaces its value.
func (n *node) put(k key, value *node) {
	i := slices.IndexFunc(n.keys, func(o key) bool { return o.name == k.name })
	if i < 0 {
		n.keys, n.items = append(n.keys, k), append(n.items, value)
		return
	}
	n.keys[i], n.items[i] = k, value
}

// drop removes an entry, if there is one.
func (n *node) drop(name string) {
	if i := slices.IndexFunc(n.keys, func(k key) bool { return k.name == name }); i >= 0 {
		n.keys, n.items = slices.Delete(n.keys, i, i+1), slices.Delete(n.items, i, i+1)
	}
}

// clone is a copy that shares nothing: two uses of one anchor must not change together.
func (n *node) clone() *node {
	c := *n
	c.keys = slices.Clone(n.keys)
	c.items = make([]*node, len(n.items))
	for i, item := range n.items {
		c.items[i] = item.clone()
	}
	return &c
}

// what describes the node for whoever expected something else.
func (n *node) what() string {
	switch n.kind {
	case mapping:
		return "a mapping"
	case sequence:
		return "a list"
	case scalar:
		return strconv.Quote(Brief(n.text, quotedMax))
	}
	return "nothing"
}

// The bounds of a file. Anchors could make a small file huge, and nesting is recursion.
const (
	textMax  = 1 << 20
	nodesMax = 100_000
	depthMax = 100
	// indentMax is looser, since it counts brackets in text and comments as well.
	indentMax = 1000
	// colonsMax bounds the keys before the parser sees them, whose time grows with the square of the keys of one mapping.
	colonsMax = 30_000
)

// parseYAML makes a tree of a text. Mistakes of syntax are an error, positioned.
func parseYAML(file string, text []byte) (root *node, err error) {
	switch {
	case len(text) > textMax:
		return nil, fileError(file, "a scenario has at most %d bytes, this has %d", textMax, len(text))
	case !utf8.Valid(text):
		return nil, fileError(file, "the text is not valid UTF-8")
	case bytes.Count(text, []byte(":")) > colonsMax:
		return nil, fileError(file, "more than %d colons", colonsMax)
	case indentation(text) > indentMax:
		return nil, fileError(file, "nested deeper than %d levels", depthMax)
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(file, err)
	}
	g := grafter{file: file, lines: strings.Split(string(text), "\n"), anchors: map[string]*node{}}
	if len(parsed.Docs) > 1 {
		at := g.place(parsed.Docs[1].Start)
		return nil, &Error{Pos: at, Msg: "a file holds one scenario; expected no second document"}
	}
	if len(parsed.Docs) == 0 || parsed.Docs[0].Body == nil {
		return &node{at: Pos{File: file, Line: 1, Col: 1}}, nil
	}
	return g.graft(parsed.Docs[0].Body, 0)
}

func fileError(file, format string, args ...any) error {
	return &Error{Pos: Pos{File: file}, Msg: fmt.Sprintf(format, args...)}
}

// indentation is an upper bound of the nesting, taken before the parser recurses into it.
func indentation(text []byte) int {
	open, deepest := 0, 0
	for _, line := range strings.Split(string(text), "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " \t-?:"))
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open--
			}
			deepest = max(deepest, open+indent)
		}
		deepest = max(deepest, indent)
	}
	return deepest
}

// syntaxError gives the parser's message our form.
func syntaxError(file string, err error) error {
	var detailed yaml.Error
	if !errors.As(err, &detailed) {
		return fileError(file, "%v", err)
	}
	at := Pos{File: file}
	if t := detailed.GetToken(); t != nil && t.Position != nil {
		at.Line, at.Col = t.Position.Line, t.Position.Column
	}
	return &Error{Pos: at, Msg: detailed.GetMessage()}
}

// grafter turns the parser's tree into ours.
type grafter struct {
	file    string
	lines   []string
	anchors map[string]*node
	count   int
}

func (g *grafter) place(t *token.Token) Pos {
	if t == nil || t.Position == nil {
		return Pos{File: g.file}
	}
	return Pos{File: g.file, Line: t.Position.Line, Col: t.Position.Column}
}

func (g *grafter) errorf(n ast.Node, format string, args ...any) error {
	return &Error{Pos: g.place(n.GetToken()), Msg: fmt.Sprintf(format, args...)}
}

func (g *grafter) graft(n ast.Node, depth int) (*node, error) {
	if depth > depthMax {
		return nil, g.errorf(n, "nested deeper than %d levels", depthMax)
	}
	if g.count++; g.count > nodesMax {
		return nil, g.errorf(n, "more than %d values", nodesMax)
	}
	switch n := n.(type) {
	case *ast.SequenceNode:
		return g.sequence(n, depth)
	case *ast.MappingValueNode:
		return g.mapping(n, []*ast.MappingValueNode{n}, depth)
	case *ast.MappingNode:
		return g.mapping(n, n.Values, depth)
	case *ast.AnchorNode:
		value, err := g.graft(n.Value, depth+1)
		if err == nil {
			g.anchors[n.Name.GetToken().Value] = value
		}
		return value, err
	case *ast.AliasNode:
		return g.alias(n)
	}
	return g.scalar(n)
}

func (g *grafter) scalar(n ast.Node) (*node, error) {
	t := n.GetToken()
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{at: g.place(t)}, nil
	case *ast.LiteralNode:
		return &node{kind: scalar, at: g.place(t), text: n.Value.Value, quoted: true}, nil
	case *ast.StringNode:
		quoted := t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
		return &node{kind: scalar, at: g.place(t), text: n.Value, quoted: quoted}, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: scalar, at: g.place(t), text: t.Value}, nil
	}
	return nil, g.errorf(n, "expected plain YAML; a %s has no meaning in a scenario", strings.ToLower(n.Type().String()))
}

func (g *grafter) alias(n *ast.AliasNode) (*node, error) {
	name := n.Value.GetToken().Value
	value, ok := g.anchors[name]
	if !ok {
		return nil, g.errorf(n, "no anchor &%s stands before this", name)
	}
	if g.count += value.size(); g.count > nodesMax {
		return nil, g.errorf(n, "more than %d values", nodesMax)
	}
	copied := value.clone()
	copied.at = g.place(n.GetToken())
	return copied, nil
}

func (n *node) size() int {
	size := 1
	for _, item := range n.items {
		size += item.size()
	}
	return size
}

func (g *grafter) sequence(n *ast.SequenceNode, depth int) (*node, error) {
	list := &node{kind: sequence, at: g.place(n.GetToken())}
	for _, entry := range n.Entries {
		if err := g.indented(entry.Start, " \t"); err != nil && !n.IsFlowStyle {
			return nil, err
		}
	}
	for _, value := range n.Values {
		item, err := g.graft(value, depth+1)
		if err != nil {
			return nil, err
		}
		list.items = append(list.items, item)
	}
	return list, nil
}

func (g *grafter) mapping(n ast.Node, entries []*ast.MappingValueNode, depth int) (*node, error) {
	m := &node{kind: mapping, at: g.place(n.GetToken())}
	var merged []*node
	for _, entry := range entries {
		if err := g.indented(entry.Key.GetToken(), " \t-"); err != nil && !isFlow(n) {
			return nil, err
		}
		value, err := g.graft(entry.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if _, merge := entry.Key.(*ast.MergeKeyNode); merge {
			more, err := g.mergeable(entry.Key, value)
			if err != nil {
				return nil, err
			}
			merged = append(merged, more...)
			continue
		}
		k, err := g.key(entry.Key)
		if err != nil {
			return nil, err
		}
		m.put(k, value) // the parser has refused the same key twice
	}
	m.merge(merged)
	if !isFlow(n) { // the parser's place is the first colon
		m.at = g.place(entries[0].Key.GetToken())
	}
	return m, nil
}

// mergeable are the mappings that << takes in: one, or a list of them.
func (g *grafter) mergeable(at ast.Node, value *node) ([]*node, error) {
	from := []*node{value}
	if value.kind == sequence {
		from = value.items
	}
	for _, one := range from {
		if one.kind != mapping {
			return nil, g.errorf(at, "<< expected a mapping or a list of mappings, got %s", one.what())
		}
	}
	return from, nil
}

// merge adds the keys that the mapping does not have: a key beside << wins, then the first mapping that has it.
func (n *node) merge(from []*node) {
	for _, one := range from {
		for i, k := range one.keys {
			if n.get(k.name) == nil {
				n.put(k, one.items[i])
			}
		}
	}
}

// indented refuses a tab among what may stand in front of an item or a key on its line. The parser refuses most of them,
// and does not count the others as columns.
func (g *grafter) indented(t *token.Token, before string) error {
	at := g.place(t)
	if at.Line < 1 || at.Line > len(g.lines) {
		return nil
	}
	line := g.lines[at.Line-1]
	at.Col = 1 + strings.IndexByte(line[:len(line)-len(strings.TrimLeft(line, before))], '\t')
	if at.Col == 0 {
		return nil
	}
	return &Error{Pos: at, Msg: "expected spaces: a tab does not indent in YAML"}
}

func isFlow(n ast.Node) bool {
	m, ok := n.(*ast.MappingNode)
	return ok && m.IsFlowStyle
}

func (g *grafter) key(n ast.MapKeyNode) (key, error) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return key{name: n.GetToken().Value, at: g.place(n.GetToken())}, nil
	}
	return key{}, g.errorf(n, "expected a plain name before the colon")
}

// free is the node as Go values, for data without a type: maps, lists, text, whole numbers and switches.
func (n *node) free() any {
	switch n.kind {
	case mapping:
		m := map[string]any{}
		for i, k := range n.keys {
			if n.items[i].kind != null {
				m[k.name] = n.items[i].free()
			}
		}
		return m
	case sequence:
		list := []any{}
		for _, item := range n.items {
			list = append(list, item.free())
		}
		return list
	}
	if n.quoted {
		return n.text
	}
	if n.text == "true" || n.text == "false" {
		return n.text == "true"
	}
	if i, err := strconv.ParseInt(n.text, 10, 64); err == nil {
		return i
	}
	return n.text
}
