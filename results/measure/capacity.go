package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pindrop/results/history"
)

const (
	busyFull   = 0.9  // the part of their capacity above which workers have nothing to spare
	freeMin    = 0.5  // of the handlers' time: where faults took more of it, what the rest of it was like says little
	growthMin  = 0.05 // of the messages published in disturb: what a backlog grows by chance
	twiceShare = 0.05 // of the work: what is done twice by chance
)

// capacity is what the workers could do in disturb, and did. Handlers are counted as they were seen: the most messages
// that a worker ever had in service are the fewest handlers that it can have.
type capacity struct {
	busy  float64 // the part of the handlers' time in which they were in service
	free  float64 // the part in which no fault kept them away
	rate  float64 // messages per second, if no fault kept any away and nothing was done twice
	twice float64 // the part of the work that went into messages which had ended ok before
}

// capacity adds up what the handlers did. Where a pin lets only one worker work at a time, faults keep its handlers away
// until somebody has taken over.
func (b *books) capacity(f *Findings) capacity {
	length, handlers := float64(b.disturb.length()), b.handlers()
	free := handlers * length
	if b.policy == policyPinned {
		away, _ := extent(intersect(union(handovers(f)), []Span{b.disturb}))
		free -= handlers * float64(away)
	} else {
		for _, w := range b.workers {
			away, _ := extent(intersect(w.absences(), []Span{b.disturb}))
			free -= float64(w.servingMax) * float64(away)
		}
	}
	work, again := float64(b.working.area(b.disturb)), float64(b.repeated())
	if handlers*length == 0 || work == 0 {
		return capacity{}
	}
	c := capacity{busy: min(work/(handlers*length), 1), free: free / (handlers * length), twice: again / work}
	if work > again {
		c.rate = float64(within(b.handled, b.disturb)) / (work - again) * handlers * 1e9
	}
	return c
}

// handlers is how many messages could be in service at one time. Where a pin lets only one worker work at a time, they
// are those of one worker.
func (b *books) handlers() float64 {
	if len(b.own) > 0 {
		all := 0.0
		for _, c := range b.own {
			all += c.handlers()
		}
		return all
	}
	all, most := 0, 0
	for _, w := range b.workers {
		all += w.servingMax
		most = max(most, w.servingMax)
	}
	if b.policy == policyPinned {
		return float64(most)
	}
	return float64(all)
}

// repeated is the time in disturb that workers spent on messages which had ended ok before, or which another delivery was
// about to: one that had begun before, was still in service, and ended ok.
func (b *books) repeated() int64 {
	again := int64(0)
	for _, i := range b.services {
		d := &b.deliveries[i]
		at := b.messages[d.message].okAt
		if at != never && (d.begun >= at || b.alongside(d)) {
			again += max(d.service().clip(b.disturb).length(), 0)
		}
	}
	return again
}

// alongside reports whether an earlier delivery of the message was in service when this one began, and ended ok.
func (b *books) alongside(d *delivery) bool {
	for i := d.before; i >= 0; i = b.deliveries[i].before {
		if e := &b.deliveries[i]; e.begun != never && e.begun <= d.begun && d.begun < e.closed && e.ended == e.closed && e.outcome.is(history.OK) {
			return true
		}
	}
	return false
}

// absences are the times in which a worker was down, frozen or cut off.
func (w *worker) absences() []Span {
	return union(slices.Concat(w.down, w.frozen, w.in.spans(), w.out.spans()))
}

// handovers are the times in which a holder had been stopped and nobody had taken over.
func handovers(f *Findings) []Span {
	var spans []Span
	for _, t := range f.Takeovers {
		spans = append(spans, Span{t.FaultAt, t.BeginAt})
	}
	return spans
}

// slowWorkers: more comes in than the workers could handle if they did nothing else, and no fault kept them from it.
func (b *books) slowWorkers(f *Findings, t *trouble) (Cause, bool) {
	offered, handled := f.Metrics["published.rate"], f.Metrics["handled.rate"]
	c := b.capacity(f)
	if c.rate == 0 || c.free < freeMin || c.busy < busyFull*c.free || offered <= c.rate || !b.fellBehind() {
		return Cause{}, false
	}
	t.limit = nil
	from := ""
	if at := b.behindSince(); at != never {
		from = fmt.Sprintf(" From %s of disturb on there were more messages than handlers.", seconds(at-b.disturb.From))
	}
	return newCause(CauseSlow, int64(c.busy*float64(b.disturb.length())),
		"The workers are too slow: %s/s came in, they can handle %s/s (%s/s handled, in service %s of the "+
			"time).%s No limit helps; %s.",
		short(offered), short(c.rate), short(handled), percent(c.busy), from, b.remedy())
}

