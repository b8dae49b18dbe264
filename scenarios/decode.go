package scenarios

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// decoder fills values from a tree, and notes where each was written.
type decoder struct {
	*mistakes
	places places
	file   string
	read   func(string) ([]byte, error) // of files that the scenario names; nil: none
}

// fromNode is a type with a form of its own in YAML.
type fromNode interface {
	fromNode(d *decoder, n *node, path string)
}

// value decodes a node into v, which the field f describes. A null is a value left out.
func (d *decoder) value(n *node, v reflect.Value, f field, path string) {
	if n.kind == null {
		return
	}
	d.places[path] = n.at
	switch into := v.Addr().Interface().(type) {
	case fromNode:
		into.fromNode(d, n, path)
		return
	case *time.Duration:
		d.duration(n, into, path)
		return
	case *time.Time:
		d.time(n, into, path)
		return
	case encoding.TextUnmarshaler:
		if d.scalar(n, path) {
			d.textual(n, into, f, path)
		}
		return
	}
	if isEnum(v.Type()) {
		d.jetstreamEnum(n, v, f, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		preset(v.Elem())
		d.value(n, v.Elem(), f, path)
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, f, path)
	case reflect.Map:
		d.table(n, v, path)
	default:
		if d.scalar(n, path) {
			d.basic(n, v, f, path)
		}
	}
}

// last is the part of a path that a message names: the key, or the list in which an item stands.
func last(path string) string {
	parts := strings.Split(path, ".")
	for len(parts) > 1 {
		if _, err := strconv.Atoi(parts[len(parts)-1]); err != nil {
			break
		}
		parts = parts[:len(parts)-1]
	}
	return cmp.Or(parts[len(parts)-1], "the scenario")
}

func (d *decoder) wrong(n *node, path, wanted string) {
	d.add(n.at, "%s: expected %s, got %s", last(path), wanted, n.what())
}

func (d *decoder) scalar(n *node, path string) bool {
	if n.kind != scalar {
		d.wrong(n, path, "a single value")
	}
	return n.kind == scalar
}

// mapping decodes a struct's keys over its defaults.
func (d *decoder) mapping(n *node, v reflect.Value, path string) {
	if n.kind != mapping {
		d.wrong(n, path, "a mapping")
		return
	}
	for i, k := range n.keys {
		f := fieldNamed(v.Type(), k.name)
		reason, reserved := reservedKeys[v.Type()][k.name]
		switch {
		case reserved:
			d.add(k.at, "%s: %s", k.name, reason)
		case f == nil:
			d.unknownKey(k, fieldNames(v.Type()), path)
		default:
			d.value(n.items[i], v.FieldByIndex(f.index), *f, join(path, k.name))
		}
	}
}

func (d *decoder) unknownKey(k key, known []string, path string) {
	d.add(k.at, "unknown key %q in %s; nearest: %s", k.name, last(path), Nearest(k.name, known))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// itemPath is the path of a list's item.
func itemPath(path string, i int) string { return join(path, strconv.Itoa(i)) }

func (d *decoder) sequence(n *node, v reflect.Value, f field, path string) {
	if n.kind != sequence {
		d.wrong(n, path, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		preset(v.Index(i))
		if item.kind == null {
			d.add(item.at, "%s: an item of a list must not be empty", last(path))
		}
		d.value(item, v.Index(i), field{typ: v.Type().Elem(), tag: f.tag}, itemPath(path, i))
	}
}

// table decodes a map with free keys.
func (d *decoder) table(n *node, v reflect.Value, path string) {
	if n.kind != mapping {
		d.wrong(n, path, "a mapping")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.keys)))
	for i, k := range n.keys {
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(n.items[i], item, field{typ: item.Type()}, join(path, k.name))
		v.SetMapIndex(reflect.ValueOf(k.name), item)
	}
}

// basic decodes text, numbers and switches, within the bounds of the field.
func (d *decoder) basic(n *node, v reflect.Value, f field, path string) {
	if n.quoted && v.Kind() != reflect.String {
		d.wrong(n, path, wanted(v.Kind())+" without quotes")
		return
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.text)
		d.oneOf(n, f, path)
	case reflect.Bool:
		v.SetBool(n.text == "true")
		if n.text != "true" && n.text != "false" {
			err = strconv.ErrSyntax
		}
	case reflect.Float64:
		var x float64
		x, err = strconv.ParseFloat(n.text, 64)
		if math.IsInf(x, 0) || math.IsNaN(x) {
			err = strconv.ErrRange
		}
		v.SetFloat(x)
	default:
		err = setInteger(v, n.text)
	}
	if err != nil {
		d.wrong(n, path, wanted(v.Kind()))
		return
	}
	d.bounds(n, v, f, path)
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

