package scenarios

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// field is one key of a mapping: a field of a struct, known by its JSON name.
type field struct {
	name  string
	index []int
	typ   reflect.Type
	tag   reflect.StructTag
	omit  bool // left out of the text where it is zero
}

// fieldsOf lists the keys of a struct type in the order of the type; embedded structs count as the struct's own. Other
// types have none. The list is shared and stays as it is.
func fieldsOf(t reflect.Type) []field {
	if t.Kind() != reflect.Struct {
		return nil
	}
	known, ok := fieldsKnown.Load(t)
	if !ok {
		known, _ = fieldsKnown.LoadOrStore(t, readFields(t))
	}
	return known.([]field)
}

// fieldsKnown has the fields of the types that were asked for: reading tags is the larger part of loading a scenario.
var fieldsKnown sync.Map

func readFields(t reflect.Type) []field {
	var list []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "" || name == "-" {
			continue
		}
		list = append(list, field{name: name, index: f.Index, typ: f.Type, tag: f.Tag, omit: options == "omitempty"})
	}
	return list
}

// fieldNames lists the keys that a file may give.
func fieldNames(t reflect.Type) []string {
	reserved := reservedKeys[t]
	var names []string
	for _, f := range fieldsOf(t) {
		if _, ok := reserved[f.name]; !ok {
			names = append(names, f.name)
		}
	}
	return names
}

// fieldNamed is the field of a key, nil where there is none.
func fieldNamed(t reflect.Type, name string) *field {
	list := fieldsOf(t)
	i := slices.IndexFunc(list, func(f field) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// words lists the values that a field of an enumerated type takes; nil where the type is not one.
// JetStream's enumerations are integers that write themselves as JSON strings, counted from 0.
func (f field) words() []string {
	if list := f.tag.Get("enum"); list != "" {
		return strings.Split(list, "|")
	}
	if !isEnum(f.typ) {
		return nil
	}
	var list []string
	for v := reflect.New(f.typ).Elem(); ; step(v) {
		word, err := enumWord(v)
		if err != nil {
			return list
		}
		list = append(list, word)
	}
}

func isEnum(t reflect.Type) bool {
	return t.Kind() != reflect.Struct && t.Implements(reflect.TypeFor[json.Marshaler]()) &&
		reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
}

func step(v reflect.Value) {
	if v.CanUint() {
		v.SetUint(v.Uint() + 1)
		return
	}
	v.SetInt(v.Int() + 1)
}

// enumWord is the JSON name of a JetStream enumeration's value. The client writes no priority policy as "", the server
// knows it as none.
func enumWord(v reflect.Value) (string, error) {
	b, err := json.Marshal(v.Interface())
	if err != nil {
		return "", err
	}
	var word string
	if err := json.Unmarshal(b, &word); err != nil {
		return "", err
	}
	if word == "" {
		word = "none"
	}
	return word, nil
}