// behindSince is the instant from which, without a break to the end of disturb, more messages were open than handlers can
// work on: at the server, in buffers, in service.
func (b *books) behindSince() int64 {
	handlers := int64(b.handlers())
	behind := during(b.disturb, func(v []int64) bool { return v[0]+v[1] > handlers }, b.queued, b.pending)
	if n := len(behind); n > 0 && behind[n-1].To == b.disturb.To {
		return behind[n-1].From
	}
	return never
}

// remedy is what helps against too much work.
func (b *books) remedy() string {
	if b.policy == policyPinned {
		return "only a faster handler does, since a pin lets one worker at a time work"
	}
	return "more or faster workers do"
}

// fellBehind reports whether clearly more messages waited at the end of disturb, new or in the workers' buffers, than
// before it.
func (b *books) fellBehind() bool {
	open := func(at int64) int64 { return b.queued.value(at) + b.pending.value(at) }
	grown := open(b.disturb.To) - open(b.disturb.From-1)
	return float64(grown) > growthMin*float64(within(b.publishedAt(), b.disturb))
}

// workTwice: messages come again, without any fault, since the ack wait is over before they are done.
func (b *books) workTwice(f *Findings, t *trouble) (Cause, bool) {
	c := b.capacity(f)
	if c.twice < twiceShare {
		return Cause{}, false
	}
	buffered, inService := b.outwaited()
	if 2*(buffered+inService) < max(len(f.Redeliveries), 1) {
		return Cause{}, false
	}
	t.limit = nil
	where, remedy := "messages wait longer than that in the workers' buffers", "A smaller batch or a longer ack wait helps"
	if inService > buffered {
		where, remedy = "handlers take longer than that", "A longer ack wait, or telling the server of progress, helps"
	}
	wait := "the ack wait"
	if len(b.consumer.Backoff) > 0 {
		wait = "the ack wait that backoff begins with"
	}
	could := ""
	if offered := f.Metrics["published.rate"]; c.rate > 0 && offered > 0 {
		could = fmt.Sprintf(" Without that the workers could handle %s/s, and %s/s came in.", short(c.rate), short(offered))
	}
	return newCause(CauseAckWait, int64(float64(b.repeated())/max(b.handlers(), 1)),
		"%s of the work was done twice: %d deliveries came after %s (%s), since %s.%s %s.",
		percent(c.twice), buffered+inService, wait, seconds(b.consumer.wait(1)), where, could, remedy)
}

// outwaited counts the redeliveries that only the ack wait explains: those of messages that had mostly waited for a
// handler, and those of messages that had mostly been in service.
func (b *books) outwaited() (buffered, inService int) {
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.number <= 1 || d.arrived < b.window.From {
			continue
		}
		before := b.deliveryBefore(d)
		if before == nil || b.mechanism(before, d) != byAckWait || b.root(before, d, byAckWait) > 0 {
			continue
		}
		if before.begun == never || before.begun-before.arrived > d.sent-before.begun {
			buffered++
		} else {
			inService++
		}
	}
	return buffered, inService
}

// stuckSlots: frozen, dead or cut off workers held most of the slots while ack pending stood at the limit, and nothing new
// was delivered, if that ever was so.
func (b *books) stuckSlots(f *Findings, t *trouble) (Cause, bool) {
	if len(t.limit) == 0 || f.Limit <= 0 {
		return Cause{}, false
	}
	hurt := t.limit
	var stalled []Span
	for _, s := range hurt {
		stalled = append(stalled, b.stalls(s)...)
	}
	how := "stood at"
	if len(stalled) > 0 {
		hurt, how = stalled, "stalled at"
	}
	stuck, holders := b.stuck(hurt)
	most := during(b.whole, func(v []int64) bool { return v[1] > 0 && 2*v[0] >= v[1] }, stuck, b.limit)
	total, _ := extent(hurt)
	blocked, _ := extent(intersect(hurt, most))
	if blocked == 0 || 2*blocked < total {
		return Cause{}, false
	}
	t.claim(intersect(hurt, most))
	t.limit = nil
	return newCause(CauseStuck, blocked,
		"Slots were stuck: ack pending %s a limit of %d for %s while new messages waited, and for %s of that at least half "+
			"of it was messages sent to %s, frozen, dead or cut off at the time; they stay for the ack wait (%s).",
		how, f.Limit, seconds(total), seconds(blocked), strings.Join(holders, " and "), seconds(b.consumer.wait(1)))
}

