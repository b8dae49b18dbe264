package measure_test

import (
	"fmt"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// load is a run of plain work: ten workers, every message published, stored, delivered, handled and acked.
func load(messages int) []history.Event {
	const every = 200e3
	events := []history.Event{{Actor: history.Watcher, Kind: history.Config,
		Consumer: []byte(`{"ack_wait":30000000000,"max_ack_pending":1000}`)}}
	for i := range messages {
		at, seq, w := int64(i)*every, uint64(i+1), fmt.Sprintf("w%d", 1+i%10)
		key := fmt.Sprintf("k%d", i%8)
		add := func(e history.Event, at int64) {
			e.At = at
			events = append(events, e)
		}
		add(history.Event{Actor: "publisher-1", Kind: history.Publish, Op: seq, Due: at, Key: key}, at)
		add(history.Event{Actor: "publisher-1", Kind: history.Stored, Op: seq, Seq: seq, Key: key}, at+10e3)
		add(history.Event{Actor: w, Kind: history.Deliver, Seq: seq, Delivery: 1, ConsumerSeq: seq}, at+20e3)
		add(history.Event{Actor: w, Kind: history.Begin, Seq: seq, Delivery: 1}, at+30e3)
		add(history.Event{Actor: w, Kind: history.End, Seq: seq, Delivery: 1, Outcome: history.OK}, at+1930e3)
		add(history.Event{Actor: w, Kind: history.Ack, Seq: seq, Delivery: 1}, at+1930e3)
	}
	history.Order(events)
	return events
}

func BenchmarkAll(b *testing.B) {
	events := load(1_000_000 / 6)
	b.ReportAllocs()
	for b.Loop() {
		measure.All(events, measure.Asked{})
	}
	b.ReportMetric(float64(len(events)), "events")
}
