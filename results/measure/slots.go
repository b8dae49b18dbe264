package measure

import (
	"cmp"
	"container/heap"
	"iter"
	"slices"
)

// Where a message is, as the server sees it: it is stored, and waits (queued); it was sent, and takes a slot of ack pending, whether
// or not it arrives; an answer reaches the server, and the slot is free. Where pindrop owns the link, both are seen at the server's
// end. Elsewhere the history has the other end: a delivery is seen when it arrives, an answer when it leaves, and one trip through
// the network lies between, the worker's delay:
//
//	server  ──┬─ slot ─────────────────────────┬──
//	          ↓ delay                          ↑ delay
//	worker  ────┴ arrived ─ begun ─ answered ──┴──
//
// So the walk only collects turns, and account puts them into the order in which the server saw them.

// turn is something that changes what the server holds. Within an instant, turns count in the order of their kinds: what
// was stored, sent and acked at once neither waits nor is pending after it.
type turn struct {
	at      int64
	kind    turnKind
	subject int32 // a message, for a sent turn a delivery, for a question and its answer a sample
}

type turnKind int8

const (
	asked turnKind = iota // the server is asked for a sample
	stored
	sent     // a delivery left the server
	freed    // an answer reached the server, or the server gave up
	freedTo  // the same, for the message and all before it
	purged   // all before the message are gone; -1: all
	forgot   // a server lost what it had acknowledged
	answered // the server has told the sample
)

// leaving is an ack or a term on its way to the server.
type leaving struct {
	turn
	worker int32
}

// healSlack is how long after a heal what was held back may still be arriving, on a machine that stalls.
const healSlack = 1e9

// turned notes a turn at the server's time.
func (b *books) turned(at int64, kind turnKind, subject int32) {
	b.turns = append(b.turns, turn{at, kind, subject})
}

// account follows the server's holdings through all turns.
func (b *books) account() {
	b.bury()
	b.dateDeliveries()
	for t := range inOrder(b.turns, b.answerTurns(), b.sentTurns(), b.sampleTurns()) {
		if t.at > b.whole.To {
			break // nobody was there to see it
		}
		b.turn(t)
	}
	b.turns, b.answers = nil, nil
}

// answerTurns are the answers as they reach the server.
func (b *books) answerTurns() []turn {
	turns := make([]turn, 0, len(b.answers))
	for _, a := range b.answers {
		if at := b.workers[a.worker].reaches(a.at); at != never {
			turns = append(turns, turn{at, a.kind, a.subject})
		}
	}
	return turns
}

// sentTurns are the deliveries as they leave the server.
func (b *books) sentTurns() []turn {
	turns := make([]turn, 0, len(b.deliveries)+len(b.dead))
	for i, d := range b.allOut {
		turns = append(turns, turn{d.sent, sent, i})
	}
	return turns
}

// sampleTurns are the questions to the server, and its answers.
func (b *books) sampleTurns() []turn {
	turns := make([]turn, 0, 2*len(b.samples))
	for i, s := range b.samples {
		turns = append(turns, turn{s.asked, asked, int32(i)}, turn{s.told, answered, int32(i)})
	}
	return turns
}

// inOrder sorts lists of turns, and goes through all of them together. Each of them mostly is in order already, which
// makes this a third of the work of sorting one list of them all.
func inOrder(lists ...[]turn) iter.Seq[turn] {
	for _, l := range lists {
		slices.SortFunc(l, compareTurns)
	}
	return func(yield func(turn) bool) {
		for {
			next := -1
			for i, l := range lists {
				if len(l) > 0 && (next < 0 || compareTurns(l[0], lists[next][0]) < 0) {
					next = i
				}
			}
			if next < 0 || !yield(lists[next][0]) {
				return
			}
			lists[next] = lists[next][1:]
		}
	}
}

func compareTurns(t, u turn) int {
	return cmp.Or(cmp.Compare(t.at, u.at), cmp.Compare(t.kind, u.kind), cmp.Compare(t.subject, u.subject))
}

