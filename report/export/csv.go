package export

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"sort"
	"strconv"
	"strings"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// Column is a column of the table over time.
type Column struct{ Name, Doc string }

// Columns are the columns of the table over time, in their order. A cell is empty where a column says nothing of an actor.
var Columns = []Column{
	{"scenario", "name of the scenario"},
	{"clock", "virtual or real: all times are of this clock"},
	{"seed", "seed of the run"},
	{"from_s", "start of the interval, in seconds since the run's origin"},
	{"to_s", "its end, which is not part of it; the last interval may be shorter"},
	{"phase", "phase of the run in which most of the interval lies: backlog, warmup, disturb, heal, drain, end"},
	{"role", "what the row is about: run, publisher or worker"},
	{"actor", "name of the publisher or the worker; `run` for all of them"},
	{"published", "run, publisher: messages that left"},
	{"stored", "run, publisher: messages that the server acknowledged"},
	{"refused", "run, publisher: messages that the server refused, or did not answer in time"},
	{"delivered", "run, worker: deliveries that arrived"},
	{"redelivered", "run, worker: those of them numbered above 1"},
	{"begun", "run, worker: handlers that started"},
	{"handled", "run, worker: handlers that ended ok"},
	{"failed", "run, worker: handlers that ended in another way"},
	{"acked", "run, worker: acks that left"},
	{"busy_s", "worker: time in service and not frozen, in seconds"},
	{"held_max", "worker: messages delivered and not finished, most at one time"},
	{"ack_pending_max", "run: ack pending, most at one time; of several consumers, of the one that has most"},
	{"ack_pending_end", "run: the same, at the end of the interval"},
	{"backlog_max", "run: new messages that waited, most at one time"},
	{"backlog_end", "run: the same, at the end of the interval"},
	{"limit", "run: max_ack_pending, as the server reported it last; -1: none"},
}

// rowsMax bounds the rows of a run: longer tables are made with longer intervals.
const rowsMax = 1_000_000

// tally is what one actor did in one interval.
type tally struct {
	published, stored, refused, delivered, redelivered, begun, handled, failed, acked int
}

