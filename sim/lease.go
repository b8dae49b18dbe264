package sim

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// leasePoll is how long a worker waits before it asks again for a lease that another one holds. It waits with the message
// in hand, and so keeps its place in the order of its key; a nak would not.
const leasePoll = 100 * time.Millisecond

// acquire waits until the lease of the key is this task's. It is known by its revision: a name would not tell a worker
// from what it was before it lost the lease. One that nobody gives back expires by the TTL of its message.
func (t *task) acquire() (held uint64, err error) {
	for {
		err := t.ask(func(ctx context.Context) (err error) {
			held, err = t.l.state.leases.Create(ctx, t.key, []byte(t.l.b.plan.Name), jetstream.KeyTTL(t.l.b.spec.Lease.D()))
			return err
		})
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return held, err
		}
		if !t.l.frozen.wait(leasePoll, t.l.died) {
			return 0, errOver
		}
	}
}

// holds asks whether the lease is still this task's; if not, the error is [errLeaseLost].
func (t *task) holds(held uint64) error {
	var now uint64
	err := t.ask(func(ctx context.Context) error {
		entry, err := t.l.state.leases.Get(ctx, t.key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		if err == nil {
			now = entry.Revision()
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case now != held:
		return errLeaseLost
	}
	return t.event(history.Event{Kind: history.Lease})
}

// release gives the lease back, if it is still this task's. Whether that arrives is not waited for twice: the lease ends
// by itself.
func (t *task) release(held uint64) {
	_ = t.ask(func(ctx context.Context) error {
		return t.l.state.leases.Delete(ctx, t.key, jetstream.LastRevision(held))
	})
}
