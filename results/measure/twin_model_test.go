package measure_test

import (
	"encoding/json"
	"slices"

	"pindrop/results/history"
)

// The twin answers what measure answers a second time, straight from the words of the definitions: it keeps no books, and
// reads everything anew for each question. It knows histories without naks that free, networks, incarnations and several
// consumers: those have tests of their own.
type twin struct {
	events   []history.Event
	tries    []*try // deliveries, in the order of their arrivals
	instants []int64
	whole    [2]int64
	window   [2]int64 // what metrics count
	disturb  [2]int64
	heal     int64 // -1: none
	policy   string
}

// try is one delivery of a message to a worker; what did not happen is at -1.
type try struct {
	worker               string
	seq                  uint64
	number, gen          uint32
	arrived, begun       int64
	ended, closed        int64 // closed: by its end, its worker's death, or the end of the history
	outcome              history.Outcome
	key                  string
	arrivalNo, serviceNo int // places among all events
}

func twinOf(events []history.Event) *twin {
	h := &twin{events: events, heal: -1}
	h.whole = [2]int64{min(0, events[0].At), events[len(events)-1].At}
	h.instants = append(h.instants, h.whole[0])
	h.disturb = h.whole
	for i, e := range events {
		h.instants = append(h.instants, e.At)
		if e.Phase == history.PhaseDisturb {
			h.disturb = [2]int64{e.At, h.whole[1]}
			for _, next := range events[i+1:] {
				if next.Kind == history.Phase {
					h.disturb[1] = next.At
					break
				}
			}
		}
		if e.Phase == history.PhaseHeal {
			h.heal = e.At
		}
	}
	h.window = [2]int64{h.disturb[0], h.whole[1]}
	slices.Sort(h.instants)
	h.instants = slices.Compact(h.instants)
	h.policy = h.config(h.disturb[0]).PriorityPolicy
	h.deliver()
	return h
}

type twinConfig struct {
	PriorityPolicy string `json:"priority_policy"`
	MaxAckPending  int    `json:"max_ack_pending"`
}

func (h *twin) config(at int64) (c twinConfig) {
	for _, e := range h.events {
		if e.Kind == history.Config && e.At <= at {
			c = twinConfig{}
			_ = json.Unmarshal(e.Consumer, &c)
		}
	}
	return c
}

// deliver finds the deliveries, and what became of them.
func (h *twin) deliver() {
	for i, e := range h.events {
		switch e.Kind {
		case history.Deliver:
			h.arrive(i, e)
		case history.Begin:
			t := h.last(e, func(t *try) bool { return t.begun < 0 })
			if t == nil {
				t = h.arrive(i, e)
			}
			t.begun, t.serviceNo = e.At, i
		case history.End:
			if t := h.last(e, func(t *try) bool { return t.begun >= 0 && t.ended < 0 }); t != nil {
				t.ended, t.outcome = e.At, e.Outcome
			}
		}
	}
	for _, t := range h.tries {
		t.closed = h.whole[1]
		if t.ended >= 0 {
			t.closed = t.ended
		}
		for _, e := range h.events {
			if e.Kind == history.Fault && e.Do == "kill" && e.Target == t.worker && e.At >= t.arrived {
				t.closed = min(t.closed, e.At)
			}
			if e.Kind == history.Stored && e.Seq == t.seq {
				t.key = e.Key
			}
		}
	}
}

func (h *twin) arrive(i int, e history.Event) *try {
	t := &try{worker: e.Actor, seq: e.Seq, number: max(e.Delivery, 1), gen: e.Gen, arrived: e.At, begun: -1, ended: -1, arrivalNo: i}
	h.tries = append(h.tries, t)
	return t
}

// last is the newest delivery of which an event speaks.
func (h *twin) last(e history.Event, fits func(*try) bool) *try {
	for _, t := range slices.Backward(h.tries) {
		if t.worker == e.Actor && t.seq == e.Seq && (e.Delivery == 0 || e.Delivery == t.number) && fits(t) {
			return t
		}
	}
	return nil
}