func writeCSV(w io.Writer, runs []Run, o Options) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	var head []string
	for _, c := range Columns {
		head = append(head, c.Name)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for _, r := range runs {
		if err := writeRun(out, r, o.every()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// writeRun writes the rows of one run: of each interval one for the run, then one for each publisher and each worker.
func writeRun(out *csv.Writer, r Run, every int64) error {
	t := &timetable{Run: r, d: r.detail(), every: every, tallies: map[place]*tally{}, known: map[string]bool{}, workers: map[string]measure.Worked{}}
	first, last := floor(t.d.Whole.From, every), floor(t.d.Whole.To, every)
	t.count()
	if rows := (last - first + 1) * int64(len(t.actors)+1); rows > rowsMax {
		return fmt.Errorf("a table of %d rows, one for each actor and interval of %s; expected at most %d: choose a longer interval",
			rows, seconds(every)+" s", rowsMax)
	}
	for at := first; at <= last; at++ {
		span := measure.Span{From: max(at*every, t.d.Whole.From), To: min((at+1)*every, t.d.Whole.To)}
		if span.From >= span.To && at > first {
			span.To = span.From // what happened in the run's last instant
		}
		if err := out.Write(t.runRow(at, span)); err != nil {
			return err
		}
		for _, a := range t.actors {
			if err := out.Write(t.actorRow(at, span, a)); err != nil {
				return err
			}
		}
	}
	return nil
}

// place is an actor in one interval; no actor has no name, so "" is all of them.
type place struct {
	actor  string
	number int64
}

// actor is a publisher or a worker.
type actor struct{ role, name string }

// timetable is one run, dealt out among intervals.
type timetable struct {
	Run
	d       *measure.Detail
	every   int64
	tallies map[place]*tally
	actors  []actor
	known   map[string]bool // actors by name
	workers map[string]measure.Worked
}

// count takes in what the actors did.
func (t *timetable) count() {
	for e := range t.History.Events() {
		switch e.Kind {
		case history.Publish, history.Stored, history.Refused, history.Unknown:
			t.meet("publisher", e.Actor)
		case history.Deliver, history.Begin, history.End, history.Ack:
			t.meet("worker", e.Actor)
		default:
			continue
		}
		t.tally(e.Actor, floor(e.At, t.every)).add(e)
		t.tally("", floor(e.At, t.every)).add(e)
	}
	for _, w := range t.d.Workers() {
		t.workers[w.Worker] = w
		t.meet("worker", w.Worker) // it may have been there and done nothing
	}
	slices.SortFunc(t.actors, func(a, b actor) int { return history.CompareActors(a.name, b.name) })
}

// meet makes an actor known.
func (t *timetable) meet(role, name string) {
	if !t.known[name] {
		t.known[name] = true
		t.actors = append(t.actors, actor{role, name})
	}
}

func (t *timetable) tally(name string, number int64) *tally {
	k := place{name, number}
	if t.tallies[k] == nil {
		t.tallies[k] = &tally{}
	}
	return t.tallies[k]
}

func (y *tally) add(e *history.Event) {
	one := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	one(&y.published, e.Kind == history.Publish)
	one(&y.stored, e.Kind == history.Stored)
	one(&y.refused, e.Kind == history.Refused || e.Kind == history.Unknown)
	one(&y.delivered, e.Kind == history.Deliver)
	one(&y.redelivered, e.Kind == history.Deliver && e.Delivery > 1)
	one(&y.begun, e.Kind == history.Begin)
	one(&y.handled, e.Kind == history.End && e.Outcome == history.OK)
	one(&y.failed, e.Kind == history.End && e.Outcome != history.OK)
	one(&y.acked, e.Kind == history.Ack)
}

// head are the cells that begin every row.
func (t *timetable) head(span measure.Span, role, name string) []string {
	r := t.Record
	return []string{
		cell(r.Scenario), cell(r.Clock), strconv.FormatUint(r.Seed, 10), seconds(span.From), seconds(span.To),
		cell(t.phase(span)), role, cell(name),
	}
}

// runRow is the run in one interval.
func (t *timetable) runRow(number int64, span measure.Span) []string {
	y, end := t.tally("", number), max(span.To-1, span.From)
	row := slices.Concat(t.head(span, "run", "run"), y.publisherCells(), y.workerCells(), []string{"", ""})
	return append(row, number64(t.d.AckPending.Max(span)), number64(t.d.AckPending.At(end)),
		number64(t.d.Backlog.Max(span)), number64(t.d.Backlog.At(end)), limit(t.Record.Findings.Limit))
}

// actorRow is one actor in one interval.
func (t *timetable) actorRow(number int64, span measure.Span, a actor) []string {
	row := t.head(span, a.role, a.name)
	if y := t.tally(a.name, number); a.role == "publisher" {
		row = append(row, y.publisherCells()...)
	} else {
		row = slices.Concat(row, []string{"", "", ""}, y.workerCells(), t.worker(span, a.name))
	}
	return append(row, make([]string, len(Columns)-len(row))...)
}

func (y *tally) publisherCells() []string {
	return []string{strconv.Itoa(y.published), strconv.Itoa(y.stored), strconv.Itoa(y.refused)}
}

func (y *tally) workerCells() []string {
	return []string{
		strconv.Itoa(y.delivered), strconv.Itoa(y.redelivered), strconv.Itoa(y.begun), strconv.Itoa(y.handled),
		strconv.Itoa(y.failed), strconv.Itoa(y.acked),
	}
}

// worker says how long a worker was busy, and how much it held.
func (t *timetable) worker(span measure.Span, name string) []string {
	w, busy := t.workers[name], int64(0)
	first := sort.Search(len(w.Busy), func(k int) bool { return w.Busy[k].To > span.From })
	for _, s := range w.Busy[first:] {
		if s.From >= span.To {
			break
		}
		busy += min(s.To, span.To) - max(s.From, span.From)
	}
	return []string{seconds(busy), number64(w.Held.Max(span))}
}

// phase is the phase in which most of a span lies; of an instant, the last that begins there. The backlog and the warm-up may
// take a few milliseconds of the first interval, or nothing of it.
func (t *timetable) phase(span measure.Span) string {
	name, most := "", int64(0)
	for _, p := range t.Record.Findings.Phases {
		share := max(0, min(p.To, span.To)-max(p.From, span.From))
		if share > most || most == 0 && p.From <= span.From {
			name, most = p.Name, share
		}
	}
	return name
}

func number64(n int64) string { return strconv.FormatInt(n, 10) }

// limit is empty where nobody knows it.
func limit(n int64) string {
	if n == 0 {
		return ""
	}
	return number64(n)
}

// seconds writes nanoseconds as seconds, exactly.
func seconds(ns int64) string {
	sign := ""
	if ns < 0 {
		sign, ns = "-", -ns
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%s%d.%09d", sign, ns/1e9, ns%1e9), "0"), ".")
}

// floor is the number of the interval in which an instant lies.
func floor(at, every int64) int64 {
	number := at / every
	if at%every < 0 {
		number--
	}
	return number
}
