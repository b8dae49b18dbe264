package measure

import (
	"iter"
	"slices"

	"pindrop/results/history"
)

// walk reads a history, instant by instant. Files do not keep the order of one instant; [history.Acts] says which one is taken.
func walk(events iter.Seq[*history.Event]) *books {
	b := newBooks()
	b.survey(events)
	if b.forgetful {
		b.lives = reborn(events)
	}
	several := len(b.own) > 0
	for e := range b.lives.of(events) {
		b.read(e)
		if several {
			b.deal(e)
		}
	}
	b.keep()
	for _, c := range b.own {
		c.closeUp()
	}
	b.closeUp()
	return b
}

// read takes in the next event.
func (b *books) read(e *history.Event) {
	if !b.begun || e.At != b.at {
		b.act(b.acts.Settle())
		b.at, b.begun = e.At, true
		b.holderBefore, b.genBefore = b.pins.Holder(), b.pins.Gen()
		for ; len(b.configs) > 0 && b.configs[0].At == b.at; b.configs = b.configs[1:] {
			b.configure(&b.configs[0]) // it stands last in its instant, and says how to read the rest of it
		}
	}
	b.count(e)
	b.acts.Add(e)
	b.observe(e)
}

// seesServer reports whether what was seen at the server's end is what the server did, to the instant: there is one on the virtual
// clock, and its view is exact.
func (b *books) seesServer() bool {
	return b.clock == clockVirtual && b.servers == 1 && b.serverView() == Exact
}

// serverView is how well the server's side is known.
func (b *books) serverView() View {
	unwatched := func(w *worker) bool { return !w.tapped && len(w.held) > 0 }
	switch {
	case !b.wired:
		return ""
	case b.aged || slices.ContainsFunc(b.workers, unwatched) || slices.ContainsFunc(b.faults, func(f fault) bool { return hitsServer(f.Do) }):
		return Bounded
	}
	return Exact
}

// closeUp comes after the last event. What the server holds is known for each consumer alone.
func (b *books) closeUp() {
	b.act(b.acts.Settle())
	b.finish()
	b.exact = b.seesServer()
	if len(b.own) == 0 {
		b.account()
	} else {
		b.queued = b.total(func(c *books) line { return c.queued })
	}
	b.frame()
	b.supersede()
}

// survey finds what must be known before the walk: from when to when the history is, its configurations, its consumers
// if it has several, and how much there will be to write down.
func (b *books) survey(events iter.Seq[*history.Event]) {
	begun, n := false, volume{}
	for e := range events {
		if !begun {
			b.whole.From, begun = min(0, e.At), true
		}
		b.whole.To = e.At
		if e.Kind == history.Config {
			b.configs = append(b.configs, *e)
		}
		if e.Shard != 0 {
			b.meet(e.Shard)
		}
		b.forgetful = b.forgetful || e.Kind == history.Fault && forgets(e.Do)
		b.tapped.meet(e)
		n.add(e)
	}
	b.reserve(n)
	b.openOwn()
}

// observe takes in one event.
func (b *books) observe(e *history.Event) {
	switch e.Kind {
	case history.Publish, history.Persisted, history.Stored, history.Refused, history.Unknown:
		b.observePublisher(e)
	case history.Connect, history.Disconnect, history.Pull, history.Deliver, history.Status,
		history.Ack, history.Nak, history.Term, history.Progress:
		b.wired = true
		b.observeWire(e, b.worker(e.Actor))
	case history.Sent, history.Reached:
		b.observeServerEnd(e, b.worker(e.Actor))
	case history.Begin, history.End, history.Acked:
		b.observeBody(e, b.worker(e.Actor))
	case history.Read, history.Effect, history.Write:
		b.state.observe(e)
	case history.Dropped:
		b.drops = append(b.drops, drop{e.At, e.Worker})
	case history.Start, history.Stop:
		b.worker(e.Worker)
	case history.Fault:
		b.meetFault(e)
	case history.Phase:
		b.enter(e)
	default:
		b.observeWatcher(e)
	}
}

