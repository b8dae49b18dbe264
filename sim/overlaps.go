package sim

import (
	"cmp"
	"slices"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// OverlapSnapshot is two workers in service under different pins of one consumer; see [Snapshot].
type OverlapSnapshot struct {
	Consumer       string
	Old, New       string        // workers, by the age of their pins
	GenOld, GenNew uint32        // the pins
	From, To       time.Duration // since the run's origin; To moves on while it is active
	Time           time.Duration // in which both were in service: they may have paused
	Active         bool
}

// overlaps finds overlaps of pins while a run goes on, fed with its turns in the order of their times: as measure does
// (results/measure/overlap.go), of which it is a twin for people who watch, and with whose answers tests compare its own. The
// zero value has seen nothing.
type overlaps struct {
	at     int64
	inside map[int32][]served // by consumer
	pairs  map[pinPair]*OverlapSnapshot
	active []*OverlapSnapshot // in the last piece of time that went by
	recent []*OverlapSnapshot // the last few that began
	total  int64
}

// served is a worker in service under a pin, and in how many handlers.
type served struct {
	worker   string
	gen      uint32
	handlers int
}

type pinPair struct {
	shard    int32
	old, new uint32
}

// turn is one worker's going in or out of service under a pin, or its end.
type turn struct {
	at     int64
	worker string
	shard  int32
	gen    uint32
	by     int8 // 1: a handler begins; -1: one ends; 0: the worker is gone, with all its handlers
}

// turnOf is the turn that an event is, if it is one.
func turnOf(e *history.Event) (t turn, ok bool) {
	switch {
	case e.Gen > 0 && e.Kind == history.Begin:
		return turn{e.At, e.Actor, e.Shard, e.Gen, 1}, true
	case e.Gen > 0 && e.Kind == history.End:
		return turn{e.At, e.Actor, e.Shard, e.Gen, -1}, true
	case e.Kind == history.Stop:
		return turn{at: e.At, worker: e.Worker}, true
	case e.Kind == history.Fault && (e.Do == scenarios.DoKill || e.Do == scenarios.DoRestart):
		return turn{at: e.At, worker: e.Target}, true
	}
	return turn{}, false
}

// take sees those of turns, which are in order, that are not later than an instant, and says how many they are.
func (o *overlaps) take(turns []turn, until int64) int {
	n := 0
	for ; n < len(turns) && turns[n].at <= until; n++ {
		o.see(turns[n])
	}
	return n
}

// see takes in a turn. What happens at one instant happens together: time goes by in between.
func (o *overlaps) see(t turn) {
	o.pass(t.at)
	if t.by == 0 {
		for shard, in := range o.inside {
			o.inside[shard] = slices.DeleteFunc(in, func(s served) bool { return s.worker == t.worker })
		}
		return
	}
	if o.inside == nil {
		o.inside = map[int32][]served{}
	}
	in := o.inside[t.shard]
	i := slices.IndexFunc(in, func(s served) bool { return s.worker == t.worker && s.gen == t.gen })
	switch {
	case i < 0 && t.by > 0:
		in = append(in, served{t.worker, t.gen, 1})
	case i >= 0:
		if in[i].handlers += int(t.by); in[i].handlers == 0 {
			in = slices.Delete(in, i, i+1)
		}
	}
	o.inside[t.shard] = in
}

// clone is a copy that goes on by itself.
func (o *overlaps) clone() overlaps {
	c := overlaps{at: o.at, total: o.total, inside: map[int32][]served{}, pairs: map[pinPair]*OverlapSnapshot{}}
	for shard, in := range o.inside {
		c.inside[shard] = slices.Clone(in)
	}
	copies := map[*OverlapSnapshot]*OverlapSnapshot{}
	for key, p := range o.pairs {
		one := *p
		c.pairs[key], copies[p] = &one, &one
	}
	for _, p := range o.active {
		c.active = append(c.active, copies[p])
	}
	for _, p := range o.recent {
		c.recent = append(c.recent, copies[p])
	}
	return c
}

// pass lets time go by until an instant, in which nothing changes.
func (o *overlaps) pass(to int64) {
	if to <= o.at {
		return
	}
	for _, p := range o.active {
		p.Active = false
	}
	o.active = o.active[:0]
	for shard, in := range o.inside {
		for i, a := range in {
			for _, b := range in[:i] {
				if a.gen != b.gen && a.worker != b.worker {
					o.witness(shard, a, b, to)
				}
			}
		}
	}
	if len(o.active) > 0 {
		slices.SortFunc(o.active, func(a, b *OverlapSnapshot) int {
			return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Consumer, b.Consumer), cmp.Compare(a.GenOld, b.GenOld))
		})
		o.total += o.consumers() * (to - o.at)
	}
	o.at = to
}

// consumers is of how many consumers the active overlaps are: their times add up.
func (o *overlaps) consumers() int64 {
	seen := map[string]bool{}
	for _, p := range o.active {
		seen[p.Consumer] = true
	}
	return int64(len(seen))
}

// witness counts a piece of time for the pair of pins under which two workers are in service, once.
func (o *overlaps) witness(shard int32, older, newer served, to int64) {
	if older.gen > newer.gen {
		older, newer = newer, older
	}
	key := pinPair{shard, older.gen, newer.gen}
	p := o.pairs[key]
	if p == nil {
		p = &OverlapSnapshot{
			Consumer: consumerOf(shard), Old: older.worker, New: newer.worker, GenOld: older.gen, GenNew: newer.gen,
			From: time.Duration(o.at),
		}
		if o.pairs == nil {
			o.pairs = map[pinPair]*OverlapSnapshot{}
		}
		o.pairs[key] = p
		o.recent = append(o.recent[max(0, len(o.recent)-recentMax+1):], p)
	}
	if !p.Active {
		p.Active = true
		p.To, p.Time = time.Duration(to), p.Time+time.Duration(to-o.at)
		o.active = append(o.active, p)
	}
}

// latest are the active overlaps, and others that began last, oldest first.
func (o *overlaps) latest() []OverlapSnapshot {
	var all []OverlapSnapshot
	for _, p := range o.active {
		if !slices.Contains(o.recent, p) {
			all = append(all, *p)
		}
	}
	for _, p := range o.recent {
		all = append(all, *p)
	}
	return all
}
