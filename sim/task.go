package sim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// task is one message being handled by a worker that touches the state: what a guard can do with it. Each step goes over
// the worker's own connection, stands still while the worker is frozen, and ends with the worker's life.
type task struct {
	l           *life
	j           job
	key         string
	consumerSeq uint64
	service     time.Duration
	outcome     history.Outcome // of the handler's own work, as the seed wants it
}

// change lets the worker's guard handle a message. It returns how that ended, and false if the life is over.
func (l *life) change(j job, outcome history.Outcome, service time.Duration) (history.Outcome, bool) {
	a, _ := parseAckReply(j.msg.Reply()) // take has looked at it
	t := &task{
		l: l, j: j, key: strings.TrimPrefix(j.msg.Subject(), l.b.site.subjects), consumerSeq: a.consumerSeq,
		service: service, outcome: outcome,
	}
	err := l.b.guard.apply(t)
	switch {
	case !l.frozen.pass(l.died):
		return "", false
	case err != nil && !errors.Is(err, errFailed):
		return history.Ignored, true
	}
	return outcome, true
}

// ask makes one request of the server, and stands still while the worker is frozen.
func (t *task) ask(request func(context.Context) error) error {
	if !t.l.frozen.pass(t.l.died) {
		return errOver
	}
	ctx, cancel := context.WithTimeout(t.l.ctx, apiTimeout)
	defer cancel()
	err := request(ctx)
	if !t.l.frozen.pass(t.l.died) {
		return errOver
	}
	return err
}

// event is an event of the task.
func (t *task) event(e history.Event) error {
	e.Seq, e.Delivery, e.Key = t.j.Seq, t.j.Delivery, t.key
	if !t.l.record(t.l.b.body, &e) {
		return errOver
	}
	return nil
}

// read is the entry of the message's key: from memory, if the worker has it there, else from the bucket.
func (t *task) read() (value, error) {
	asked := t.l.b.site.rec.now()
	if v, ok := t.l.state.cache.get(t.key, t.j.Gen); ok {
		return v, t.event(history.Event{Kind: history.Read, Revision: v.revision, Stamp: asked, Reason: history.Cached})
	}
	var v value
	err := t.ask(func(ctx context.Context) error {
		entry, err := t.l.state.entries.Get(ctx, t.key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		if err == nil {
			v, err = decode(entry)
		}
		return err
	})
	if err != nil {
		return value{}, err
	}
	return v, t.event(history.Event{Kind: history.Read, Revision: v.revision, Stamp: asked})
}

// work is the handler's own work.
func (t *task) work() error {
	switch {
	case !t.l.serve(t.service, t.j.msg):
		return errOver
	case t.outcome != history.OK:
		return errFailed
	}
	return nil
}

// changed is the entry with the message applied.
func (v value) changed(t *task) value {
	v.Count++
	v.Sum += t.j.Seq
	v.Seq, v.Delivery, v.ConsumerSeq, v.Worker, v.Base = t.j.Seq, t.j.Delivery, t.consumerSeq, t.l.b.plan.Name, v.revision
	return v
}

// remembering is the entry with the message among those that it remembers.
func (v value) remembering(t *task) value {
	seen := append(slices.Clone(v.Seen), t.j.Seq)
	v.Seen = seen[max(0, len(seen)-t.l.b.site.plan.Scenario.State.Remember):]
	return v
}

func (v value) remembers(t *task) bool { return slices.Contains(v.Seen, t.j.Seq) }

// put writes the entry, whatever the bucket holds.
func (t *task) put(v value) error {
	return t.write(v, func(ctx context.Context) (uint64, error) {
		return t.l.state.entries.Put(ctx, t.key, v.encode())
	})
}

// update writes the entry if the bucket holds the revision that it was made from; else the error is
// [jetstream.ErrKeyRevisionMismatch].
func (t *task) update(v value) error {
	return t.write(v, func(ctx context.Context) (uint64, error) {
		return t.l.state.entries.Update(ctx, t.key, v.encode(), v.Base)
	})
}

func (t *task) write(v value, how func(context.Context) (uint64, error)) error {
	err := t.ask(func(ctx context.Context) (err error) {
		v.revision, err = how(ctx)
		return err
	})
	switch {
	case err == nil:
		t.l.state.cache.put(t.key, t.j.Gen, v)
		return t.event(history.Event{Kind: history.Effect, Outcome: history.Applied, Base: v.Base, Revision: v.revision})
	case errors.Is(err, errOver):
		return err
	case errors.Is(err, jetstream.ErrKeyRevisionMismatch):
		return errors.Join(err, t.rejected(value{revision: v.Base}, history.Conflict))
	}
	t.l.state.cache.drop(t.key)
	return errors.Join(err, t.event(history.Event{
		Kind: history.Effect, Outcome: history.Unanswered, Base: v.Base, Reason: err.Error(),
	}))
}

// rejected writes down that a change of the entry v was not made. The worker's copy of it in memory, if that was the
// cause, is not to be trusted any more.
func (t *task) rejected(v value, reason string) error {
	if reason != history.Duplicate {
		t.l.state.cache.drop(t.key)
	}
	return t.event(history.Event{Kind: history.Effect, Outcome: history.Rejected, Base: v.revision, Reason: reason})
}
