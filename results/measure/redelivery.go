package measure

import (
	"cmp"
	"fmt"
	"slices"
)

// The mechanisms that make a server deliver a message again.
const (
	byNak        = "nak"
	byAckWait    = "ack_wait"
	byNoInterest = "no_interest"
	byServer     = "server"
	byUnknown    = "unknown"
)

// timerSlack is how much earlier than the ack wait a redelivery may arrive: both deliveries are seen at the client, and
// the first one may have been longer on its way. It is at most a tenth of the wait.
const timerSlack = 50e6

// measureRedeliveries explains every delivery numbered above 1.
func (b *books) measureRedeliveries(f *Findings) {
	if len(b.deliveries) == 0 {
		return
	}
	most, delivered, forgotten := uint32(0), 0, 0
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.arrived < b.window.From || d.replayed {
			continue
		}
		delivered++
		most = max(most, d.number)
		if at := b.messages[d.message].confirmed; at != never && d.earliest > at+wayTime {
			forgotten++
		}
		if d.number > 1 {
			f.Redeliveries = append(f.Redeliveries, b.redelivery(d))
		}
	}
	f.set("delivered.count", float64(delivered))
	f.set("redelivery.count", float64(len(f.Redeliveries)))
	if b.acksSeen {
		f.set("redelivery.acked", float64(forgotten))
	}
	f.set("deliveries.max", float64(most))
}

func (b *books) redelivery(d *delivery) Redelivery {
	r := Redelivery{
		At: d.arrived, Seq: given(b.messages[d.message].seq), Delivery: d.number, To: b.workers[d.worker].name,
		Mechanism: byUnknown, Root: "none", Owner: "unknown",
	}
	before := b.deliveryBefore(d)
	if before == nil { // nobody saw it
		r.Mechanism, r.Root = b.unseen(d)
		return r
	}
	r.From, r.Owner = b.workers[before.worker].name, "another"
	if before.worker == d.worker {
		r.Owner = "same"
	}
	r.Mechanism = b.mechanism(before, d)
	r.Root = rootOf(b.root(before, d, r.Mechanism))
	return r
}

func rootOf(fault int32) string {
	if fault == 0 {
		return "none"
	}
	return fmt.Sprintf("fault %d", fault)
}

// unseen says why a message is redelivered if nobody saw the delivery before: that one died with a connection, or with a leader.
func (b *books) unseen(d *delivery) (mechanism, root string) {
	since := b.messages[d.message].skippedAt
	if since == never {
		since = b.whole.From
	} else if wait := b.consumer.wait(d.number - 1); wait > 0 && d.sent-since >= wait-min(timerSlack, wait/10) {
		mechanism = byAckWait
	}
	if span := (Span{since - cutSlack, d.arrived + 1}); b.anyCut(span, -1) {
		return cmp.Or(mechanism, byNoInterest), "none"
	} else if fault := b.serverFault(span); fault > 0 {
		return cmp.Or(mechanism, byServer), rootOf(fault)
	}
	return cmp.Or(mechanism, byUnknown), "none"
}

// deliveryBefore is the delivery of the same message numbered one less, nil if nobody saw it. Mostly it arrived before; one that a
// held link kept back arrived at the heal, maybe long after the redelivery; and one may never have arrived.
func (b *books) deliveryBefore(d *delivery) *delivery {
	fits := func(i int32) bool { return b.deliveries[i].number+1 == d.number && !b.deliveries[i].replayed }
	if d.before >= 0 && fits(d.before) {
		return &b.deliveries[d.before]
	}
	for i := b.messages[d.message].last; i >= 0; i = b.deliveries[i].before {
		if fits(i) {
			return &b.deliveries[i]
		}
	}
	for i := range b.dead {
		if o := &b.dead[i]; o.message == d.message && o.number+1 == d.number && o.sent < d.sent {
			return o
		}
	}
	return nil
}

// between is the time from a delivery to the next one of its message; what a held link kept back was on its way for all the time in
// which it may have been.
func between(before, d *delivery) Span { return Span{min(before.earliest, d.arrived), d.arrived + 1} }

// mechanism says why a message came again. A nak explains it for sure, a full ack wait does nearly so.
func (b *books) mechanism(before, d *delivery) string {
	switch between := between(before, d); {
	case b.naked(before, d):
		return byNak
	case b.waitedOut(before, d):
		return byAckWait
	case slices.ContainsFunc(b.leaders, between.holds) || b.serverFault(between) > 0:
		return byServer
	case b.anyCut(between, before.worker):
		return byNoInterest
	}
	return byUnknown
}

// naked reports whether the server had a nak of a delivery when the next one left it.
func (b *books) naked(before, d *delivery) bool {
	if b.workers[before.worker].tapped {
		return before.refused != never && before.refused <= d.sent
	}
	return before.naked != never && before.naked <= d.arrived
}

// waitedOut reports whether the ack wait of a delivery was over when the next one left the server: within a slack, where the history
// does not have the server's own times.
func (b *books) waitedOut(before, d *delivery) bool {
	from, slack := before.earliest, int64(0)
	if b.workers[before.worker].tapped {
		if before.extended != never && before.extended < d.sent {
			from = max(from, before.extended)
		}
		if !b.exact {
			slack = wayTime
		}
	} else {
		if at := b.workers[before.worker].reaches(before.progress); before.progress != never && at < d.sent {
			from = max(from, at)
		}
		slack = timerSlack
	}
	for i, s := range b.settings {
		if s.at > d.sent {
			break
		}
		until := d.sent
		if i+1 < len(b.settings) {
			until = min(until, b.settings[i+1].at)
		}
		if wait := s.wait(before.number); wait > 0 && until-from >= wait-min(slack, wait/10) {
			return true // and stays so, whatever the wait is later
		}
	}
	return false
}

// root is the fault behind a redelivery: one that hit the worker of the delivery before while it held the message, or
// while the message was on its way to it, or that hit the server, if that is the mechanism or the message was acked in vain; 0 if
// there is none.
func (b *books) root(before, d *delivery, mechanism string) int32 {
	span := between(before, d)
	if mechanism == byServer {
		return b.serverFault(span)
	}
	if before.any() {
		span.To = min(span.To, max(before.closed, before.arrived)+1) // a kill closes it, and still hit it
	}
	for i := range b.faults {
		if f := &b.faults[i]; f.worker == before.worker && span.reached(f.grip()) {
			return f.ID
		}
	}
	if before.acked != never && before.acked <= d.arrived {
		return b.serverFault(between(before, d)) // it was acked, and the server did not know
	}
	return 0
}

// serverFault is the first fault of a server in a span, 0 if there is none.
func (b *books) serverFault(s Span) int32 {
	for i := range b.faults {
		if f := &b.faults[i]; hitsServer(f.Do) && s.reached(f.Span) {
			return f.ID
		}
	}
	return 0
}

// anyCut reports whether a worker (-1: any) was cut in a span.
func (b *books) anyCut(s Span, worker int32) bool {
	return slices.ContainsFunc(b.cuts, func(c cut) bool {
		return (worker < 0 || c.worker == worker) && s.reached(c.Span)
	})
}
