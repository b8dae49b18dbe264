package measure

import (
	"iter"
	"slices"

	"pindrop/results/history"
)

// Detail is what findings leave out because no page could show it, and what files for other tools are made of: each time
// that a latency is the distribution of, each delivery, each step of a line. All of it follows the definitions of the
// metrics. Instants are nanoseconds since the run's origin. Lists are made when they are asked for: those of a big history
// are big.
type Detail struct {
	Whole      Span  // of the history
	Window     Span  // what metrics count: disturb and all that follows it
	AckPending Level // of several consumers, that of the one which has most
	Backlog    Level // new messages that wait
	books      *books
}

// Times are all values of one latency.
type Times struct {
	Latency string // store, queue, service, response
	Phase   string // of the faults: before, during, after; "": all
	Values  []Timed
}

// Timed is a time in nanoseconds, and the instant at which it was over.
type Timed struct{ At, Value int64 }

// Delivery is one message on its way through one worker.
type Delivery struct {
	Worker  string
	Shard   int32 // of several consumers, from 1
	Seq     uint64
	Number  uint32 // from 1
	Gen     uint32 // pin generation; 0: no pin
	Arrived int64
	Service Span            // from begin to the handler's end or to the cut of its worker; {-1, -1}: it never began
	Outcome history.Outcome // "": the handler never came to its end
	Before  int             // index of the message's delivery before, -1: none was seen
}

// Worked is what one worker did, over the whole history.
type Worked struct {
	Worker string
	Busy   []Span // in service and not frozen
	Held   Level  // messages delivered to it and not finished
}

// Level is a quantity over time: steps, each of which holds until the next one. It is 0 before the first.
type Level struct{ steps line }

// At is the value at an instant.
func (l Level) At(at int64) int64 { return l.steps.value(at) }

// Max is the highest value within a span.
func (l Level) Max(s Span) int64 {
	_, high := l.steps.bounds(s)
	return high
}

// Steps gives each instant at which the value changes, and the new value.
func (l Level) Steps() iter.Seq2[int64, int64] {
	return func(yield func(int64, int64) bool) {
		for _, s := range l.steps {
			if !yield(s.at, s.v) {
				return
			}
		}
	}
}

// InDetail reads a history as [Stream] does.
func InDetail(events iter.Seq[*history.Event]) *Detail {
	b := walk(events)
	return &Detail{Whole: b.whole, Window: b.window, AckPending: Level{b.mostPending()}, Backlog: Level{b.queued}, books: b}
}

// Times are the values of each latency, and of response and queue those of each phase of the faults. Latencies without a
// value are left out.
func (d *Detail) Times() []Times {
	all := append(d.books.allTimes(), d.books.phasedTimes()...)
	return slices.DeleteFunc(all, func(t Times) bool { return len(t.Values) == 0 })
}

// Deliveries are those of each consumer by arrival, one consumer after the other.
func (d *Detail) Deliveries() []Delivery {
	var all []Delivery
	for _, c := range d.books.consumers() {
		all = c.appendDeliveries(all)
	}
	return all
}

// Workers is what each worker did, in the order of workers.
func (d *Detail) Workers() []Worked { return d.books.allWorked() }

// allTimes are the times of which [books.measureLatencies] makes its distributions.
func (b *books) allTimes() []Times {
	store, queue := Times{Latency: "store"}, Times{Latency: "queue"}
	service, response := Times{Latency: "service"}, Times{Latency: "response"}
	for i := range b.messages {
		m := &b.messages[i]
		if !b.counts(m) {
			continue
		}
		if m.due != never && m.heardAt != never {
			store.add(Span{m.due, m.heardAt})
		}
		if m.begunAt != never && m.storedAt != never {
			queue.add(Span{m.storedAt, m.begunAt})
		}
		if r := b.response(m); r != never {
			response.add(Span{m.due, m.due + r})
		}
	}
	for _, i := range b.services {
		if d := &b.deliveries[i]; d.begun >= b.window.From && d.ended != never && d.ended == d.closed {
			service.add(d.service())
		}
	}
	return []Times{store, queue, service, response}
}

// add takes in a time; one below 0, of two clocks or of an answer that overtook another, is 0.
func (t *Times) add(s Span) { t.Values = append(t.Values, Timed{s.To, max(s.length(), 0)}) }

// phasedTimes are the responses and queueing times before, during and after all faults together, each message at most
// once in each phase, as in [books.measurePhases].
func (b *books) phasedTimes() []Times {
	episodes := b.episodes()
	if len(episodes) == 0 {
		return nil
	}
	var all []Times
	for _, latency := range []string{"response", "queue"} {
		var of [phaseCount]Times
		for phase, name := range phaseNames {
			of[phase] = Times{Latency: latency, Phase: name}
		}
		p := newPhased(episodes)
		for i := range b.messages {
			life, ok := b.life(&b.messages[i], latency)
			if !ok {
				continue
			}
			before := [phaseCount]int{len(p.all[phaseBefore]), len(p.all[phaseDuring]), len(p.all[phaseAfter])}
			p.add(life)
			for phase := range of {
				if len(p.all[phase]) > before[phase] {
					of[phase].add(life)
				}
			}
		}
		all = append(all, of[:]...)
	}
	return all
}

// life is the time of a message that a latency is measured of; false where there is none.
func (b *books) life(m *message, latency string) (Span, bool) {
	if !b.counts(m) {
		return Span{}, false
	}
	if latency == "response" {
		r := b.response(m)
		return Span{m.due, m.due + r}, r != never
	}
	return Span{m.storedAt, max(m.begunAt, m.storedAt)}, m.begunAt != never && m.storedAt != never
}

// appendDeliveries appends those of one consumer.
func (b *books) appendDeliveries(all []Delivery) []Delivery {
	offset := len(all)
	for i := range b.deliveries {
		d := &b.deliveries[i]
		one := Delivery{
			Worker: b.workers[d.worker].name, Shard: b.shard, Seq: given(b.messages[d.message].seq), Number: d.number,
			Gen: b.tenures[d.tenure].gen, Arrived: d.arrived, Service: Span{never, never},
			Outcome: outcomes[d.outcome.number], Before: -1,
		}
		if d.begun != never {
			one.Service = d.service()
		}
		if d.before >= 0 {
			one.Before = offset + int(d.before)
		}
		all = append(all, one)
	}
	return all
}

// allWorked is what each worker did.
func (b *books) allWorked() []Worked {
	all := make([]Worked, len(b.workers))
	for i, w := range b.workers {
		all[i] = Worked{Worker: w.name, Held: Level{w.held}}
	}
	for _, i := range b.services { // by begin, so that the spans of a worker rise
		d := &b.deliveries[i]
		if s := d.service(); s.length() > 0 {
			all[d.worker].Busy = join(all[d.worker].Busy, s, 0)
		}
	}
	for i, w := range b.workers {
		all[i].Busy = subtract(all[i].Busy, bridge(w.frozen, 0))
	}
	slices.SortFunc(all, func(v, w Worked) int { return history.CompareActors(v.Worker, w.Worker) })
	return all
}
