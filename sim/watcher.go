package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// watcher asks the server what it thinks, and listens to what it says by itself.
type watcher struct {
	run *run
	log *history.Log
	nc  *nats.Conn

	timeout time.Duration   // of a question
	ctx     context.Context // of all questions: with its end nobody wants answers any more

	mu   sync.Mutex
	gone map[int32]bool // consumers that the server has removed

	missing map[missing]bool // what the server has said that it does not have, until it has it again
}

const advisoryPrefix = "$JS.EVENT.ADVISORY.CONSUMER."

// askTimeout is how long the watcher waits for an answer where there may be nobody to give one: it asks again.
const askTimeout = time.Second

// newWatcher connects and listens to every advisory about consumers, before there is one.
func newWatcher(r *run) (*watcher, error) {
	nc, err := connect(history.Watcher, anyOf(r.server), r.asker()...)
	if err != nil {
		return nil, err
	}
	w := &watcher{run: r, log: r.site.rec.open(history.Watcher, ""), nc: nc, timeout: apiTimeout, ctx: r.ctx, gone: map[int32]bool{}, missing: map[missing]bool{}}
	if r.patience > 0 {
		w.timeout = askTimeout
	}
	if _, err := nc.Subscribe(advisoryPrefix+">", w.advisory); err != nil {
		return nil, fmt.Errorf("subscribe to the advisories: %w", err)
	}
	flushing, cancel := context.WithTimeout(r.ctx, apiTimeout)
	defer cancel()
	if err := nc.FlushWithContext(flushing); err != nil {
		return nil, fmt.Errorf("subscribe to the advisories: %w", err)
	}
	return w, nil
}

// advisory writes down an advisory of a consumer under test. None of them names a client.
func (w *watcher) advisory(msg *nats.Msg) {
	kind, of, _ := strings.Cut(strings.TrimPrefix(msg.Subject, advisoryPrefix), ".")
	shard := shardOf(lastToken([]byte(msg.Subject)))
	if of != w.run.site.stream+"."+consumerOf(shard) {
		return
	}
	var a struct {
		Seq        uint64 `json:"stream_seq"`
		Deliveries uint32 `json:"deliveries"`
		Reason     string `json:"reason"`
		Leader     string `json:"leader"`

		Paused     bool      `json:"paused"`
		PauseUntil time.Time `json:"pause_until"`
	}
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return // the premises compare advisories with what the wires saw
	}
	e := history.Event{Shard: shard, Seq: a.Seq, Delivery: a.Deliveries, Reason: a.Reason}
	switch kind {
	case "PINNED":
		e.Kind = history.Pinned
	case "UNPINNED":
		e.Kind = history.Unpinned
	case "MAX_DELIVERIES":
		e.Kind = history.MaxDeliveries
	case "MSG_NAKED":
		e.Kind = history.NakAdvisory
	case "MSG_TERMINATED":
		e.Kind = history.Terminated
	case "LEADER_ELECTED":
		e.Kind, e.Target = history.Leader, a.Leader
	case "PAUSE":
		e.Kind = history.Resumed
		if a.Paused {
			e.Kind, e.Stamp = history.Paused, min(int64(a.PauseUntil.Sub(w.run.site.rec.origin)), history.TimeMax)
		}
	case "CREATED":
		w.deleted(shard, false)
		return
	case "DELETED":
		w.deleted(shard, true)
		e.Kind = history.Deleted
	default:
		return
	}
	w.run.site.rec.write(w.log, &e)
}

// deleted notes whether the server has removed a consumer.
func (w *watcher) deleted(shard int32, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone[shard] = gone
}

// present are the consumers that the server has not removed.
func (w *watcher) present() []int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.run.site.shards()), func(shard int32) bool { return w.gone[shard] })
}

// consumerState is the part of a consumer's info that a history keeps.
type consumerState struct {
	refusal
	Config    json.RawMessage `json:"config"`
	Delivered struct {
		ConsumerSeq uint64 `json:"consumer_seq"`
	} `json:"delivered"`
	AckFloor struct {
		StreamSeq uint64 `json:"stream_seq"`
	} `json:"ack_floor"`
	AckPending  int64 `json:"num_ack_pending"`
	Redelivered int64 `json:"num_redelivered"`
	Waiting     int64 `json:"num_waiting"`
	Pending     int64 `json:"num_pending"`

	Cluster *group `json:"cluster"`

	PriorityGroups []struct {
		PinnedClientID string `json:"pinned_client_id"`
	} `json:"priority_groups"`
}

type streamState struct {
	refusal
	Config json.RawMessage `json:"config"`
	State  struct {
		Messages int64  `json:"messages"`
		LastSeq  uint64 `json:"last_seq"`
	} `json:"state"`
	Cluster *group `json:"cluster"`
}

// refusal is what every answer of the JetStream API says when it is no.
type refusal struct {
	Error *struct {
		Code        int                 `json:"code"`
		ErrCode     jetstream.ErrorCode `json:"err_code"`
		Description string              `json:"description"`
	} `json:"error"`
}

