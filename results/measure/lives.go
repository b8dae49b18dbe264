package measure

import (
	"iter"

	"pindrop/results/history"
)

// A server that loses what it had acknowledged comes back with a shorter stream, and gives the sequences behind its end
// again, to other messages. These are others to everything that is measured, too: while a history is read, a sequence gets a
// number of its own in each of its lives.

// lifeShift is where in such a number the life stands, from 0. No stream has as many messages as there are numbers below.
const lifeShift = 48

// given is the sequence as the stream gave it.
func given(number uint64) uint64 { return number & (1<<lifeShift - 1) }

// rebirth is a fault of servers since which sequences were given again, from one on.
type rebirth struct {
	at   int64
	from uint64
}

// lives are the rebirths of a history, by time. Nil: every sequence has one life.
type lives struct{ rebirths []rebirth }

// forgets reports whether a server may come back from a fault with less than it had acknowledged.
func forgets(do string) bool { return do == doPowerLoss || do == doKillServer }

// reborn finds the rebirths of a history: a sequence that was acknowledged for a message, and after a fault for another one.
func reborn(events iter.Seq[*history.Event]) *lives {
	type holder struct {
		actor string
		op    uint64
		at    int64
	}
	holders := map[uint64]holder{}
	var all []rebirth
	for e := range events {
		switch {
		case e.Kind == history.Fault && forgets(e.Do):
			if n := len(all); n == 0 || all[n-1].at != e.At {
				all = append(all, rebirth{at: e.At})
			}
		case e.Kind == history.Stored:
			before, again := holders[e.Seq]
			holders[e.Seq] = holder{e.Actor, e.Op, e.At}
			if !again || before.actor == e.Actor && before.op == e.Op || len(all) == 0 {
				continue
			}
			if r := &all[len(all)-1]; before.at <= r.at && (r.from == 0 || e.Seq < r.from) {
				r.from = e.Seq
			}
		}
	}
	l := &lives{}
	for _, r := range all {
		if r.from > 0 {
			l.rebirths = append(l.rebirths, r)
		}
	}
	if len(l.rebirths) == 0 {
		return nil
	}
	return l
}

// number is the number of a sequence at a time.
func (l *lives) number(seq uint64, at int64) uint64 {
	life := uint64(0)
	for _, r := range l.rebirths {
		if r.at < at && seq >= r.from {
			life++
		}
	}
	return seq | life<<lifeShift
}

// ended reports whether a number is of a life that was over by a time.
func (l *lives) ended(number uint64, at int64) bool {
	return l != nil && number < l.number(given(number), at+1)
}

// of gives the events of a history with the numbers of their sequences. What a worker does with a message, it does with the
// one that it got last.
func (l *lives) of(events iter.Seq[*history.Event]) iter.Seq[*history.Event] {
	if l == nil {
		return events
	}
	type holding struct {
		actor string
		seq   uint64
	}
	type operation struct {
		actor string
		op    uint64
	}
	return func(yield func(*history.Event) bool) {
		got, sent := map[holding]uint64{}, map[operation]int64{}
		for was := range events {
			e := *was
			switch e.Kind {
			case history.Publish:
				sent[operation{e.Actor, e.Op}] = e.At
			case history.Stored, history.Persisted:
				at, ok := sent[operation{e.Actor, e.Op}]
				if !ok {
					at = e.At
				}
				e.Seq = l.number(e.Seq, at)
			case history.Deliver, history.Sent:
				number := l.number(e.Seq, e.At)
				if e.Kind == history.Deliver {
					got[holding{e.Actor, e.Seq}] = number
				}
				e.Seq = number
			case history.Reached, history.Ack, history.Nak, history.Term, history.Progress, history.Begin, history.End, history.Acked,
				history.Read, history.Lease, history.Effect:
				number, ok := got[holding{e.Actor, e.Seq}]
				if !ok {
					number = l.number(e.Seq, e.At)
				}
				e.Seq = number
			case history.MaxDeliveries, history.NakAdvisory, history.Terminated, history.Write, history.Entry:
				if e.Seq > 0 {
					e.Seq = l.number(e.Seq, e.At)
				}
			}
			if !yield(&e) {
				return
			}
		}
	}
}

// forget takes what a server has forgotten from what it holds: nobody will get it.
func (b *books) forget(at int64) {
	for i := range b.messages {
		if m := &b.messages[i]; b.lives.ended(m.seq, at) {
			b.drop(m, at)
			b.release(int32(i), at)
		}
	}
}
