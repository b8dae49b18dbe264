package measure

import (
	"slices"

	"pindrop/results/history"
)

// measureRates measures how much was published and handled; rates cover disturb only.
func (b *books) measureRates(f *Findings) {
	published := b.publishedAt()
	if len(published) > 0 {
		f.set("published.count", float64(since(published, b.window.From)))
		f.set("publish.unknown", float64(b.unknown))
		f.set("publish.refused", float64(b.refused))
	}
	length := float64(b.disturb.length()) / 1e9
	if length <= 0 || b.endedEarly() {
		return
	}
	if len(published) > 0 {
		f.set("published.rate", float64(within(published, b.disturb))/length)
	}
	if len(b.services) > 0 {
		f.set("handled.rate", float64(within(b.handled, b.disturb))/length)
	}
}

// measureOutages measures how long publishing failed: from a message that left and was never acknowledged until the next
// one that was had its answer, or until the last one left.
func (b *books) measureOutages(f *Findings) {
	if len(b.published) == 0 {
		return
	}
	total, longest := extent(union(slices.Concat(b.outages(false), b.outages(true))))
	f.setTime("publish.outage.total", total)
	f.setTime("publish.outage.max", longest)
}

// outages are the times in which publishing failed: those in which a full stream refused what was published, or all others.
func (b *books) outages(full bool) []Span {
	var outages []Span
	from, last, because := never, never, false
	end := func(at int64) {
		if because == full {
			outages = append(outages, Span{from, at})
		}
		from = never
	}
	for _, p := range b.published {
		switch last = p.at; {
		case p.acked == never && from == never && p.at >= b.window.From:
			from, because = p.at, p.full
		case p.acked == never && from != never:
			because = because && p.full
		case p.acked != never && from != never:
			end(p.acked)
		}
	}
	if from != never {
		end(last)
	}
	return union(outages)
}

// endedEarly reports whether the run ended before disturb: then there is no rate in it.
func (b *books) endedEarly() bool {
	begun := func(p Phase) bool { return p.Name == history.PhaseBacklog || p.Name == history.PhaseWarmup }
	return !b.disturbed && slices.ContainsFunc(b.phases, begun)
}

// publishedAt is when messages left; where no publisher recorded that, when they were stored.
func (b *books) publishedAt() []int64 {
	if len(b.published) == 0 {
		return b.stored
	}
	instants := make([]int64, len(b.published))
	for i, p := range b.published {
		instants[i] = p.at
	}
	return instants
}

// measureBacklog measures the new messages that wait.
func (b *books) measureBacklog(f *Findings) {
	if !b.knowsQueue() {
		return
	}
	_, high := b.queued.bounds(b.window)
	f.set("backlog.max", float64(high))
	if b.heal == never {
		return
	}
	if at := b.queued.firstAtMost(0, b.heal); at != never {
		f.setTime("backlog.drain", at-b.heal)
	}
}

// firstAtMost is the first instant, not before from, at which the line is at most v.
func (l line) firstAtMost(v, from int64) int64 {
	if l.value(from) <= v {
		return from
	}
	for _, s := range l[l.index(from):] {
		if s.v <= v {
			return s.at
		}
	}
	return never
}

const (
	referenceTime = 5e9 // the time before a fault that says how things were
	rateTime      = 1e9 // the time over which a rate is taken
)

// measureRecovery measures the longest time from the heal of a fault until all is as it was before the fault. One that
// never was within the history makes the metric absent: any number would be too low.
func (b *books) measureRecovery(f *Findings) {
	longest := never
	for i := range b.faults {
		fault := &b.faults[i]
		if !fault.Healed || fault.From < b.window.From || !b.knowsQueue() {
			continue
		}
		at := b.recovered(fault)
		if at == never {
			f.warn("after the heal of fault %d, rates and backlog did not come back to what they were before it", fault.ID)
			return
		}
		longest = max(longest, at-fault.To)
	}
	if longest != never {
		f.setTime("recovery.max", longest)
	}
}

// recovered is the first instant after the heal of a fault at which no more messages wait than at most in the time
// before it, and from which on, for a second, messages are handled at nine tenths of the rate before it. Where fewer
// are published than before, their rate is enough, whether or not they are stored: a stream that takes nothing has not come
// back. One message may fall beyond the end of the second.
func (b *books) recovered(f *fault) int64 {
	before := Span{max(f.From-referenceTime, b.whole.From), f.From}
	_, most := b.queued.bounds(before)
	was := 0.0
	if before.length() > 0 {
		was = float64(within(b.handled, before)) * rateTime / float64(before.length())
	}
	published := b.publishedAt()
	asBefore := func(at int64) bool {
		next := Span{at, at + rateTime}
		offered := min(was, float64(within(published, next)))
		return float64(within(b.handled, next)) >= 0.9*offered-1
	}
	for at := b.queued.firstAtMost(most, f.To); at != never; at = b.nextAtMost(most, at) {
		if asBefore(at) {
			return at
		}
	}
	return never
}

// nextAtMost is the next instant after at at which the backlog is at most v and something was handled or changed.
func (b *books) nextAtMost(v, at int64) int64 {
	for {
		next := never
		if i := b.queued.index(at); i < len(b.queued) {
			next = b.queued[i].at
		}
		if i, _ := slices.BinarySearch(b.handled, at+1); i < len(b.handled) && (next == never || b.handled[i] < next) {
			next = b.handled[i]
		}
		if next == never || b.queued.value(next) <= v {
			return next
		}
		at = next
	}
}
