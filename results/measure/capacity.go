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

// repeated is the time in disturb that workers spent on messages which had ended ok before.
func (b *books) repeated() int64 {
	again := int64(0)
	for _, i := range b.services {
		d := &b.deliveries[i]
		if at := b.messages[d.message].okAt; at != never && d.begun >= at {
			again += max(d.service().clip(b.disturb).length(), 0)
		}
	}
	return again
}

// absences are the times in which a worker was down, frozen or cut off.
func (w *worker) absences() []Span {
	spans := slices.Concat(w.down, w.frozen)
	for _, h := range w.holds {
		spans = append(spans, h.Span)
	}
	return union(spans)
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
func (b *books) slowWorkers(f *Findings) (Diagnosis, bool) {
	offered, handled := f.Metrics["published.rate"], f.Metrics["handled.rate"]
	c := b.capacity(f)
	if c.free < freeMin || c.busy < busyFull*c.free || offered <= c.rate || !b.fellBehind() {
		return Diagnosis{}, false
	}
	return Diagnosis{"slow", fmt.Sprintf(
		"The workers are too slow: %s/s came in, they can handle %s/s (%s/s handled, in service %s of the "+
			"time). No limit helps; %s.",
		short(offered), short(c.rate), short(handled), percent(c.busy), b.remedy())}, true
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
func (b *books) workTwice(f *Findings) (Diagnosis, bool) {
	c := b.capacity(f)
	if c.twice < twiceShare {
		return Diagnosis{}, false
	}
	buffered, inService := b.outwaited()
	if 2*(buffered+inService) < max(len(f.Redeliveries), 1) {
		return Diagnosis{}, false
	}
	where, remedy := "messages wait longer than that in the workers' buffers", "A smaller batch or a longer ack wait helps"
	if inService > buffered {
		where, remedy = "handlers take longer than that", "A longer ack wait, or telling the server of progress, helps"
	}
	return Diagnosis{"ack_wait", fmt.Sprintf(
		"%s of the work was done twice: %d deliveries came after the ack wait (%s), since %s. %s.",
		percent(c.twice), buffered+inService, seconds(b.consumer.wait(1)), where, remedy)}, true
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
func (b *books) stuckSlots(f *Findings) (Diagnosis, bool) {
	if len(f.Cliffs) == 0 || f.Limit <= 0 {
		return Diagnosis{}, false
	}
	var hurt, stalled []Span
	for _, c := range f.Cliffs {
		hurt = append(hurt, c.Span)
		stalled = append(stalled, b.stalls(c.Span)...)
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
		return Diagnosis{}, false
	}
	return Diagnosis{"stuck", fmt.Sprintf(
		"Slots were stuck: ack pending %s a limit of %d for %s while new messages waited, and for %s of that at least half "+
			"of it was messages sent to %s, frozen, dead or cut off at the time; they stay for the ack wait (%s).",
		how, f.Limit, seconds(total), seconds(blocked), strings.Join(holders, " and "), seconds(b.consumer.wait(1)))}, true
}

// stuck follows, within some times, the slots of messages whose newest delivery went to a worker that could not finish
// it: it was frozen or cut off, or had died with it. It names those workers.
func (b *books) stuck(within []Span) (stuck line, holders []string) {
	absences := make([][]Span, len(b.workers))
	for i, w := range b.workers {
		absences[i] = w.absences()
	}
	next := map[int32]int64{} // by message: when the delivery after the one looked at left
	var turns []step
	for i := len(b.deliveries) - 1; i >= 0; i-- {
		d := &b.deliveries[i]
		if d.replayed {
			continue
		}
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
		if d.ended != d.closed && !m.busy {
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

// smallLimit: ack pending stood at the limit although the workers could hold and handle more. If they were busy all
// that time, they were too slow for a while, and no limit helps.
func (b *books) smallLimit(f *Findings) (Diagnosis, bool) {
	hold := int64(0)
	for _, w := range b.workers {
		hold += int64(w.batch)
	}
	total, work := int64(0), int64(0)
	for _, c := range f.Cliffs {
		total += c.length()
		work += b.working.area(c.Span)
	}
	if total == 0 || f.Limit <= 0 || hold > 0 && hold <= f.Limit {
		return Diagnosis{}, false
	}
	busy := 0.0
	if handlers := b.handlers(); handlers > 0 {
		busy = min(float64(work)/(handlers*float64(total)), 1)
	}
	if busy >= busyFull {
		return Diagnosis{"slow", fmt.Sprintf(
			"The workers were too slow for a while: ack pending stood at a limit of %d for %s while new messages waited, and "+
				"they were in service %s of that time. No limit helps; %s.",
			f.Limit, seconds(total), percent(busy), b.remedy())}, true
	}
	holdText := "more"
	if hold > 0 {
		holdText = strconv.FormatInt(hold, 10)
	}
	return Diagnosis{"limit", fmt.Sprintf(
		"The limit is too small: ack pending stood at a limit of %d for %s while new messages waited (stalled for %s); "+
			"the workers could hold %s and were in service %s of that time.",
		f.Limit, seconds(total), f.time("cliff.stall.total"), holdText, percent(busy))}, true
}
