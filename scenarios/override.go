package scenarios

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// override writes "path=value" into the tree. The path is checked against the types here, where the whole of it is
// known; the value is checked with everything else, when the tree is decoded.
func (d *decoder) override(root *node, set string) {
	at := Pos{File: "--set " + Brief(set, quotedMax)}
	path, text, found := strings.Cut(set, "=")
	if !found || path == "" {
		d.add(at, "expected path=value, such as consumer.ack_wait=10s")
		return
	}
	value, err := parseYAML("", []byte(text))
	if mistake := (*Error)(nil); errors.As(err, &mistake) {
		d.add(at, "the value is not valid YAML: %s", mistake.Msg)
		return
	}
	value.move(at)
	w := writer{decoder: d, at: at, value: value}
	w.write(root, reflect.TypeFor[Scenario](), "", strings.Split(path, "."))
}

// move gives a tree another place.
func (n *node) move(at Pos) {
	n.at = at
	for i := range n.keys {
		n.keys[i].at = at
	}
	for _, item := range n.items {
		item.move(at)
	}
}

// writer puts one value at its path.
type writer struct {
	*decoder
	at    Pos
	value *node
}

// write goes down the tree along the rest of the path; done is the part behind it. What the file leaves out is made.
func (w *writer) write(n *node, t reflect.Type, done string, rest []string) {
	if len(rest) == 0 {
		*n = *w.value.clone()
		return
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case len(fieldsOf(t)) > 0:
		w.writeField(n, t, done, rest)
	case t.Kind() == reflect.Map:
		w.writeEntry(n, done, rest)
	case t.Kind() == reflect.Slice:
		w.writeItems(n, t.Elem(), done, rest)
	default:
		w.add(w.at, "%s has no parts: the path ends there, not in %s", done, rest[0])
	}
}

// become makes the node a mapping, unless it is a list. A word such as off or 50ms is a short form, and gives way.
func (w *writer) become(n *node, done string) bool {
	switch n.kind {
	case sequence:
		w.add(w.at, "%s is a list here, and has no keys", done)
		return false
	case null, scalar:
		*n = node{kind: mapping, at: w.at}
	}
	return true
}

func (w *writer) writeField(n *node, t reflect.Type, done string, rest []string) {
	f := fieldNamed(t, rest[0])
	if f == nil {
		w.add(w.at, "there is no %s; nearest: %s", join(done, rest[0]), join(done, Nearest(rest[0], fieldNames(t))))
		return
	}
	if w.become(n, done) {
		w.write(w.child(n, rest[0]), f.typ, join(done, rest[0]), rest[1:])
	}
}

// writeEntry sets a key of a mapping with free keys, which may contain dots.
func (w *writer) writeEntry(n *node, done string, rest []string) {
	if w.become(n, done) {
		*w.child(n, strings.Join(rest, ".")) = *w.value.clone()
	}
}

// child is the value of a key, made if need be.
func (w *writer) child(n *node, name string) *node {
	if n.get(name) == nil {
		n.put(key{name: name, at: w.at}, &node{at: w.at})
	}
	return n.get(name)
}

// writeItems sets something in one item of a list, chosen by number or by name, or in all of them.
func (w *writer) writeItems(n *node, t reflect.Type, done string, rest []string) {
	if n.kind != sequence || len(n.items) == 0 {
		w.add(w.at, "%s has no items to set anything in", done)
		return
	}
	if i, err := strconv.Atoi(rest[0]); err == nil {
		if i < 0 || i >= len(n.items) {
			w.add(w.at, "there is no %s; the last is %s", join(done, rest[0]), itemPath(done, len(n.items)-1))
			return
		}
		w.write(n.items[i], t, itemPath(done, i), rest[1:])
		return
	}
	names := itemNames(n, t)
	if i := slices.Index(names, rest[0]); i >= 0 {
		w.write(n.items[i], t, join(done, rest[0]), rest[1:])
		return
	}
	known := append(names, fieldNames(t)...)
	if len(known) == 0 {
		w.add(w.at, "there is no %s; the items of %s are numbered from 0", join(done, rest[0]), done)
		return
	}
	if !slices.Contains(known, rest[0]) {
		w.add(w.at, "there is no %s; nearest: %s", join(done, rest[0]), join(done, Nearest(rest[0], known)))
		return
	}
	for _, item := range n.items {
		w.write(item, t, done, rest)
	}
}

// itemNames are the names of a list's items, where they have one.
func itemNames(n *node, t reflect.Type) []string {
	f := fieldNamed(t, "name")
	if f == nil {
		return nil
	}
	names := make([]string, len(n.items))
	for i, item := range n.items {
		names[i] = f.tag.Get("default")
		if given := item.get("name"); given != nil {
			names[i] = given.text
		}
	}
	return names
}
