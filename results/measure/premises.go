package measure

import (
	"cmp"
	"fmt"
	"slices"

	"pindrop/results/history"
)

// ackSlack is how long before a cut an ack may leave and not arrive.
const ackSlack = 200e6

// cutSlack is how long before or after a cut a delivery may be lost in it: the server notices later than the client.
const cutSlack = 1e9

// counter follows one actor's numbering.
type counter struct {
	last, missing, repeated int64
	hole                    string // the first one
	numbered                bool
}

// count follows the numbers of the actors' events.
func (b *books) count(e *history.Event) {
	c := b.counters[e.Actor]
	if c == nil {
		c = &counter{}
		b.counters[e.Actor] = c
	}
	c.numbered = c.numbered || e.N != 0
	switch next := c.last + 1; {
	case e.N == next:
	case e.N > next:
		if c.missing == 0 {
			c.hole = fmt.Sprintf("%s lacks %d", e.Actor, next)
			if e.N > next+1 {
				c.hole += fmt.Sprintf(" to %d", e.N-1)
			}
		}
		c.missing += e.N - next
	default:
		c.repeated++
	}
	c.last = max(c.last, e.N)
}

// premises judges whether the run was an experiment at all.
func (b *books) premises(asked Asked) []Premise {
	return b.judge(asked, b.premiseNumbers, b.premiseComplete, b.premiseTime, b.premiseRate, b.premiseFaults, b.premiseHeld,
		b.ofEach((*books).premiseObserved), b.ofEach((*books).premiseAdvisories), b.ofEach((*books).premiseSamples),
		b.ofEach((*books).premiseDrained), b.premiseSums, b.premiseEffects,
		b.premiseServers, b.premiseStream, b.premiseRoom, b.premiseOwn)
}

// judge judges some premises, and leaves out those that do not apply.
func (b *books) judge(asked Asked, some ...func(Asked) (Premise, bool)) []Premise {
	var premises []Premise
	for _, judge := range some {
		if p, applies := judge(asked); applies {
			premises = append(premises, p)
		}
	}
	return premises
}

// premiseNumbers: nothing that an actor wrote is missing. Histories made by hand may have no numbers at all.
func (b *books) premiseNumbers(Asked) (Premise, bool) {
	p := Premise{Name: "every event is there", OK: true, Got: "no number is missing", Wanted: "each actor's events numbered from 1 without holes"}
	actors := make([]string, 0, len(b.counters))
	numbered := false
	missing, repeated, hole := int64(0), int64(0), ""
	for actor := range b.counters {
		actors = append(actors, actor)
	}
	slices.SortFunc(actors, history.CompareActors)
	for _, actor := range actors {
		c := b.counters[actor]
		numbered = numbered || c.numbered
		missing, repeated, hole = missing+c.missing, repeated+c.repeated, cmp.Or(hole, c.hole)
	}
	switch {
	case missing > 0:
		p.OK, p.Got = false, fmt.Sprintf("%d missing: %s", missing, hole)
	case repeated > 0:
		p.OK, p.Got = false, fmt.Sprintf("%d numbered twice or out of order", repeated)
	}
	return p, numbered
}

// premiseComplete: the run came to its end.
func (b *books) premiseComplete(Asked) (Premise, bool) {
	p := Premise{Name: "the run is complete", OK: b.ended && !history.CutShort(b.cause), Got: "it ended", Wanted: "an end that nothing forced"}
	switch {
	case !b.ended:
		p.Got = "the history stops before the run ended"
	case !p.OK:
		p.Got = b.reason
	}
	return p, len(b.phases) > 0
}

// premiseRate: the publishers kept up with their schedule.
func (b *books) premiseRate(asked Asked) (Premise, bool) {
	due, sent := 0, 0
	late := b.disturb.To + b.disturb.length()/100 // a message on its way when disturb ends is no lack of speed
	for _, p := range b.published {
		if !b.disturb.holds(p.due) {
			continue
		}
		due++
		if p.at < late {
			sent++
		}
	}
	due = max(due, asked.Due)
	return Premise{
		Name: "the rate was reached", OK: 100*sent >= 99*due,
		Got: fmt.Sprintf("%d of %d due messages published in disturb", sent, due), Wanted: "at least 99 %",
	}, due > 0
}

// premiseFaults: every planned fault fired.
func (b *books) premiseFaults(asked Asked) (Premise, bool) {
	fired := map[int32]bool{}
	for i := range b.faults {
		fired[b.faults[i].ID] = true
	}
	return Premise{
		Name: "the faults fired", OK: len(fired) >= asked.Faults,
		Got: fmt.Sprintf("%d fired", len(fired)), Wanted: fmt.Sprintf("%d, as planned", asked.Faults),
	}, asked.Faults > 0
}

// premiseHeld: a fault that was to catch a worker with messages did.
func (b *books) premiseHeld(asked Asked) (Premise, bool) {
	p := Premise{Name: "the target held a message when the fault hit", OK: true, Wanted: "at least 1 at each fault that waits for a message"}
	fewest := -1
	for i := range b.faults {
		f := &b.faults[i]
		if slices.Contains(asked.Held, f.ID) && f.worker >= 0 && (fewest < 0 || f.Held < fewest) {
			fewest = f.Held
			p.Got = fmt.Sprintf("%s held %d when fault %d hit it (%s)", f.Target, f.Held, f.ID, f.Do)
		}
	}
	if fewest < 0 {
		p.Got = "no such fault"
	}
	p.OK = fewest > 0
	return p, len(asked.Held) > 0
}

