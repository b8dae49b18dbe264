package measure_test

import (
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// forgetful is the history of a server that forgets three acknowledged messages of five and gives two of their sequences
// again. All seven are handled, the fifth twice as long as the others.
func forgetful(do string, final history.Event) []history.Event {
	var events []history.Event
	n := map[string]int64{}
	add := func(at int64, actor string, e history.Event) {
		n[actor]++
		e.At, e.Actor, e.N = at, actor, n[actor]
		events = append(events, e)
	}
	add(0, history.Runner, history.Event{Kind: history.Phase, Phase: history.PhaseDisturb})
	op := uint64(0)
	message := func(at int64, seq uint64) {
		op++
		add(at, "publisher-1", history.Event{Kind: history.Publish, Op: op, Due: at, Key: "k"})
		add(at+1, "publisher-1", history.Event{Kind: history.Stored, Op: op, Seq: seq, Key: "k"})
		add(at+2, "w", history.Event{Kind: history.Deliver, Seq: seq, Delivery: 1, ConsumerSeq: op})
		add(at+3, "w", history.Event{Kind: history.Begin, Seq: seq, Delivery: 1})
		add(at+4, "w", history.Event{Kind: history.End, Seq: seq, Delivery: 1, Outcome: history.OK})
		add(at+4, "w", history.Event{Kind: history.Ack, Seq: seq, Delivery: 1})
	}
	for seq := range uint64(5) {
		message(int64(seq)*10, seq+1)
	}
	add(60, history.Nemesis, history.Event{Kind: history.Fault, Fault: 1, Do: do, Target: "n1"})
	add(70, history.Nemesis, history.Event{Kind: history.Heal, Fault: 1, Do: do, Target: "n1"})
	message(80, 3)
	message(90, 4)
	final.Kind = history.Final
	add(100, history.Watcher, final)
	add(101, history.Runner, history.Event{Kind: history.Phase, Phase: history.PhaseEnd, Reason: "drained"})
	return events
}

// What a server forgets is lost, and what it gives the same sequence to is another message: it is no duplicate.
func TestForgotten(t *testing.T) {
	for _, c := range []struct {
		do           string
		final        history.Event
		lost, reused float64
		known        bool
	}{
		{"power_loss", history.Event{Seq: 4, Stored: 4}, 3, 2, true},
		{"power_loss", history.Event{Seq: 4, Stored: 3}, 4, 2, true}, // one is missing in between as well
		{"kill_server", history.Event{Seq: 4, Stored: 4}, 3, 2, true},
		{"power_loss", history.Event{Stored: 4}, 0, 0, false}, // nobody said where the stream ends
	} {
		f := measure.All(forgetful(c.do, c.final), measure.Asked{Faults: 1})
		m := f.Metrics
		if lost, known := m["publish.lost"]; known != c.known || lost != c.lost || m["publish.reused"] != c.reused {
			t.Errorf("%s, %+v: publish.lost %v (known: %v), publish.reused %v", c.do, c.final, lost, known, m["publish.reused"])
		}
		if m["handled.count"] != 7 || m["duplicate.count"] != 0 || m["lost.count"] != 0 || m["redelivery.count"] != 0 {
			t.Errorf("%s: handled.count %v, duplicate.count %v, lost.count %v, redelivery.count %v, want 7 handled once each",
				c.do, m["handled.count"], m["duplicate.count"], m["lost.count"], m["redelivery.count"])
		}
	}
}
