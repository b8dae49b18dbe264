package sim

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// fault is something that breaks on purpose, at one worker; those of the consumer, the stream and a group get no worker (nil).
// It prints itself, injects, and heals; inject reports whether there was anything to break. Both are called by the
// nemesis alone, one at a time.
type fault interface {
	fmt.Stringer
	inject(*worker) bool
	heal(*worker) bool // false: nothing to heal
}

// explained is a fault that adds to what the history says of it, once it is injected.
type explained interface {
	explain(*history.Event)
}

// newFault makes the fault that a plan asks for.
func newFault(r *run, p *scenarios.FaultPlan) (fault, error) {
	switch p.Do {
	case scenarios.DoKill:
		return kill{}, nil
	case scenarios.DoRestart:
		return restart{}, nil
	case scenarios.DoDisconnect:
		return disconnect{}, nil
	case scenarios.DoFreeze:
		return freeze{}, nil
	case scenarios.DoPartition:
		return &partition{p.Way}, nil
	case scenarios.DoSlow:
		return slow{p.Factor}, nil
	case scenarios.DoSlowLink:
		return slowLink{p.Latency.D(), p.Jitter.D()}, nil
	case scenarios.DoUnpin:
		return &unpin{r.about(p)}, nil
	case scenarios.DoDrain:
		return &drain{andUnpin: p.Unpin, buffer: p.Buffer}, nil
	case scenarios.DoUpdate:
		if p.Target == scenarios.TargetStream {
			return &updateStream{r, p.Set}, nil
		}
		return &update{r, r.about(p), p.Set}, nil
	case scenarios.DoPause:
		return &pause{run: r, shards: r.about(p), length: p.For.D()}, nil
	case scenarios.DoScale:
		return scale{r, p.Target, p.Count}, nil
	case scenarios.DoPurge:
		return &purge{run: r}, nil
	}
	if f := newServerFault(r, p); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("fault %d: %s is not supported yet", p.ID, p.Do)
}

// kill ends the worker at once: its connection is cut without a flush, its handler never ends. It heals by a new start.
type kill struct{}

func (kill) String() string { return scenarios.DoKill }

func (kill) inject(w *worker) bool { return w.kill() }

func (kill) heal(w *worker) bool {
	if w.current() != nil {
		return false
	}
	w.start()
	return true
}

// restart is a kill, if the worker is alive, and a new start by healing: at the earliest after restartMin. A worker that
// has never started cannot start again.
type restart struct{}

func (restart) String() string { return scenarios.DoRestart }

func (restart) inject(w *worker) bool {
	w.kill()
	return w.number() > 0
}

func (restart) heal(w *worker) bool { return kill{}.heal(w) }

// restartMin is how long a restart keeps its worker down: a process takes a moment to start. See also [worker.keepApart].
const restartMin = time.Millisecond

// disconnect resets the worker's connection; its handler lives on, and the client connects again after its usual wait.
// It heals by itself.
type disconnect struct{}

func (disconnect) String() string { return scenarios.DoDisconnect }

func (disconnect) inject(w *worker) bool {
	if w.current() == nil {
		return false
	}
	w.network.each((*link).cut)
	return true
}

func (disconnect) heal(*worker) bool { return true }

// freeze makes everything inside the worker stand still, and its connection with it, until it thaws.
type freeze struct{}

func (freeze) String() string { return scenarios.DoFreeze }

func (freeze) inject(w *worker) bool {
	l := w.current()
	if l == nil {
		return false
	}
	l.freeze(true)
	return true
}

func (freeze) heal(w *worker) bool {
	l := w.current()
	if l == nil {
		return false
	}
	l.freeze(false)
	return true
}

// partition makes the network between the worker and the server a black hole, whether or not the worker is alive; nobody
// is told.
type partition struct{ way string } // see scenarios.WayBoth

// explain writes down which way is closed.
func (p *partition) explain(e *history.Event) { e.Reason = cmp.Or(p.way, scenarios.WayBoth) }

func (p *partition) String() string { return scenarios.DoPartition + " " + p.way }

func (p *partition) inject(w *worker) bool {
	w.network.partition(p, cutOff(p.way))
	return true
}

func (p *partition) heal(w *worker) bool {
	w.network.partition(p, ways{})
	return true
}

// slow multiplies the service times of messages begun from now on.
type slow struct{ factor float64 }

func (s slow) String() string { return fmt.Sprintf("%s × %g", scenarios.DoSlow, s.factor) }

func (s slow) inject(w *worker) bool {
	l := w.current()
	if l == nil {
		return false
	}
	l.setSlow(s.factor)
	return true
}

func (slow) heal(w *worker) bool { return slow{1}.inject(w) }

// slowLink makes everything between the worker and the servers take longer, whether or not the worker is alive.
type slowLink struct{ latency, jitter time.Duration } // more, one way

func (slowLink) String() string { return scenarios.DoSlowLink }

func (s slowLink) inject(w *worker) bool {
	w.network.slowDown(s.latency, s.jitter)
	return true
}

// explain says by how much, on average.
func (s slowLink) explain(e *history.Event) { e.Delay = int64(s.latency + s.jitter/2) }

func (s slowLink) heal(w *worker) bool {
	w.network.slowDown(-s.latency, -s.jitter)
	return true
}

// unpin clears consumers' pins through the server's API. There is nothing to heal.
type unpin struct{ shards []int32 }

func (*unpin) String() string { return scenarios.DoUnpin }

func (u *unpin) inject(w *worker) bool { return w.run.unpin(w.spec.Group, u.shards) == nil }

func (*unpin) heal(*worker) bool { return false }

// drain stops the worker in order: it finishes what it works on, does with its buffer what buffer says, and leaves; with
// andUnpin, the pins that it still holds are cleared once it has left. Another worker's pin stays as it is. A drained worker
// does not come back by healing: it was meant to stop.
type drain struct {
	andUnpin bool
	buffer   string // see scenarios.BufferFinish
	unheld   bool   // the worker that it hit last had no pin to clear
}

func (d *drain) String() string {
	text := scenarios.DoDrain
	if d.buffer != scenarios.BufferFinish {
		text += ", " + d.buffer
	}
	if d.andUnpin {
		text += " and unpin"
	}
	return text
}

func (d *drain) inject(w *worker) bool {
	l := w.current()
	if l == nil || !l.drain(d.buffer) {
		return false
	}
	d.unheld = d.andUnpin && len(w.run.heldBy(w.plan.Name)) == 0
	if d.andUnpin && !d.unheld {
		w.run.lives.Go("the unpin after a drain of "+w.plan.Name, func() {
			<-l.over()
			// If the server refuses, the pin stays, and the history shows how long.
			_ = w.run.unpin(w.spec.Group, w.run.heldBy(w.plan.Name))
		})
	}
	return true
}

// explain says that there was no pin to clear.
func (d *drain) explain(e *history.Event) {
	if d.unheld {
		e.Outcome, e.Reason = history.Ignored, "it held no pin to clear"
	}
}

func (*drain) heal(*worker) bool { return false }

// unpin asks the server to clear the pin of a group of some consumers.
func (r *run) unpin(group string, shards []int32) error {
	for _, shard := range shards {
		err := r.insist(func(ctx context.Context) error {
			stream, err := r.js.Stream(ctx, r.site.stream)
			if err != nil {
				return err
			}
			return stream.UnpinConsumer(ctx, consumerOf(shard), group)
		})
		if err != nil {
			return fmt.Errorf("unpin: %w", err)
		}
	}
	return nil
}
