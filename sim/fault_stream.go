package sim

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// update changes settings of consumers through the server's API: those of the scenario, over what the server has.
// There is nothing to heal: another update may change them back.
type update struct {
	run      *run
	shards   []int32
	settings scenarios.Settings
}

func (u *update) String() string { return fmt.Sprintf("%s %v", scenarios.DoUpdate, u.settings) }

// inject is false where the server refuses the update, unless that is an outcome which the scenario expects. The refusal
// is in the history in any case.
func (u *update) inject(*worker) bool {
	for _, shard := range u.shards {
		err := u.run.insist(func(ctx context.Context) error { return u.one(ctx, shard) })
		if err != nil && !u.run.refusedUpdate(refusedConsumer, shard, err) {
			return false
		}
	}
	return u.run.watcher.config(u.shards) == nil
}

// one updates one consumer.
func (u *update) one(ctx context.Context, shard int32) error {
	consumer, err := u.run.js.Consumer(ctx, u.run.site.stream, consumerOf(shard))
	if err != nil {
		return err
	}
	config := consumer.CachedInfo().Config
	if err := u.settings.ToConsumer(&config); err != nil {
		return err
	}
	_, err = u.run.js.UpdateConsumer(ctx, u.run.site.stream, config)
	return err
}

func (*update) heal(*worker) bool { return false }

// updateStream is the same for the stream.
type updateStream struct {
	run      *run
	settings scenarios.Settings
}

func (u *updateStream) String() string {
	return fmt.Sprintf("%s %s %v", scenarios.DoUpdate, scenarios.TargetStream, u.settings)
}

func (u *updateStream) inject(*worker) bool {
	err := u.run.insist(func(ctx context.Context) error {
		stream, err := u.run.js.Stream(ctx, u.run.site.stream)
		if err != nil {
			return err
		}
		config := stream.CachedInfo().Config
		if err := u.settings.ToStream(&config); err != nil {
			return err
		}
		_, err = u.run.js.UpdateStream(ctx, config)
		return err
	})
	if err != nil && !u.run.refusedUpdate(refusedStream, 0, err) {
		return false
	}
	return u.run.watcher.config(u.run.site.shards()) == nil
}

func (*updateStream) heal(*worker) bool { return false }

// refusedUpdate writes a refusal down, and reports whether it is one that the scenario expects.
func (r *run) refusedUpdate(what string, shard int32, err error) bool {
	return r.watcher.refused(what, shard, err) && r.site.plan.Scenario.ExpectsRefusal()
}

// pauseMax is longer than any run: a pause without an end is resumed by healing.
const pauseMax = 365 * 24 * time.Hour

// pause stops all deliveries of consumers through the server's API, for a time or until it heals. The server itself
// ends the one that has a time. Resuming before is another matter: nats-server 2.15.2 then notes that the consumer is not
// paused any more, and leaves it asleep until a message, a pull or a timer wakes it.
type pause struct {
	run    *run
	shards []int32
	length time.Duration // 0: until it heals
	end    time.Time
}

func (*pause) String() string { return scenarios.DoPause }

func (p *pause) inject(*worker) bool {
	p.end = time.Now().Add(cmp.Or(p.length, pauseMax))
	return p.until(p.end)
}

// heal pauses until a time that is over, which is how the API resumes; not if it is over already.
func (p *pause) heal(*worker) bool {
	if time.Now().Before(p.end) {
		return p.until(time.Time{})
	}
	return p.run.watcher.config(p.shards) == nil
}

func (p *pause) until(end time.Time) bool {
	for _, shard := range p.shards {
		err := p.run.insist(func(ctx context.Context) error {
			_, err := p.run.js.PauseConsumer(ctx, p.run.site.stream, consumerOf(shard), end)
			return err
		})
		if err != nil {
			return false
		}
	}
	return p.run.watcher.config(p.shards) == nil
}

// purge removes every message from the stream, also those that are ack pending.
type purge struct {
	run  *run
	kept uint64 // the first sequence that is not removed
}

func (*purge) String() string { return scenarios.DoPurge }

func (p *purge) inject(*worker) bool {
	var stream jetstream.Stream
	err := p.run.insist(func(ctx context.Context) (err error) {
		if stream, err = p.run.js.Stream(ctx, p.run.site.stream); err != nil {
			return err
		}
		return stream.Purge(ctx)
	})
	if err != nil {
		return false
	}
	// Apart from the purge, which must not be made again for want of this.
	err = p.run.insist(func(ctx context.Context) error {
		info, err := stream.Info(ctx)
		if err == nil {
			p.kept = info.State.FirstSeq
		}
		return err
	})
	return err == nil
}

// explain says which messages are gone. What is on its way to the publisher as stored may be among them.
func (p *purge) explain(e *history.Event) { e.Seq = p.kept }

func (*purge) heal(*worker) bool { return false }
