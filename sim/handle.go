package sim

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// handlers runs a worker's handlers: inline, where one message is handled at a time, as everybody does it; else up to
// concurrency at once; with a queue, from a buffer inside the application.
type handlers struct {
	l     *life
	slots chan struct{}      // nil: inline
	queue chan jetstream.Msg // nil: no queue
	busy  sync.WaitGroup
	pool  sync.WaitGroup
}

func newHandlers(l *life) *handlers {
	h := &handlers{l: l}
	spec := l.w.spec
	switch {
	case spec.Queue > 0:
		h.queue = make(chan jetstream.Msg, spec.Queue)
		for range spec.Concurrency {
			h.pool.Go(h.serve)
		}
		h.pool.Go(h.emptyAtStop)
	case spec.Concurrency > 1:
		h.slots = make(chan struct{}, spec.Concurrency)
	}
	return h
}

// take handles a message, or finds somebody who does; it waits while all are busy and the queue is full. Ack mode early
// acknowledges here, before all of that.
func (h *handlers) take(msg jetstream.Msg) {
	if !h.l.frozen.pass(h.l.died) || h.l.turnAway(msg) {
		return
	}
	if h.l.w.spec.Ack == scenarios.AckEarly {
		_ = msg.Ack() // as in answer
	}
	switch {
	case h.queue != nil:
		h.busy.Add(1)
		select {
		case h.queue <- msg:
		case <-h.l.died:
			h.busy.Done()
		}
	case h.slots != nil:
		select {
		case h.slots <- struct{}{}:
			h.busy.Go(func() {
				h.l.handle(msg)
				<-h.slots
			})
		case <-h.l.died:
		}
	default:
		h.l.handle(msg)
	}
}

// serve handles what is in the queue.
func (h *handlers) serve() {
	for msg := range h.queue {
		h.l.handle(msg)
		h.busy.Done()
	}
}

// emptyAtStop empties the queue at once if a drain turns away what waits, whatever the handlers are busy with.
func (h *handlers) emptyAtStop() {
	h.l.await(h.l.stopping)
	if buffer, stops := h.l.stops(); stops && buffer != scenarios.BufferFinish && !h.l.w.acksFirst() {
		h.serve()
	}
}

// wait waits until every message that was taken is handled.
func (h *handlers) wait() { h.busy.Wait() }

// finish waits for the last handlers; nothing is taken any more.
func (h *handlers) finish() {
	h.wait()
	if h.queue != nil {
		close(h.queue)
	}
	h.pool.Wait()
}

// handle is the path of one message through a worker: begin, the work, end, the answer to the server.
func (l *life) handle(msg jetstream.Msg) {
	if !l.frozen.pass(l.died) || !l.w.acksFirst() && l.turnAway(msg) {
		return
	}
	a, ok := parseAckReply(msg.Reply())
	if !ok {
		return // not a delivery of JetStream: nothing of ours
	}
	l.inside.Add(1)
	defer func() {
		l.inside.Add(-1)
		l.held.Add(-1)
	}()
	gen := l.w.run.pins.number([]byte(msg.Headers().Get(pinHeader)))
	if !l.record(l.w.body, &history.Event{Kind: history.Begin, Seq: a.seq, Delivery: a.delivery, Gen: gen}) {
		return
	}
	outcome, service := l.draw(a)
	if !l.enter(msg) {
		return
	}
	ok = l.serve(service, msg)
	l.exit()
	if !ok {
		return
	}
	end := history.Event{Kind: history.End, Seq: a.seq, Delivery: a.delivery, Gen: gen, Outcome: outcome}
	if l.record(l.w.body, &end) {
		l.answer(msg, a, outcome)
	}
}

// turnAway deals with a message that still waits when the life drains, as the drain says; false if it is to be handled.
func (l *life) turnAway(msg jetstream.Msg) bool {
	buffer, stops := l.stops()
	if !stops || buffer == scenarios.BufferFinish {
		return false
	}
	l.held.Add(-1)
	if buffer == scenarios.BufferNak {
		_ = msg.Nak() // as in answer
	}
	return true
}

// enter waits for a place downstream, and tells progress meanwhile; false if the life is over before there is one.
func (l *life) enter(msg jetstream.Msg) bool {
	if l.w.pool == nil {
		return true
	}
	var progress <-chan time.Time
	if every := l.w.spec.Progress.D(); every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		progress = ticker.C
	}
	for {
		select {
		case l.w.pool <- struct{}{}:
			return true
		case <-progress:
			if l.frozen.pass(l.died) {
				_ = msg.InProgress() // as in answer
			}
		case <-l.died:
			return false
		}
	}
}

