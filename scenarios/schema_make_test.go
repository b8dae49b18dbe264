package scenarios

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The forms that a schema can say of texts. Of durations and rates the loader also checks the bounds.
const (
	durationForm = `^\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`
	spanForm     = `^[-+]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`
	rateForm     = `^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)/[smh]$`
)

// requiredKeys are what a mapping cannot do without. That the loader asks for each of them is tested.
var requiredKeys = map[reflect.Type][]string{
	reflect.TypeFor[Scenario](): {"publishers", "workers"},
	reflect.TypeFor[Fault]():    {"do"},
	reflect.TypeFor[Offer]():    {"do"},
	reflect.TypeFor[Damage]():   {"do", "file"},
	reflect.TypeFor[Claim]():    {"source", "statement", "predicts", "number", "arms", "control", "expected"},
	reflect.TypeFor[Step]():     {"service"},
}

// settingsInWords are the settings of JetStream that people look for here, in our words.
var settingsInWords = map[string]string{
	"ack_policy":         "Whether messages are acknowledged: each (explicit), all up to one, or none.",
	"ack_wait":           "Time after which a message that was delivered and not acked comes again; default 30s.",
	"backoff":            "Waits before a message comes again, one for each delivery, instead of ack_wait.",
	"deliver_policy":     "Where in the stream the consumer begins.",
	"discard":            "What happens at a limit of the stream: old messages go, or new ones are refused.",
	"inactive_threshold": "Time without a pull after which the server removes the consumer.",
	"max_ack_pending":    "Most messages that may be delivered and not acked, over all workers; -1 for no limit; default: what stream, server or account say, else 1000.",
	"max_batch":          "Most messages that one pull may ask for.",
	"max_deliver":        "Deliveries of a message after which it is given up; default -1, without end.",
	"max_expires":        "Longest time that a pull may wait.",
	"max_waiting":        "Most pulls that may wait; default 512.",
	"num_replicas":       "Servers that keep a copy: 1, 3 or 5.",
	"opt_start_time":     "By_start_time: where the consumer begins, as a span from when it is created: 10s, -5s.",
	"pause_until":        "When the consumer begins to deliver, as a span from when it is created: 10s.",
	"priority_groups":    "The group that pulls name; one.",
	"priority_policy":    "Who of the workers gets the messages: one that holds the pin, those above a threshold, the highest level, or all alike.",
	"priority_timeout":   "Time after its last pull at which the holder of the pin loses it; default 2m.",
	"retention":          "Until when the stream keeps a message.",
	"storage":            "Where it is kept: memory (the default of a scenario) or file.",
}

type object = map[string]any

// schemaMaker makes the schema of types; each struct is made once.
type schemaMaker struct {
	t        *testing.T
	comments map[string]string
	defs     object
}

