package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pindrop/results/measure"
)

// A trace has a process for each run, and in it a thread for the phases, one for the faults, and as many for each worker as
// it had handlers at work at once: slices of one thread must not overlap. What may overlap (the pin, a freeze, a fault)
// is an asynchronous slice, which viewers draw on a track of its own. An arrow leads from a delivery to the message's next one.

// traceEvent is one line of a trace, in the Trace Event Format.
type traceEvent struct {
	Name string  `json:"name"`
	Ph   string  `json:"ph"` // X slice, b e asynchronous slice, i instant, C counter, s f flow, M metadata
	Cat  string  `json:"cat,omitempty"`
	Ts   *micros `json:"ts,omitempty"`
	Dur  *micros `json:"dur,omitempty"`
	Pid  int     `json:"pid"`
	Tid  int     `json:"tid"`
	ID   string  `json:"id,omitempty"`
	S    string  `json:"s,omitempty"`  // of an instant: p: drawn through the whole process
	BP   string  `json:"bp,omitempty"` // of a flow's end: e: it ends at the slice around it
	Args any     `json:"args,omitempty"`
}

// micros is nanoseconds, written as microseconds.
type micros int64

// MarshalJSON writes microseconds, exactly.
func (m micros) MarshalJSON() ([]byte, error) {
	text := strconv.FormatInt(int64(m)/1000, 10)
	if m < 0 && m > -1000 {
		text = "-0"
	}
	if rest := max(int64(m)%1000, -(int64(m) % 1000)); rest != 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%03d", rest), "0")
	}
	return []byte(text), nil
}

func writeTrace(w io.Writer, runs []Run, _ Options) error {
	out := bufio.NewWriter(w)
	out.WriteString("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")
	between := "\n"
	for i, r := range runs {
		d := r.detail()
		t := &tracer{Run: r, d: d, deliveries: d.Deliveries(), pid: i + 1}
		t.draw()
		for _, e := range t.events {
			line, err := marshal(e)
			if err != nil {
				return fmt.Errorf("trace: %w", err)
			}
			out.WriteString(between)
			out.Write(line)
			between = ",\n"
		}
	}
	out.WriteString("\n]}\n")
	return out.Flush()
}

// marshal is JSON with < and > as they are: a trace is not part of a page.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// tracer collects the events of one run.
type tracer struct {
	Run
	d      *measure.Detail
	pid    int
	tid    int // of the newest thread
	ids    int // of asynchronous slices and flows, up to now
	events []traceEvent

	deliveries []measure.Delivery
}

// draw makes all events; threads and their names come first, the rest follows by time.
func (t *tracer) draw() {
	r := t.Record
	t.meta("process_name", 0, map[string]any{"name": clean(fmt.Sprintf("%s, %s clock, seed %d", r.Scenario, r.Clock, r.Seed))})
	t.meta("process_sort_index", 0, map[string]any{"sort_index": t.pid})
	t.phases()
	t.faults()
	t.workers()
	t.counters()
	slices.SortStableFunc(t.events, func(a, b traceEvent) int { return at(a) - at(b) })
}

// at orders events by time: metadata has none, and comes first.
func at(e traceEvent) int {
	if e.Ts == nil {
		return -1 << 62
	}
	return int(*e.Ts)
}

func (t *tracer) meta(name string, tid int, args any) {
	t.events = append(t.events, traceEvent{Name: name, Ph: "M", Pid: t.pid, Tid: tid, Args: args})
}

// thread opens a thread below those before it.
func (t *tracer) thread(name string) int {
	t.tid++
	t.meta("thread_name", t.tid, map[string]any{"name": clean(name)})
	t.meta("thread_sort_index", t.tid, map[string]any{"sort_index": t.tid})
	return t.tid
}

func instant(ns int64) *micros {
	m := micros(ns)
	return &m
}

// slice draws a span on a thread.
func (t *tracer) slice(tid int, cat, name string, s measure.Span, args any) {
	t.events = append(t.events, traceEvent{Name: clean(name), Ph: "X", Cat: cat, Ts: instant(s.From), Dur: instant(s.To - s.From),
		Pid: t.pid, Tid: tid, Args: args})
}

// async draws a span that others may overlap.
func (t *tracer) async(tid int, cat, name string, s measure.Span, args any) {
	t.ids++
	e := traceEvent{Name: clean(name), Ph: "b", Cat: cat, Ts: instant(s.From), Pid: t.pid, Tid: tid,
		ID: fmt.Sprintf("%d.%d", t.pid, t.ids), Args: args}
	end := e
	end.Ph, end.Ts, end.Args = "e", instant(s.To), nil
	t.events = append(t.events, e, end)
}

func (t *tracer) phases() {
	tid := t.thread("phases")
	for _, p := range t.Record.Findings.Phases {
		var args any
		if p.Reason != "" {
			args = map[string]any{"reason": clean(p.Reason)}
		}
		t.slice(tid, "phase", p.Name, p.Span, args)
	}
}

// faults draws an instant through everything for each fault, and how long it lasted.
func (t *tracer) faults() {
	tid := t.thread("faults")
	for _, f := range t.Record.Findings.Faults {
		name := strings.TrimSpace(fmt.Sprintf("fault %d: %s %s", f.ID, f.Do, f.Target))
		args := map[string]any{"holder": f.Holder, "held": f.Held, "in_service": f.Begun, "healed": f.Healed}
		if f.Shard > 0 {
			args["consumer"] = f.Shard
		}
		t.events = append(t.events, traceEvent{Name: clean(name), Ph: "i", Cat: "fault", Ts: instant(f.From), Pid: t.pid, Tid: tid,
			S: "p", Args: args})
		t.async(tid, "fault", name, f.Span, nil)
	}
}

// counters draws the lines of ack pending and of the backlog.
func (t *tracer) counters() {
	name := "ack pending"
	if limit := t.Record.Findings.Limit; limit > 0 {
		name = fmt.Sprintf("ack pending (limit %d)", limit)
	}
	for _, c := range []struct {
		name string
		of   measure.Level
	}{{name, t.d.AckPending}, {"backlog", t.d.Backlog}} {
		for at, v := range c.of.Steps() {
			t.events = append(t.events, traceEvent{Name: c.name, Ph: "C", Ts: instant(at), Pid: t.pid, Args: map[string]any{"messages": v}})
		}
	}
}
