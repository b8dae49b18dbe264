package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pindrop/results/history"
)

// Several consumers (shards) of one stream know nothing of each other: each has its pin, its limit, its count of
// deliveries. So each gets books of its own, which read the events that bear its number and those that are of no
// consumer, and what was measured in them is put together by the rules below. The books of all of them are for messages
// and workers, and never looked into for a pin or for what the server holds.

// ofNone are the events that happen to every consumer, where they bear no number. What publishers write must bear one: a
// message belongs to one consumer.
var ofNone = []history.Kind{
	history.Config, history.Connect, history.Disconnect, history.Start, history.Stop, history.Fault, history.Heal, history.Phase,
}

// meet makes books for a consumer of which nobody has heard before.
func (b *books) meet(shard int32) {
	if b.byShard[shard] != nil {
		return
	}
	if b.byShard == nil {
		b.byShard = map[int32]*books{}
	}
	c := newBooks()
	c.shard, c.tapped = shard, b.tapped
	b.byShard[shard] = c
	b.own = append(b.own, c)
}

// openOwn gives the books of each consumer, in the order of their numbers, what must be known before the walk.
func (b *books) openOwn() {
	slices.SortFunc(b.own, func(c, d *books) int { return cmp.Compare(c.shard, d.shard) })
	for _, c := range b.own {
		c.whole = b.whole
		for i := range b.configs {
			if shard := b.configs[i].Shard; shard == 0 || shard == c.shard {
				c.configs = append(c.configs, b.configs[i])
			}
		}
	}
}

// deal hands an event to the books of its consumer, or of every one.
func (b *books) deal(e *history.Event) {
	switch {
	case e.Shard != 0:
		b.byShard[e.Shard].read(e)
	case slices.Contains(ofNone, e.Kind):
		for _, c := range b.own {
			c.read(e)
		}
	}
}

// consumers are the books of each consumer, of which there may be one.
func (b *books) consumers() []*books {
	if len(b.own) == 0 {
		return []*books{b}
	}
	return b.own
}

// prefix is how a sentence about one of several consumers begins.
func (b *books) prefix() string {
	if b.shard == 0 {
		return ""
	}
	return fmt.Sprintf("consumer %d: ", b.shard)
}

// rule says how the numbers of several consumers make one.
type rule string

const (
	sum     rule = "sum"
	highest rule = "highest"
	lowest  rule = "lowest"
)

// rules are those of the metrics that are measured for each consumer. All others are measured over all of them at once.
var rules = map[string]rule{
	"takeover.fault.count": sum, "takeover.fault.max": highest, "takeover.pull.max": highest,
	"overlap.count": sum, "overlap.total": sum, "overlap.max": highest, "overlap.frozen": sum,
	"stale.total": sum, "stale.max": highest, "stale.messages": sum, "stale.acks": sum,
	"pin.count":   sum,
	"cliff.count": sum, "cliff.total": sum, "cliff.limited": sum, "cliff.max": highest, "cliff.first": lowest,
	"cliff.stall.total": sum, "cliff.stall.max": highest, "cliff.danger": sum, "ack_pending.max": highest,
	"gap.total": sum, "gap.max": highest, "gap.locked": sum,
	"delivered.count": sum, "redelivery.count": sum, "redelivery.acked": sum, "deliveries.max": highest,
}

// Together says how the metric of several consumers is made of what is measured for each: sum, highest, lowest; "" where
// it is measured over all of them at once.
func (m Metric) Together() string { return string(rules[m.Name]) }

func (r rule) join(a, b float64) float64 {
	switch r {
	case highest:
		return max(a, b)
	case lowest:
		return min(a, b)
	}
	return a + b
}

