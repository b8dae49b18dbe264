package measure

import "pindrop/results/history"

// measureHeld measures how much one worker held at once.
func (b *books) measureHeld(f *Findings) {
	if len(b.deliveries) == 0 {
		return
	}
	most := int64(0)
	for _, w := range b.workers {
		_, high := w.held.bounds(b.window)
		most = max(most, high)
	}
	f.set("held.max", float64(most))
}

// measureParallel measures work at one time: intended where there is no pin, harmful on one message or key.
func (b *books) measureParallel(f *Findings) {
	if len(b.services) == 0 {
		return
	}
	f.set("overlap.same_message", float64(b.concurrent(len(b.messages), func(d *delivery) int32 { return d.message + 1 })))
	if len(b.keys) > 0 {
		f.set("overlap.same_key", float64(b.concurrent(len(b.keys), func(d *delivery) int32 { return b.messages[d.message].key })))
	}
	if b.policy == policyPinned {
		return
	}
	_, high := b.serving.bounds(b.window)
	f.set("parallel.max", float64(high))
	if b.disturb.length() > 0 {
		f.set("parallel.mean", float64(b.serving.area(b.disturb))/float64(b.disturb.length()))
	}
}

// concurrent counts the pairs of services of one group on different workers that intersect. Groups are numbered up to a
// last one; 0 is no group.
func (b *books) concurrent(last int, group func(*delivery) int32) int {
	// What a group has in service is a chain from its newest delivery to the one before, of indexes plus 1. There are as
	// many groups as messages, so that a list for each would be a million lists.
	newest, before := make([]int32, last+1), make([]int32, len(b.deliveries)+1)
	pairs := 0
	for _, i := range b.services {
		d := &b.deliveries[i]
		g := group(d)
		s := d.service().clip(b.window)
		if g == 0 || s.length() <= 0 {
			continue
		}
		for link := &newest[g]; *link > 0; {
			o := &b.deliveries[*link-1]
			if o.closed <= s.From {
				*link = before[*link]
				continue
			}
			if o.worker != d.worker {
				pairs++
			}
			link = &before[*link]
		}
		newest[g], before[i+1] = i+1, newest[g]
	}
	return pairs
}

// area is the integral of the line over a span.
func (l line) area(s Span) int64 {
	i := l.index(s.From)
	at, v, sum := s.From, int64(0), int64(0)
	if i > 0 {
		v = l[i-1].v
	}
	for ; i < len(l) && l[i].at < s.To; i++ {
		sum += v * (l[i].at - at)
		at, v = l[i].at, l[i].v
	}
	return sum + v*(s.To-at)
}

// measureShares measures each worker's part of the work in disturb.
func (b *books) measureShares(f *Findings) {
	shares := make([]Share, len(b.workers))
	for i, w := range b.workers {
		_, high := w.held.bounds(b.window)
		shares[i] = Share{Worker: w.name, HeldMax: int(high)}
	}
	for i := range b.deliveries {
		d := &b.deliveries[i]
		s := &shares[d.worker]
		if b.disturb.holds(d.arrived) {
			s.Delivered++
		}
		if d.outcome.is(history.OK) && b.disturb.holds(d.ended) {
			s.Handled++
		}
	}
	for _, c := range b.consumers() {
		for _, t := range c.tenures {
			if t.gen > 0 {
				shares[b.names[c.workers[t.worker].name]].Generation++
			}
		}
	}
	mean := 0.0
	for i, spans := range b.worked() {
		if total, _ := extent(spans); b.disturb.length() > 0 {
			shares[i].Busy = float64(total) / float64(b.disturb.length())
		}
		mean += shares[i].Busy / float64(len(shares))
	}
	sortShares(shares)
	f.Shares = shares
	if len(b.services) > 0 && b.disturb.length() > 0 {
		f.set("busy.mean", mean)
	}
}

// worked is when in disturb each worker was in service and not frozen.
func (b *books) worked() [][]Span {
	worked := make([][]Span, len(b.workers))
	for _, i := range b.services { // by begin, so that the spans of a worker rise
		d := &b.deliveries[i]
		if s := d.service().clip(b.disturb); s.length() > 0 {
			worked[d.worker] = join(worked[d.worker], s, 0)
		}
	}
	for i, w := range b.workers {
		worked[i] = subtract(worked[i], w.frozen)
	}
	return worked
}
