package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
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

	timeout time.Duration // of a question
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
	w := &watcher{run: r, log: r.site.rec.open(history.Watcher, ""), nc: nc, timeout: apiTimeout}
	if r.patience > 0 {
		w.timeout = askTimeout
	}
	if _, err := nc.Subscribe(advisoryPrefix+">", w.advisory); err != nil {
		return nil, fmt.Errorf("subscribe to the advisories: %w", err)
	}
	if err := nc.FlushTimeout(apiTimeout); err != nil {
		return nil, fmt.Errorf("subscribe to the advisories: %w", err)
	}
	return w, nil
}

// advisory writes down an advisory of a consumer under test. None of them names a client.
func (w *watcher) advisory(msg *nats.Msg) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(msg.Subject, advisoryPrefix), ".")
	var a struct {
		Seq        uint64 `json:"stream_seq"`
		Deliveries uint32 `json:"deliveries"`
		Reason     string `json:"reason"`
		Leader     string `json:"leader"`
	}
	if err := json.Unmarshal(msg.Data, &a); err != nil {
		return // the premises compare advisories with what the wires saw
	}
	e := history.Event{Shard: shardOf(lastToken([]byte(msg.Subject))), Seq: a.Seq, Delivery: a.Deliveries, Reason: a.Reason}
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
	default:
		return
	}
	w.run.site.rec.write(w.log, &e)
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
	msg, err := w.nc.Request(subject, nil, w.timeout)
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
	return w.run.insist(func(context.Context) error { return w.each(shards, do) })
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
			if state, err := w.consumer(shard); err == nil {
				e := stateEvent(history.Sample, shard, state)
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

// final writes down every revision of the state, and the last state of the stream and of each consumer.
func (w *watcher) final() error {
	revisions, err := w.revisions()
	if err != nil {
		return err
	}
	return w.insistOnEach(w.run.site.shards(), func(shard int32, stream streamState, consumer consumerState) {
		e := stateEvent(history.Final, shard, consumer)
		e.Stored, e.Count = stream.State.Messages, revisions
		if w.run.site.plan.Scenario.BreaksServers() {
			e.Seq = stream.State.LastSeq
		}
		w.run.site.rec.write(w.log, e)
	})
}

// open is what all consumers together still have to deliver and to see acked.
func (w *watcher) open() (pending, ackPending int64, err error) {
	for _, shard := range w.run.site.shards() {
		state, err := w.consumer(shard)
		if err != nil {
			return 0, 0, err
		}
		pending, ackPending = pending+state.Pending, ackPending+state.AckPending
	}
	return pending, ackPending, nil
}

// drainPoll is how often the end of the drain is asked for.
const drainPoll = 100 * time.Millisecond

// drained waits until nothing waits, nothing is unacknowledged and no worker has anything in hand; else the end says why
// not. Between two questions it lets the consumers alone, whose dead pulls each question prunes.
func (w *watcher) drained(stopped <-chan struct{}) ending {
	if len(w.run.order) == 0 {
		return ending{history.CauseIdle, history.EndIdle}
	}
	limit := time.Now().Add(w.run.site.plan.Scenario.Phases.Drain.D())
	var hands hands
	for {
		pending, ackPending, err := w.open()
		switch {
		case err == nil && pending == 0 && ackPending == 0 && hands.empty(w.run.order):
			return drained
		case !time.Now().Before(limit) && err != nil:
			return ending{history.CauseNotDrained, err.Error()}
		case !time.Now().Before(limit):
			return ending{history.CauseNotDrained, fmt.Sprintf("%d messages waiting, %d unacknowledged and %d in the workers' hands after a drain of %v",
				pending, ackPending, hands.held, w.run.site.plan.Scenario.Phases.Drain)}
		}
		select {
		case <-time.After(drainPoll):
		case <-stopped:
			return interrupted
		case <-w.run.failed:
			return w.run.failure()
		}
	}
}

// hands follows what the workers have in hand: where messages are acknowledged before their work is done, or not at
// all, the server cannot know.
type hands struct {
	held  int64
	still int // questions since it last changed
}

// stillMax is after how many questions without a change, and without a handler in service, what is held is what the
// client library has thrown away: the rest of a fetch that ended, say.
const stillMax = 20

// empty reports whether nobody has anything in hand.
func (h *hands) empty(workers []*worker) bool {
	held, working := int64(0), false
	for _, w := range workers {
		if l := w.current(); l != nil {
			has, serving := l.hands()
			held += max(0, has)
			working = working || serving > 0
		}
	}
	if h.still++; held != h.held {
		h.held, h.still = held, 0
	}
	return !working && (held == 0 || h.still >= stillMax)
}
