package sim

import (
	"errors"
	"fmt"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// limit gives a server that has started the limits that a scenario asks of its account. They are those of a reload of its
// configuration; everything else stays as it is for an account without limits. The server's own are among its options.
func limit(server *natsserver.Server, account scenarios.Account) error {
	if account.JetStream.MaxAckPending == 0 {
		return nil
	}
	const none = -1
	limits := natsserver.JetStreamAccountLimits{
		MaxMemory: none, MaxStore: none, MaxStreams: none, MaxConsumers: none, MemoryMaxStreamBytes: none,
		StoreMaxStreamBytes: none, MaxAckPending: account.JetStream.MaxAckPending,
	}
	err := server.GlobalAccount().UpdateJetStreamLimits(map[string]natsserver.JetStreamAccountLimits{"": limits})
	if err != nil {
		return fmt.Errorf("limit the account: %w", err)
	}
	return nil
}

// What the server may refuse.
const (
	refusedStream   = "stream"
	refusedConsumer = "consumer"
)

// errOutcome ends a run whose outcome is that the server refused its stream or its consumer.
var errOutcome = errors.New("the refusal is the outcome")

// refused says what the server's refusal of the scenario comes to: [errOutcome] where the scenario expects it, and then
// it is in the history, which ends with it; else an error that there was no run.
func (r *run) refused(what string, shard int32, err error) error {
	if !r.site.plan.Scenario.ExpectsRefusal() || !r.watcher.refused(what, shard, err) {
		return fmt.Errorf("%w: %s: %w", ErrRefused, what, err)
	}
	r.ended(ending{history.CauseRefused, history.EndRefused})
	return errOutcome
}

// refused writes down that the server refused a configuration, with its error; false if it was not the server that did:
// what comes from nats.go itself has no error code of the server.
func (w *watcher) refused(what string, shard int32, err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	e := history.Event{Kind: history.Config, Shard: shard, Target: what, Status: int32(api.ErrorCode), Reason: api.Description}
	if what == refusedConsumer {
		if stream, err := w.stream(); err == nil {
			e.Stream = stream.Config
		}
	}
	w.run.site.rec.write(w.log, &e)
	return true
}