func setInteger(v reflect.Value, text string) error {
	text = strings.ReplaceAll(text, "_", "")
	if v.CanUint() {
		x, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(x)
		return err
	}
	x, err := strconv.ParseInt(text, 10, v.Type().Bits())
	v.SetInt(x)
	return err
}

// oneOf checks a text against the words that its field allows.
func (d *decoder) oneOf(n *node, f field, path string) {
	words := f.words()
	if len(words) == 0 || slices.Contains(words, n.text) {
		return
	}
	d.add(n.at, "%s: unknown value %q; nearest: %s (of %s)",
		last(path), n.text, Nearest(n.text, words), strings.Join(words, ", "))
}

// bounds checks a number or a duration against its field's min and max.
func (d *decoder) bounds(n *node, v reflect.Value, f field, path string) {
	for _, bound := range []struct {
		tag, words string
		broken     func(int) bool
	}{
		{"min", "at least", func(c int) bool { return c < 0 }},
		{"max", "at most", func(c int) bool { return c > 0 }},
	} {
		limit, ok := f.tag.Lookup(bound.tag)
		if ok && bound.broken(compareWith(v, limit)) {
			d.add(n.at, "%s must be %s %s, got %s", last(path), bound.words, limit, n.text)
		}
	}
}

// compareWith compares a decoded value with a bound from a tag, which has the same form.
func compareWith(v reflect.Value, limit string) int {
	if v.CanFloat() {
		x, err := strconv.ParseFloat(limit, 64)
		mustTag(err)
		return cmp.Compare(v.Float(), x)
	}
	if d, ok := v.Interface().(Duration); ok {
		var x Duration
		mustTag(x.UnmarshalText([]byte(limit)))
		return cmp.Compare(d, x)
	}
	x, err := strconv.ParseInt(limit, 10, 64)
	mustTag(err)
	return cmp.Compare(v.Int(), x)
}

func mustTag(err error) {
	if err != nil {
		panic(fmt.Sprintf("scenarios: a field's tag is broken: %v", err))
	}
}

// textual decodes a type that reads itself.
func (d *decoder) textual(n *node, into encoding.TextUnmarshaler, f field, path string) {
	if err := into.UnmarshalText([]byte(n.text)); err != nil {
		d.add(n.at, "%s: %v", last(path), err)
		return
	}
	if span, ok := into.(*Duration); ok && d.span(n, *span, path) {
		d.bounds(n, reflect.ValueOf(*span), f, path)
	}
}

// span checks what holds for every time span of a scenario.
func (d *decoder) span(n *node, v Duration, path string) bool {
	switch {
	case v < 0:
		d.add(n.at, "%s must not be negative, got %s", last(path), n.text)
	case v > durationMax:
		d.add(n.at, "%s must be at most %s, got %s", last(path), durationMax, n.text)
	}
	return v >= 0 && v <= durationMax
}

// durationMax bounds a scenario's time spans: sums of several stay far from the end of time.Duration.
const durationMax = Duration(10_000 * time.Hour)

// duration decodes a time span of a JetStream setting, where zero and -1 have no meaning that leaving it out has not.
func (d *decoder) duration(n *node, into *time.Duration, path string) {
	if !d.scalar(n, path) {
		return
	}
	var span Duration
	if err := span.UnmarshalText([]byte(n.text)); err != nil {
		d.add(n.at, "%s: %v", last(path), err)
		return
	}
	if span < 0 {
		d.add(n.at, "%s must not be negative, got %s", last(path), n.text)
	}
	*into = span.D()
}

// jetstreamEnum decodes a word of JetStream into the client's number for it.
func (d *decoder) jetstreamEnum(n *node, v reflect.Value, f field, path string) {
	if !d.scalar(n, path) {
		return
	}
	i := slices.Index(f.words(), n.text)
	switch {
	case i < 0:
		d.oneOf(n, f, path)
	case v.CanUint():
		v.SetUint(uint64(i))
	default:
		v.SetInt(int64(i))
	}
}

// open reads a file that the scenario names, relative to the scenario's own.
func (d *decoder) open(name string) ([]byte, error) {
	if d.read == nil {
		return nil, errors.New("no files can be read here")
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(d.file), name)
	}
	return d.read(name)
}

// preset gives every field of a struct its default, as its tag says it.
func preset(v reflect.Value) {
	if v.Kind() != reflect.Struct {
		return
	}
	for _, f := range fieldsOf(v.Type()) {
		text, ok := f.tag.Lookup("default")
		if !ok {
			preset(v.FieldByIndex(f.index))
			continue
		}
		d := decoder{mistakes: &mistakes{}, places: places{}}
		d.value(&node{kind: scalar, text: text}, v.FieldByIndex(f.index), f, f.name)
		mustTag(d.err())
	}
}
