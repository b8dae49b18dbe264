package twin

import (
	"slices"

	"pindrop/results/history"
)

const never = int64(1) << 62

// try is a delivery at a worker: held from arrived to closed, in service from begun to closed. What did not happen is never.
type try struct {
	worker         string
	incarnation    int32
	seq            uint64
	number, gen    uint32
	key            string
	arrived, begun int64
	ended, closed  int64
	outcome        history.Outcome
	replayed       bool
	order          int // among the begins
}

// workers is what workers did.
type workers struct {
	tries  []*try
	names  []string
	frozen map[string][][2]int64
	end    int64
}

// stops are the faults that keep a worker from taking new work.
var stops = []string{"kill", "restart", "freeze", "partition", "disconnect", "drain"}

func workersOf(events []history.Event) *workers {
	w := &workers{frozen: map[string][][2]int64{}, end: events[len(events)-1].At}
	now, coming, born := map[string]int32{}, map[string]history.Event{}, map[string]int64{}
	keys := map[uint64]string{}
	for i, e := range events {
		for name, start := range coming { // nothing of its instant is left
			if start.At < e.At {
				now[name] = start.Incarnation
				delete(coming, name)
			}
		}
		switch e.Kind {
		case history.Start:
			coming[e.Worker], born[e.Worker] = e, e.At
			w.meet(e.Worker)
		case history.Fault:
			if slices.Contains(append([]string{"slow", "slow_link"}, stops...), e.Do) {
				w.meet(e.Target)
			}
		case history.Connect:
			if start, ok := coming[e.Actor]; ok {
				now[e.Actor] = start.Incarnation
				delete(coming, e.Actor)
			}
			w.meet(e.Actor)
		case history.Stored, history.Persisted:
			keys[e.Seq] = e.Key
		default:
			w.work(e, now[e.Actor], i)
		}
	}
	lives := livesOf(events)
	for _, t := range w.tries {
		t.key = keys[t.seq]
		w.close(t, lives)
	}
	w.freezes(lives)
	return w
}

// livesOf are the events of which lives and faults are read.
func livesOf(events []history.Event) (all []history.Event) {
	for _, e := range events {
		if slices.Contains([]history.Kind{history.Fault, history.Heal, history.Start, history.Stop}, e.Kind) {
			all = append(all, e)
		}
	}
	return all
}

func (w *workers) meet(name string) {
	if !slices.Contains(w.names, name) {
		w.names = append(w.names, name)
	}
}

func (w *workers) work(e history.Event, incarnation int32, i int) {
	switch e.Kind {
	case history.Deliver:
		w.arrive(e, incarnation)
	case history.Begin:
		t := w.last(e, func(t *try) bool { return t.begun == never && t.incarnation == incarnation && !t.replayed })
		if t == nil {
			t = w.arrive(e, incarnation)
			t.replayed = e.Reason == history.Replayed
		}
		t.begun, t.order = e.At, i
	case history.End:
		if t := w.last(e, func(t *try) bool { return t.begun != never && t.ended == never }); t != nil {
			t.ended, t.outcome = e.At, e.Outcome
		}
	}
}

func (w *workers) arrive(e history.Event, incarnation int32) *try {
	w.meet(e.Actor)
	t := &try{
		worker: e.Actor, incarnation: incarnation, seq: e.Seq, number: max(e.Delivery, 1), gen: e.Gen, arrived: e.At, begun: never, ended: never,
	}
	w.tries = append(w.tries, t)
	return t
}

func (w *workers) last(e history.Event, fits func(*try) bool) *try {
	for _, t := range slices.Backward(w.tries) {
		if t.worker == e.Actor && t.seq == e.Seq && (e.Delivery == 0 || t.number == e.Delivery) && fits(t) {
			return t
		}
	}
	return nil
}

// close ends what a worker holds: with the handler, or with the incarnation.
func (w *workers) close(t *try, events []history.Event) {
	t.closed = min(t.ended, w.end)
	for _, e := range events {
		over := e.Kind == history.Fault && e.Target == t.worker && (e.Do == "kill" || e.Do == "restart") && e.Incarnation == t.incarnation ||
			e.Kind == history.Stop && e.Worker == t.worker && e.Incarnation == t.incarnation ||
			e.Kind == history.Start && e.Worker == t.worker && e.Incarnation > t.incarnation
		if over && e.At >= t.arrived {
			t.closed = min(t.closed, e.At)
		}
	}
}

// freezes are the times in which workers stand still: from a freeze to its heal, or to the end of the incarnation.
func (w *workers) freezes(events []history.Event) {
	for _, f := range events {
		if f.Kind != history.Fault || f.Do != "freeze" {
			continue
		}
		until := w.end
		for _, e := range events {
			over := e.Kind == history.Heal && e.Fault == f.Fault && (e.Target == "" || e.Target == f.Target) && (e.At > f.At || e.N > f.N) ||
				e.Kind == history.Fault && e.Target == f.Target && (e.Do == "kill" || e.Do == "restart") && e.Incarnation == f.Incarnation && e.N > f.N ||
				e.Kind == history.Stop && e.Worker == f.Target && e.Incarnation == f.Incarnation
			if over && e.At >= f.At {
				until = min(until, e.At)
			}
		}
		w.frozen[f.Target] = append(w.frozen[f.Target], [2]int64{f.At, until})
	}
}

func (t *try) serves(at int64) bool { return t.begun <= at && at < t.closed }

// overlap is how long two services last at one time.
func overlap(a, b *try, from, to int64) int64 {
	return max(0, min(a.closed, b.closed, to)-max(a.begun, b.begun, from))
}
