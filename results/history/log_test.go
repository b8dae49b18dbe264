package history

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
		part, err := ReadLog(memory)
		if err != nil {
			t.Fatal(err)
		}
		if part.Actor != "w1" || part.Writer != Body {
			t.Fatalf("read back as the log of %q (%q)", part.Actor, part.Writer)
		}
		got, err := Merge([]Part{part})
		if err != nil {
			t.Fatal(err)
		}
		// Merging puts late events where they belong, and numbers them there.
		slices.SortStableFunc(want, func(a, b Event) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Shard, b.Shard))
		})
		for i := range want {
			want[i].N = int64(i + 1)
		}
		if diff := gocmp.Diff(want, got.Slice(), cmpopts.EquateEmpty()); diff != "" {
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
		h, err := readBack(memory[:size])
		if err != nil && size > len(logMagic)+len("\nw1\nbody")+recordHead {
			t.Fatalf("cut at %d: %v", size, err)
		}
		if h.Len() < last {
			t.Fatalf("cut at %d: %d events, %d before", size, h.Len(), last)
		}
		last = h.Len()
	}
	if last != 5 {
		t.Fatalf("the whole log has %d events, want 5", last)
	}
}

// readBack is the history of one log; an empty one where it cannot be read.
func readBack(memory []byte) (*History, error) {
	p, err := ReadLog(memory)
	if err != nil {
		return &History{}, err
	}
	return Merge([]Part{p})
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
	if _, err := readBack(memory); err == nil {
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
	got, err := Merge([]Part{
		part("w10", Body, ev(5, 1, Begin, "w10")),
		part("w2", WireOut, ev(5, 1, Pull, "w2"), ev(9, 3, Ack, "w2")),
		part("w2", Body, ev(5, 1, Begin, "w2"), ev(9, 2, End, "w2")),
		part("w2", WireIn, ev(5, 1, Deliver, "w2")),
		part(Watcher, "", ev(5, 1, Sample, Watcher)),
		part("publisher-1", "", ev(5, 1, Publish, "publisher-1")),
		part(Nemesis, "", ev(5, 1, Fault, Nemesis)),
	})
	if err != nil {
		t.Fatal(err)
	}
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
	if diff := gocmp.Diff(want, got.Slice()); diff != "" {
		t.Fatal(diff)
	}
}

// part is a log of events whose numbers are given.
func part(actor, writer string, events ...Event) Part {
	p := Part{Actor: actor, Writer: writer}
	for i := range events {
		rec := encode(make([]byte, encodedMax(&events[i])), &events[i])
		p.records = append(binary.LittleEndian.AppendUint32(p.records, uint32(len(rec))), rec...)
	}
	return p
}

// What was written late, by a goroutine that was overtaken, is put in its place. Nothing is missing then.
func TestMergePutsLateEventsInTheirPlace(t *testing.T) {
	got, err := Merge([]Part{
		part("w1", WireIn, Event{At: 7, N: 1, Kind: Deliver}, Event{At: 5, N: 2, Kind: Pull}, Event{At: 7, N: 3, Kind: Ack}),
		part("w1", Body, Event{At: 6, N: 1, Kind: Begin}),
	})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	for e := range got.Events() {
		kinds = append(kinds, e.Kind)
		if e.N != int64(len(kinds)) && e.Kind != Ack {
			t.Errorf("%s has the number %d", e.Kind, e.N)
		}
	}
	if want := []Kind{Pull, Begin, Deliver, Ack}; !slices.Equal(kinds, want) {
		t.Errorf("got %v, want %v", kinds, want)
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

// The first error of a log's memory is told at once and by Close; what was written before it is there, and nothing after it.
func TestLogOnError(t *testing.T) {
	full := errors.New("no space left on device")
	var memory []byte
	grow := func(used, size int) ([]byte, error) {
		if size > sizeMin {
			return nil, full
		}
		memory = make([]byte, size)
		return memory, nil
	}
	l := NewLog("w1", Body, grow)
	var told []error
	l.OnError(func(err error) { told = append(told, err) })
	for range 1000 {
		l.Append(&Event{Kind: Begin})
	}
	if len(told) != 1 || !errors.Is(told[0], full) {
		t.Errorf("told %v, want %v once", told, full)
	}
	if err := l.Close(); !errors.Is(err, full) {
		t.Errorf("Close says %v", err)
	}
	h, err := readBack(memory[:l.Used()])
	if err != nil || h.Len() == 0 || h.Len() >= 1000 {
		t.Errorf("%d events, %v", h.Len(), err)
	}
	l = NewLog("w1", Body, func(int, int) ([]byte, error) { return nil, full })
	l.OnError(func(err error) { told = append(told, err) })
	if len(told) != 2 {
		t.Errorf("an error that was there before is not told")
	}
}

// Of a log that is damaged in the middle, what stands before is in the history, and so are all other logs.
func TestDamagedLogCostsItself(t *testing.T) {
	write := func(actor string, n int) []byte {
		var memory []byte
		l := NewLog(actor, Body, func(used, size int) ([]byte, error) {
			bigger := make([]byte, size)
			copy(bigger, memory[:used])
			memory = bigger
			return memory, nil
		})
		for i := range n {
			l.Append(&Event{At: int64(i), Kind: Begin, Seq: 1})
		}
		return memory[:l.Used()]
	}
	good, bad := write("w1", 10), write("w2", 10)
	size := (len(bad) - recordHead - len(logMagic+"\nw2\n"+Body)) / 10
	bad[len(bad)-5*size+recordHead] = 200 // the kind of the sixth event
	var parts []Part
	for _, memory := range [][]byte{good, bad} {
		p, err := ReadLog(memory)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	h, damaged := Merge(parts)
	count := map[string]int{}
	for e := range h.Events() {
		count[e.Actor]++
	}
	if damaged == nil || !strings.Contains(damaged.Error(), "log of w2") || count["w1"] != 10 || count["w2"] != 5 {
		t.Errorf("%v, damaged: %v", count, damaged)
	}
}
