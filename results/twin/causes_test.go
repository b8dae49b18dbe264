package twin

import (
	"encoding/json"
	"fmt"
	"slices"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// causes are the redeliveries whose mechanism or root the twin does not agree on.
func (t *twin) causes(measured []measure.Redelivery) (faults []string) {
	for _, m := range measured {
		i := slices.IndexFunc(t.workers.tries, func(d *try) bool {
			return d.seq == m.Seq && d.number == m.Delivery && d.worker == m.To && d.arrived == m.At
		})
		if i < 0 {
			faults = append(faults, fmt.Sprintf("redelivery %d of %d at %d is none", m.Delivery, m.Seq, m.At))
			continue
		}
		if by, root := t.cause(t.workers.tries[i]); by != m.Mechanism || root != m.Root {
			faults = append(faults, fmt.Sprintf("redelivery %d of %d to %s at %d is by %s, %s, the twin says %s, %s",
				m.Delivery, m.Seq, m.To, m.At, m.Mechanism, m.Root, by, root))
		}
	}
	return faults
}

// left is when a delivery left the server, and to whom.
func (t *twin) left(seq uint64, number uint32) (worker string, at int64) {
	if e, ok := t.leaves[delivery{seq, number}]; ok {
		return e.Actor, e.At
	}
	return "", never
}

// delivery is one by its message and number.
type delivery struct {
	seq    uint64
	number uint32
}

// cause is the mechanism of a redelivery, and its root.
func (t *twin) cause(d *try) (mechanism, root string) {
	worker, sent := t.left(d.seq, d.number-1)
	_, again := t.left(d.seq, d.number)
	if worker == "" {
		return "unknown", "none"
	}
	naked, cut := false, false
	for _, e := range t.events {
		switch {
		case e.Kind == history.Reached && e.Outcome == history.Naked && e.Seq == d.seq && max(e.Delivery, 1) == d.number-1 && e.At <= again:
			naked = true
		case e.At >= sent && e.At <= again && cuts(e, worker):
			cut = true
		}
	}
	switch {
	case naked:
		mechanism = "nak"
	case t.waited(d.seq, d.number-1, sent, again):
		mechanism = "ack_wait"
	case cut:
		mechanism = "no_interest"
	default:
		mechanism = "unknown"
	}
	return mechanism, t.root(d, worker, sent, again)
}

// cuts reports whether an event cuts a worker off.
func cuts(e history.Event, worker string) bool {
	return e.Kind == history.Fault && e.Target == worker && slices.Contains([]string{"kill", "restart", "disconnect"}, e.Do) ||
		e.Kind == history.Disconnect && e.Actor == worker || (e.Kind == history.Stop || e.Kind == history.Dropped) && e.Worker == worker
}

// waited reports whether the server's wait for the answer to a delivery was over at some time: what is in progress starts it anew, and a
// new setting may shorten it.
func (t *twin) waited(seq uint64, number uint32, sent, again int64) bool {
	wait, since := never, sent
	for _, e := range t.events {
		var c struct {
			AckWait int64   `json:"ack_wait"`
			Backoff []int64 `json:"backoff"`
		}
		set := e.Kind == history.Config && len(e.Consumer) > 0 && json.Unmarshal(e.Consumer, &c) == nil
		extended := e.Kind == history.Reached && e.Outcome == history.Extended && e.Seq == seq && e.At >= sent
		if e.At > again || !set && !extended {
			continue
		}
		if e.At-since >= wait {
			return true
		}
		if extended {
			since = e.At
			continue
		}
		if wait = c.AckWait; len(c.Backoff) > 0 {
			wait = c.Backoff[min(int(number), len(c.Backoff))-1]
		}
	}
	return again-since >= wait
}

// root is the fault that hit the worker of the delivery before, while that was on its way or held: in the same life, but for what slows
// its link.
func (t *twin) root(d *try, worker string, sent, again int64) string {
	until, life := again, int32(0)
	for _, e := range t.lives {
		if e.Kind == history.Start && e.Worker == worker && e.At <= sent {
			life = e.Incarnation
		}
	}
	for _, o := range t.workers.tries {
		if o.seq == d.seq && o.number == d.number-1 && o.worker == worker {
			until, life = min(until, o.closed), o.incarnation
		}
	}
	hits := slices.Concat(stops, []string{"slow", "slow_link"})
	for _, f := range t.lives {
		hit := f.Kind == history.Fault && slices.Contains(hits, f.Do) && f.Target == worker && (f.Incarnation == life || f.Incarnation == 0 || f.Do == "slow_link" || f.Do == "partition")
		if hit && f.At <= until && t.connected(f) > sent {
			return fmt.Sprintf("fault %d", f.Fault)
		}
	}
	return "none"
}

// connected is when a fault no longer keeps its worker: the connection that a disconnect cut is over once there is another one.
func (t *twin) connected(f history.Event) int64 {
	until := t.healed(f)
	for _, e := range t.events {
		if f.Do == "disconnect" && e.Kind == history.Connect && e.Actor == f.Target && e.At > f.At {
			until = min(until, e.At)
		}
	}
	return until
}
