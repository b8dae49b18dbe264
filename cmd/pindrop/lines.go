package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// writeLines writes events for people: time in seconds, actor, kind, and the fields that are set.
func writeLines(w io.Writer, h *history.History) error {
	out := bufio.NewWriter(w)
	for e := range h.Events() {
		fmt.Fprintf(out, "%14.9f  %-12s  %-14s  %s\n", time.Duration(e.At).Seconds(), e.Actor, e.Kind, fields(e))
	}
	return out.Flush()
}

// fields are those of an event that are not zero, by their JSON names; times among them have a unit.
func fields(e *history.Event) string {
	var words []string
	v := reflect.ValueOf(*e)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		switch name {
		case "at", "actor", "n", "kind":
		case "due", "expires", "delay":
			words = append(words, name+"="+time.Duration(f.Int()).String())
		case "stream", "consumer":
			words = append(words, name+"="+string(f.Bytes()))
		default:
			words = append(words, name+"="+word(f))
		}
	}
	return strings.Join(words, " ")
}

// word is a value as one word, quoted where it has spaces.
func word(v reflect.Value) string {
	s := fmt.Sprint(v.Interface())
	if strings.ContainsAny(s, " \"\t\n") {
		return strconv.Quote(s)
	}
	return s
}

// plainTable is a table without lines.
func plainTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	return t
}

// writeMetrics writes every metric that applies, and the premises that do not hold.
func writeMetrics(w io.Writer, f *measure.Findings) error {
	t := plainTable()
	for _, m := range measure.Table {
		if v, ok := f.Metrics[m.Name]; ok {
			t.AppendRow(table.Row{m.Name, strconv.FormatFloat(v, 'g', -1, 64), m.Unit})
		}
	}
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, t.Render())
	for _, p := range f.Premises {
		if !p.OK {
			fmt.Fprintf(out, "\npremise broken: %s: got %s, wanted %s\n", p.Name, p.Got, p.Wanted)
		}
	}
	return out.Flush()
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
