package measure

import (
	"slices"

	"pindrop/results/history"
)

// observePublisher notes what a publisher sent, and what became of it.
func (b *books) observePublisher(e *history.Event) {
	op := operation{b.publishers.number(e.Actor), e.Op}
	switch e.Kind {
	case history.Publish:
		b.ops[op] = int32(len(b.published))
		b.published = append(b.published, publication{at: e.At, due: e.Due, acked: never})
		return
	case history.Unknown:
		b.unknown++
		if i, ok := b.ops[op]; ok {
			b.unanswered[op] = b.published[i].due
		}
	case history.Refused:
		b.refused++
		if slices.Contains(noRoom, e.Status) {
			b.roomless++
		}
		if i, ok := b.ops[op]; ok {
			b.published[i].full = slices.Contains(refusedFull, e.Reason)
		}
	case history.Persisted:
		b.persist(e, op)
		return // the publisher does not know yet
	case history.Stored:
		b.store(e, op)
	}
	delete(b.ops, op)
}

// resolve takes in an entry of a replica's final stream: a message whose publisher never had an answer is there all the same,
// and so it is known when it was due.
func (b *books) resolve(e *history.Event) {
	op := operation{b.publishers.number(e.Worker), e.Op}
	due, ok := b.unanswered[op]
	if !ok {
		return
	}
	if i, met := b.seqs.index(e.Seq); met && b.messages[i].storedAt == never {
		b.messages[i].due = due
	}
}

func (b *books) store(e *history.Event, op operation) {
	p, ok := b.ops[op]
	if ok {
		b.published[p].acked = e.At
	}
	m := &b.messages[b.persist(e, op)]
	if m.heardAt == never {
		m.heardAt = e.At
	}
}

// persist notes that the server has a message, as its end of the publisher's link or the publisher itself says.
func (b *books) persist(e *history.Event, op operation) int32 {
	i := b.message(e.Seq)
	m := &b.messages[i]
	if m.storedAt != never { // known already, or the server recognised a duplicate
		return i
	}
	m.storedAt, m.op, m.key = e.At, op, b.keys.number(e.Key)
	if p, ok := b.ops[op]; ok {
		m.due = b.published[p].due
	}
	b.stored = append(b.stored, e.At)
	if m.count == 0 && m.seq < b.purgedBelow {
		m.removed = true
	} else if m.count == 0 && !b.scope.skips(m) {
		b.turned(e.At, stored, i)
	}
	return i
}
