package measure

import (
	"cmp"
	"fmt"
	"slices"
)

// sampleSlack is how far a sample may lie from the events that it saw: it is written down when the server's answer has
// come, on a machine that may stall. What is wrong for longer than that, as after an event was lost, still shows.
const sampleSlack = 1e9

// wayTime is how long a delivery or an ack may be on its way. Within it the server may have sent what has not arrived, and
// not have got what has left: deliveries and acks, which the events show in turns, may add up at the server.
const wayTime = 50e6

// premiseSamples: what the server said of itself lies within what the events allow: messages ack pending, messages that wait,
// deliveries counted, and the sequence up to which all is acked. At one server on the virtual clock whose end of every link was seen,
// only what happened between the question and the answer is allowed for.
func (b *books) premiseSamples(Asked) (Premise, bool) {
	p := Premise{Name: "samples and events agree", OK: true, Wanted: "ack pending, pending, deliveries and ack floor of each sample within what the events around it allow"}
	contradicts, around := b.contradicts, "the events around them"
	if b.exact {
		contradicts, around = b.contradictsExactly, "the events of their instants"
	}
	b.undone = b.undoings()
	apart := 0
	for i := range b.samples {
		if said := contradicts(&b.samples[i]); said != "" {
			if apart == 0 {
				p.Got = fmt.Sprintf("at %s %s", seconds(b.samples[i].told), said)
			}
			apart++
		}
	}
	p.OK = apart == 0
	if !p.OK {
		p.Got = fmt.Sprintf("%d of %d samples do not; %s", apart, len(b.samples), p.Got)
	} else {
		p.Got = fmt.Sprintf("%d samples agree with %s; the server's view is %s", len(b.samples), around, b.serverView())
		if acks, deliveries := undone(b.undone, b.whole.To); !b.exact && acks+deliveries > 0 {
			p.Got += fmt.Sprintf(", where faults of servers may have undone up to %d acks and %d deliveries", acks, deliveries)
		}
	}
	return p, b.wired && len(b.samples) > 0 && b.consumer.AckPolicy != ackNone
}

// contradictsExactly says what of a sample lies outside of what happened up to its question, or between that and the answer.
func (b *books) contradictsExactly(s *sample) string {
	span := Span{s.asked, s.told + 1}
	for _, one := range []struct {
		what string
		line line
		said int64
	}{{"ack pending", b.pending, s.ackPending}, {"pending", b.queued, s.pending}} {
		if one.what == "pending" && (b.untold || len(b.stored) == 0) {
			continue
		}
		before := one.line.value(s.asked - 1)
		rises, falls := one.line.moves(Span{s.asked - 1, span.To})
		if one.said < before-falls || one.said > before+rises {
			return fmt.Sprintf("the server said %d %s, the events say %d to %d", one.said, one.what, before-falls, before+rises)
		}
	}
	if most := b.countable(s); s.consumerSeq > 0 && (s.consumerSeq < s.counted.From || s.consumerSeq > most) {
		return fmt.Sprintf("the server had counted %d deliveries, its wires %d to %d", s.consumerSeq, s.counted.From, most)
	}
	return s.early()
}

// countable is how many deliveries the server may have counted by a sample: those that its wires show, and those of no interest behind
// them, which it counts and cannot hand to anybody. The number of the next one that its wires show says how many these can be.
func (b *books) countable(s *sample) int64 {
	if next := b.sentBy(s.told); next < len(b.consumerSeqs) {
		return max(s.counted.To, b.consumerSeqs[next].at-1)
	}
	if b.final != nil {
		return max(s.counted.To, int64(b.final.ConsumerSeq))
	}
	return s.counted.To
}

// sentBy is how many deliveries the wires show up to an instant.
func (b *books) sentBy(at int64) int {
	n, _ := slices.BinarySearchFunc(b.consumerSeqs, at+1, func(one step, at int64) int { return cmp.Compare(one.v, at) })
	return n
}

// early says that the ack floor lies above a message that was ack pending all the time.
func (s *sample) early() string {
	if s.oldest == 0 || s.floor < given(s.oldest) {
		return ""
	}
	return fmt.Sprintf("the server said that all was acked up to %d, and by the events %d was ack pending", s.floor, given(s.oldest))
}

// contradicts says what of a sample lies outside of the lowest and the highest value that the events around it give. Acks and deliveries
// that a fault of servers may have undone, and what a held link had not let through, may come on top.
func (b *books) contradicts(s *sample) string {
	slack := int64(sampleSlack)
	for _, w := range b.workers {
		slack = max(slack, sampleSlack+w.way.longest())
	}
	around := Span{s.asked - slack, s.told + slack + 1}
	near := Span{s.asked - wayTime, s.told + wayTime + 1}
	low, high := b.pending.bounds(around)
	rises, falls := b.pending.moves(near)
	acks, deliveries := undone(b.undone, s.told)
	low, high = max(low-rises-deliveries, 0), high+acks+falls+b.acksAtRisk.value(s.told)+b.undatedAt(around)
	if s.ackPending < low || s.ackPending > high {
		return fmt.Sprintf("the server said %d, the events say %d to %d", s.ackPending, low, high)
	}
	if b.serverView() != Exact {
		return ""
	}
	low, high = b.queued.bounds(around)
	rises, falls = b.queued.moves(near)
	if low, high = low-rises, high+falls; b.knowsQueue() && (s.pending < low || s.pending > high) {
		return fmt.Sprintf("the server said %d pending, the events say %d to %d", s.pending, low, high)
	}
	return b.miscounted(s, slack)
}

// miscounted says that the server had counted fewer deliveries than its wires showed some time before, or more than they did some time
// later.
func (b *books) miscounted(s *sample, slack int64) string {
	least, most := int64(0), s.consumerSeq
	if n := b.sentBy(s.asked - slack); n > 0 {
		least = b.consumerSeqs[n-1].at
	}
	if n := b.sentBy(s.told + slack); n < len(b.consumerSeqs) {
		most = b.consumerSeqs[n].at - 1
	}
	if s.consumerSeq == 0 || s.consumerSeq >= least && s.consumerSeq <= most {
		return ""
	}
	return fmt.Sprintf("the server had counted %d deliveries, its wires %d to %d", s.consumerSeq, least, most)
}