func (b *books) turn(t turn) {
	switch t.kind {
	case asked:
		s := &b.samples[t.subject]
		s.oldest, s.counted.From = b.oldest(), b.countedTo
	case stored:
		if m := &b.messages[t.subject]; !m.left {
			m.queued = true
			b.queued.add(t.at, 1)
			b.queue = append(b.queue, t.subject)
		}
	case sent:
		b.take(b.out(t.subject))
	case freed:
		b.release(t.subject, t.at)
	case freedTo:
		seq := b.messages[t.subject].seq
		for _, i := range slices.Clone(b.unacked) {
			if b.messages[i].seq <= seq {
				b.release(i, t.at)
			}
		}
	case purged:
		b.empty(t.at, t.subject)
	case forgot:
		b.forget(t.at)
	case answered:
		s := &b.samples[t.subject]
		s.close(b)
		b.follow(s)
	}
}

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

// dateDeliveries says of each delivery when it left the server: one trip before it arrived. One that a freeze or a
// partition held back, or a slow link that became faster, left at some time since that began, which the consumer sequence narrows down: before all that
// bear a higher number, and after those with a lower one that nothing held back. Samples count the deliveries, too.
func (b *books) dateDeliveries() {
	var late []int32
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.sent != never { // it was seen leaving
			d.earliest = d.sent
			continue
		}
		w := b.workers[d.worker]
		left := w.way.departure(d.arrived)
		d.sent = max(left.To, b.whole.From)
		if d.earliest = d.sent; d.replayed {
			continue
		}
		h, held := w.heldBack(d.arrived)
		if held {
			left.From = min(left.From, w.way.departure(h.From).From)
		}
		if held || left.From < left.To {
			d.earliest = min(max(left.From, b.whole.From), d.sent)
			late = append(late, int32(i))
		}
	}
	if len(late) > 0 {
		b.narrow(b.marks(late))
	}
}

// mark says that at an instant the server had sent as many deliveries.
type mark struct {
	consumerSeq uint64
	at          int64
	delivery    int32 // the last of them, -1: a sample
	late        bool
}

// marks are all that counts deliveries, those that are late among them.
func (b *books) marks(late []int32) []mark {
	marks := slices.Clone(b.counted)
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.replayed || d.consumerSeq == 0 {
			continue
		}
		_, isLate := slices.BinarySearch(late, int32(i))
		marks = append(marks, mark{d.consumerSeq, d.sent, int32(i), isLate})
	}
	return marks
}

// narrow dates the late deliveries by the marks around them. What it finds of one that is not late is what it was.
func (b *books) narrow(marks []mark) {
	slices.SortFunc(marks, func(m, o mark) int {
		return cmp.Or(cmp.Compare(m.consumerSeq, o.consumerSeq), -cmp.Compare(m.delivery, o.delivery))
	})
	first := b.whole.To
	for _, m := range slices.Backward(marks) {
		first = min(first, m.at)
		if m.late {
			d := &b.deliveries[m.delivery]
			d.sent = max(first, d.earliest)
		}
	}
	last := b.whole.From
	for _, m := range marks {
		if !m.late {
			last = max(last, m.at)
			continue
		}
		d := &b.deliveries[m.delivery]
		d.earliest = min(max(d.earliest, last), d.sent)
	}
}

// undatedAt is how many slots may have been taken, within a span, by deliveries that are drawn only from later on.
func (b *books) undatedAt(s Span) int64 {
	n := int64(0)
	for _, u := range b.undated {
		if u.clip(s).length() > 0 {
			n++
		}
	}
	return n
}

// undatedMin is how long ack pending must be drawn too low before it is worth a warning.
const undatedMin = 200e6

// warnOfUndated says by how much ack pending may be drawn too low, and when.
func (b *books) warnOfUndated(f *Findings) {
	late := longer(b.undated, undatedMin)
	var turns []step
	for _, s := range late {
		turns = append(turns, step{s.From, 1}, step{s.To, -1})
	}
	slices.SortFunc(turns, func(s, t step) int { return cmp.Compare(s.at, t.at) })
	var more line
	for _, t := range turns {
		more.add(t.at, t.v)
	}
	if len(late) == 0 {
		return
	}
	_, most := more.bounds(b.whole)
	total, _ := extent(union(late))
	f.warn("%sdeliveries were on their way to a frozen or partitioned worker and nothing says since when: "+
		"for %s between %s and %s ack pending may be up to %d higher than shown",
		b.prefix(), seconds(total), seconds(turns[0].at), seconds(turns[len(turns)-1].at), most)
}
