package report

import (
	"bytes"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/measure"
)

// sharded is a run of two consumers: w1 had both pins and was killed, w2 took over the first, w3 the second, later.
func sharded() *results.Record {
	r := killDrill()
	f := &r.Findings
	kill := f.Faults[0]
	kill.Owned, kill.Nth, kill.Begun = 2, 0, 2
	f.Faults = []measure.Fault{kill}
	first := f.Takeovers[0]
	first.Shard = 1
	second := first
	second.Shard, second.To, second.FromFault, second.BeginAt = 2, "w3", first.FromFault+sec, first.BeginAt+sec
	f.Takeovers = []measure.Takeover{first, second}
	f.Gaps = []measure.Gap{{Shard: 1, Span: span(kill.From, first.BeginAt)}, {Shard: 2, Span: span(kill.From, second.BeginAt)}}
	f.Overlaps = []measure.Overlap{{Shard: 2, Span: span(second.BeginAt, second.BeginAt+sec), Time: sec, GenOld: 1, GenNew: 2, Old: "w1", New: "w3", Cause: "fault", FaultID: 1}}
	f.Cliffs = []measure.Cliff{{Shard: 1, Span: span(kill.From, first.BeginAt), Stalled: sec}}
	f.Consumers = []measure.Consumer{
		{Shard: 1, Before: "w1", Owner: "w2", Metrics: map[string]float64{"pin.count": 2, "gap.max": 1.9}},
		{Shard: 2, Before: "w1", Owner: "", Metrics: map[string]float64{"pin.count": 2, "gap.max": 2.9}},
	}
	for i := range f.Lanes {
		for j, s := range f.Lanes[i].Pinned {
			f.Lanes[i].Pins = append(f.Lanes[i].Pins, measure.Pin{Shard: int32(j%2 + 1), Spans: []measure.Span{s}})
		}
	}
	f.Lanes[0].Pins = []measure.Pin{{Shard: 1, Spans: f.Lanes[0].Pinned}, {Shard: 2, Spans: f.Lanes[0].Pinned}}
	for name, v := range map[string]float64{"pin.count": 4, "owned.before.max": 2, "owned.before.min": 0, "owned.max": 1, "owned.min": 0} {
		r.Metrics[name] = v
	}
	return r
}

// Whatever is said of a pin, a limit or an overlap says of which consumer, or that it is a sum.
func TestSeveralConsumers(t *testing.T) {
	r := sharded()
	var text bytes.Buffer
	if err := Text(&text, r, TextOptions{Width: 120}); err != nil {
		t.Fatal(err)
	}
	page := string(render(t, r))
	story := Story(r)
	for _, want := range []struct{ in, what string }{
		{story, "holding the pins of 2 of 2 consumers"},
		{story, "w2 took over 1 consumer and w3 took over 1 consumer, the last 2.91 s later"},
		{story, "ack pending of single consumers stood at the limit"},
		{text.String(), "pins that delivered at least one message (sum over consumers)"},
		{text.String(), "pins of the worker with most, at the end of disturb"},
		{page, "holds a pin: consumers 1 to 2 from the top down"},
		{page, `data-label="holds the pin of consumer 2"`},
		{page, "ack pending of the consumer that has most"},
		{page, "consumer 2: w1 (pin 1) and w3 (pin 2) worked at once for 1 s"},
		{page, "consumer 1: at the limit of"},
		{page, "kill w1, consumer 2"},
		{page, "Before the first fault the worker with most pins had 2, the one with fewest 0."},
		{page, "no two pins of one consumer at work at once"},
		{page, "Summed over the consumers."},
	} {
		if !strings.Contains(want.in, want.what) {
			t.Errorf("nothing says %q; the story is %s", want.what, story)
		}
	}
	for _, never := range []string{"nobody worked for", "w2 took over 1.91 s"} {
		if strings.Contains(story, never) {
			t.Errorf("the story says %q of several consumers: %s", never, story)
		}
	}
}

// Each consumer has a bar of its own in every lane, and none covers another; of too many there is one bar for all.
func TestPinBars(t *testing.T) {
	r := sharded()
	b := newBoard(r)
	bars := b.pinBars(&r.Findings.Lanes[0])
	if len(bars) != 2 || bars[0].row == bars[1].row || bars[0].label == bars[1].label {
		t.Errorf("the bars of w1 are %+v, want two in two rows", bars)
	}
	if float64(pinStep) <= pinState.h {
		t.Errorf("bars %v high stand %d apart", pinState.h, pinStep)
	}
	for len(r.Findings.Consumers) <= pinRowsMax {
		r.Findings.Consumers = append(r.Findings.Consumers, measure.Consumer{})
	}
	if bars := b.pinBars(&r.Findings.Lanes[0]); len(bars) != 1 || b.pinRows() != 1 {
		t.Errorf("%d bars in %d rows for %d consumers, want one for all", len(bars), b.pinRows(), len(r.Findings.Consumers))
	}
	if bars := newBoard(killDrill()).pinBars(&killDrill().Findings.Lanes[0]); len(bars) != 1 || bars[0].label != "holds the pin" {
		t.Errorf("of one consumer the bars are %+v", bars)
	}
}