// makeSchema is the schema of a scenario file.
func makeSchema(t *testing.T) []byte {
	t.Helper()
	m := &schemaMaker{t: t, comments: fieldComments(t), defs: object{}}
	root := m.mapping(reflect.TypeFor[Scenario]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "pindrop scenario"
	root["description"] = "One experiment with JetStream consumers. pindrop run checks more than this: which settings go together, and that they can be run."
	root["$defs"] = m.defs
	text, err := json.MarshalIndent(root, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// mapping is a struct: its keys and nothing else.
func (m *schemaMaker) mapping(t reflect.Type, without ...string) object {
	properties, reserved := object{}, reservedKeys[t]
	for _, f := range fieldsOf(t) {
		if _, no := reserved[f.name]; no || slices.Contains(without, f.name) {
			continue
		}
		properties[f.name] = m.property(t, f)
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if keys := requiredKeys[t]; len(keys) > 0 {
		o["required"] = keys
	}
	return o
}

// property is one key with its description and its default. Null counts as left out, unless the key is required.
func (m *schemaMaker) property(t reflect.Type, f field) object {
	o := m.value(f.typ, f)
	if !slices.Contains(requiredKeys[t], f.name) {
		o = nullable(o)
	}
	o["description"] = m.describe(t, f)
	if text, ok := f.tag.Lookup("default"); ok {
		o["default"] = defaultOf(f, text)
	}
	return o
}

// describe is the comment of a field; of JetStream's own, what is said above, or whose setting it is.
func (m *schemaMaker) describe(t reflect.Type, f field) string {
	owner := t
	if len(f.index) > 1 {
		owner = t.FieldByIndex(f.index[:1]).Type
	}
	if !strings.HasPrefix(owner.PkgPath(), "pindrop") {
		of := owner == reflect.TypeFor[jetstream.StreamConfig]() || owner == reflect.TypeFor[jetstream.ConsumerConfig]()
		if words := settingsInWords[f.name]; words != "" && of {
			return words
		}
		return "A setting of JetStream by its JSON name, as NATS documents it."
	}
	text := m.comments[owner.Name()+"."+t.FieldByIndex(f.index).Name]
	if text == "" {
		m.t.Errorf("%s of %s has no comment", f.name, owner.Name())
	}
	return text + bounds(f)
}

// bounds says in words what a schema cannot say of durations.
func bounds(f field) string {
	if elem(f.typ) != reflect.TypeFor[Duration]() {
		return ""
	}
	var parts []string
	if lower, ok := f.tag.Lookup("min"); ok && lower != "1ns" {
		parts = append(parts, "at least "+lower)
	}
	if upper, ok := f.tag.Lookup("max"); ok {
		parts = append(parts, "at most "+upper)
	}
	if len(parts) == 0 {
		return ""
	}
	text := strings.Join(parts, ", ")
	return " " + strings.ToUpper(text[:1]) + text[1:] + "."
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// defaultOf is a default as a YAML file would say it.
func defaultOf(f field, text string) any {
	switch elem(f.typ).Kind() {
	case reflect.Float64, reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64:
		if v, err := strconv.ParseFloat(text, 64); err == nil && f.words() == nil {
			return v
		}
	case reflect.Bool:
		return text == "true"
	}
	return text
}

func nullable(o object) object {
	switch kind := o["type"].(type) {
	case string:
		o["type"] = []string{kind, "null"}
	case []string:
		o["type"] = append(slices.Clone(kind), "null")
	default:
		if of, ok := o["anyOf"].([]object); ok {
			o["anyOf"] = append(slices.Clone(of), object{"type": "null"})
			return o
		}
		return object{"anyOf": []object{o, {"type": "null"}}}
	}
	if words, ok := o["enum"].([]any); ok {
		o["enum"] = append(slices.Clone(words), nil)
	}
	return o
}

func enumOf(words []string) object {
	list := make([]any, len(words))
	for i, w := range words {
		list[i] = w
	}
	return object{"type": "string", "enum": list}
}

func listOf(item object) object { return object{"type": "array", "items": item} }

func oneOrMoreOf(item object) object {
	several := listOf(item)
	several["minItems"] = 1
	return object{"anyOf": []object{item, several}}
}

func textOf(form, example string) object {
	return object{"type": "string", "pattern": form, "examples": []string{example}}
}

// value is what a type takes, in the order in which the decoder looks at it: first the types with a form of their own.
func (m *schemaMaker) value(t reflect.Type, f field) object {
	switch t = elem(t); t {
	case reflect.TypeFor[Sample]():
		return object{"anyOf": []object{enumOf([]string{"off"}), m.ref(t)}}
	case reflect.TypeFor[Expectation]():
		return object{"type": "string", "minLength": 1, "examples": []string{"lost.count == 0"}}
	case reflect.TypeFor[Menu]():
		return oneOrMoreOf(enumOf(FaultNames()))
	case reflect.TypeFor[Numbers]():
		return oneOrMoreOf(object{"type": "string"})
	case reflect.TypeFor[Sets]():
		return object{"type": "object"}
	case reflect.TypeFor[Settings]():
		return m.settings()
	case reflect.TypeFor[Service](), reflect.TypeFor[Distribution]():
		return object{"anyOf": []object{textOf(durationForm, "50ms"), m.ref(t)}}
	case reflect.TypeFor[Duration](), reflect.TypeFor[time.Duration]():
		return textOf(durationForm, "250ms")
	case reflect.TypeFor[Rate]():
		return textOf(rateForm, "16/s")
	case reflect.TypeFor[Trigger]():
		return textOf(`^\s*(`+strings.Join(triggerKinds, "|")+`)(#0*[1-9][0-9]*)?\s+of\s+\S+\s*$`, "begin#4 of pinned")
	case reflect.TypeFor[time.Time]():
		return textOf(spanForm, "-5s")
	}
	if words := f.words(); words != nil && (t.Kind() == reflect.String || isEnum(t)) {
		return enumOf(words)
	}
	return m.basic(t, f)
}

// basic is what a type takes that has no form of its own.
func (m *schemaMaker) basic(t reflect.Type, f field) object {
	switch t.Kind() {
	case reflect.Struct:
		return m.ref(t)
	case reflect.Slice:
		return listOf(m.value(t.Elem(), field{typ: t.Elem(), tag: f.tag}))
	case reflect.Map:
		return object{"type": "object", "additionalProperties": nullable(m.value(t.Elem(), field{typ: t.Elem()}))}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": []string{"string", "number", "boolean"}} // 5 and true are texts as well
	case reflect.Float32, reflect.Float64:
		return numberOf("number", f)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return numberOf("integer", f)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		o := numberOf("integer", f)
		o["minimum"] = 0
		return o
	}
	panic(fmt.Sprintf("no schema for a field of type %v", t))
}

func numberOf(kind string, f field) object {
	o := object{"type": kind}
	if kind == "integer" { // 1_000_000 is one here, and a text to most editors
		o["type"], o["pattern"] = []string{"integer", "string"}, `^[-+]?[0-9]+(_[0-9]+)+$`
	}
	for tag, key := range map[string]string{"min": "minimum", "max": "maximum"} {
		if text, ok := f.tag.Lookup(tag); ok {
			o[key] = json.Number(text)
		}
	}
	return o
}

// ref points to the schema of a struct, which is made at the first time.
func (m *schemaMaker) ref(t reflect.Type) object {
	if _, made := m.defs[t.Name()]; !made {
		m.defs[t.Name()] = nil // for types that contain themselves
		m.defs[t.Name()] = m.mapping(t)
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}

// settings are those that an update may make: of the consumer, or with target: stream of the stream.
func (m *schemaMaker) settings() object {
	if m.defs["ConsumerSettings"] == nil {
		not := slices.Collect(maps.Keys(notUpdated))
		m.defs["ConsumerSettings"] = m.mapping(reflect.TypeFor[Consumer](), not...)
		m.defs["StreamSettings"] = m.mapping(reflect.TypeFor[Stream]())
	}
	return object{"anyOf": []object{{"$ref": "#/$defs/ConsumerSettings"}, {"$ref": "#/$defs/StreamSettings"}}}
}
