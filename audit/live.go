package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// Live is a stream and a pull consumer of it, as the server described them when they were found.
type Live struct {
	Stream   *jetstream.StreamInfo
	Consumer *jetstream.ConsumerInfo
	Server   string // version of the server that the connection is to
	Trip     string // round trip to that server, in words; "" where it could not be measured

	conn     *Conn
	stream   jetstream.Stream
	consumer jetstream.Consumer
}

// Find reads a stream and a consumer. Of one that does not exist the nearest name is told ([ErrNotFound]); push
// consumers are refused ([ErrPush]).
func (c *Conn) Find(ctx context.Context, stream, consumer string) (*Live, error) {
	l := &Live{conn: c, Server: c.nc.ConnectedServerVersion()}
	err := c.ask(ctx, "stream "+stream, func(ctx context.Context) (err error) {
		l.stream, err = c.js.Stream(ctx, stream)
		return err
	})
	if badName(err, jetstream.ErrStreamNotFound, jetstream.ErrInvalidStreamName, jetstream.ErrStreamNameRequired) {
		return nil, missing("stream", stream, "", c.streams(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", stream, err)
	}
	err = c.ask(ctx, "consumer "+consumer, func(ctx context.Context) (err error) {
		l.consumer, err = l.stream.Consumer(ctx, consumer)
		return err
	})
	switch {
	case errors.Is(err, jetstream.ErrNotPullConsumer):
		return nil, wrapped{fmt.Sprintf("consumer %s of stream %s is a push consumer (it has a deliver_subject), and "+
			"pindrop runs pull consumers", consumer, stream), ErrPush}
	case badName(err, jetstream.ErrConsumerNotFound, jetstream.ErrInvalidConsumerName):
		return nil, missing("consumer", consumer, " of stream "+stream, l.consumers(ctx))
	case err != nil:
		return nil, fmt.Errorf("read consumer %s of stream %s: %w", consumer, stream, err)
	}
	l.Stream, l.Consumer = l.stream.CachedInfo(), l.consumer.CachedInfo()
	if trip, err := c.nc.RTT(); err == nil {
		l.Trip = span(trip.Seconds())
	}
	return l, nil
}

// badName reports whether err says that a name does not exist or could never exist.
func badName(err error, kinds ...error) bool {
	return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
}

// streams are the names of all streams; none where the user may not know them.
func (c *Conn) streams(ctx context.Context) []string {
	var names []string
	_ = c.ask(ctx, "the names of streams", func(ctx context.Context) error { // only for a hint
		list := c.js.StreamNames(ctx)
		for name := range list.Name() {
			names = append(names, name)
		}
		return list.Err()
	})
	return names
}

// consumers are the names of the stream's consumers; none where the user may not know them.
func (l *Live) consumers(ctx context.Context) []string {
	var names []string
	_ = l.conn.ask(ctx, "the names of consumers", func(ctx context.Context) error { // only for a hint
		list := l.stream.ConsumerNames(ctx)
		for name := range list.Name() {
			names = append(names, name)
		}
		return list.Err()
	})
	return names
}

// filtered reports whether the consumer gets a part of its stream.
func (l *Live) filtered() bool {
	c := l.Consumer.Config
	return c.FilterSubject != "" || len(c.FilterSubjects) > 0
}

// acks reports whether the consumer has acknowledgements at all.
func (l *Live) acks() bool { return l.Consumer.Config.AckPolicy != jetstream.AckNonePolicy }

// limit is max_ack_pending; 0 where there is none.
func (l *Live) limit() int {
	if !l.acks() {
		return 0
	}
	return max(0, l.Consumer.Config.MaxAckPending)
}
