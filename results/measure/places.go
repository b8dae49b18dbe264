package measure

import (
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
	b.drop(m, at)
	m.left = true
	passed := m.freedAt != never && at <= m.freedAt+b.crossing(d)
	overtaken := d.number < m.newest
	m.newest = max(m.newest, d.number)
	if m.pending || passed || overtaken || b.consumer.AckPolicy == ackNone {
		return
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
	heap.Push(&b.slots, slot{b.messages[m].seq, m})
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
	for len(b.queue) > 0 {
		i := b.queue[0]
		m := &b.messages[i]
		switch {
		case !m.queued:
		case m.seq >= seq:
			return
		default:
			b.pass(i, at)
		}
		b.queue = b.queue[1:]
	}
}

// pass notes that a message was sent, or removed, and nobody saw it.
func (b *books) pass(i int32, at int64) {
	m := &b.messages[i]
	b.drop(m, at)
	if b.stream.drops() || b.consumer.AckPolicy == ackNone {
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
// of them were sent and never arrived; in a stream that removes messages by itself, they may be gone.
func (b *books) follow(s *sample) {
	if b.exact {
		return
	}
	missing := b.queued.last() - s.pending
	if !b.stream.drops() {
		missing = min(missing, s.ackPending-b.pending.last())
	}
	for ; missing > 0 && len(b.queue) > 0; b.queue = b.queue[1:] {
		if i := b.queue[0]; b.messages[i].queued {
			b.pass(i, s.told)
			missing--
		}
	}
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
