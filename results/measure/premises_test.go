package measure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

func TestPremisesHold(t *testing.T) {
	f := measure.All(script(t, drillConsumer, drill), measure.Asked{Faults: 1, Held: []int32{1}, Due: 3})
	var names []string
	for _, p := range f.Premises {
		names = append(names, p.Name)
		if !p.OK {
			t.Errorf("%s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	want := []string{"every event is there", "the run is complete", "the rate was reached", "the faults fired",
		"the target held a message when the fault hit", "every delivery was seen", "advisories are complete",
		"samples and events agree", "drained", "the state adds up", "workers and server agree on the writes"}
	if !slices.Equal(names, want) {
		t.Errorf("judged %q, want %q", names, want)
	}
}

// without removes the events that match.
func without(match func(history.Event) bool) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event { return slices.DeleteFunc(events, match) }
}

// with changes the events that match.
func with(kind history.Kind, change func(*history.Event)) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event {
		for i := range events {
			if events[i].Kind == kind {
				change(&events[i])
			}
		}
		return events
	}
}

// TestPremisesBreak plants one fault into a good history at a time, and looks for the premise that must find it.
func TestPremisesBreak(t *testing.T) {
	for _, c := range []struct {
		premise, got string
		plant        func([]history.Event) []history.Event
		asked        measure.Asked
	}{
		{"every event is there", "1 missing: w2 lacks 3", without(func(e history.Event) bool { return e.Actor == "w2" && e.N == 3 }), measure.Asked{}},
		{"every event is there", "1 missing: w1 lacks 1", without(func(e history.Event) bool { return e.Actor == "w1" && e.N == 1 }), measure.Asked{}},
		{"every event is there", "3 missing: w1 lacks 2 to 4", without(func(e history.Event) bool { return e.Actor == "w1" && e.N >= 2 && e.N <= 4 }), measure.Asked{}},
		{"every event is there", "1 numbered twice or out of order", func(events []history.Event) []history.Event { return slices.Insert(events, 5, events[4]) }, measure.Asked{}},
		{"the run is complete", "the history stops before the run ended", without(func(e history.Event) bool { return e.Phase == history.PhaseEnd }), measure.Asked{}},
		{"the run is complete", "interrupted by a person", with(history.Phase, func(e *history.Event) { e.Reason = "interrupted by a person" }), measure.Asked{}},
		{"the rate was reached", "3 of 4 due messages published in disturb", nil, measure.Asked{Due: 4}},
		{"the rate was reached", "0 of 3 due messages published in disturb", with(history.Publish, func(e *history.Event) { e.At = 1550e6 }), measure.Asked{}},
		{"the faults fired", "1 fired", nil, measure.Asked{Faults: 2}},
		{"the target held a message when the fault hit", "w2 held 0 when fault 1 hit it (freeze)",
			with(history.Fault, func(e *history.Event) { e.Target = "w2" }), measure.Asked{Held: []int32{1}}},
		{"the target held a message when the fault hit", "no such fault",
			without(func(e history.Event) bool { return e.Kind == history.Fault }), measure.Asked{Held: []int32{1}}},
		{"every delivery was seen", "3 of 4; 0 of the missing 1 may have been lost when a worker was cut",
			without(func(e history.Event) bool { return e.ConsumerSeq == 2 }), measure.Asked{}},
		{"every delivery was seen", "4 of 6; 0 of the missing 2 may have been lost when a worker was cut",
			with(history.Final, func(e *history.Event) { e.ConsumerSeq = 6 }), measure.Asked{}},
		{"samples and events agree", "1 of 2 samples do not; at 1.5 s the server said 2, the events say 0 to 1",
			with(history.Sample, func(e *history.Event) { e.AckPending = 2 }), measure.Asked{}},
		{"samples and events agree", "2 of 2 samples do not; at 1.5 s the server said 0, the events say 1 to 2",
			without(func(e history.Event) bool { return e.Seq == 1 && (e.Kind == history.Ack || e.Kind == history.Acked) }), measure.Asked{}},
		{"drained", "3 pending, 0 ack pending (drained)", with(history.Final, func(e *history.Event) { e.Pending = 3 }), measure.Asked{}},
		{"drained", "no final state", without(func(e history.Event) bool { return e.Kind == history.Final }), measure.Asked{}},
	} {
		t.Run(c.premise+"/"+c.got, func(t *testing.T) {
			events := script(t, drillConsumer, drill)
			if c.plant != nil {
				events = c.plant(events)
			}
			p := premise(measure.All(events, c.asked), c.premise)
			if p.OK || p.Got != c.got {
				t.Errorf("ok: %v, got %q, want it broken by %q", p.OK, p.Got, c.got)
			}
		})
	}
}

