package measure

import (
	"cmp"
	"slices"
)

// measureOwned counts, for each worker alive, the consumers whose newest pin it has: before the first fault, and at the
// end of disturb.
func (b *books) measureOwned(f *Findings) {
	if len(b.own) == 0 || b.policy != policyPinned {
		return
	}
	b.setOwned(f, "owned.", b.disturb.To)
	for i, c := range b.own {
		f.Consumers[i].Owner = b.owner(c, b.disturb.To)
	}
	if len(b.faults) == 0 {
		return
	}
	first := b.faults[0].From
	b.setOwned(f, "owned.before.", first)
	for i, c := range b.own {
		f.Consumers[i].Before = b.owner(c, first)
	}
}

func (b *books) setOwned(f *Findings, prefix string, at int64) {
	// Where the history says of any worker when it started, the others never did.
	starts := slices.ContainsFunc(b.workers, func(w *worker) bool { return w.started != never })
	owned := map[string]int{}
	for _, c := range b.own {
		owned[b.owner(c, at)]++
	}
	var counts []int
	for _, w := range b.workers {
		if w.alive(at) && (w.started != never || !starts) {
			counts = append(counts, owned[w.name])
		}
	}
	if len(counts) > 0 {
		f.set(prefix+"max", float64(slices.Max(counts)))
		f.set(prefix+"min", float64(slices.Min(counts)))
	}
}

// owner is the worker that had a consumer's newest pin just before an instant, "" if nobody has had one, or if whoever
// had it was dead.
func (b *books) owner(c *books, at int64) string {
	newest := tenure{worker: -1}
	for _, t := range c.tenures {
		if t.first < at && t.gen > newest.gen {
			newest = t
		}
	}
	if newest.worker < 0 {
		return ""
	}
	name := c.workers[newest.worker].name
	if !b.workers[b.names[name]].alive(at) {
		return ""
	}
	return name
}

// alive reports whether a worker had been started, and was not down, just before an instant.
func (w *worker) alive(at int64) bool {
	return (w.started == never || w.started < at) &&
		!slices.ContainsFunc(w.down, func(s Span) bool { return s.From < at && at <= s.To })
}

// acrossConsumers is a fault as it was for all consumers together: it hit a holder if it hit that of any.
func (b *books) acrossConsumers(f *fault) Fault {
	all := f.Fault
	if len(b.own) == 0 {
		return all
	}
	all.Holder, all.Nth = false, 0 // the message's number at one consumer would pass for that of all
	for _, c := range b.own {
		if one := c.same(f); one != nil && one.Holder {
			all.Holder = true
			all.Owned++
		}
	}
	return all
}

// same is the fault of all consumers as one of them knows it; nil if it did not happen there.
func (b *books) same(f *fault) *fault {
	i := slices.IndexFunc(b.faults, func(o fault) bool {
		return o.ID == f.ID && o.Target == f.Target && o.From == f.From
	})
	if i < 0 {
		return nil
	}
	return &b.faults[i]
}

// overEverywhere is when a fault is over at every consumer whose pin was concerned. Where none was, its heal says so.
func (b *books) overEverywhere(f *fault) int64 {
	over := never
	for _, c := range b.own {
		if one := c.same(f); one != nil && (one.Holder || one.Do == doUnpin) {
			over = max(over, c.over(one))
		}
	}
	switch {
	case over != never:
		return over
	case f.Healed || f.To < b.whole.To:
		return f.To
	case f.worker < 0:
		return f.From
	}
	return b.whole.To
}

// drawOwn adds to the lanes of all workers what they did at one of several consumers.
func (b *books) drawOwn(lanes []Lane, c *books) {
	for i, own := range c.lanes() {
		l := &lanes[b.names[c.workers[i].name]]
		if len(own.Pinned) > 0 {
			spans := c.thin(union(own.Pinned))
			l.Pins = append(l.Pins, Pin{c.shard, spans})
			l.Pinned = append(l.Pinned, spans...)
		}
		l.Service = union(append(l.Service, own.Service...))
		l.Redelivered = union(append(l.Redelivered, own.Redelivered...))
		l.Stale = union(append(l.Stale, own.Stale...))
	}
}

// mostPending is ack pending over time; of several consumers, that of the one which has most.
func (b *books) mostPending() line {
	if len(b.own) == 0 {
		return b.pending
	}
	lines := make([]line, len(b.own))
	for i, c := range b.own {
		lines[i] = c.pending
	}
	return combine(lines, slices.Max[[]int64])
}

// unsent is what the samples said of messages that had not been sent.
func (b *books) unsent() line {
	var l line
	for _, s := range b.samples {
		l.set(s.told, s.pending)
	}
	return l
}

// total adds up a line of each consumer.
func (b *books) total(of func(*books) line) line {
	if len(b.own) == 0 {
		return of(b)
	}
	lines := make([]line, len(b.own))
	for i, c := range b.own {
		lines[i] = of(c)
	}
	return combine(lines, func(values []int64) (all int64) {
		for _, v := range values {
			all += v
		}
		return all
	})
}

// combine makes one line of several: at each instant what one says of their values.
func combine(lines []line, one func([]int64) int64) line {
	type change struct {
		step
		line int
	}
	var changes []change
	for i, l := range lines {
		for _, s := range l {
			changes = append(changes, change{s, i})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.at, b.at) })
	values := make([]int64, len(lines))
	var all line
	for i, c := range changes {
		values[c.line] = c.v
		if i+1 == len(changes) || changes[i+1].at > c.at {
			all.set(c.at, one(values))
		}
	}
	return all
}