func (b *books) observeWire(e *history.Event, w int32) {
	worker := b.workers[w]
	worker.way.leaving(e)
	switch e.Kind {
	case history.Connect:
		b.act(b.acts.Connect(e.Actor)) // what follows in this instant is the new incarnation's
		b.comeBack(w, e.At, false)
		worker.way.base = e.Delay
	case history.Disconnect:
		b.cuts = append(b.cuts, cut{Span{e.At, e.At}, w})
		b.riskAcks(worker, e.At)
	case history.Pull:
		b.pulls, b.asked = append(b.pulls, e.At), e.At
		worker.lastPull, worker.level, worker.batch = e.At, e.Priority, max(worker.batch, e.Batch)
	case history.Deliver:
		if !worker.tapped {
			b.consumerSeqs = append(b.consumerSeqs, step{int64(e.ConsumerSeq), e.At})
		}
		b.arrive(e, w)
	case history.Ack, history.Nak, history.Term, history.Progress:
		b.asked = e.At
		m := b.message(e.Seq)
		if d := b.find(m, w, e.Delivery, (*delivery).any); d >= 0 {
			b.answer(e, &b.deliveries[d])
		}
		if !worker.tapped && (e.Kind == history.Ack || e.Kind == history.Term) {
			b.leave(e, m, w)
		}
	}
}

// answer notes what a worker told the server about a delivery.
func (b *books) answer(e *history.Event, d *delivery) {
	if e.Kind != history.Progress {
		d.answered = e.At
	}
	switch e.Kind {
	case history.Ack:
		d.acked = e.At
		if m := &b.messages[d.message]; m.ackedAt == never {
			m.ackedAt, m.acker = e.At, d.worker
		}
	case history.Nak:
		d.naked = e.At
	case history.Progress:
		d.progress = e.At
	case history.Term:
		b.messages[d.message].termed = true
		b.advised.sentTerms = append(b.advised.sentTerms, sentTerm{advice{e.Seq, e.Delivery}, e.At, d.worker})
	}
}

// leave sends off an ack or a term, which will free its message, or the messages up to it.
func (b *books) leave(e *history.Event, m, w int32) {
	b.workers[w].acks = append(b.workers[w].acks, e.At)
	b.answers = append(b.answers, leaving{turn{e.At, b.frees(), m, 0}, w})
}

// riskAcks notes how many acks of a worker may not have arrived when it was cut.
func (b *books) riskAcks(w *worker, at int64) {
	b.acksAtRisk.add(at, int64(since(w.acks, at-ackSlack-w.way.trip(at))))
	w.acks = nil
}

// arrive writes a new delivery down.
func (b *books) arrive(e *history.Event, w int32) int32 {
	mi := b.message(e.Seq)
	m, worker, at := &b.messages[mi], b.workers[w], e.At
	b.observePin(e, w)
	i := int32(len(b.deliveries))
	b.deliveries = append(b.deliveries, delivery{
		message: mi, worker: w, tenure: worker.tenure, before: m.last, number: max(e.Delivery, 1),
		incarnation: worker.incarnation, consumerSeq: e.ConsumerSeq, sent: b.landed(e, mi, w), arrived: at, begun: never, closed: never,
		ended: never, answered: never, acked: never, naked: never, progress: never, confirmed: never, settled: never, refused: never, extended: never,
	})
	m.last = i
	m.count++
	worker.held.add(at, 1)
	if worker.open = append(worker.open, i); len(worker.open) > 2*int(worker.held.last())+64 {
		b.holding(worker)
	}
	return i
}

// replay writes down that a worker has a delivery again, out of its own log; -1 if it never had it. To the server nothing
// has changed.
func (b *books) replay(m, w int32, e *history.Event) int32 {
	from := b.find(m, w, e.Delivery, (*delivery).any)
	if from < 0 {
		return -1
	}
	worker := b.workers[w]
	d := b.deliveries[from]
	d.before, d.tenure, d.incarnation = b.messages[m].last, worker.tenure, worker.incarnation
	d.arrived, d.begun, d.closed, d.ended, d.outcome, d.replayed = e.At, never, never, never, outcome{}, true
	d.consumerSeq = 0 // it says nothing of when anything left the server
	i := int32(len(b.deliveries))
	b.deliveries = append(b.deliveries, d)
	b.messages[m].last = i
	worker.held.add(e.At, 1)
	worker.open = append(worker.open, i)
	return i
}

// observePin notes under which generation a worker works.
func (b *books) observePin(e *history.Event, w int32) {
	b.pins.Observe(e)
	worker := b.workers[w]
	if worker.downFrom != never { // it was started again without anybody saying so
		worker.up(e.At)
	}
	if worker.tenure >= 0 && b.tenures[worker.tenure].gen == e.Gen {
		return
	}
	i, ok := b.tenureOf[tenureKey{e.Gen, w}]
	if !ok {
		i = int32(len(b.tenures))
		b.tenureOf[tenureKey{e.Gen, w}] = i
		b.tenures = append(b.tenures, tenure{gen: e.Gen, worker: w, first: e.At, stale: never})
	}
	worker.tenure = i
}

