package results

import (
	"bytes"
	"os"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// Whatever an expectation says, it is refused at a place inside it, or judged.
func FuzzExpectation(f *testing.F) {
	for _, source := range []string{
		"takeover.fault.max <= priority_timeout + 100ms", "absent(lost.count) or not (lost.count != 0)", "min(1, 2) * 5% > -1h30m / 2",
		"---------------lost.count == 0", "((((((((((1))))))))) > 0", "!!!!!!!!true", "1µs <\x00 lost.count", "1e999 > 0", "0x1p-2 > 1_000",
	} {
		f.Add(source, 2.0)
	}
	words := vocabulary()
	f.Fuzz(func(t *testing.T, source string, value float64) {
		e, err := CompileExpectation(source, words)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Fatalf("a message of %d bytes", len(err.Error()))
			}
			return
		}
		e.Judge(map[string]float64{"lost.count": value, "takeover.fault.max": value})
		e.Judge(nil)
	})
}

// aHistory has most kinds of fields.
func aHistory() *history.History {
	return history.Of(
		history.Event{At: 0, Actor: history.Runner, N: 1, Kind: history.Phase, Phase: history.PhaseDisturb, Do: "virtual", Count: 1},
		history.Event{At: 1, Actor: history.Watcher, N: 1, Kind: history.Config, Stream: []byte(`{"name":"s"}`), Consumer: []byte(`{"max_ack_pending":5}`)},
		history.Event{At: 10, Actor: "publisher-1", N: 1, Kind: history.Publish, Op: 1, Due: 9, Key: "k1", Size: 100},
		history.Event{At: 20, Actor: "publisher-1", N: 2, Kind: history.Stored, Op: 1, Seq: 1, Key: "k1"},
		history.Event{At: 30, Actor: "w1", N: 1, Kind: history.Deliver, Seq: 1, Delivery: 1, ConsumerSeq: 1, Gen: 1},
		history.Event{At: 31, Actor: "w1", N: 2, Kind: history.Begin, Seq: 1, Delivery: 1, Gen: 1},
		history.Event{At: 40, Actor: "w1", N: 3, Kind: history.End, Seq: 1, Delivery: 1, Gen: 1, Outcome: history.OK},
		history.Event{At: 41, Actor: "w1", N: 4, Kind: history.Ack, Seq: 1, Delivery: 1},
		history.Event{At: 50, Actor: history.Runner, N: 2, Kind: history.Phase, Phase: history.PhaseEnd, Do: history.CauseDrained, Reason: "drained"},
	)
}

// Whatever a Parquet file holds, it is refused, or measured; and can be written again.
func FuzzParquet(f *testing.F) {
	for _, h := range []*history.History{{}, aHistory()} {
		var b bytes.Buffer
		if err := WriteHistory(&b, h); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := ReadHistory(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		measure.Stream(h.Events(), measure.Asked{})
		var again bytes.Buffer
		if err := WriteHistory(&again, h); err != nil {
			t.Fatal(err)
		}
		if _, err := Digest(h); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever the probes of a study that was interrupted hold, they are refused, or read, and another one can follow.
func FuzzProbes(f *testing.F) {
	f.Add([]byte(`{"set":["workers.batch=5"],"seed":1,"verdict":"pass","reason":"","diagnosis":{},"metrics":{"gap.max":1.5}}` + "\n" + `{"set":[`))
	f.Add([]byte("\n\n{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		run := &Run{Dir: t.TempDir()}
		if err := os.WriteFile(run.Path(ProbesFile), text, 0o666); err != nil {
			t.Fatal(err)
		}
		log, probes, err := run.OpenProbes()
		if err != nil {
			return
		}
		if err := log.Add(&Probe{Seed: 7}); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		_, again, err := run.OpenProbes()
		if err != nil || len(again) != len(probes)+1 || again[len(probes)].Seed != 7 {
			t.Fatalf("of %d probes and one more came %d: %v", len(probes), len(again), err)
		}
	})
}
