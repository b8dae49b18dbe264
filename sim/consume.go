package sim

import (
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// retryWait is how long a worker waits after an error of the client library before it asks again.
const retryWait = 250 * time.Millisecond

// workAll works for every consumer until the life stops or dies, each with a loop and handlers of its own, all of them on
// the one connection.
func (l *life) workAll(consumers map[int32]jetstream.Consumer) {
	if l.b.spec.Ack == scenarios.AckBatch {
		l.acks = map[int32]*batchAcks{}
		for shard := range consumers {
			l.acks[shard] = newBatchAcks(l)
		}
	}
	var loops sync.WaitGroup
	for _, shard := range l.b.site.shards() {
		loops.Go(func() { l.work(shard, consumers[shard]) })
	}
	loops.Wait()
}

// work runs the client API that the scenario names for one consumer. All of them end in handle.
func (l *life) work(shard int32, consumer jetstream.Consumer) {
	h := newHandlers(l, shard)
	if l.b.wals != nil {
		h.replay()
	}
	switch l.b.spec.API {
	case scenarios.APIMessages:
		l.messages(consumer, h)
	case scenarios.APIFetch:
		l.fetch(consumer, h)
	default:
		l.consume(consumer, h)
	}
	h.finish()
	if l.acks != nil {
		l.acks[shard].finish()
	}
}

// priority adds the options of a priority group; options holds the constructors of one API.
func priority[T any](w *scenarios.Workers, group func(string) T, pending, ackPending func(int) T, level func(uint8) T) []T {
	var options []T
	if w.Group != "" {
		options = append(options, group(w.Group))
	}
	if w.MinPending > 0 {
		options = append(options, pending(int(w.MinPending)))
	}
	if w.MinAckPending > 0 {
		options = append(options, ackPending(int(w.MinAckPending)))
	}
	if w.Priority > 0 {
		options = append(options, level(uint8(w.Priority)))
	}
	return options
}

// streamOption is an option of consume and of messages, which pull all along.
type streamOption interface {
	jetstream.PullConsumeOpt
	jetstream.PullMessagesOpt
}

func streamOptions(w *scenarios.Workers) []streamOption {
	return append(priority(w,
		func(g string) streamOption { return jetstream.PullPriorityGroup(g) },
		func(n int) streamOption { return jetstream.PullMinPending(n) },
		func(n int) streamOption { return jetstream.PullMinAckPending(n) },
		func(p uint8) streamOption { return jetstream.PullPrioritized(p) }),
		jetstream.PullMaxMessages(w.Batch),
		jetstream.PullExpiry(w.Expires.D()),
		jetstream.PullThresholdMessages(w.Threshold))
}

// finish ends a consume or an iterator of a life that drains, as the drain says.
func (l *life) finish(streaming interface {
	Stop()
	Drain()
}) {
	if l.buffer == scenarios.BufferDiscard {
		streaming.Stop()
	} else {
		streaming.Drain()
	}
}

// consume: the library calls back for each message.
func (l *life) consume(consumer jetstream.Consumer, h *handlers) {
	var options []jetstream.PullConsumeOpt
	for _, o := range streamOptions(l.b.spec) {
		options = append(options, o)
	}
	for l.alive() {
		consuming, err := consumer.Consume(h.take, options...)
		if err == nil {
			select {
			case <-l.stopping:
				l.finish(consuming)
				l.await(consuming.Closed())
			case <-l.died:
				consuming.Stop()
			case <-consuming.Closed(): // the library gave up: the consumer is gone, or a bad request
			}
		}
		if !l.goesOn() {
			return
		}
	}
}

// messages: the application asks for one message after the other.
func (l *life) messages(consumer jetstream.Consumer, h *handlers) {
	var options []jetstream.PullMessagesOpt
	for _, o := range streamOptions(l.b.spec) {
		options = append(options, o)
	}
	for l.alive() {
		iterator, err := consumer.Messages(options...)
		if err == nil {
			l.iterate(iterator, h)
		}
		if !l.goesOn() {
			return
		}
	}
}

// iterate handles what the iterator yields until it is closed.
func (l *life) iterate(iterator jetstream.MessagesContext, h *handlers) {
	closed := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-l.stopping:
			l.finish(iterator)
		case <-l.died:
			iterator.Stop()
		case <-closed:
		}
	})
	for {
		msg, err := iterator.Next()
		if err == nil {
			h.take(msg)
			continue
		}
		if !errors.Is(err, jetstream.ErrNoHeartbeat) { // after a missing heartbeat the iterator pulls again
			break
		}
	}
	close(closed)
	watching.Wait()
	iterator.Stop()
}

// fetch: the application asks for a batch, handles it whole, and asks again.
func (l *life) fetch(consumer jetstream.Consumer, h *handlers) {
	spec := l.b.spec
	options := append(priority(spec,
		func(g string) jetstream.FetchOpt { return jetstream.FetchPriorityGroup(g) },
		func(n int) jetstream.FetchOpt { return jetstream.FetchMinPending(int64(n)) },
		func(n int) jetstream.FetchOpt { return jetstream.FetchMinAckPending(int64(n)) },
		func(p uint8) jetstream.FetchOpt { return jetstream.FetchPrioritized(p) }),
		jetstream.FetchMaxWait(spec.Expires.D()))
	for l.frozen.pass(l.died) {
		batch, err := consumer.Fetch(spec.Batch, options...)
		if err == nil {
			l.handleBatch(batch.Messages(), h)
			err = batch.Error()
		}
		if l.leaving() {
			return
		}
		// A pin that moved is learned this way; the next fetch joins the standbys.
		if err != nil && !errors.Is(err, jetstream.ErrPinIDMismatch) && !l.frozen.wait(retryWait, l.died) {
			return
		}
	}
}

// handleBatch handles what arrives of one batch. Told to stop, it takes what is there and waits for nothing more.
func (l *life) handleBatch(batch <-chan jetstream.Msg, h *handlers) {
	defer h.wait()
	for {
		select {
		case msg, more := <-batch:
			if !more {
				return
			}
			h.take(msg)
		case <-l.died:
			return
		case <-l.stopping:
			takeArrived(batch, h)
			return
		}
	}
}

// takeArrived takes what is in a batch now.
func takeArrived(batch <-chan jetstream.Msg, h *handlers) {
	for {
		select {
		case msg, more := <-batch:
			if !more {
				return
			}
			h.take(msg)
		default:
			return
		}
	}
}

// goesOn waits a little after the library gave up; false if the life stops or is over.
func (l *life) goesOn() bool {
	return !l.leaving() && l.frozen.wait(retryWait, l.died)
}

// await waits for done, or for the end of the life.
func (l *life) await(done <-chan struct{}) {
	select {
	case <-done:
	case <-l.died:
	}
}