func (b *books) observeBody(e *history.Event, w int32) {
	m := b.message(e.Seq)
	switch e.Kind {
	case history.Begin:
		i := b.find(m, w, e.Delivery, (*delivery).unbegun)
		if i < 0 && e.Reason == history.Replayed {
			i = b.replay(m, w, e)
		}
		if i < 0 { // nobody saw it arrive
			i = b.arrive(e, w)
		}
		b.begin(i, e.At)
	case history.End:
		if i := b.find(m, w, e.Delivery, (*delivery).running); i >= 0 {
			b.end(&b.deliveries[i], e)
		}
	case history.Acked:
		b.acksSeen = true
		b.workers[w].confirms = true
		if i := b.find(m, w, e.Delivery, (*delivery).any); i >= 0 {
			b.deliveries[i].confirmed = e.At
		}
		if b.messages[m].confirmed == never {
			b.messages[m].confirmed = e.At
		}
		if w := b.workers[w]; !w.tapped {
			b.turned(w.way.departure(e.At).To, freed, m)
		}
	}
}

func (b *books) begin(i int32, at int64) {
	d := &b.deliveries[i]
	d.begun = at
	b.services = append(b.services, i)
	if m := &b.messages[d.message]; m.begunAt == never {
		m.begunAt = at
	}
	w := b.workers[d.worker]
	w.serving++
	w.servingMax = max(w.servingMax, w.serving)
	if len(w.freezes) == 0 {
		b.working.add(at, 1)
	}
	b.lastBegun = d.worker
	b.tenures[d.tenure].begins++
	b.serving.add(at, 1)
	b.toggle(d, at, 1)
}

// end notes how a handler ended. One that ended after its worker was cut did its work all the same.
func (b *books) end(d *delivery, e *history.Event) {
	d.ended, d.outcome = e.At, outcomeOf(e)
	if d.closed == never {
		b.close(d, e.At)
	}
	m := &b.messages[d.message]
	switch e.Outcome {
	case history.OK:
		if m.oks++; m.oks == 1 {
			m.okAt = e.At
			b.handled = append(b.handled, e.At)
		}
	case history.Termed:
		m.termed = true
	default:
		return
	}
	if !b.wired {
		b.turned(e.At, freed, d.message) // without the wire the end is the only trace of the answer
	}
}

func (b *books) observeWatcher(e *history.Event) {
	b.advise(e)
	switch e.Kind {
	case history.MaxDeliveries:
		b.messages[b.message(e.Seq)].givenUp = true
		b.turned(e.At, freed, b.message(e.Seq))
	case history.Terminated:
		if deletedReason(e.Reason) {
			b.messages[b.message(e.Seq)].removed = true
		} else {
			b.messages[b.message(e.Seq)].termed = true
		}
		b.turned(e.At, freed, b.message(e.Seq))
	case history.Unpinned:
		if e.Reason == "admin" {
			b.unpins = append(b.unpins, e.At)
		}
	case history.Leader:
		b.leaders = append(b.leaders, e.At)
	case history.Paused, history.Resumed, history.Deleted:
		b.observeState(e)
	case history.Usage:
		b.observeUsage(e)
	case history.Timing:
		b.timing.observe(e)
	case history.Replica, history.Converged:
		b.replicated = true
	case history.Entry:
		b.resolve(e)
	case history.Assertion:
		b.hear(e)
	case history.Check:
		b.checks = append(b.checks, check{e.At, e.Outcome == history.Critical})
	case history.Sample:
		b.sample(e)
	case history.Gone:
		b.gone = append(b.gone, Gone{e.Target, e.Shard, e.At})
	case history.Away:
		b.silences = append(b.silences, *e)
	case history.Final:
		final := *e // the walk's own is good until the next event
		b.final = &final
		if e.Status == 0 {
			b.sample(e)
		}
	}
}

// sample notes what the server said of itself.
func (b *books) sample(e *history.Event) {
	b.samples = append(b.samples, newSample(e))
	b.parked = append(b.parked, step{e.At, e.Waiting})
	if n := len(b.removals); n > 0 {
		b.removals[n-1].To = min(b.removals[n-1].To, e.At)
	}
	if e.ConsumerSeq > 0 {
		b.counted = append(b.counted, mark{consumerSeq: e.ConsumerSeq, at: e.At, delivery: -1})
	}
}

// deletedReason tells a message that left the stream from one that a worker terminated; the server reports both with
// the same advisory.
func deletedReason(reason string) bool {
	return reason == "Message deleted by stream limits" || reason == "Unacknowledged message was deleted"
}
