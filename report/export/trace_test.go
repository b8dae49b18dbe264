package export

import (
	"encoding/json"
	"slices"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// parsed is an event of a trace as a viewer reads it.
type parsed struct {
	Name, Ph, Cat, ID, S, BP string
	Ts, Dur                  *float64
	Pid, Tid                 *int
	Args                     map[string]any
}

func traceOf(t *testing.T, in Input) []parsed {
	t.Helper()
	var file struct{ TraceEvents []parsed }
	if err := json.Unmarshal(render(t, "trace", in, Options{}), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.TraceEvents) == 0 {
		t.Fatal("an empty trace")
	}
	return file.TraceEvents
}

// Every event has what its kind needs: each b its e, each s its f, each slice its length, each thread and process a name;
// slices of one thread do not overlap; and time goes on.
func TestTraceIsSound(t *testing.T) {
	all := map[string]Input{"drill": of(theDrill(t)), "repeats": inputs(t)["repeats"], "hostile": of(hostile(t)), "busy": of(busy(t))}
	for name, in := range all {
		t.Run(name, func(t *testing.T) {
			events := traceOf(t, in)
			checkPairs(t, events)
			checkThreads(t, events)
		})
	}
}

// checkPairs looks for the other half of what has two, and for the times of everything.
func checkPairs(t *testing.T, events []parsed) {
	t.Helper()
	opened, flows, last := map[string]float64{}, map[string]float64{}, map[int]float64{}
	for _, e := range events {
		if e.Name == "" || e.Pid == nil || e.Tid == nil {
			t.Fatalf("no name, process or thread: %+v", e)
		}
		if e.Ph == "M" {
			continue
		}
		if e.Ts == nil || *e.Ts < last[*e.Pid] {
			t.Fatalf("time is missing, or goes back: %+v", e)
		}
		last[*e.Pid] = *e.Ts
		key := e.Cat + " " + e.ID + " " + e.Name
		switch e.Ph {
		case "X":
			if e.Dur == nil || *e.Dur < 0 {
				t.Errorf("a slice without a length: %+v", e)
			}
		case "b":
			if _, twice := opened[key]; twice || e.ID == "" {
				t.Errorf("opened twice, or without an id: %+v", e)
			}
			opened[key] = *e.Ts
		case "e":
			if _, ok := opened[key]; !ok {
				t.Errorf("an end without a beginning: %+v", e)
			}
			delete(opened, key)
		case "s":
			flows[key] = *e.Ts
		case "f":
			if _, ok := flows[key]; !ok || e.BP != "e" {
				t.Errorf("an arrow that comes from nowhere: %+v", e)
			}
			delete(flows, key)
		case "i":
			if e.S != "p" {
				t.Errorf("an instant without a scope: %+v", e)
			}
		case "C":
			if _, ok := e.Args["messages"].(float64); !ok {
				t.Errorf("a counter without a number: %+v", e)
			}
		default:
			t.Errorf("an event of an unknown kind: %+v", e)
		}
	}
	if len(opened)+len(flows) > 0 {
		t.Errorf("never ended: %v %v", opened, flows)
	}
}

// lane is a thread of a process.
type lane struct{ pid, tid int }

// checkThreads looks for names, overlaps, and slices around the ends of arrows.
func checkThreads(t *testing.T, events []parsed) {
	t.Helper()
	named, processes := map[lane]bool{}, map[int]bool{}
	slicesOf := map[lane][]parsed{}
	for _, e := range events {
		l := lane{*e.Pid, *e.Tid}
		switch {
		case e.Ph == "M" && e.Name == "thread_name":
			named[l] = true
		case e.Ph == "M" && e.Name == "process_name":
			processes[l.pid] = true
		case e.Ph == "X":
			before := slicesOf[l]
			if n := len(before); n > 0 && *before[n-1].Ts+*before[n-1].Dur > *e.Ts+0.0005 {
				t.Errorf("%+v overlaps %+v", e, before[n-1])
			}
			slicesOf[l] = append(before, e)
		}
		if e.Ph != "M" && (!processes[l.pid] || e.Ph != "C" && !named[l]) {
			t.Errorf("a process or thread without a name: %+v", e)
		}
	}
	for _, e := range events {
		around := func(s parsed) bool { return *s.Ts <= *e.Ts && *e.Ts <= *s.Ts+*s.Dur }
		if (e.Ph == "s" || e.Ph == "f") && !slices.ContainsFunc(slicesOf[lane{*e.Pid, *e.Tid}], around) {
			t.Errorf("an arrow ends at no slice: %+v", e)
		}
	}
}

// The trace shows what the record tells: each redelivery an arrow, each fault an instant, each handler a slice.
func TestTraceTellsTheDrill(t *testing.T) {
	run := theDrill(t)
	counts := map[string]int{}
	for _, e := range traceOf(t, of(run)) {
		counts[e.Ph+" "+e.Cat]++
	}
	begun := 0
	for e := range run.History.Events() {
		if e.Kind == history.Begin {
			begun++
		}
	}
	f := &run.Record.Findings
	for key, want := range map[string]int{"f redelivery": len(f.Redeliveries), "i fault": len(f.Faults), "X service": begun, "X phase": len(f.Phases),
		"b pin": int(run.Record.Metrics["pin.count"])} {
		if counts[key] != want || want == 0 {
			t.Errorf("%d of %s, want %d and more than none", counts[key], key, want)
		}
	}
}

// busy is a run of a worker with three handlers at once.
func busy(t *testing.T) Run {
	t.Helper()
	var events []history.Event
	for seq := range uint64(9) {
		at := int64(seq) * 10e6
		events = append(events,
			history.Event{At: at, Actor: "w1", Kind: history.Deliver, Seq: seq + 1, Delivery: 1, ConsumerSeq: seq + 1},
			history.Event{At: at, Actor: "w1", Kind: history.Begin, Seq: seq + 1, Delivery: 1},
			history.Event{At: at + 25e6, Actor: "w1", Kind: history.End, Seq: seq + 1, Delivery: 1, Outcome: history.OK})
	}
	history.Order(events)
	for i := range events {
		events[i].N = int64(i + 1)
	}
	run := theDrill(t)
	run.History = history.Of(events...)
	run.Record.Findings = *measure.All(events, measure.Asked{})
	return run
}

// As many handlers at once, as many threads.
func TestTraceParts(t *testing.T) {
	threads := map[int]bool{}
	for _, e := range traceOf(t, of(busy(t))) {
		if e.Cat == "service" {
			threads[*e.Tid] = true
		}
	}
	if len(threads) != 3 {
		t.Errorf("%d threads of handlers, want 3", len(threads))
	}
}

// Nanoseconds are microseconds, exactly.
func TestMicros(t *testing.T) {
	for ns, want := range map[int64]string{0: "0", 1: "0.001", 1500: "1.5", 1_000_000: "1000", -1: "-0.001", -2500: "-2.5", 1_234_567_891: "1234567.891"} {
		if got, err := micros(ns).MarshalJSON(); string(got) != want || err != nil {
			t.Errorf("%d ns is %s (%v), want %s", ns, got, err, want)
		}
	}
}
