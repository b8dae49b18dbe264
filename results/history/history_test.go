package history

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyRow draws an event as a file may hold it: of any kind, actor and number.
func anyRow(t *rapid.T) Event {
	e := anyEvent(t)
	e.Actor = rapid.SampledFrom([]string{"w1", "w2", Watcher, ""}).Draw(t, "actor")
	e.N = rapid.Int64().Draw(t, "n")
	if rapid.Bool().Draw(t, "far") {
		e.At = rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, -1}).Draw(t, "at")
		e.Seq = rapid.Uint64().Draw(t, "seq")
		e.Kind = Kind(rapid.SampledFrom([]string{"", "of another world"}).Draw(t, "unknown kind"))
	}
	return e
}

// What is packed is unpacked, whatever the fields, again and again.
func TestHistoryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Event
		for range rapid.IntRange(1, 50).Draw(t, "events") {
			want = append(want, anyRow(t))
		}
		h := Of(want...)
		if h.Len() != len(want) {
			t.Fatalf("%d events, want %d", h.Len(), len(want))
		}
		for range 2 {
			if diff := gocmp.Diff(want, h.Slice()); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

// Every field of an event is packed: a new one must be in the list of the coder, and be told by more or rare.
func TestEveryFieldIsPacked(t *testing.T) {
	for i := range reflect.TypeFor[Event]().NumField() {
		e := Event{Kind: Begin, Actor: "w1"}
		switch f := reflect.ValueOf(&e).Elem().Field(i); f.Kind() {
		case reflect.String:
			if f.String() == "" {
				f.SetString("x")
			}
		case reflect.Int32, reflect.Int64:
			f.SetInt(-7)
		case reflect.Uint32, reflect.Uint64:
			f.SetUint(7)
		case reflect.Slice:
			f.SetBytes(json.RawMessage(`{"a":1}`))
		default:
			t.Fatalf("field %s has a kind that this test does not know", reflect.TypeFor[Event]().Field(i).Name)
		}
		if diff := gocmp.Diff([]Event{e}, Of(e).Slice()); diff != "" {
			t.Errorf("%s:\n%s", reflect.TypeFor[Event]().Field(i).Name, diff)
		}
	}
}

// However long a history is, packed it is short.
func TestPackedIsShort(t *testing.T) {
	h := &History{}
	const events = 5_000_000
	for i := range uint64(events) {
		h.Append(&Event{At: int64(i) * 50e3, Actor: "w1", N: int64(i + 1), Kind: Begin, Seq: i/2 + 1, Delivery: 1, Gen: 3})
	}
	size := 0
	for _, block := range h.blocks {
		size += cap(block)
	}
	if size > 14*events {
		t.Errorf("%d bytes an event in %d blocks, want at most 14", size/events, len(h.blocks))
	}
}

// A reader may stop where it likes.
func TestReadingMayStop(t *testing.T) {
	h := Of(Event{At: 1}, Event{At: 2}, Event{At: 3})
	for e := range h.Events() {
		if e.At == 2 {
			break
		}
	}
	if h.Len() != 3 {
		t.Error("reading changed the history")
	}
}

// An event that is added, and a history without order, are put into the same order as a slice.
func TestOrderedAsASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []Event
		for range rapid.IntRange(0, 20).Draw(t, "events") {
			events = append(events, Event{
				At: rapid.Int64Range(0, 3).Draw(t, "at"), N: rapid.Int64Range(0, 3).Draw(t, "n"), Kind: Begin,
				Actor: rapid.SampledFrom([]string{"w10", "w2", Watcher, Runner, Nemesis, "publisher-1"}).Draw(t, "actor"),
				Seq:   rapid.Uint64().Draw(t, "seq"),
			})
		}
		h := Of(events...).Ordered()
		Order(events)
		if diff := gocmp.Diff(events, h.Slice(), gocmp.Comparer(func(a, b []Event) bool {
			return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
		})); diff != "" {
			t.Fatal(diff)
		}
		if h.Ordered() != h {
			t.Fatal("what is in order was ordered again")
		}
		more := Event{At: rapid.Int64Range(0, 4).Draw(t, "at"), Actor: Runner, N: 99, Kind: Phase}
		events = append(events, more)
		Order(events)
		if diff := gocmp.Diff(events, h.With(more).Slice()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// BenchmarkEvents is the cost of reading one packed event.
func BenchmarkEvents(b *testing.B) {
	h := &History{}
	for seq := range uint64(1000) {
		h.Append(&Event{At: int64(seq) * 1e6, N: int64(seq), Kind: Deliver, Actor: "w1", Seq: seq, Delivery: 1, ConsumerSeq: seq})
		h.Append(&Event{At: int64(seq) * 1e6, N: int64(seq), Kind: Begin, Actor: "w1", Seq: seq, Delivery: 1})
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); {
		for range h.Events() {
			n++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
	}
}
