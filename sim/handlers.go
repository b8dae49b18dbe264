package sim

import (
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// handlers runs a worker's handlers: inline, where one message is handled at a time, as everybody does it; else up to
// concurrency at once; with a queue, from a buffer inside the application. Each consumer has its own.
type handlers struct {
	l     *life
	shard int32
	slots chan struct{} // nil: inline
	queue chan job      // nil: no queue
	busy  sync.WaitGroup
	pool  sync.WaitGroup
}

func newHandlers(l *life, shard int32) *handlers {
	h := &handlers{l: l, shard: shard}
	spec := l.b.spec
	switch {
	case spec.Queue > 0:
		h.queue = make(chan job, spec.Queue)
		for range spec.Concurrency {
			h.pool.Go(h.serve)
		}
		h.pool.Go(h.emptyAtStop)
	case spec.Concurrency > 1:
		h.slots = make(chan struct{}, spec.Concurrency)
	}
	return h
}

// take is what the client library hands a message to. Ack modes early and wal acknowledge here, before anything else.
func (h *handlers) take(msg jetstream.Msg) {
	a, ok := parseAckReply(msg.Reply())
	if !ok {
		return // not a delivery of JetStream: nothing of ours
	}
	l := h.l
	if !l.frozen.pass(l.died) {
		return
	}
	gen := l.b.site.number(a.shard, []byte(msg.Headers().Get(pinHeader)))
	j := job{entry{Shard: a.shard, Seq: a.seq, Delivery: a.delivery, Gen: gen}, msg}
	if l.turnAway(msg) || !l.ackFirst(j) {
		l.held.Add(-1)
		return
	}
	h.run(j)
}

// replay handles what the worker's own log still holds.
func (h *handlers) replay() {
	for _, e := range h.l.b.wals[h.shard].rest() {
		h.l.held.Add(1)
		h.run(job{entry: e})
	}
	h.wait()
}

// run handles a message, or finds somebody who does; it waits while all are busy and the queue is full.
func (h *handlers) run(j job) {
	switch {
	case h.queue != nil:
		h.busy.Add(1)
		select {
		case h.queue <- j:
		case <-h.l.died:
			h.busy.Done()
		}
	case h.slots != nil:
		select {
		case h.slots <- struct{}{}:
			h.busy.Go(func() {
				h.l.handle(j)
				<-h.slots
			})
		case <-h.l.died:
		}
	default:
		h.l.handle(j)
	}
}

// serve handles what is in the queue.
func (h *handlers) serve() {
	for j := range h.queue {
		h.l.handle(j)
		h.busy.Done()
	}
}

// emptyAtStop empties the queue at once if a drain turns away what waits, whatever the handlers are busy with.
func (h *handlers) emptyAtStop() {
	h.l.await(h.l.stopping)
	if buffer, stops := h.l.stops(); stops && buffer != scenarios.BufferFinish && !h.l.b.acksFirst() {
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
