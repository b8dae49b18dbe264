package sim

import (
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// guard protects the entry of a key from what deliveries do to workers: each of them is a pattern that a service may
// copy (docs/guards.md has them without the harness).
type guard interface {
	// apply reads the entry of a message, works, and writes it back. Without an error the message is done: its change is
	// in the entry, or was there before. With one it must not be acked.
	apply(*task) error
}

func newGuard(kind string) guard {
	switch kind {
	case scenarios.GuardIdempotent:
		return idempotent{}
	case scenarios.GuardCAS:
		return cas{}
	case scenarios.GuardIdempotentCAS:
		return cas{remember: true}
	case scenarios.GuardFence:
		return fence{}
	case scenarios.GuardIdempotentFence:
		return fence{remember: true}
	case scenarios.GuardLease:
		return lease{}
	}
	return unguarded{}
}

// What keeps a message from being done. After any of them it is delivered again, sooner or later, unless somebody else
// has acked it.
var (
	errOver      = errors.New("the worker's life is over")
	errFailed    = errors.New("the handler failed") // as the scenario wants it
	errFenced    = errors.New("a later delivery has written")
	errLeaseLost = errors.New("the lease is lost")
)

// unguarded writes whatever has happened meanwhile.
type unguarded struct{}

func (unguarded) apply(t *task) error {
	v, err := t.read()
	if err != nil {
		return err
	}
	if err := t.work(); err != nil {
		return err
	}
	return t.put(v.changed(t))
}

// idempotent remembers in the entry which messages it holds, and passes over those that come again.
type idempotent struct{}

func (idempotent) apply(t *task) error {
	v, err := t.read()
	if err != nil {
		return err
	}
	if v.remembers(t) {
		return t.rejected(v, history.Duplicate)
	}
	if err := t.work(); err != nil {
		return err
	}
	return t.put(v.changed(t).remembering(t))
}

// cas writes only on the revision that it read. On a conflict it begins anew, with the entry as it is now: somebody else
// has got on meanwhile, so that cannot go on for ever. A nak instead would use up a delivery, and let later messages of
// the key go first.
type cas struct {
	remember bool // it is idempotent as well
}

func (g cas) apply(t *task) error {
	for {
		v, err := t.read()
		if err != nil {
			return err
		}
		if g.remember && v.remembers(t) {
			return t.rejected(v, history.Duplicate)
		}
		if err := t.work(); err != nil {
			return err
		}
		next := v.changed(t)
		if g.remember {
			next = next.remembering(t)
		}
		if err := t.update(next); !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
}

// fence keeps the consumer sequence of the newest delivery in the entry, as a token, and refuses what was delivered
// before it. Refused messages are not acked: they come again, with a higher sequence, unless they were done meanwhile.
// A conflict alone says nothing of who was delivered later: it begins anew, and then the token decides.
type fence struct {
	remember bool // it is idempotent as well
}

func (g fence) apply(t *task) error {
	for {
		v, err := t.read()
		if err != nil {
			return err
		}
		if g.remember && v.remembers(t) {
			return t.rejected(v, history.Duplicate)
		}
		if v.Token > t.consumerSeq {
			return errors.Join(errFenced, t.rejected(v, history.Fenced))
		}
		if err := t.work(); err != nil {
			return err
		}
		next := v.changed(t)
		next.Token = t.consumerSeq
		if g.remember {
			next = next.remembering(t)
		}
		if err := t.update(next); !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
}

// lease holds a key with a TTL from before it reads until after it has written, and asks whether it still does before it
// writes. What happens after the question it cannot know.
type lease struct{}

func (lease) apply(t *task) error {
	held, err := t.acquire()
	if err != nil {
		return err
	}
	defer t.release(held)
	v, err := t.read()
	if err != nil {
		return err
	}
	if err := t.work(); err != nil {
		return err
	}
	if err := t.holds(held); errors.Is(err, errLeaseLost) {
		return errors.Join(err, t.rejected(v, history.LeaseLost))
	} else if err != nil {
		return err
	}
	return t.put(v.changed(t))
}
