package measure

import (
	"cmp"
	"container/heap"
	"slices"
)

// take gives a message a slot as it leaves the server. A message that comes again after it was freed is pending again:
// the ack that seemed to free it was lost. That is not so if the two passed each other on their way, or if a newer
// delivery left before: then this one was only held back.
func (b *books) take(d *delivery) {
	m, at := &b.messages[d.message], d.sent
	b.countedTo = max(b.countedTo, int64(d.consumerSeq))
	if d.number <= 1 {
		b.skip(m.seq, at)
	}
	if !m.left && d.number <= 1 {
		b.fresh = append(b.fresh, at)
	}
	waited := m.queued
	b.drop(m, at)
	m.left = true
	passed := m.freedAt != never && at <= m.freedAt+b.crossing(d)
	overtaken := d.number < m.newest
	m.newest = max(m.newest, d.number)
	if m.pending || passed || overtaken || b.consumer.AckPolicy == ackNone {
		return
	}
	if m.freedAt != never && !waited {
		b.revive(m, at)
	}
	b.occupy(d.message, at)
	if d.earliest < at {
		b.undated = append(b.undated, Span{d.earliest, at})
	}
}

// crossing is how long after an ack reached the server a redelivery may leave it that was under way already: none at one server on
// the virtual clock, whose end of the link was seen.
func (b *books) crossing(d *delivery) int64 {
	w := b.workers[d.worker]
	switch {
	case !w.tapped:
		return 2 * w.way.trip(d.sent)
	case b.exact:
		return 0
	}
	return wayTime
}

// occupy gives a message a slot.
func (b *books) occupy(m int32, at int64) {
	b.messages[m].pending = true
	b.pending.add(at, 1)
	if b.exact { // only then anybody asks for the oldest
		heap.Push(&b.slots, slot{b.messages[m].seq, m})
	}
	if b.consumer.AckPolicy == ackAll {
		b.unacked = append(b.unacked, m)
	}
}

// drop takes a message from those that wait.
func (b *books) drop(m *message, at int64) {
	if m.queued {
		m.queued = false
		b.queued.add(at, -1)
	}
}

// skip looks after the messages that wait though a later one is sent for the first time. A consumer sends new messages in the
// order of the stream, so those were sent before, and nobody saw it: they died with a connection or a leader, or the stream has
// removed them.
func (b *books) skip(seq uint64, at int64) {
	for ; b.first < len(b.queue); b.first++ {
		i := b.queue[b.first]
		m := &b.messages[i]
		switch {
		case !m.queued:
		case m.seq >= seq:
			return
		default:
			b.pass(i, at)
		}
	}
}

// pass notes that a message was sent, or removed, and nobody saw it.
func (b *books) pass(i int32, at int64) {
	m := &b.messages[i]
	b.drop(m, at)
	if b.untold || b.consumer.AckPolicy == ackNone {
		return
	}
	m.left, m.skippedAt = true, at
	b.fresh = append(b.fresh, at)
	b.occupy(i, at)
}

// close notes what the server may have told by the answer to a sample.
func (s *sample) close(b *books) {
	s.counted.To = b.countedTo
	if i, ok := b.seqs.index(s.oldest); ok && (!b.messages[i].pending || b.messages[i].freedAt >= s.asked) {
		s.oldest = 0 // it may have been acked by then
	}
}

// follow lets a sample say what no event does. Where fewer messages wait than the events say, and more are ack pending, the first
// of them were sent and never arrived; in a stream that removes messages by itself, they may be gone. Where more wait after a server
// has lost its latest state, it has forgotten that it sent the last ones.
func (b *books) follow(s *sample) {
	unseen := s.consumerSeq - s.counted.To // deliveries that passed no wire: nobody was there any more to take them
	if b.exact && unseen <= 0 {
		return
	}
	missing := b.queued.last() - s.pending
	if b.exact {
		missing = min(missing, unseen)
	}
	if missing < 0 && b.forgetting(s.told) {
		b.unsend(-missing, s.told)
	}
	if !b.untold {
		missing = min(missing, s.ackPending-b.pending.last())
	}
	for ; missing > 0 && b.first < len(b.queue); b.first++ {
		if i := b.queue[b.first]; b.messages[i].queued {
			b.pass(i, s.told)
			missing--
		}
	}
}

