package history

import (
	"bytes"
	"testing"
)

// Whatever the memory of logs holds, it is refused, or merged, and a log can go on behind it.
func FuzzLogs(f *testing.F) {
	grow := InMemory()
	var memory []byte
	log := NewLog("w1", Body, func(used, size int) ([]byte, error) {
		var err error
		memory, err = grow(used, size)
		return memory, err
	})
	for _, e := range []Event{
		{At: 5, Kind: Begin, Seq: 1, Delivery: 1, Gen: 1}, {At: 4, Kind: Effect, Seq: 1, Key: "k", Outcome: Applied, Revision: 3},
		{At: 9, Kind: Config, Shard: 2, Stream: []byte(`{}`), Target: "stream", Stamp: -1},
	} {
		log.Append(&e)
	}
	memory = memory[:log.used+8]
	f.Add(memory, memory)
	f.Add(memory[:len(memory)-12], []byte{})
	f.Add(append(bytes.Clone(memory[:40]), make([]byte, 100)...), memory[3:])
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var parts []Part
		for _, buf := range [][]byte{a, b} {
			if part, err := ReadLog(buf); err == nil {
				parts = append(parts, part)
			}
			var tail Tail
			var scratch []byte
			_ = tail.Read(bytes.NewReader(buf), &scratch, func(*Event) {})
		}
		if h, err := Merge(parts); err == nil {
			for range h.Events() {
			}
		}
		l := ResumeLog("w1", Body, func() ([]byte, error) { return a, nil }, func(used, size int) ([]byte, error) {
			bigger := make([]byte, size)
			copy(bigger, a[:used])
			return bigger, nil
		})
		l.Append(&Event{Kind: Begin})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
