package history_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pindrop/results/history"
)

// A tail that reads a log again and again, wherever its writer stands, sees every event once, whole and in order: also one
// that is longer than what is read at a time.
func TestTailSeesEveryEventOnce(t *testing.T) {
	var memory []byte
	grow := history.InMemory()
	log := history.NewLog("w1", history.Body, func(used, size int) (b []byte, err error) {
		memory, err = grow(used, size)
		return memory, err
	})
	var tail history.Tail
	var scratch []byte
	var written, seen []history.Event
	look := func() {
		t.Helper()
		if err := tail.Read(bytes.NewReader(memory), &scratch, func(e *history.Event) { seen = append(seen, *e) }); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(written, seen) {
			t.Fatalf("of %d events that were written the tail saw %d, or others", len(written), len(seen))
		}
		written, seen = nil, nil
	}
	look()
	for i := range 3000 {
		e := history.Event{At: int64(i), Kind: history.Begin, Seq: uint64(i + 1), Delivery: 1, Gen: 2, Shard: int32(i % 3)}
		switch {
		case i == 1500:
			e = history.Event{At: 1500, Kind: history.Config, Consumer: []byte(strings.Repeat("x", 300<<10))}
		case i%7 == 0:
			e.Kind, e.Outcome = history.End, history.OK
		}
		log.Append(&e)
		e.Actor = "w1"
		written = append(written, e)
		if i%500 == 1 || i == 1500 || i == 1501 {
			look()
		}
	}
	look()
	if tail.Actor != "w1" || tail.Writer != history.Body {
		t.Errorf("the log is of %s (%s)", tail.Actor, tail.Writer)
	}
}

// A record that is cut short by the end of what there is comes whole the next time.
func TestTailWaitsForTheRestOfARecord(t *testing.T) {
	var memory []byte
	grow := history.InMemory()
	log := history.NewLog("w1", "", func(used, size int) (b []byte, err error) {
		memory, err = grow(used, size)
		return memory, err
	})
	log.Append(&history.Event{Kind: history.Start, Worker: "w1", Incarnation: 1})
	log.Append(&history.Event{Kind: history.Stop, Worker: "w1", Incarnation: 1})
	end := len(bytes.TrimRight(memory, "\x00")) + 8
	for cut := range end {
		var tail history.Tail
		var scratch []byte
		var kinds []string
		for _, part := range [][]byte{memory[:cut], memory} {
			if err := tail.Read(bytes.NewReader(part), &scratch, func(e *history.Event) { kinds = append(kinds, string(e.Kind)) }); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprint(kinds); got != "[start stop]" {
			t.Fatalf("cut at %d: %s", cut, got)
		}
	}
}

func TestTailRefusesWhatIsNoLog(t *testing.T) {
	var tail history.Tail
	if err := tail.Read(strings.NewReader("\x04\x00\x00\x00nope"), new([]byte), func(*history.Event) {}); err == nil {
		t.Error("no error")
	}
}

// What following costs for each event.
func BenchmarkTail(b *testing.B) {
	var memory []byte
	grow := history.InMemory()
	log := history.NewLog("w1", history.Body, func(used, size int) (buf []byte, err error) {
		memory, err = grow(used, size)
		return memory, err
	})
	const events = 100_000
	for i := range events {
		e := history.Event{At: int64(i), Kind: history.Begin, Seq: uint64(i + 1), Delivery: 1, Gen: 2}
		if i%2 == 1 {
			e.Kind, e.Outcome = history.End, history.OK
		}
		log.Append(&e)
	}
	var scratch []byte
	seen := 0
	for b.Loop() {
		var tail history.Tail
		if err := tail.Read(bytes.NewReader(memory), &scratch, func(*history.Event) { seen++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(seen), "ns/event")
}
