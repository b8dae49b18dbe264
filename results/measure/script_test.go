package measure_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// script reads a history: on each line milliseconds, actor, kind, and fields by their names in JSON. The lines of one
// actor are numbered in their order; ";" parts lines as well.
func script(t *testing.T, consumer, text string) []history.Event {
	t.Helper()
	events := []history.Event{{Actor: history.Watcher, Kind: history.Config, Consumer: []byte(consumer)}}
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ';' }) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		fields := map[string]any{"at": words[0] + "ms", "actor": words[1], "kind": words[2]}
		for _, word := range words[3:] {
			name, value, _ := strings.Cut(word, "=")
			fields[name] = strings.ReplaceAll(value, "·", " ")
		}
		for name, value := range fields {
			if name == "stream" || name == "consumer" {
				fields[name] = json.RawMessage(value.(string))
			} else if d, err := time.ParseDuration(value.(string)); err == nil {
				fields[name] = d.Nanoseconds()
			} else if n, err := strconv.ParseInt(value.(string), 10, 64); err == nil {
				fields[name] = n
			}
		}
		encoded, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var e history.Event
		if err := json.Unmarshal(encoded, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		events = append(events, e)
	}
	return number(events)
}

// number puts events in order and numbers each actor's from 1.
func number(events []history.Event) []history.Event {
	history.Order(events)
	last := map[string]int64{}
	for i := range events {
		last[events[i].Actor]++
		events[i].N = last[events[i].Actor]
	}
	return events
}

func measured(t *testing.T, consumer, text string) *measure.Findings {
	t.Helper()
	return measure.All(script(t, consumer, text), measure.Asked{})
}

// premise finds a premise by its name; a premise that is not judged has no name.
func premise(f *measure.Findings, name string) measure.Premise {
	i := slices.IndexFunc(f.Premises, func(p measure.Premise) bool { return p.Name == name })
	if i < 0 {
		return measure.Premise{}
	}
	return f.Premises[i]
}
