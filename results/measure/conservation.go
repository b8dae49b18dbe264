package measure

import "pindrop/results/history"

// measureConservation accounts for every message of the whole run, backlog and warm-up included:
//
//	stored = handled + terminated + given up + skipped + removed + waiting + lost
//
// A message counts where it first fits, from left to right. What still waits is what the server says at the end, less
// the handled messages whose acks it has not got, and what a living worker acked before its work. Without that last
// word, waiting, removed and lost are not known. What the server has forgotten does not wait, whatever it says: it is lost. Where a run
// was cut short the last word may be older than the work, so that lost is not known either. What a consumer that was removed has not
// delivered waits as long as the stream keeps it; a stream that keeps messages by interest drops it.
func (b *books) measureConservation(f *Findings) {
	if len(b.messages) == 0 {
		return
	}
	a, waiting := b.tally()
	f.set("stored.count", float64(a.stored))
	f.set("handled.count", float64(a.handled))
	f.set("terminated.count", float64(a.terminated))
	f.set("given_up.count", float64(a.givenUp))
	if b.final == nil || b.speechless() || b.ofAny(func(s *scope) bool { return s.unknown }) {
		return
	}
	if b.ofAny(func(s *scope) bool { return s.partial }) {
		f.set("skipped.count", float64(a.skipped))
	}
	open := a.open - waiting
	removed := a.removed
	if b.untold || b.withoutConsumer() && b.stream.Retention == "interest" {
		// A message that left the stream unhandled leaves no other trace than that the stream holds fewer than it stored.
		gone := min(open, max(a.stored-b.final.Stored, 0))
		removed, open = removed+gone, open-gone
	}
	f.set("removed.count", float64(removed))
	f.set("waiting.count", float64(waiting))
	if !b.ended || !history.CutShort(b.cause) {
		f.set("lost.count", float64(open+a.lost))
	}
}

// tally is what became of the messages of all consumers, and how many wait.
func (b *books) tally() (a accounts, waiting int64) {
	for _, c := range b.consumers() {
		var one accounts
		for i := range c.messages {
			m := &c.messages[i]
			one.add(m, &c.scope, !b.discreet() && b.forgotten(m))
		}
		if c.withoutConsumer() && b.final != nil {
			waiting += one.open
		} else {
			waiting += one.waiting(c)
		}
		a.join(one)
	}
	if b.withoutConsumer() && b.final != nil && (b.stream.consumes() || b.untold) {
		waiting = min(waiting, b.final.Stored)
	}
	return a, waiting
}

// speechless reports whether the last word does not tell what waits: a consumer is gone and nobody removed it, or a stream of which
// nobody knows what it had.
func (b *books) speechless() bool {
	for _, c := range b.consumers() {
		switch c.lastCode() {
		case history.NoConsumer:
			if !c.withoutConsumer() {
				return true
			}
		case history.NoStream:
			if b.discreet() {
				return true
			}
		}
	}
	return false
}

// accounts is the sum of what became of messages; open are those of which nothing is known, busy the open ones that
// were acked before the work and still held when the history ended, unacked the handled ones that are ack pending.
type accounts struct {
	stored, handled, terminated, givenUp, removed, skipped, lost, open, busy, unacked int64
}

// add puts a message where it belongs. A message that was delivered is in the stream, whether or not its publisher
// learned so.
func (a *accounts) add(m *message, s *scope, forgotten bool) {
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
	case s.skips(m):
		a.skipped++
	case m.removed:
		a.removed++
	case forgotten:
		a.lost++
	default:
		a.open++
		if m.busy && !m.pending {
			a.busy++
		}
	}
}

// waiting is how much the server still has to deliver or to see acked, by its last word.
func (a *accounts) waiting(c *books) int64 {
	if c.final == nil {
		return 0
	}
	return min(a.open, c.final.Pending+max(c.ackPending()-a.unacked, 0)+a.busy)
}

func (a *accounts) join(o accounts) {
	a.stored += o.stored
	a.handled += o.handled
	a.terminated += o.terminated
	a.givenUp += o.givenUp
	a.removed += o.removed
	a.skipped += o.skipped
	a.lost += o.lost
	a.open += o.open
	a.busy += o.busy
	a.unacked += o.unacked
}