// exit gives the place downstream to the next.
func (l *life) exit() {
	if l.w.pool != nil {
		<-l.w.pool
	}
}

// serve is the handler's work. Real timers are late, by half a millisecond or more; what one message took too long is
// taken off the next ones, so that the mean is what the scenario declares. On the virtual clock nothing is ever late.
// Progress is told in the pauses of the work, not beside it: at the end of the work it can thus not race with the ack.
func (l *life) serve(service time.Duration, msg jetstream.Msg) bool {
	left := service - time.Duration(l.late.Swap(0))
	for every := l.w.spec.Progress.D(); every > 0 && left > every; {
		late, ok := l.frozen.work(every, l.died)
		if !ok {
			return false
		}
		left -= every + late
		_ = msg.InProgress() // as in answer
	}
	late, ok := l.frozen.work(left, l.died)
	l.late.Add(int64(late + max(0, -left)))
	return ok
}

// draw is what the seed says of this delivery: how its handling ends, and how long it takes.
func (l *life) draw(a ackReply) (history.Outcome, time.Duration) {
	spec := l.w.spec
	random := scenarios.Draw(l.w.run.plan.Seed, a.seq, a.delivery)
	service := spec.Service.Time(l.w.run.sinceDisturb(), spec.Jitter, random)
	outcome := history.OK
	if spec.Errors.Hit(random) {
		outcome = failure(spec.Errors.Do)
	}
	return outcome, time.Duration(float64(service) * l.slowness())
}

// failure is the outcome of a handler that fails in the given way.
func failure(do string) history.Outcome {
	switch do {
	case scenarios.ErrorTerm:
		return history.Termed
	case scenarios.ErrorIgnore:
		return history.Ignored
	}
	return history.Naked
}

// answer tells the server how it went. What leaves the wire is written down there; an error means that the connection
// is closed, and then nothing leaves.
func (l *life) answer(msg jetstream.Msg, a ackReply, outcome history.Outcome) {
	switch outcome {
	case history.Naked:
		_ = msg.NakWithDelay(l.w.spec.Errors.Delay.D())
	case history.Termed:
		_ = msg.Term()
	case history.OK:
		l.acknowledge(msg, a)
	}
}

func (l *life) acknowledge(msg jetstream.Msg, a ackReply) {
	switch l.w.spec.Ack {
	case scenarios.AckEach:
		_ = msg.Ack()
	case scenarios.AckDouble:
		ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
		defer cancel()
		if msg.DoubleAck(ctx) == nil {
			l.record(l.w.body, &history.Event{Kind: history.Acked, Seq: a.seq, Delivery: a.delivery})
		}
	case scenarios.AckBatch:
		l.acks.add(msg)
	}
}

// batchAcks keeps handled messages and acknowledges them together: once there are as many as the worker's batch, or
// when the oldest has waited for the window.
type batchAcks struct {
	l    *life
	msgs chan jetstream.Msg
	done sync.WaitGroup
}

func newBatchAcks(l *life) *batchAcks {
	b := &batchAcks{l: l, msgs: make(chan jetstream.Msg)}
	b.done.Go(b.collect)
	return b
}

func (b *batchAcks) add(msg jetstream.Msg) {
	select {
	case b.msgs <- msg:
	case <-b.l.died:
	}
}

// finish acknowledges what is left.
func (b *batchAcks) finish() {
	close(b.msgs)
	b.done.Wait()
}

func (b *batchAcks) collect() {
	var waiting []jetstream.Msg
	var window <-chan time.Time
	flush := func() {
		for _, msg := range waiting {
			_ = msg.Ack() // as in answer
		}
		waiting, window = waiting[:0], nil
	}
	for {
		select {
		case msg, more := <-b.msgs:
			if !more {
				flush()
				return
			}
			waiting = append(waiting, msg)
			if len(waiting) == 1 {
				window = time.After(b.l.w.spec.Window.D())
			}
			if len(waiting) >= b.l.w.spec.Batch {
				flush()
			}
		case <-window:
			if !b.l.frozen.pass(b.l.died) {
				continue
			}
			flush()
		case <-b.l.died:
			for range b.msgs { // handlers that are still leaving
			}
			return
		}
	}
}
