package audit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Sample is what the server said of a stream and a consumer, one right after the other.
type Sample struct {
	At       time.Time // of the consumer's state, by the server's clock
	StreamAt time.Time // of the stream's state, by the clock of its server

	LastSeq    uint64 // of the stream
	Msgs       uint64 // in the stream
	Bytes      uint64 // of them, as they are stored
	NumDeleted int    // holes between the first and the last sequence
	NumPending uint64 // match the consumer's filter and were never delivered

	Delivered      uint64 // consumer sequence: deliveries, each redelivery again
	DeliveredTo    uint64 // stream sequence: the highest that was delivered
	NumAckPending  int
	NumRedelivered int // messages with more than one delivery that the server still tracks
	NumWaiting     int // parked pulls
}

// Watch says how long and how often to look.
type Watch struct {
	For   time.Duration
	Every time.Duration // on average; 0: 250ms
	// Tell is called with the time that is left and the samples so far; nil: nobody is told.
	Tell func(left time.Duration, samples []Sample)
}

// Observation are the samples of a watch, in their order.
type Observation struct {
	Asked   time.Duration // how long it was to last
	Began   time.Time     // by the clock of this machine
	Samples []Sample
	Missed  int    // questions without an answer
	Cut     string // why it ended before its time; "" where it did not
}

// samplingDefault is the interval of samples if nothing is said.
const samplingDefault = 250 * time.Millisecond

// Observe samples the state until the time is over or ctx ends. Without two samples it is an error, [ErrTooFew]; a
// question that fails between others is counted in Missed.
//
// The time between two samples is drawn, from half to one and a half times the interval: what happens at regular times
// would else be seen always at the same point of its cycle.
func (l *Live) Observe(ctx context.Context, w Watch) (*Observation, error) {
	if w.Every <= 0 {
		w.Every = samplingDefault
	}
	o := &Observation{Asked: w.For, Began: time.Now()}
	random := rand.New(rand.NewPCG(uint64(o.Began.UnixNano()), 0))
	over := time.NewTimer(w.For)
	defer over.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	var last error
	for end := false; !end; {
		select {
		case <-ctx.Done():
			o.Cut, end = "interrupted", true
			continue
		case <-over.C:
			end = true // with one more sample
		case <-next.C:
		}
		s, err := l.sample(ctx)
		switch {
		case err == nil:
			o.Samples = append(o.Samples, s)
		case ctx.Err() != nil:
			continue
		case badName(err, jetstream.ErrConsumerNotFound, jetstream.ErrStreamNotFound):
			o.Cut, end, last = "it was deleted", true, err
		case errors.Is(err, errRefused):
			return nil, err
		default:
			last = err
			o.Missed++
		}
		if w.Tell != nil {
			w.Tell(max(0, w.For-time.Since(o.Began)), o.Samples)
		}
		next.Reset(time.Duration(float64(w.Every) * (0.5 + random.Float64())))
	}
	if len(o.Samples) < 2 {
		err := fmt.Errorf("%w: %d in %v, and rates need 2", ErrTooFew, len(o.Samples),
			time.Since(o.Began).Round(time.Millisecond))
		return nil, errors.Join(err, last, ctx.Err())
	}
	return o, nil
}

// sample asks for both states.
func (l *Live) sample(ctx context.Context) (Sample, error) {
	var stream *jetstream.StreamInfo
	var consumer *jetstream.ConsumerInfo
	var streamAt, at time.Time
	err := l.conn.ask(ctx, "the state of stream "+l.Stream.Config.Name, func(ctx context.Context) (err error) {
		stream, err = l.stream.Info(ctx)
		streamAt = time.Now()
		return err
	})
	if err != nil {
		return Sample{}, err
	}
	err = l.conn.ask(ctx, "the state of consumer "+l.Consumer.Name, func(ctx context.Context) (err error) {
		consumer, err = l.consumer.Info(ctx)
		at = time.Now()
		return err
	})
	if err != nil {
		return Sample{}, err
	}
	s := Sample{
		At: consumer.TimeStamp, StreamAt: stream.TimeStamp,
		LastSeq: stream.State.LastSeq, Msgs: stream.State.Msgs, Bytes: stream.State.Bytes,
		NumDeleted: stream.State.NumDeleted, NumPending: consumer.NumPending,
		Delivered: consumer.Delivered.Consumer, DeliveredTo: consumer.Delivered.Stream,
		NumAckPending: consumer.NumAckPending, NumRedelivered: consumer.NumRedelivered, NumWaiting: consumer.NumWaiting,
	}
	// Servers before 2.10 do not say when.
	if s.At.IsZero() {
		s.At = at
	}
	if s.StreamAt.IsZero() {
		s.StreamAt = streamAt
	}
	return s, nil
}