// forgetting reports whether a server may have lost its latest state before an instant.
func (b *books) forgetting(at int64) bool {
	return slices.ContainsFunc(b.faults, func(f fault) bool { return forgets(f.Do) && f.From < at })
}

// unsend makes some messages wait again that the server has forgotten to have sent: the last ones that it did.
func (b *books) unsend(n, at int64) {
	for i := len(b.queue) - 1; i >= 0 && n > 0; i-- {
		m := &b.messages[b.queue[i]]
		if m.queued || !m.left {
			continue
		}
		b.release(b.queue[i], at)
		m.queued, m.left, m.newest = true, false, 0
		b.queued.add(at, 1)
		b.first, n = min(b.first, i), n-1
	}
}

// revive notes that a message comes again whose ack a server had forgotten, or never had: it has been ack pending since the fault
// that took the ack.
func (b *books) revive(m *message, at int64) {
	for i := range b.faults {
		f := &b.faults[i]
		if hitsServer(f.Do) && f.From < at && (Span{f.From - undoneMax, max(f.To, f.From) + undoneMax}).holds(m.freedAt) {
			b.revived = append(b.revived, Span{max(f.From, m.freedAt), at})
			return
		}
	}
}

// plus adds 1 to a line in each of some spans.
func (l line) plus(spans []Span) line {
	if len(spans) == 0 {
		return l
	}
	var edges []step
	for _, s := range spans {
		edges = append(edges, step{s.From, 1}, step{s.To, -1})
	}
	slices.SortFunc(edges, func(s, t step) int { return cmp.Compare(s.at, t.at) })
	var more line
	for _, e := range edges {
		more.add(e.at, e.v)
	}
	return combine([]line{l, more}, func(v []int64) int64 { return v[0] + v[1] })
}

// slot is a message that is ack pending, or was.
type slot struct {
	seq     uint64
	message int32
}

// slots is a heap of them, the lowest sequence on top. Those that are free again leave it when they come to the top.
type slots []slot

func (s slots) Len() int           { return len(s) }
func (s slots) Less(i, j int) bool { return s[i].seq < s[j].seq }
func (s slots) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push adds a slot.
func (s *slots) Push(one any) { *s = append(*s, one.(slot)) }

// Pop takes the last slot away.
func (s *slots) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// oldest is the lowest sequence that is ack pending, 0 if none is.
func (b *books) oldest() uint64 {
	for len(b.slots) > 0 && !b.messages[b.slots[0].message].pending {
		heap.Pop(&b.slots)
	}
	if len(b.slots) == 0 {
		return 0
	}
	return b.slots[0].seq
}

// release ends the time in which a message is ack pending.
func (b *books) release(m int32, at int64) {
	if !b.messages[m].pending {
		return
	}
	b.messages[m].pending = false
	b.messages[m].freedAt = at
	b.pending.add(at, -1)
	if b.consumer.AckPolicy == ackAll {
		b.unacked = slices.DeleteFunc(b.unacked, func(i int32) bool { return i == m })
	}
}

// releaseTo ends it for a message and all before it, unless an answer to a later delivery has done so already: then the server takes
// no notice (nats-server consumer.go, processAckMsgLocked, AckAll).
func (b *books) releaseTo(t *turn) {
	seq := b.messages[t.subject].seq
	if t.number > 0 && (t.number <= b.ackedTo.number || seq <= b.ackedTo.seq) {
		return
	}
	b.ackedTo.number, b.ackedTo.seq = t.number, seq
	for _, i := range slices.Clone(b.unacked) {
		if b.messages[i].seq <= seq {
			b.release(i, t.at)
		}
	}
}

// empty is a purge: what is queued or ack pending before the kept message, or -1 for all of them, is no more.
func (b *books) empty(at int64, kept int32) {
	for i := range b.messages {
		m := &b.messages[i]
		if kept >= 0 && m.seq >= b.messages[kept].seq {
			continue
		}
		m.removed = m.removed || m.pending || m.queued
		b.drop(m, at)
		b.release(int32(i), at)
	}
}
