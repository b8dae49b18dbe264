package measure

import (
	"cmp"
	"slices"

	"pindrop/results/history"
)

// tapped are the workers whose links were watched at the server's end as well. Of them it is known when each delivery left the
// server and when each answer reached it, also of those that never came to the other end.
type tapped map[string]bool

// meet takes in an event that was seen at the server's end.
func (t tapped) meet(e *history.Event) {
	if (e.Kind == history.Sent || e.Kind == history.Reached) && !t[e.Actor] {
		t[e.Actor] = true
	}
}

// flight is a delivery on its way to a worker.
type flight struct {
	message, worker int32
	number          uint32
	consumerSeq     uint64
	gen             uint32
}

func flightOf(e *history.Event, m, w int32) flight {
	return flight{m, w, max(e.Delivery, 1), e.ConsumerSeq, e.Gen}
}

// observeServerEnd takes in what passed at the server's end of a worker's link.
func (b *books) observeServerEnd(e *history.Event, w int32) {
	m := b.message(e.Seq)
	if e.Kind == history.Sent {
		b.consumerSeqs = append(b.consumerSeqs, step{int64(e.ConsumerSeq), e.At})
		// In files, an arrival stands before a departure of the same instant.
		arrived := func(d *delivery) bool { return d.any() && d.sent == never && d.consumerSeq == e.ConsumerSeq }
		if d := b.find(m, w, e.Delivery, arrived); d >= 0 {
			b.deliveries[d].sent = e.At
		} else {
			b.flying[flightOf(e, m, w)] = e.At
		}
		return
	}
	d := &delivery{} // an answer to what nobody saw arrive has nothing to tell of it
	if i := b.find(m, w, e.Delivery, (*delivery).any); i >= 0 {
		d = &b.deliveries[i]
	}
	switch e.Outcome {
	case history.OK, history.Termed:
		d.settled = e.At
		b.turns = append(b.turns, turn{e.At, b.frees(), m, e.ConsumerSeq})
	case history.Naked:
		d.refused = e.At
	case history.Extended:
		d.extended = e.At
	}
}

// frees is what an ack or a term that reaches the server frees: with ack policy all, everything up to its message, and a term is
// treated like an ack (nats-server consumer.go, processTermLocked).
func (b *books) frees() turnKind {
	if b.consumer.AckPolicy == ackAll {
		return freedTo
	}
	return freed
}

// landed is when a delivery that arrives has left the server; never where nobody saw that.
func (b *books) landed(e *history.Event, m, w int32) int64 {
	if e.Kind != history.Deliver || !b.workers[w].tapped {
		return never
	}
	f := flightOf(e, m, w)
	sent, ok := b.flying[f]
	if !ok {
		return never
	}
	delete(b.flying, f)
	return sent
}

// bury makes deliveries of the flights that never arrived, in the order in which they left.
func (b *books) bury() {
	for f, sent := range b.flying {
		b.dead = append(b.dead, delivery{
			message: f.message, worker: f.worker, tenure: -1, before: -1, number: f.number, consumerSeq: f.consumerSeq, sent: sent, earliest: sent,
			arrived: never, begun: never, closed: never, ended: never, answered: never, acked: never, naked: never, progress: never, confirmed: never,
			settled: never, refused: never, extended: never,
		})
	}
	slices.SortFunc(b.dead, func(c, d delivery) int {
		return cmp.Or(cmp.Compare(c.sent, d.sent), cmp.Compare(c.consumerSeq, d.consumerSeq), cmp.Compare(c.message, d.message))
	})
	b.flying = nil
}

// out is a delivery by its number in a turn: those that arrived come first, then those that never did.
func (b *books) out(i int32) *delivery {
	if n := int32(len(b.deliveries)); i >= n {
		return &b.dead[i-n]
	}
	return &b.deliveries[i]
}

// allOut are all deliveries that left the server.
func (b *books) allOut(yield func(int32, *delivery) bool) {
	for i := range int32(len(b.deliveries) + len(b.dead)) {
		if d := b.out(i); !d.replayed && !yield(i, d) {
			return
		}
	}
}

// bySent are the same in the order in which they left.
func (b *books) bySent() []*delivery {
	var all []*delivery
	for _, d := range b.allOut {
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(c, d *delivery) int { return cmp.Compare(c.sent, d.sent) })
	return all
}

// sample is what the server said of itself: it was asked, and told, and anything between the two may be in it.
type sample struct {
	asked, told         int64
	ackPending, pending int64
	consumerSeq         int64
	floor               uint64
	counted             Span   // deliveries that the server had counted by asked and by told, as far as its wires show
	oldest              uint64 // the lowest sequence that was ack pending from asked to told; 0: none
}

func newSample(e *history.Event) sample {
	s := sample{
		asked: e.At, told: e.At, ackPending: e.AckPending, pending: e.Pending, consumerSeq: int64(e.ConsumerSeq), floor: e.AckFloor,
	}
	if e.Stamp != 0 {
		s.asked = e.Stamp
	}
	return s
}