// services are the deliveries that were begun, by their begins.
func (h *twin) services() []*try {
	var begun []*try
	for _, t := range h.tries {
		if t.begun >= 0 {
			begun = append(begun, t)
		}
	}
	slices.SortFunc(begun, func(a, b *try) int { return a.serviceNo - b.serviceNo })
	return begun
}

func (t *try) inService(at int64) bool { return t.begun >= 0 && t.begun <= at && at < t.closed }
func (t *try) held(at int64) bool      { return t.arrived <= at && at < t.closed }

// frozen: a freeze that has neither healed nor been followed by a kill.
func (h *twin) frozen(worker string, at int64) bool {
	for i, f := range h.events {
		if f.At > at || f.Kind != history.Fault || f.Do != "freeze" || f.Target != worker {
			continue
		}
		over := slices.ContainsFunc(h.events[i:], func(e history.Event) bool {
			return e.At <= at && (e.Kind == history.Heal && e.Fault == f.Fault ||
				e.Kind == history.Fault && e.Do == "kill" && e.Target == worker)
		})
		if !over {
			return true
		}
	}
	return false
}

// serving: how many are in service, and how many of them awake.
func (h *twin) serving(at int64) (all, awake int) {
	for _, t := range h.tries {
		if t.inService(at) {
			all++
			if !h.frozen(t.worker, at) {
				awake++
			}
		}
	}
	return all, awake
}

// first is when an event of a message was first there, as fits says; -1: never.
func (h *twin) first(seq uint64, fits func(history.Event) bool) int64 {
	for _, e := range h.events {
		if e.Seq == seq && fits(e) {
			return e.At
		}
	}
	return -1
}

func ofKind(kinds ...history.Kind) func(history.Event) bool {
	return func(e history.Event) bool { return slices.Contains(kinds, e.Kind) }
}

// seqs are the messages that were stored or delivered.
func (h *twin) seqs() []uint64 {
	var all []uint64
	for _, e := range h.events {
		if e.Kind == history.Stored || e.Kind == history.Deliver || e.Kind == history.Begin {
			all = append(all, e.Seq)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// life is a message's: when it was stored, when it or a later one first reached a worker, and when it was freed.
type life struct{ stored, reached, freed int64 }

func (h *twin) lives() []life {
	var all []life
	wired := h.wired()
	for _, seq := range h.seqs() {
		stored := h.first(seq, ofKind(history.Stored))
		all = append(all, life{
			stored:  stored,
			reached: -1,
			freed: h.first(seq, func(e history.Event) bool {
				unwired := e.Kind == history.End && (e.Outcome == history.OK || e.Outcome == history.Termed) && (wired < 0 || e.At < wired)
				return unwired || ofKind(history.Ack, history.Term, history.MaxDeliveries)(e)
			}),
		})
		if t := h.sent(seq, stored); t != nil {
			all[len(all)-1].reached = t.arrived
		}
	}
	return all
}

// sent is the delivery by which a message is known to have left the server: it arrives itself, or, once it is stored, a later one
// does for the first time, since new messages leave in the order of the stream. Nil: none.
func (h *twin) sent(seq uint64, stored int64) *try {
	for _, t := range h.tries {
		if t.seq == seq || stored >= 0 && t.arrived >= stored && t.number == 1 && t.seq > seq {
			return t
		}
	}
	return nil
}

// wired is when the wire was recorded for the first time: before, an end is the only trace of its answer. -1: never.
func (h *twin) wired() int64 {
	for _, e := range h.events {
		switch e.Kind {
		case history.Connect, history.Disconnect, history.Pull, history.Deliver, history.Status, history.Ack, history.Nak,
			history.Term, history.Progress:
			return e.At
		}
	}
	return -1
}

// queue is what waits to be delivered, and what is ack pending.
func queue(lives []life, at int64) (waiting, pending int) {
	by := func(t int64) bool { return t >= 0 && t <= at }
	for _, l := range lives {
		switch {
		case !by(l.reached):
			if by(l.stored) {
				waiting++
			}
		case !by(l.freed):
			pending++
		}
	}
	return waiting, pending
}
