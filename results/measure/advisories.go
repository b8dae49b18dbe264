package measure

import (
	"fmt"

	"pindrop/results/history"
)

// advised is what the server's advisories said, to be held against what the wires prove.
type advised struct {
	pinned, unpinned int
	naks, terms      map[advice]bool
	sentTerms        []sentTerm
}

// advice names a delivery in the words of an advisory.
type advice struct {
	seq      uint64
	delivery uint32
}

// sentTerm is a +TERM that left a worker.
type sentTerm struct {
	advice
	at     int64
	worker int32
}

// advise notes an advisory.
func (b *books) advise(e *history.Event) {
	switch e.Kind {
	case history.Pinned:
		b.advised.pinned++
	case history.Unpinned:
		b.advised.unpinned++
	case history.NakAdvisory:
		b.advised.naks[advice{e.Seq, e.Delivery}] = true
	case history.Terminated:
		b.advised.terms[advice{e.Seq, e.Delivery}] = true
	}
}

// tally counts the advisories that the wires prove and those of them that came; first names the first that did not.
type tally struct {
	proven, came int
	first        string
}

func (t *tally) count(proven, came int, what string) {
	came = min(came, proven)
	t.proven += proven
	t.came += came
	if came < proven && t.first == "" {
		t.first = what
	}
}

func (t *tally) one(came bool, what string, a advice) {
	if came {
		t.count(1, 1, "")
		return
	}
	t.count(1, 0, fmt.Sprintf("%s of message %d, delivery %d", what, given(a.seq), a.delivery))
}

// premiseAdvisories: advisories are sent at most once, so what rests on them (given_up.count, the cause of an overlap) may
// lack some. Each of them that the wires prove must be there. More of them than that are no harm: the server pins
// workers that are gone, and tells an unpinning that freed nothing.
func (b *books) premiseAdvisories(Asked) (Premise, bool) {
	var t tally
	b.tallyPins(&t)
	b.tallyNaks(&t)
	b.tallyTerms(&t)
	b.tallyGivenUp(&t)
	p := Premise{
		Name: "advisories are complete", OK: t.came == t.proven,
		Got:    fmt.Sprintf("%d of %d", t.came, t.proven),
		Wanted: fmt.Sprintf("the %d that the wires prove", t.proven),
	}
	if !p.OK {
		p.Got += "; missing first: " + t.first
	}
	return p, b.wired && b.policy != "" && t.proven > 0
}

// tallyPins: each generation that delivered was told once; each but the last was ended by a timeout or by an unpinning,
// which is told as well, or by a new leader, which is not. A server that comes back may pin before the watcher is connected again.
func (b *books) tallyPins(t *tally) {
	gens := map[uint32]bool{}
	for _, tenure := range b.tenures {
		if tenure.gen > 0 {
			gens[tenure.gen] = true
		}
	}
	away := 0
	for i := range b.faults {
		if hitsServer(b.faults[i].Do) {
			away++
		}
	}
	t.count(max(len(gens)-away, 0), b.advised.pinned, "a pinned advisory")
	t.count(max(len(gens)-1-len(b.leaders)-away, 0), b.advised.unpinned, "an unpinned advisory")
}

// tallyNaks: a message that came again before its ack wait was over came because of the nak that had left by then, if
// neither its worker nor the server was cut off meanwhile.
func (b *books) tallyNaks(t *tally) {
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.before < 0 {
			continue
		}
		last := &b.deliveries[d.before]
		a := advice{b.messages[last.message].seq, last.number}
		between := Span{last.arrived, d.arrived + 1}
		naked := last.naked != never && last.naked <= d.arrived && last.number+1 == d.number
		if !naked || b.waitedOut(last, d) || b.unsettled(between, last.worker) {
			continue
		}
		t.one(b.advised.naks[a], "the nak advisory", a)
	}
}

// tallyTerms: the server tells every term that reaches it, and it does where nothing happens to its worker.
func (b *books) tallyTerms(t *tally) {
	for _, s := range b.advised.sentTerms {
		if !b.unsettled(Span{s.at, s.at + cutSlack}, s.worker) {
			t.one(b.advised.terms[s.advice], "the terminated advisory", s.advice)
		}
	}
}

// tallyGivenUp: where nothing is ack pending in the end, a message that was delivered as often as may be, and that
// nobody ever acked or terminated, was given up.
func (b *books) tallyGivenUp(t *tally) {
	most := b.consumer.MaxDeliver
	if b.final == nil || b.final.Status != 0 || b.final.AckPending > 0 || most <= 0 || b.consumer.AckPolicy == ackNone || b.consumer.AckPolicy == ackAll {
		return
	}
	for i := range b.messages {
		m := &b.messages[i]
		if m.last < 0 || m.ackedAt != never || m.confirmed != never || m.termed || m.removed || b.stream.drops() {
			continue
		}
		if last := &b.deliveries[m.last]; int64(last.number) >= most {
			t.one(m.givenUp, "the max_deliver advisory", advice{m.seq, last.number})
		}
	}
}

// unsettled reports whether, in a span, something happened to a worker or a server because of which what the worker sent
// may never have arrived.
func (b *books) unsettled(s Span, worker int32) bool {
	if b.anyCut(s, worker) {
		return true
	}
	for i := range b.faults {
		f := &b.faults[i]
		if (f.worker == worker || hitsServer(f.Do)) && s.reached(f.Span) {
			return true
		}
	}
	for _, at := range b.leaders {
		if s.holds(at) {
			return true
		}
	}
	return false
}
