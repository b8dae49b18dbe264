package sim

import (
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// job is a message to be handled.
type job struct {
	entry
	msg jetstream.Msg // nil: it comes from the worker's own log
}

// events are those of handlers: who looks at one keeps nothing of it, so that it serves for the next.
var events = sync.Pool{New: func() any { return new(history.Event) }}

// handle is the path of one message through a worker: begin, the work (and what it changes: task.go), end, the answer to
// the server.
func (l *life) handle(j job) {
	defer l.held.Add(-1)
	if !l.frozen.wait(l.scheduled(j.entry), l.died) || !l.b.acksFirst() && l.turnAway(j.msg) {
		return
	}
	l.serving.Add(1)
	defer l.serving.Add(-1)
	e := events.Get().(*history.Event)
	defer events.Put(e)
	*e = history.Event{Kind: history.Begin, Shard: j.Shard, Seq: j.Seq, Delivery: j.Delivery, Gen: j.Gen}
	if j.msg == nil {
		e.Reason = history.Replayed
	}
	if !l.record(l.b.body, e) {
		return
	}
	outcome, service := l.draw(j.entry, e.At)
	if !l.enter(j.msg) {
		return
	}
	ok := false
	if l.state == nil {
		ok = l.serve(service, j.msg)
	} else {
		outcome, ok = l.change(j, outcome, service)
	}
	l.exit()
	if !ok {
		return
	}
	*e = history.Event{Kind: history.End, Shard: j.Shard, Seq: j.Seq, Delivery: j.Delivery, Gen: j.Gen, Outcome: outcome}
	if l.record(l.b.body, e) {
		l.answer(j, outcome)
	}
}

// turnAway deals with a message that still waits when the life drains, as the drain says; false if it is to be handled.
func (l *life) turnAway(msg jetstream.Msg) bool {
	buffer, stops := l.stops()
	if !stops || buffer == scenarios.BufferFinish {
		return false
	}
	if buffer == scenarios.BufferNak {
		_ = msg.Nak() // as in answer
	}
	return true
}

// enter waits for a place downstream, and tells progress meanwhile; false if the life is over before there is one.
func (l *life) enter(msg jetstream.Msg) bool {
	if l.b.pool == nil {
		return true
	}
	var progress <-chan time.Time
	if every := l.b.spec.Progress.D(); every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		progress = ticker.C
	}
	for {
		select {
		case l.b.pool <- struct{}{}:
			return true
		case <-progress:
			if l.frozen.pass(l.died) {
				_ = msg.InProgress() // as in answer
			}
		case <-l.died:
			return false
		}
	}
}

// exit gives the place downstream to the next.
func (l *life) exit() {
	if l.b.pool != nil {
		<-l.b.pool
	}
}

// serve is the handler's work. Timers are late, real ones by half a millisecond or more; what one message took too long is
// taken off the next ones, so that the mean is what the scenario declares. Progress is told in the pauses of the work, not
// beside it: at the end of the work it can thus not race with the ack.
func (l *life) serve(service time.Duration, msg jetstream.Msg) bool {
	left := service - l.repay()
	for every := l.b.spec.Progress.D(); every > 0 && left > every; {
		late, ok := l.frozen.work(every, l.died)
		if !ok {
			return false
		}
		left -= every + late
		_ = msg.InProgress() // as in answer
	}
	drawn := l.wakesLate(left)
	late, ok := l.frozen.work(left+drawn, l.died)
	l.late.Add(int64(drawn + late + max(0, -left)))
	return ok
}

// wakesLate is by how much a timer of the virtual clock is late that fires after d; see [scenarios.Wake].
func (l *life) wakesLate(d time.Duration) time.Duration {
	if d <= 0 || !l.b.timersLate() {
		return 0
	}
	due := l.b.site.rec.now() + int64(d)
	return time.Duration(scenarios.Wake(l.b.plan.Seed, due) - due)
}

// scheduled is how long the goroutine of a handler waits on the virtual clock before it runs; see [scenarios.Scheduled].
func (l *life) scheduled(e entry) time.Duration {
	if l.b.spec.Concurrency == 1 || !l.b.timersLate() {
		return 0
	}
	return scenarios.Scheduled(l.b.site.plan.Seed, e.Seq, e.Delivery)
}

// repay is what a message's work is shorter for those before it that took too long. Handlers at work at once are late
// together: each repays its share, or the next message would pay for all of them.
func (l *life) repay() time.Duration {
	share := l.late.Load() / int64(max(1, l.b.spec.Concurrency))
	l.late.Add(-share)
	return time.Duration(share)
}

// draw is what the seed says of this delivery, which began at the given time: how its handling ends, and how long it takes.
func (l *life) draw(e entry, at int64) (history.Outcome, time.Duration) {
	spec := l.b.spec
	random := scenarios.Draw(l.b.site.plan.Seed, e.Seq, e.Delivery)
	service := spec.Service.Time(l.b.site.sinceDisturb(at), spec.Jitter, random)
	outcome := history.OK
	if spec.Errors.Hit(random) {
		outcome = failure(spec.Errors.Do)
	}
	return outcome, time.Duration(float64(service) * l.slowness())
}
