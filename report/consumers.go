package report

import (
	"fmt"
	"strings"

	"pindrop/results/measure"
)

// What a page says of a pin, a limit or an overlap is always about one consumer. Where there are several, it says about
// which, and what is a sum over them says so.

// several reports whether the run had several consumers.
func several(f *measure.Findings) bool { return len(f.Consumers) > 0 }

// atConsumer is how a sentence about one of several consumers begins.
func atConsumer(shard int32) string {
	if shard == 0 {
		return ""
	}
	return fmt.Sprintf("consumer %d: ", shard)
}

// meaningOf is what a metric of the first screen means in this run.
func meaningOf(m shown, f *measure.Findings) string {
	known, _ := measure.Lookup(m.name)
	if !several(f) {
		return m.means
	}
	return m.means + together(known, " (sum over consumers)", "")
}

// together says how a metric was put together, in one of two ways.
func together(m measure.Metric, summed, one string) string {
	switch m.Together() {
	case "":
		return ""
	case "sum":
		return summed
	}
	return one
}

// pinsOf tells how many pins the target of a fault held.
func pinsOf(x measure.Fault, f *measure.Findings) string {
	if x.Owned == 0 {
		return ""
	}
	return fmt.Sprintf(", holding the pins of %d of %d consumers", x.Owned, len(f.Consumers))
}

// takeovers are those of one fault at one worker.
func (s teller) takeovers(f measure.Fault) []measure.Takeover {
	var all []measure.Takeover
	for _, t := range s.f.Takeovers {
		if t.FaultID == f.ID && t.From == f.Target {
			all = append(all, t)
		}
	}
	return all
}

// tookOverPins tells who took over how many of several consumers, and when the last was.
func tookOverPins(all []measure.Takeover) string {
	var who []string
	taken := map[string]int{}
	last := int64(0)
	for _, t := range all {
		if taken[t.To]++; taken[t.To] == 1 {
			who = append(who, t.To)
		}
		last = max(last, t.FromFault)
	}
	for i, name := range who {
		who[i] = fmt.Sprintf("%s took over %s", name, plural(taken[name], "consumer"))
	}
	if len(all) > 1 {
		return list(who) + ", the last " + duration(last) + " later"
	}
	return list(who) + " " + duration(last) + " later"
}

// handovers is how often a pin went on to a newer generation.
func (s teller) handovers() int {
	moved := s.at("pin.count")
	if !several(s.f) {
		return moved - 1
	}
	for _, c := range s.f.Consumers {
		if c.Metrics["pin.count"] > 0 {
			moved--
		}
	}
	return moved
}

// pinRowsMax is how many consumers have a bar of their own in each lane, and pinStep how far apart these are.
const (
	pinRowsMax = 12
	pinStep    = 5
)

// pinRows is how many bars for pins a lane has: one for each consumer, or one for all of them.
func (b *board) pinRows() int {
	if n := len(b.r.Findings.Consumers); n > 0 && n <= pinRowsMax {
		return n
	}
	return 1
}

// pinBar is a bar of a lane's pins: where it is, counted from the top, and what it says.
type pinBar struct {
	row   int
	label string
	spans []measure.Span
}

// pinBars are the bars of one lane: one for each consumer, as long as there is room for that.
func (b *board) pinBars(l *measure.Lane) []pinBar {
	switch n := len(b.r.Findings.Consumers); {
	case n == 0:
		return []pinBar{{0, pinState.label, l.Pinned}}
	case n > pinRowsMax:
		return []pinBar{{0, "holds a pin, of one consumer or more", l.Pinned}}
	}
	var bars []pinBar
	for i, c := range b.r.Findings.Consumers {
		for _, p := range l.Pins {
			if p.Shard == c.Shard {
				bars = append(bars, pinBar{i, fmt.Sprintf("holds the pin of consumer %d", p.Shard), p.Spans})
			}
		}
	}
	return bars
}

// pinLegend says what the bars of pins are.
func (b *board) pinLegend() string {
	switch n := len(b.r.Findings.Consumers); {
	case n == 0:
		return pinState.label
	case n > pinRowsMax:
		return "holds a pin, of one consumer or more"
	case n == 1:
		return "holds the pin"
	default:
		return fmt.Sprintf("holds a pin: consumers 1 to %d from the top down", n)
	}
}

// consumersTable is who had which pin, and what each of several consumers went through.
func consumersTable(f *measure.Findings) sheet {
	if !several(f) {
		return sheet{}
	}
	t := sheet{Head: []string{"consumer", "pin before the first fault", "pin at the end of disturb", "pins", "handled",
		"longest gap", "ack pending at most", "at the limit", "overlap", "redeliveries", "response p99"}}
	for _, c := range f.Consumers {
		row := []string{fmt.Sprint(c.Shard), owner(c.Before), owner(c.Owner)}
		for _, name := range []string{"pin.count", "handled.rate", "gap.max", "ack_pending.max", "cliff.total", "overlap.total",
			"redelivery.count", "latency.response.p99"} {
			cell := "–"
			if v, ok := c.Metrics[name]; ok {
				cell = metric(name, v)
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func owner(name string) string {
	if name == "" {
		return "–"
	}
	return name
}

// ownersSentence sums the table up.
func ownersSentence(r map[string]float64) string {
	var parts []string
	for _, at := range []struct{ prefix, words string }{
		{"owned.before.", "Before the first fault"}, {"owned.", "At the end of disturb"},
	} {
		most, ok := r[at.prefix+"max"]
		if !ok {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s the worker with most pins had %s, the one with fewest %s.",
			at.words, number(most), number(r[at.prefix+"min"])))
	}
	return strings.Join(parts, " ")
}
