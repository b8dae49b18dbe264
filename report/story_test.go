package report

import (
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
)

func TestStory(t *testing.T) {
	kill := measure.Fault{ID: 1, Do: "kill", Target: "w1", Span: span(10*sec, 20*sec), Holder: true}
	for _, c := range []struct {
		name string
		want string
		edit func(r *results.Record, f *measure.Findings)
	}{
		{"steady", "Without a fault 1 worker handled 12,345 messages, 400/s in disturb; of those due in disturb 99 % were acked within 45 ms.", func(r *results.Record, f *measure.Findings) {
			f.Lanes = []measure.Lane{{Worker: "w1"}}
			r.Metrics = map[string]float64{"handled.count": 12345, "handled.rate": 400, "latency.response.p99": 0.045}
		}},
		{"killed and nobody there", "w1 was killed with 1 message in its buffer; nobody took over.", func(_ *results.Record, f *measure.Findings) {
			kill := kill
			kill.Held = 1
			f.Faults = []measure.Fault{kill}
		}},
		{"a drain that has no pin to clear", "w2 was drained without holding the pin.", func(_ *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{{ID: 1, Do: "drain", Target: "w2", Span: span(10*sec, 20*sec), Pinless: true}}
		}},
		{"the next incarnation goes on", "w1 was killed; w1 itself went on 250 ms later.", func(_ *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{kill}
			f.Takeovers = []measure.Takeover{{FaultID: 1, From: "w1", To: "w1", BeginAt: 10*sec + 250*ms, FromFault: 250 * ms}}
		}},
		{"zombie", "w1 was frozen for 8 s in its 2nd message; w2 took over 2 s later; 3 messages came again after the ack wait and 1 after a nak. " +
			"w1 and w2 worked at once for 7.5 s, 6 s of it frozen; 2 messages of an older pin went on after the pin had moved; " +
			"one message was in service on two workers once.", func(r *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{{ID: 1, Do: "freeze", Target: "w1", Span: span(10*sec, 18*sec), Healed: true, Holder: true, Held: 1, Begun: 1, Nth: 2}}
			f.Lanes = []measure.Lane{{Worker: "w1"}, {Worker: "w2"}}
			f.Takeovers = []measure.Takeover{{FaultID: 1, From: "w1", To: "w2", BeginAt: 12 * sec, FromFault: 2 * sec}}
			f.Overlaps = []measure.Overlap{{Span: span(12*sec, 20*sec), Time: 7500 * ms, Frozen: 6 * sec, Old: "w1", New: "w2", Cause: "fault", FaultID: 1}}
			for i := range uint64(4) {
				f.Redeliveries = append(f.Redeliveries, measure.Redelivery{Seq: i, Mechanism: "ack_wait", Root: "fault 1"})
			}
			f.Redeliveries[3].Mechanism = "nak"
			r.Metrics = map[string]float64{"stale.messages": 2, "overlap.same_message": 1}
		}},
		{"several faults", "w1 was killed; w2 took over 2 s later. 2 more faults followed, and of 3 takeovers the longest took 2.5 s.", func(r *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{kill, kill, kill}
			for i := range int32(3) {
				f.Takeovers = append(f.Takeovers, measure.Takeover{FaultID: i + 1, From: "w1", To: "w2", FromFault: 2 * sec})
			}
			r.Metrics = map[string]float64{"takeover.fault.max": 2.5}
		}},
		{"servers were away", "n1 was killed; nobody worked for 8 s; 1 message came again after the ack wait. " +
			"240 messages were refused by the server; publishing failed for 6 s at the longest.", func(r *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{{ID: 1, Do: "kill_server", Target: "n1", Span: span(10*sec, 20*sec), Idle: span(10*sec, 18*sec), Next: "w2"}}
			f.Gaps = []measure.Gap{{Span: span(12*sec, 18*sec)}} // told already
			f.Redeliveries = []measure.Redelivery{{Mechanism: "ack_wait", Root: "fault 1"}}
			r.Metrics = map[string]float64{"publish.refused": 240, "publish.outage.max": 6}
		}},
		{"excused", "n1 lost its power. 2 safety laws did not hold, with an excuse (write_lost, not_converged).", func(_ *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{{ID: 1, Do: "power_loss", Target: "n1", Span: span(10*sec, 20*sec)}}
			f.Laws = []safety.Judgement{{Law: "write_lost", Outcome: safety.Excused}, {Law: "order_broken", Outcome: safety.Held},
				{Law: "not_converged", Outcome: safety.Excused}}
		}},
		{"a known loss", "n1 lost its power. From 4 s after the start of disturb on, the server no longer had the stream; " +
			"225 messages were acknowledged, and then forgotten by the stream; the loss of acknowledged messages has a known cause: its power (nats-server#7564).", func(r *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{{ID: 1, Do: "power_loss", Target: "n1", Span: span(10*sec, 20*sec)}}
			f.Phases = []measure.Phase{{Name: "disturb", Span: span(9*sec, 20*sec)}, {Name: "end", Span: span(30*sec, 30*sec), Reason: "the server no longer has the stream"}}
			f.Gone = []measure.Gone{{What: "stream", At: 13 * sec}}
			f.Loss = &measure.Loss{Messages: 225, Stream: true, Known: true, Cause: "its power", Refs: []string{"nats-server#7564"}}
			r.Metrics = map[string]float64{"publish.lost": 225}
		}},
		{"pin moves", "The pin changed hands twice without any fault and without overlap.", func(r *results.Record, _ *measure.Findings) {
			r.Metrics = map[string]float64{"pin.count": 3}
		}},
		{"throttled", "Ack pending stood at its limit of 1,000 for 12 s, which throttled delivery to the pace of the acks.", func(_ *results.Record, f *measure.Findings) {
			f.Limit, f.Cliffs = 1000, []measure.Cliff{{Span: span(0, 12*sec)}}
		}},
		{"a gap that was locked is not idleness", "w1 was killed; w2 took over 2 s later.", func(_ *results.Record, f *measure.Findings) {
			f.Faults = []measure.Fault{kill}
			f.Takeovers = []measure.Takeover{{FaultID: 1, From: "w1", To: "w2", BeginAt: 12 * sec, FromFault: 2 * sec}}
			f.Gaps = []measure.Gap{{Span: span(10*sec, 12*sec), Locked: true}}
		}},
		{"incomplete and lost", "The run is incomplete: it tells only what was recorded before it was cut short. 2 messages were lost: they never came to an end.", func(r *results.Record, _ *measure.Findings) {
			r.Complete, r.Metrics = false, map[string]float64{"lost.count": 2}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &results.Record{Complete: true}
			c.edit(r, &r.Findings)
			if got := Story(r); got != c.want {
				t.Errorf("\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

// After a fault of a server nobody takes over; the line says when there was work again, and for how long there was none.
func TestFailoverOfAServer(t *testing.T) {
	killed := measure.Fault{ID: 1, Do: "kill_server", Target: "n1", Span: span(10*sec, 20*sec), Idle: span(11*sec, 18*sec), Next: "w2"}
	for next, first := range map[string]string{"w2": "8 s later, by w2", "": "none"} {
		r := &results.Record{Complete: true}
		killed.Next = next
		r.Findings.Faults = []measure.Fault{killed}
		r.Findings.Redeliveries = []measure.Redelivery{{Mechanism: "ack_wait", Root: "fault 1"}}
		rows := newBoard(r).failovers()
		if len(rows) != 1 || rows[0].First != first || rows[0].Idle != "7 s" || rows[0].Again != "1" {
			t.Errorf("rows %+v, want one with the first work %q, 7 s without, 1 redelivery", rows, first)
		}
	}
}

// Without a pin or levels there is no takeover to be read first, and no overlap of pins.
func TestTilesOfAPlainConsumer(t *testing.T) {
	r := &results.Record{Complete: true, Metrics: map[string]float64{"gap.max": 7.35, "publish.outage.max": 4.84}}
	for policy, labels := range map[string][2]string{
		"none": {"longest gap", "publishing failed"}, "overflow": {"longest gap", "publishing failed"},
		"pinned_client": {"longest takeover", "overlap"}, "prioritized": {"longest takeover", "overlap"},
	} {
		r.Findings.Policy = policy
		all := tiles(r)
		if len(all) != 6 || all[0].Label != labels[0] || all[1].Label != labels[1] {
			t.Errorf("%s: %+v", policy, all)
		}
		if applies := labels[0] == "longest gap"; applies && (all[0].Value != "7.35 s" || all[1].Value != "4.84 s") {
			t.Errorf("%s: %s and %s, want 7.35 s and 4.84 s", policy, all[0].Value, all[1].Value)
		}
	}
}

// Each kind of fault that a scenario may ask for has a sentence of its own.
func TestEveryFaultHasASentence(t *testing.T) {
	for _, do := range scenarios.FaultNames() {
		got := deed(measure.Fault{Do: do, Target: "x1", Span: span(10*sec, 12*sec), Healed: true})
		if strings.Contains(got, do) && strings.Contains(do, "_") || strings.Contains(got, "met the fault") {
			t.Errorf("%s: %s", do, got)
		}
		if _, ok := deeds[do]; !ok && things[do] == "" {
			t.Errorf("%s has no sentence", do)
		}
	}
	for do, want := range map[string]string{
		scenarios.DoLameDuck: "x1 was put into lame duck mode", scenarios.DoFreezeServer: "x1 was frozen for 2 s",
		scenarios.DoPause: "the consumer was paused for 2 s",
	} {
		if got := deed(measure.Fault{Do: do, Target: "x1", Span: span(10*sec, 12*sec), Healed: true}); got != want {
			t.Errorf("%s: %q, want %q", do, got, want)
		}
	}
}

// What a loss of power took is told from numbers; of an older record, whose words alone say so, the page has those.
func TestLossOfPowerIsTold(t *testing.T) {
	const words = "249 of 310 writes; 2 of 1.blk"
	for _, c := range []struct {
		fault       measure.Fault
		deed, files string
	}{
		{measure.Fault{Do: "power_loss", Target: "n1", Lost: words, Undone: 249, Open: 310},
			"n1 lost its power, and with it 249 of 310 unsynced writes and changes of names", ": " + words},
		{measure.Fault{Do: "power_loss", Target: "n1", Lost: words}, "n1 lost its power", ": " + words},
		{measure.Fault{Do: "kill_server", Target: "n1"}, "n1 was killed", ""},
	} {
		if got := deed(c.fault); got != c.deed {
			t.Errorf("got %q, want %q", got, c.deed)
		}
		if got := lostFiles(c.fault); got != c.files {
			t.Errorf("got %q, want %q", got, c.files)
		}
	}
}
