package history

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyEvent draws an event in which every field may be set.
func anyEvent(t *rapid.T) Event {
	e := Event{Kind: rapid.SampledFrom(kinds[:]).Draw(t, "kind")}
	v := reflect.ValueOf(&e).Elem()
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if name == "Actor" || name == "N" || name == "Kind" || !rapid.Bool().Draw(t, "has "+name) {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(rapid.StringN(1, 20, 60).Draw(t, name))
		case reflect.Int32, reflect.Int64:
			f.SetInt(int64(rapid.Int32().Draw(t, name)))
		case reflect.Uint32, reflect.Uint64:
			f.SetUint(uint64(rapid.Uint32().Draw(t, name)))
		case reflect.Slice:
			f.SetBytes(json.RawMessage(`{"a":1}`))
		default:
			t.Fatalf("field %s has a kind that this test does not draw", name)
		}
	}
	return e
}

// What is appended is read back, whatever the fields, also where the log had to grow.
func TestLogRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		grow := InMemory()
		var memory []byte
		log := NewLog("w1", Body, func(used, size int) ([]byte, error) {
			var err error
			memory, err = grow(used, size)
			return memory, err
		})
		var want []Event
		for range rapid.IntRange(0, 50).Draw(t, "events") {
			e := anyEvent(t)
			log.Append(&e)
			e.Actor = "w1"
			want = append(want, e)
		}
		got, err := ReadLog(memory)
		if err != nil {
			t.Fatal(err)
		}
		if got.Actor != "w1" || got.Writer != Body {
			t.Fatalf("read back as the log of %q (%q)", got.Actor, got.Writer)
		}
		if diff := cmp.Diff(want, got.Events); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A log cut off at any byte, as a SIGKILL may leave it, yields the events before the cut and no error.
func TestLogCutShort(t *testing.T) {
	var memory []byte
	grow := InMemory()
	log := NewLog("w1", Body, func(used, size int) ([]byte, error) {
		var err error
		memory, err = grow(used, size)
		return memory, err
	})
	for seq := range uint64(5) {
		log.Append(&Event{Kind: Begin, At: int64(seq), Seq: seq + 1, Delivery: 1})
	}
	last := 0
	for size := range log.used + 1 {
		p, err := ReadLog(memory[:size])
		if err != nil && size > len(logMagic)+len("\nw1\nbody")+recordHead {
			t.Fatalf("cut at %d: %v", size, err)
		}
		if len(p.Events) < last {
			t.Fatalf("cut at %d: %d events, %d before", size, len(p.Events), last)
		}
		last = len(p.Events)
	}
	if last != 5 {
		t.Fatalf("the whole log has %d events, want 5", last)
	}
}

// Not a log, or one that was damaged, is an error and not an empty history.
func TestReadLogRefuses(t *testing.T) {
	if _, err := ReadLog([]byte("something else")); err == nil {
		t.Error("text was read as a log")
	}
	var memory []byte
	grow := InMemory()
	log := NewLog("w1", Body, func(used, size int) (_ []byte, err error) {
		memory, err = grow(used, size)
		return memory, err
	})
	start := log.used
	log.Append(&Event{Kind: Begin, Seq: 1})
	memory[start+recordHead] = 250
	if _, err := ReadLog(memory); err == nil {
		t.Error("a record of kind 250 was read")
	}
}

// A closed log drops what comes too late, and tells its first error once.
func TestLogClose(t *testing.T) {
	full := errors.New("no room")
	log := NewLog("w1", Body, func(int, int) ([]byte, error) { return nil, full })
	log.Append(&Event{Kind: Begin, Seq: 1})
	if err := log.Close(); !errors.Is(err, full) {
		t.Errorf("got %v, want %v", err, full)
	}
	log.Append(&Event{Kind: Begin, Seq: 2})
	if err := log.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

func TestMergeOrdersAndNumbers(t *testing.T) {
	ev := func(at, n int64, k Kind, actor string) Event { return Event{At: at, N: n, Kind: k, Actor: actor} }
	got := Merge([]Part{
		{Actor: "w10", Writer: Body, Events: []Event{ev(5, 1, Begin, "w10")}},
		{Actor: "w2", Writer: WireOut, Events: []Event{ev(5, 1, Pull, "w2"), ev(9, 3, Ack, "w2")}},
		{Actor: "w2", Writer: Body, Events: []Event{ev(5, 1, Begin, "w2"), ev(9, 2, End, "w2")}},
		{Actor: "w2", Writer: WireIn, Events: []Event{ev(5, 1, Deliver, "w2")}},
		{Actor: Watcher, Events: []Event{ev(5, 1, Sample, Watcher)}},
		{Actor: "publisher-1", Events: []Event{ev(5, 1, Publish, "publisher-1")}},
		{Actor: Nemesis, Events: []Event{ev(5, 1, Fault, Nemesis)}},
	})
	want := []Event{
		ev(5, 1, Fault, Nemesis),
		ev(5, 1, Publish, "publisher-1"),
		ev(5, 1, Deliver, "w2"),
		ev(5, 2, Begin, "w2"),
		ev(5, 3, Pull, "w2"),
		ev(5, 1, Begin, "w10"),
		ev(5, 1, Sample, Watcher),
		ev(9, 4, End, "w2"),
		ev(9, 6, Ack, "w2"), // the wire lost its second event: number 5 is missing
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

// BenchmarkAppend is the cost of recording one event of the hot path, without the clock.
func BenchmarkAppend(b *testing.B) {
	log := NewLog("w1", Body, ring())
	b.ReportAllocs()
	for b.Loop() {
		log.Append(&Event{At: 1_250_000_000, Kind: Begin, Seq: 123_456, Delivery: 1, Gen: 3})
		if log.used > 1<<20 {
			log.used = 0 // the benchmark is about writing, not about memory
		}
	}
}

// ring is memory that never grows beyond 2 MiB.
func ring() Grow {
	buf := make([]byte, 2<<20)
	return func(int, int) ([]byte, error) { return buf, nil }
}
