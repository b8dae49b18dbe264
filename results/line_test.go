package results

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/history"
)

// A line is what encoding/json makes of an event: digests in records rest on it.
func TestLinesAreThoseOfEncodingJSON(t *testing.T) {
	l := newLiner()
	check := func(t interface {
		Helper()
		Fatalf(string, ...any)
	}, e history.Event) {
		t.Helper()
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(&e); err != nil {
			t.Fatalf("%v", err)
		}
		got, err := l.line(&e)
		if err != nil || string(got) != want.String() {
			t.Fatalf("got  %s (%v)\nwant %s", got, err, want.String())
		}
	}
	check(t, history.Event{})
	for _, e := range someEvents() {
		check(t, e)
	}
	for _, text := range []string{`"`, `\`, "\x00", "\x1f", "\x7f", "é", "\xff", "\u2028", "<&>", "a b"} {
		check(t, history.Event{Kind: history.Status, Actor: text, Reason: text})
	}
	rapid.Check(t, func(t *rapid.T) { check(t, anyEvent().Draw(t, "event")) })
}

// BenchmarkKeep is what the history of a short run costs when it is over: its digest, and its file.
func BenchmarkKeep(b *testing.B) {
	h := &history.History{}
	for seq := range uint64(1500) {
		h.Append(&history.Event{At: int64(seq) * 1e6, N: int64(2 * seq), Kind: history.Deliver, Actor: "w1", Seq: seq, Delivery: 1, ConsumerSeq: seq})
		h.Append(&history.Event{At: int64(seq) * 1e6, N: int64(2*seq + 1), Kind: history.Begin, Actor: "w1", Seq: seq, Delivery: 1})
	}
	b.Run("digest", func(b *testing.B) {
		for b.Loop() {
			if _, err := Digest(h); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parquet", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := WriteHistory(io.Discard, h); err != nil {
				b.Fatal(err)
			}
		}
	})
}