// premiseObserved: every delivery that the server counted was seen, or may have been lost in a cut or with a leader; and every one
// that was seen leaving it arrived, or its worker was cut off or away.
func (b *books) premiseObserved(Asked) (Premise, bool) {
	if b.final == nil || b.final.ConsumerSeq == 0 {
		return Premise{}, false
	}
	counted := int64(b.final.ConsumerSeq)
	p := Premise{
		Name: "every delivery was seen", OK: b.seen+b.died == counted,
		Got:    fmt.Sprintf("%d of %d", b.seen, counted),
		Wanted: fmt.Sprintf("the %d that the server counted", counted),
	}
	if n := b.twice; n > 0 && slices.ContainsFunc(b.faults, func(f fault) bool { return hitsServer(f.Do) }) {
		p.Got += fmt.Sprintf("; after a fault of a server the count went back, and %d numbers were given twice: "+
			"of two deliveries of one number, one is enough", n)
	}
	if missing := counted - b.seen; missing > 0 {
		p.Got += fmt.Sprintf("; %d of the missing %d may have been lost when %s", b.died, missing, b.losses())
	}
	if n := b.vanished(); n > 0 {
		p.OK = false
		p.Got += fmt.Sprintf("; %d that left the server never arrived, and nothing had happened to their workers", n)
	}
	return p, true
}

// vanished counts the deliveries that left the server and never arrived, though their worker was neither cut off nor away, and the
// run went on for long enough.
func (b *books) vanished() int {
	n := 0
	for i := range b.dead {
		d := &b.dead[i]
		w := b.workers[d.worker]
		around := Span{d.sent - cutSlack, d.sent + w.way.longest() + cutSlack}
		if around.To < b.whole.To && !b.anyCut(around, d.worker) && !slices.ContainsFunc(w.absences(), around.reached) {
			n++
		}
	}
	return n
}

// losses says what may have lost deliveries.
func (b *books) losses() string {
	if b.handedOver(b.whole) {
		return "a worker was cut or a leader changed"
	}
	return "a worker was cut"
}

// handedOver reports whether the leader of a consumer changed in a span, or may have. One that is replicated counts a
// delivery when it is proposed to the others, and sends it when they have it: a leader that is none any more by then
// drops what it had not sent (nats-server consumer.go, resetPendingDeliveries), and it comes again after the ack wait.
func (b *books) handedOver(s Span) bool {
	return slices.ContainsFunc(b.leaders, s.holds) || b.serverFault(s) > 0
}

// observed counts the deliveries that were seen and, of the others, those that lie within cutSlack of a cut, or of a
// change of leader.
func (b *books) observed(counted int64) (seen, died int64) {
	bySeq := func(a, b step) int { return cmp.Compare(a.at, b.at) }
	arrivals := b.consumerSeqs
	if !slices.IsSortedFunc(arrivals, bySeq) {
		arrivals = slices.Clone(arrivals)
		slices.SortStableFunc(arrivals, bySeq)
	}
	last := step{0, b.whole.From}
	hole := func(next step) {
		missing, around := next.at-last.at-1, Span{min(last.v, next.v) - cutSlack, max(last.v, next.v) + cutSlack}
		if missing > 0 && (b.anyCut(around, -1) || b.handedOver(around)) {
			died += missing
		}
	}
	for _, a := range arrivals {
		if a.at == last.at {
			b.twice++
		}
		if a.at <= last.at || a.at > counted {
			continue
		}
		hole(a)
		last, seen = a, seen+1
	}
	hole(step{counted + 1, b.whole.To})
	return seen, died
}

// PremiseDrained is the name of the premise that in the end nothing was left to do.
const PremiseDrained = "drained"

// premiseDrained: in the end nothing was left to do. Nobody asks that of a consumer that is meant to be gone.
func (b *books) premiseDrained(asked Asked) (Premise, bool) {
	p := Premise{Name: PremiseDrained, Wanted: "nothing pending and nothing ack pending in the end"}
	switch {
	case b.cause == history.CauseIdle || b.withoutConsumer() && (asked.Gone || b.final == nil):
		return p, false
	case b.withoutConsumer() && b.final.Status != history.NoStream:
		_, left := b.tally()
		p.OK, p.Got = left == 0, fmt.Sprintf("the consumer was removed, with %d messages neither handled nor given up", left)
		return p, true
	}
	if b.final == nil {
		p.Got = "no final state"
		return p, len(b.phases) > 0
	}
	switch b.final.Status {
	case history.NoStream:
		p.OK, p.Got = true, "the server no longer has the stream, nor anything pending in it"
		return p, true
	case history.NoConsumer:
		p.Got = "the server no longer has the consumer"
		return p, true
	}
	p.OK = b.final.Pending == 0 && b.ackPending() == 0
	p.Got = fmt.Sprintf("%d pending, %d ack pending", b.final.Pending, b.final.AckPending)
	if b.final.AckPending > b.ackPending() {
		p.Got += ", of messages that the stream has lost"
	}
	if b.ended && !p.OK && b.reason != "" {
		p.Got += " (" + b.reason + ")"
	}
	return p, true
}
