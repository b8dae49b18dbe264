package scenarios

import (
	"encoding"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// YAML is the scenario with every default filled in, but for what is left to the server: that is told in a comment.
// Loading it gives an equal scenario.
func (s *Scenario) YAML() []byte {
	root := encode(reflect.ValueOf(*s))
	s.withoutOpenLimit(root)
	return root.print()
}

// toNode is a type with a form of its own in YAML.
type toNode interface{ toNode() *node }

// encode is the inverse of the decoder.
func encode(v reflect.Value) *node {
	switch from := v.Interface().(type) {
	case toNode:
		return from.toNode()
	case time.Duration:
		return plainNode(Duration(from).String())
	case *time.Time:
		return plainNode(spanTo(*from).String())
	case encoding.TextMarshaler:
		text, err := from.MarshalText()
		return plainNode(mustEncode(string(text), err))
	}
	if isEnum(v.Type()) {
		return plainNode(mustEncode(enumWord(v)))
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return encode(v.Elem())
	case reflect.Struct:
		return encodeFields(v, fieldsOf(v.Type()), func(f field) bool { return !f.omit })
	case reflect.Slice:
		list := &node{kind: sequence}
		for i := range v.Len() {
			list.items = append(list.items, encode(v.Index(i)))
		}
		return list
	case reflect.Map:
		return encodeMap(v)
	case reflect.String:
		return &node{kind: scalar, text: v.String(), quoted: true}
	case reflect.Float64:
		return plainNode(strconv.FormatFloat(v.Float(), 'g', -1, 64))
	}
	return plainNode(fmt.Sprint(v.Interface()))
}

func plainNode(text string) *node { return &node{kind: scalar, text: text} }

// mustEncode panics where a value that was decoded cannot be written.
func mustEncode(text string, err error) string {
	if err != nil {
		panic(fmt.Sprintf("scenarios: a value was decoded, but cannot be written: %v", err))
	}
	return text
}

// encodeFields writes fields of a struct; those that are zero only where always says so.
func encodeFields(v reflect.Value, fields []field, always func(field) bool) *node {
	m := &node{kind: mapping}
	for _, f := range fields {
		value := v.FieldByIndex(f.index)
		if always(f) || !value.IsZero() {
			m.put(key{name: f.name}, encode(value))
		}
	}
	return m
}

func encodeMap(v reflect.Value) *node {
	items := map[string]reflect.Value{}
	for entry := v.MapRange(); entry.Next(); {
		items[entry.Key().String()] = entry.Value()
	}
	m := &node{kind: mapping}
	for _, name := range slices.Sorted(maps.Keys(items)) {
		m.put(key{name: name}, encode(items[name]))
	}
	return m
}