func (r *refusal) refused() error {
	if r.Error == nil {
		return nil
	}
	return &jetstream.APIError{Code: r.Error.Code, ErrorCode: r.Error.ErrCode, Description: r.Error.Description}
}

// ask makes a request of the JetStream API and reads the answer into to.
func (w *watcher) ask(subject string, to interface{ refused() error }) error {
	ctx, cancel := context.WithTimeout(w.ctx, w.timeout)
	defer cancel()
	msg, err := w.nc.RequestWithContext(ctx, subject, nil)
	if err == nil {
		err = json.Unmarshal(msg.Data, to)
	}
	if err == nil {
		err = to.refused()
	}
	if err != nil {
		return fmt.Errorf("ask %s: %w", subject, err)
	}
	return nil
}

func (w *watcher) consumer(shard int32) (consumerState, error) {
	var s consumerState
	err := w.ask(w.run.site.api+"CONSUMER.INFO."+w.run.site.stream+"."+consumerOf(shard), &s)
	return s, err
}

func (w *watcher) stream() (streamState, error) {
	var s streamState
	err := w.ask(w.run.site.api+"STREAM.INFO."+w.run.site.stream, &s)
	return s, err
}

// each asks for the states of the stream and of some consumers, and hands them out once it has all of them.
func (w *watcher) each(shards []int32, do func(int32, streamState, consumerState)) error {
	stream, err := w.stream()
	if err != nil {
		return err
	}
	states := make([]consumerState, len(shards))
	for i, shard := range shards {
		if states[i], err = w.consumer(shard); err != nil {
			return err
		}
	}
	for i, shard := range shards {
		do(shard, stream, states[i])
	}
	return nil
}

// insistOnEach is each, again and again while nobody leads.
func (w *watcher) insistOnEach(shards []int32, do func(int32, streamState, consumerState)) error {
	return patiently(w.ctx, w.run.patience, passes, func() error { return w.each(shards, do) })
}

// config writes down the configuration of some consumers as the server has it.
func (w *watcher) config(shards []int32) error {
	return w.insistOnEach(shards, func(shard int32, stream streamState, consumer consumerState) {
		w.run.site.rec.write(w.log, &history.Event{
			Kind: history.Config, Shard: shard, Stream: stream.Config, Consumer: consumer.Config,
		})
	})
}

// sampleUntil writes down the consumers' states again and again, until stop is closed. A sample that the server does
// not answer is left out: the next one shows what became of it.
func (w *watcher) sampleUntil(stop <-chan struct{}) {
	every := w.run.site.plan.Scenario.Sample.Every.D()
	if every == 0 {
		return
	}
	next := time.Now().Add(w.run.site.plan.SampleAt.D())
	timer := time.NewTimer(time.Until(next))
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-stop:
			return
		}
		for _, shard := range w.run.site.shards() {
			asked := w.run.site.rec.now()
			state, err := w.consumer(shard)
			w.notice(shard, err)
			if err == nil {
				e := stateEvent(history.Sample, shard, state)
				e.Stamp = asked
				w.run.site.rec.write(w.log, e)
				w.run.scene.see(e)
				w.check(shard, &state)
			}
		}
		for !next.After(time.Now()) {
			next = next.Add(every)
		}
		timer.Reset(time.Until(next))
	}
}

func stateEvent(kind history.Kind, shard int32, s consumerState) *history.Event {
	return &history.Event{
		Kind: kind, Shard: shard, AckPending: s.AckPending, Pending: s.Pending, Redelivered: s.Redelivered, Waiting: s.Waiting,
		AckFloor: s.AckFloor.StreamSeq, ConsumerSeq: s.Delivered.ConsumerSeq,
	}
}

// lastWord is how long the server has to tell the last state of a run that was interrupted.
const lastWord = time.Second

// final writes down every revision of the state, and the last state of the stream and of each consumer that is still there.
func (w *watcher) final() error {
	if w.ctx.Err() != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lastWord)
		defer cancel()
		w.ctx = ctx
	}
	revisions, err := w.revisions()
	if err != nil {
		return err
	}
	var all []*history.Event
	if err := w.run.insist(func(context.Context) error { all, err = w.lastStates(); return err }); err != nil {
		return err
	}
	for _, e := range all {
		e.Count = revisions
		w.run.site.rec.write(w.log, e)
	}
	return nil
}

// lastStates are the states of the stream and of each consumer. That the server does not have one is an answer, too.
func (w *watcher) lastStates() ([]*history.Event, error) {
	stream, noStream := w.stream()
	if noStream != nil && absent(noStream) == 0 {
		return nil, noStream
	}
	var all []*history.Event
	for _, shard := range w.run.site.shards() {
		consumer, err := consumerState{}, noStream
		if err == nil {
			consumer, err = w.consumer(shard)
		}
		if err != nil && absent(err) == 0 {
			return nil, err
		}
		e := stateEvent(history.Final, shard, consumer)
		e.Status, e.Stored = absent(err), stream.State.Messages
		if w.run.site.plan.Scenario.BreaksServers() {
			e.Outcome, e.Seq = history.OK, stream.State.LastSeq
		}
		all = append(all, e)
	}
	return all, nil
}
