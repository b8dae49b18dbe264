package sim

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

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

// ackFirst acknowledges a message before its work, where the ack mode says so; false if that failed, and then the message
// is as if it had never come.
func (l *life) ackFirst(j job) bool {
	switch l.b.spec.Ack {
	case scenarios.AckWAL:
		if !l.b.wals[j.Shard].append(j.entry, j.msg.Data()) {
			return false
		}
		_ = j.msg.Ack() // as in answer
	case scenarios.AckEarly:
		_ = j.msg.Ack()
	}
	return true
}

// answer tells the server how it went. What leaves the wire is written down there; an error means that the connection
// is closed, and then nothing leaves.
func (l *life) answer(j job, outcome history.Outcome) {
	switch outcome {
	case history.Naked:
		_ = j.msg.NakWithDelay(l.b.spec.Errors.Delay.D())
	case history.Termed:
		_ = j.msg.Term()
	case history.OK:
		l.acknowledge(j)
	}
}

func (l *life) acknowledge(j job) {
	switch l.b.spec.Ack {
	case scenarios.AckEach:
		_ = j.msg.Ack()
	case scenarios.AckDouble:
		ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
		defer cancel()
		if j.msg.DoubleAck(ctx) == nil {
			l.record(l.b.body, &history.Event{Kind: history.Acked, Shard: j.Shard, Seq: j.Seq, Delivery: j.Delivery})
		}
	case scenarios.AckBatch:
		l.acks[j.Shard].add(j.msg)
	case scenarios.AckWAL:
		l.b.wals[j.Shard].done(j.entry)
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
				window = time.After(b.l.b.spec.Window.D())
			}
			if len(waiting) >= b.l.b.spec.Batch {
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
