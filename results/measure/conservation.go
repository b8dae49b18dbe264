package measure

import "pindrop/results/history"

// measureConservation accounts for every message of the whole run, backlog and warm-up included:
//
//	stored = handled + terminated + given up + removed + waiting + lost
//
// A message counts where it first fits, from left to right. What still waits is what the server says at the end, less
// the handled messages whose acks it has not got, and what a living worker acked before its work. Without that last
// word, waiting, removed and lost are not known. Where a run was cut short it may be older than the work, so that lost is
// not known either.
func (b *books) measureConservation(f *Findings) {
	if len(b.messages) == 0 {
		return
	}
	var a accounts
	waiting := int64(0)
	for _, c := range b.consumers() {
		var one accounts
		for i := range c.messages {
			one.add(&c.messages[i])
		}
		waiting += one.waiting(c.final)
		a.join(one)
	}
	f.set("stored.count", float64(a.stored))
	f.set("handled.count", float64(a.handled))
	f.set("terminated.count", float64(a.terminated))
	f.set("given_up.count", float64(a.givenUp))
	if b.final == nil {
		return
	}
	open := a.open - waiting
	removed := a.removed
	if b.stream.drops() {
		// A message that left the stream unhandled leaves no other trace than that the stream holds fewer than it stored.
		gone := min(open, max(a.stored-b.final.Stored, 0))
		removed, open = removed+gone, open-gone
		b.doubtBacklog(f, gone)
	}
	f.set("removed.count", float64(removed))
	f.set("waiting.count", float64(waiting))
	if !b.ended || !history.CutShort(b.cause) {
		f.set("lost.count", float64(open))
	}
}

// doubtBacklog warns that messages which the stream removed are taken for waiting ones, since no event says when they
// went, and holds backlog.max down to what the server counted.
func (b *books) doubtBacklog(f *Findings, gone int64) {
	if gone == 0 {
		return
	}
	f.warn("the stream removed %d messages that nobody had handled, and no event says when: backlog and gaps count them "+
		"as waiting to the end", gone)
	most := never
	for _, s := range b.unsentByAll() {
		if s.at >= b.window.From {
			most = max(most, s.v)
		}
	}
	if high, ok := f.Metrics["backlog.max"]; ok && most != never && float64(most) < high {
		f.set("backlog.max", float64(most))
		f.warn("backlog.max is the highest of the samples, %d; without what was removed, the events only say that it was "+
			"at most %.0f", most, high)
	}
}

// accounts is the sum of what became of messages; open are those of which nothing is known, busy the open ones that
// were acked before the work and still held when the history ended, unacked the handled ones that are ack pending.
type accounts struct {
	stored, handled, terminated, givenUp, removed, open, busy, unacked int64
}

// add puts a message where it belongs. A message that was delivered is in the stream, whether or not its publisher
// learned so.
func (a *accounts) add(m *message) {
	if m.storedAt == never && m.count == 0 {
		return // only an advisory named it
	}
	a.stored++
	switch {
	case m.oks > 0:
		a.handled++
		if m.pending {
			a.unacked++
		}
	case m.termed:
		a.terminated++
	case m.givenUp:
		a.givenUp++
	case m.removed:
		a.removed++
	default:
		a.open++
		if m.busy && !m.pending {
			a.busy++
		}
	}
}

// waiting is how much the server still has to deliver or to see acked, by its last word.
func (a *accounts) waiting(final *history.Event) int64 {
	if final == nil {
		return 0
	}
	return min(a.open, final.Pending+max(final.AckPending-a.unacked, 0)+a.busy)
}

func (a *accounts) join(o accounts) {
	a.stored += o.stored
	a.handled += o.handled
	a.terminated += o.terminated
	a.givenUp += o.givenUp
	a.removed += o.removed
	a.open += o.open
	a.busy += o.busy
	a.unacked += o.unacked
}
