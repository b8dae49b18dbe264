package measure

import (
	"cmp"
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
	subject int32  // a message, for a sent turn a delivery, for a question and its answer a sample
	number  uint64 // of a sent or freedTo turn: the consumer sequence of the delivery; 0: not known; of a trimmed turn: the sequence
}

type turnKind int8

const (
	asked turnKind = iota // the server is asked for a sample
	stored
	trimmed  // the stream has removed all up to a sequence
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
	b.turns = append(b.turns, turn{at: at, kind: kind, subject: subject})
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
	b.pending = b.pending.plus(b.revived)
	if b.untold {
		b.queued = nil
	}
	b.turns, b.answers = nil, nil
}

// answerTurns are the answers as they reach the server.
func (b *books) answerTurns() []turn {
	turns := make([]turn, 0, len(b.answers))
	for _, a := range b.answers {
		if at := b.workers[a.worker].reaches(a.at); at != never {
			a.at = at
			turns = append(turns, a.turn)
		}
	}
	return turns
}

// sentTurns are the deliveries as they leave the server.
func (b *books) sentTurns() []turn {
	turns := make([]turn, 0, len(b.deliveries)+len(b.dead))
	for i, d := range b.allOut {
		turns = append(turns, turn{at: d.sent, kind: sent, subject: i, number: d.consumerSeq})
	}
	return turns
}

// sampleTurns are the questions to the server, and its answers.
func (b *books) sampleTurns() []turn {
	turns := make([]turn, 0, 2*len(b.samples))
	for i, s := range b.samples {
		turns = append(turns, turn{at: s.asked, kind: asked, subject: int32(i)}, turn{at: s.told, kind: answered, subject: int32(i)})
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

// compareTurns puts turns in order. Deliveries of one instant left in the order in which the server counted them, which is not
// that of their arrivals.
func compareTurns(t, u turn) int {
	if c := cmp.Or(cmp.Compare(t.at, u.at), cmp.Compare(t.kind, u.kind)); c != 0 {
		return c
	}
	if t.kind == sent {
		return cmp.Or(cmp.Compare(t.number, u.number), cmp.Compare(t.subject, u.subject))
	}
	return cmp.Compare(t.subject, u.subject)
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
	case trimmed:
		b.trim(t)
	case sent:
		b.take(b.out(t.subject))
	case freed:
		b.release(t.subject, t.at)
	case freedTo:
		b.releaseTo(&t)
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
	if len(late) == 0 {
		return
	}
	_, most := line(nil).plus(late).bounds(b.whole)
	spans := union(late)
	total, _ := extent(spans)
	f.warn("%sdeliveries were on their way to a frozen or partitioned worker and nothing says since when: "+
		"for %s between %s and %s ack pending may be up to %d higher than shown",
		b.prefix(), seconds(total), seconds(spans[0].From), seconds(spans[len(spans)-1].To), most)
}
