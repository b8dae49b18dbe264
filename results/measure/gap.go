package measure

import (
	"cmp"
	"slices"
)

// gapMin is the shortest time without work that counts.
const gapMin = 10e6

// measureGaps finds the times in which work waits and nobody works on any: of messages that the server has not sent (a gap), or only
// of messages that are ack pending or delayed (locked). A frozen worker is in service and does not work. What is on its way between
// the server and a worker that is awake, or waits in its buffer, is not locked. What waits is known only where publishers recorded
// what was stored.
func (b *books) measureGaps(f *Findings) {
	if !b.knowsQueue() {
		return
	}
	idle := func(v []int64) bool { return v[0] > 0 && v[1] == 0 }
	locked := func(v []int64) bool { return v[0] == 0 && v[1] == 0 && v[2] > 0 }
	instants := b.instants()
	gaps := longer(split(during(b.window, idle, b.queued, b.working), instants), gapMin)
	locks := longer(split(during(b.window, locked, b.queued, b.working, b.pending), instants), gapMin)
	locks = longer(subtract(locks, b.moving(locks)), gapMin)
	for i, j := 0, 0; i < len(gaps) || j < len(locks); {
		if j == len(locks) || i < len(gaps) && gaps[i].From < locks[j].From {
			f.Gaps = append(f.Gaps, Gap{Span: gaps[i]})
			i++
		} else {
			f.Gaps = append(f.Gaps, Gap{Span: locks[j], Locked: true})
			j++
		}
	}
	total, longest := extent(gaps)
	f.setTime("gap.total", total)
	f.setTime("gap.max", longest)
	total, _ = extent(locks)
	f.setTime("gap.locked", total)
}

// moving are the parts of some spans in which a message was on its way to a worker that was awake, in its buffer, or on its way back;
// what a partition keeps is not on its way meanwhile.
func (b *books) moving(within []Span) []Span {
	if len(within) == 0 {
		return nil
	}
	asleep, mute := make([][]Span, len(b.workers)), make([][]Span, len(b.workers))
	for i, w := range b.workers {
		asleep[i] = union(slices.Concat(w.down, w.frozen, w.in.spans()))
		mute[i] = w.out.spans()
	}
	var all []Span
	add := func(s Span, but []Span) {
		i, _ := slices.BinarySearchFunc(within, s.From, func(one Span, at int64) int { return cmp.Compare(one.To, at+1) })
		for ; i < len(within) && within[i].From < s.To; i++ {
			all = append(all, subtract([]Span{s.clip(within[i])}, but)...)
		}
	}
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.replayed {
			continue
		}
		until := d.closed
		if d.begun != never {
			until = d.begun
		}
		add(Span{d.sent, until}, asleep[d.worker])
		if back := b.heardAt(d); back != never {
			add(Span{d.answered, back}, mute[d.worker])
		}
	}
	return union(all)
}

// heardAt is when the answer to a delivery reached the server, be it an ack, a nak or a term; never if none did, or nobody knows.
func (b *books) heardAt(d *delivery) int64 {
	switch w := b.workers[d.worker]; {
	case d.answered == never:
		return never
	case w.tapped:
		return max(d.settled, d.refused)
	default:
		return w.reaches(d.answered)
	}
}

// longer keeps the spans of at least a length.
func longer(spans []Span, length int64) []Span {
	var kept []Span
	for _, s := range spans {
		if s.length() >= length {
			kept = append(kept, s)
		}
	}
	return kept
}

// instants are when a service began and ended at once. No line shows it, and it is work all the same: it ends a time in
// which nobody works.
func (b *books) instants() []int64 {
	var at []int64
	for _, i := range b.services {
		if d := &b.deliveries[i]; d.closed == d.begun {
			at = append(at, d.begun)
		}
	}
	return at
}

// split cuts spans at some instants; both rise.
func split(spans []Span, instants []int64) []Span {
	if len(instants) == 0 {
		return spans
	}
	var parts []Span
	i := 0
	for _, s := range spans {
		for ; i < len(instants) && instants[i] < s.To; i++ {
			if at := instants[i]; at > s.From {
				parts = append(parts, Span{s.From, at})
				s.From = at
			}
		}
		parts = append(parts, s)
	}
	return parts
}