// stuck follows, within some times, the slots of messages whose newest delivery went to a worker that could not finish
// it: it was frozen or cut off, or had died with it, or the delivery died on its way. It names those workers.
func (b *books) stuck(within []Span) (stuck line, holders []string) {
	absences := make([][]Span, len(b.workers))
	for i, w := range b.workers {
		absences[i] = w.absences()
	}
	next := map[int32]int64{} // by message: when the delivery after the one looked at left
	var turns []step
	for _, d := range slices.Backward(b.bySent()) {
		m, w := &b.messages[d.message], b.workers[d.worker]
		slot := Span{d.sent, b.whole.To}
		if !m.pending && m.freedAt != never {
			slot.To = m.freedAt
		}
		if at, again := next[d.message]; again {
			slot.To = min(slot.To, at)
		}
		next[d.message] = d.sent
		spans := intersect([]Span{slot}, absences[d.worker])
		if !d.any() {
			spans = []Span{slot}
		} else if d.ended != d.closed && !m.busy {
			spans = union(append(spans, intersect([]Span{slot}, []Span{{d.closed, b.whole.To}})...))
		}
		for _, s := range intersect(spans, within) {
			turns = append(turns, step{s.From, 1}, step{s.To, -1})
			holders = append(holders, w.name)
		}
	}
	slices.SortFunc(turns, func(s, t step) int { return cmp.Compare(s.at, t.at) })
	for _, t := range turns {
		stuck.add(t.at, t.v)
	}
	slices.SortFunc(holders, history.CompareActors)
	return stuck, slices.Compact(holders)
}

// harmShare is the part of the mean response below which what a limit adds to it is nothing.
const harmShare = 0.01

// smallLimit: ack pending stood at the limit although the workers could hold and handle more. If they were busy all
// that time, they were too slow for a while, and no limit helps. What took nearly nothing from the responses did no harm.
func (b *books) smallLimit(f *Findings, t *trouble) (Cause, bool) {
	hold := int64(0)
	for _, w := range b.workers {
		hold += int64(w.batch)
	}
	total, work, queued, stalled := int64(0), int64(0), int64(0), int64(0)
	for _, s := range t.limit {
		total += s.length()
		work += b.working.area(s)
		queued += b.queued.area(s)
		stall, _ := extent(b.stalls(s))
		stalled += stall
	}
	if total == 0 || f.Limit <= 0 || hold > 0 && hold <= f.Limit {
		return Cause{}, false
	}
	busy := 0.0
	if handlers := b.handlers(); handlers > 0 {
		busy = min(float64(work)/(handlers*float64(total)), 1)
	}
	harm := float64(queued)
	if busy < busyFull {
		harm *= 1 - busy
	}
	if response := b.responses(); stalled == 0 && response > 0 && harm < harmShare*response {
		return Cause{}, false
	}
	t.claim(t.limit)
	if busy >= busyFull {
		return newCause(CauseSlow, total,
			"The workers were too slow for a while: ack pending stood at a limit of %d for %s while new messages waited, and "+
				"they were in service %s of that time. No limit helps; %s.",
			f.Limit, seconds(total), percent(busy), b.remedy())
	}
	holdText := "more"
	if hold > 0 {
		holdText = strconv.FormatInt(hold, 10)
	}
	return newCause(CauseLimit, int64(float64(total)*(1-busy)),
		"The limit is too small: ack pending stood at a limit of %d for %s while new messages waited (stalled for %s); "+
			"the workers could hold %s and were in service %s of that time.",
		f.Limit, seconds(total), seconds(stalled), holdText, percent(busy))
}

// responses are the times from due to the first ack of all messages, added up.
func (b *books) responses() float64 {
	all := 0.0
	for i := range b.messages {
		if m := &b.messages[i]; m.due >= b.window.From && m.ackedAt != never {
			all += float64(m.ackedAt - m.due)
		}
	}
	return all
}