// putTogether measures each consumer, and makes one of all.
func (b *books) putTogether(f *Findings) {
	for _, c := range b.own {
		c.found = c.newFindings()
		c.measureConsumer(c.found)
		c.measureLatencies(c.found)
		c.measureRates(c.found)
		c.measureBacklog(c.found)
		f.take(c.found, c.shard)
		f.Consumers = append(f.Consumers, Consumer{Shard: c.shard, Metrics: c.found.Metrics})
	}
	slices.SortStableFunc(f.Overlaps, func(a, b Overlap) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(f.Takeovers, func(a, b Takeover) int {
		return cmp.Or(cmp.Compare(a.FaultAt, b.FaultAt), cmp.Compare(a.BeginAt, b.BeginAt))
	})
	slices.SortStableFunc(f.Gaps, func(a, b Gap) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(f.Cliffs, func(a, b Cliff) int { return cmp.Compare(a.From, b.From) })
	slices.SortStableFunc(f.Redeliveries, func(a, b Redelivery) int { return cmp.Compare(a.At, b.At) })
	if b.handsOver() {
		b.summarizeTakeovers(f) // the median is that of all takeovers
	}
	b.oneLimit(f)
}

// take adds the findings of one consumer, which from now on bear its number.
func (f *Findings) take(c *Findings, shard int32) {
	for name, rule := range rules {
		v, ok := c.Metrics[name]
		if !ok {
			continue
		}
		if before, ok := f.Metrics[name]; ok {
			v = rule.join(before, v)
		}
		f.set(name, v)
	}
	for i := range c.Overlaps {
		c.Overlaps[i].Shard = shard
	}
	for i := range c.Takeovers {
		c.Takeovers[i].Shard = shard
	}
	for i := range c.Gaps {
		c.Gaps[i].Shard = shard
	}
	for i := range c.Cliffs {
		c.Cliffs[i].Shard = shard
	}
	f.Overlaps = append(f.Overlaps, c.Overlaps...)
	f.Takeovers = append(f.Takeovers, c.Takeovers...)
	f.Gaps = append(f.Gaps, c.Gaps...)
	f.Cliffs = append(f.Cliffs, c.Cliffs...)
	f.Redeliveries = append(f.Redeliveries, c.Redeliveries...)
}

// oneLimit says what the limit of ack pending is, which each consumer has for itself: the lowest, if they differ.
func (b *books) oneLimit(f *Findings) {
	f.Limit = b.own[0].consumer.MaxAckPending
	differ := false
	for _, c := range b.own {
		limit := c.consumer.MaxAckPending
		differ = differ || limit != f.Limit
		if limit > 0 && (f.Limit <= 0 || limit < f.Limit) {
			f.Limit = limit
		}
	}
	if differ {
		f.warn("the consumers have different limits of ack pending: %d, the lowest, is shown", f.Limit)
	}
}

// ofEach judges a premise for each consumer, and makes one of what came out.
func (b *books) ofEach(judge func(*books, Asked) (Premise, bool)) func(Asked) (Premise, bool) {
	return func(asked Asked) (Premise, bool) {
		if len(b.own) == 0 {
			return judge(b, asked)
		}
		var good, broken []Premise
		for _, c := range b.own {
			p, applies := judge(c, asked)
			if !applies {
				continue
			}
			p.Got, p.Wanted = c.prefix()+p.Got, c.prefix()+p.Wanted
			if p.OK {
				good = append(good, p)
			} else {
				broken = append(broken, p)
			}
		}
		told := good
		if len(broken) > 0 {
			told = broken
		}
		if len(told) == 0 {
			return Premise{}, false
		}
		return Premise{
			Name: told[0].Name, OK: len(broken) == 0,
			Got:    some(told, func(p Premise) string { return p.Got }),
			Wanted: some(told, func(p Premise) string { return p.Wanted }),
		}, true
	}
}

// someMax is how many consumers are told one by one.
const someMax = 4

// some lists what is said of the first premises.
func some(premises []Premise, of func(Premise) string) string {
	var said []string
	for _, p := range premises[:min(len(premises), someMax)] {
		said = append(said, of(p))
	}
	if more := len(premises) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and so on for %d more", more))
	}
	return strings.Join(said, "; ")
}

// ofOne says of which consumer the highest ack pending was.
func (b *books) ofOne() string {
	if len(b.own) == 0 {
		return ""
	}
	return " at one consumer,"
}
