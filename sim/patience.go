package sim

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A cluster that lost a leader answers nobody, or that it cannot say, until it has another one: some ten seconds at most.
// Whoever asks it something that matters asks again until then.
const leaderlessMax = 20 * time.Second

// patienceStep is the wait before somebody asks again.
const patienceStep = 100 * time.Millisecond

// patiently calls do until it succeeds, or fails with an error that again does not want to see once more, or until limit
// or ctx is over, and returns its last error. With a limit of 0, do is called once.
func patiently(ctx context.Context, limit time.Duration, again func(error) bool, do func() error) error {
	end := time.Now().Add(limit)
	for {
		err := do()
		if err == nil || !again(err) || !time.Now().Before(end) {
			return err
		}
		select {
		case <-time.After(patienceStep):
		case <-ctx.Done():
			return err
		}
	}
}

// whatever is for those who try again after any error.
func whatever(error) bool { return true }

// passingCodes are the server's error codes for what passes with the election of a leader, or with the first news of a peer:
// JSClusterNotAvailErr, JSClusterNotLeaderErr, JSClusterNoPeersErrF, JSInsufficientResourcesErr, JSClusterIncompleteErr.
var passingCodes = []jetstream.ErrorCode{10008, 10009, 10005, 10023, 10004}

// passes reports whether an error is one of a moment in which nobody leads.
func passes(err error) bool {
	var api *jetstream.APIError
	var yet passing
	switch {
	case errors.As(err, &yet):
		return true
	case errors.As(err, &api):
		return slices.Contains(passingCodes, api.ErrorCode)
	case errors.Is(err, nats.ErrTimeout), errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrDisconnected):
		return true
	}
	return false
}

// insist makes a request of the JetStream API, again and again while nobody leads, until the run is interrupted. An embedded
// server always leads, and there a request is made once.
func (r *run) insist(request func(context.Context) error) error {
	return patiently(r.ctx, r.patience, passes, func() error {
		ctx, cancel := context.WithTimeout(r.ctx, apiTimeout)
		defer cancel()
		return request(ctx)
	})
}

// askerPing is how soon the runner and the watcher find out that their server is silent, and go to another one: they are
// not what is tested. Everybody else keeps the client library's default.
const askerPing = time.Second

// asker are the options of the runner's and the watcher's connections.
func (r *run) asker() []nats.Option {
	if r.patience == 0 {
		return r.server.options()
	}
	return append(slices.Clip(r.server.options()), nats.PingInterval(askerPing), nats.MaxPingsOutstanding(2))
}