// TestDeliveriesLostInACut: what a killed worker was sent and never read is no broken premise.
func TestDeliveriesLostInACut(t *testing.T) {
	text := strings.ReplaceAll(drill, "do=freeze", "do=kill")
	events := without(func(e history.Event) bool { return e.ConsumerSeq == 2 })(script(t, drillConsumer, text))
	p := premise(measure.All(events, measure.Asked{}), "every delivery was seen")
	if warnings := measure.All(events, measure.Asked{}).Warnings; len(warnings) != 1 || !strings.HasPrefix(warnings[0], "1 deliveries that the server counted passed no wire") {
		t.Errorf("warnings %q, want one on the delivery that died", warnings)
	}
	if !p.OK || p.Got != "3 of 4; 1 of the missing 1 may have been lost when a worker was cut" {
		t.Errorf("ok: %v, got %q", p.OK, p.Got)
	}
}

// TestDeliveriesLostWithALeader: what a leader had counted and not sent when it was none any more is no broken premise;
// what is missing at another time is.
func TestDeliveriesLostWithALeader(t *testing.T) {
	for _, c := range []struct {
		event string
		died  int
	}{{"1600 watcher leader target=n2", 1}, {"1600 nemesis fault fault=2 do=step_down target=n1", 1}, {"4000 watcher leader target=n2", 0}} {
		events := without(func(e history.Event) bool { return e.ConsumerSeq == 2 })(script(t, drillConsumer,
			strings.Replace(drill, "1600 runner", c.event+"; 9000 runner", 1)))
		p := premise(measure.All(events, measure.Asked{}), "every delivery was seen")
		want := fmt.Sprintf("3 of 4; %d of the missing 1 may have been lost when a worker was cut or a leader changed", c.died)
		if p.OK != (c.died == 1) || p.Got != want {
			t.Errorf("%s: ok: %v, got %q, want %q", c.event, p.OK, p.Got, want)
		}
	}
}

// TestSwappedAck: an ack that is written down for another message leaves its own ack pending.
func TestSwappedAck(t *testing.T) {
	text := drill + "; 3000 watcher sample"
	good := script(t, drillConsumer, text)
	swapped := with(history.Ack, func(e *history.Event) { e.Seq = min(e.Seq, 2) })(
		without(func(e history.Event) bool { return e.Kind == history.Acked })(script(t, drillConsumer, text)))
	const name = "samples and events agree"
	if p := premise(measure.All(good, measure.Asked{}), name); !p.OK {
		t.Errorf("the good history: %s", p.Got)
	}
	want := "1 of 3 samples do not; at 3 s the server said 0, the events say 1 to 1"
	if p := premise(measure.All(swapped, measure.Asked{}), name); p.OK || p.Got != want {
		t.Errorf("the swapped ack: ok: %v, got %q, want %q", p.OK, p.Got, want)
	}
}

// TestAcksLostInACut: an ack that left just before a kill may never have arrived.
func TestAcksLostInACut(t *testing.T) {
	for at, ok := range map[string]bool{"100": true, "500": false} {
		f := measured(t, plain, `0 w1 deliver seq=1 delivery=1; 90 w1 ack seq=1; `+at+` nemesis fault fault=1 do=kill target=w1; 1600 watcher sample ack_pending=1`)
		if p := premise(f, "samples and events agree"); p.OK != ok {
			t.Errorf("killed at %s ms: ok: %v, got %s", at, p.OK, p.Got)
		}
	}
}

// TestSamplesBetweenDeliveriesAndAcks: the server may have sent what comes next before it got the ack that left before.
func TestSamplesBetweenDeliveriesAndAcks(t *testing.T) {
	for at, ok := range map[string]bool{"980": true, "500": false} {
		f := measured(t, plain, `0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; `+at+` w1 ack seq=1
			1000 w1 deliver seq=3 delivery=1; 1000 w1 deliver seq=4 delivery=1; 1001 watcher sample ack_pending=4; 2000 runner phase phase=end`)
		if p := premise(f, "samples and events agree"); p.OK != ok {
			t.Errorf("acked at %s ms: ok: %v, got %s", at, p.OK, p.Got)
		}
	}
}

// TestHistoriesByHandAreNotJudged: what is not in them breaks nothing.
func TestHistoriesByHandAreNotJudged(t *testing.T) {
	f := measure.All([]history.Event{{Kind: history.Begin, Actor: "w1", Seq: 1}}, measure.Asked{})
	if len(f.Premises) != 0 {
		t.Errorf("judged %+v", f.Premises)
	}
}
