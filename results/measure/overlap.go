package measure

import (
	"cmp"
	"slices"
)

// measureOverlap finds the times in which different workers were in service under different pin generations.
func (b *books) measureOverlap(f *Findings) {
	if b.policy != policyPinned {
		return
	}
	s := sweep{books: b, pairs: map[generations]*pair{}}
	for i := range b.toggles {
		t := &b.toggles[i]
		if i > 0 && t.at > b.toggles[i-1].at {
			s.pass(Span{b.toggles[i-1].at, t.at}.clip(b.window))
		}
		s.turn(t)
	}
	longest := int64(0)
	for _, p := range s.found {
		p.Frozen = p.Time - p.awake
		p.Cause, p.FaultID = b.overlapCause(p.older)
		f.Overlaps = append(f.Overlaps, p.Overlap)
		longest = max(longest, p.Time)
	}
	slices.SortStableFunc(f.Overlaps, func(a, b Overlap) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.GenOld, b.GenOld), cmp.Compare(a.GenNew, b.GenNew))
	})
	f.set("overlap.count", float64(len(f.Overlaps)))
	f.setTime("overlap.total", s.total)
	f.setTime("overlap.max", longest)
	f.setTime("overlap.frozen", s.total-s.awake)
	b.measurePins(f)
}

// measurePins counts the generations that delivered in the window.
func (b *books) measurePins(f *Findings) {
	gens := map[uint32]bool{}
	for i := range b.deliveries {
		if d := &b.deliveries[i]; d.arrived >= b.window.From && b.tenures[d.tenure].gen > 0 {
			gens[b.tenures[d.tenure].gen] = true
		}
	}
	f.set("pin.count", float64(len(gens)))
}

// sweep moves through time with the tenures in service.
type sweep struct {
	*books
	active       []activity
	frozen       map[int32]bool // workers
	pairs        map[generations]*pair
	found        []*pair
	total, awake int64
}

type activity struct{ tenure, services int32 }

type generations struct{ older, newer uint32 }

// pair is the overlap of two generations as it grows; awake is the time in which two workers that are not frozen
// witness it.
type pair struct {
	Overlap
	older             *tenure
	awake             int64
	seenTo, awakeSeen int64 // ends of the last pieces that were counted
}

// turn lets a tenure go in or out of service, or a worker freeze or thaw.
func (s *sweep) turn(t *toggle) {
	if t.delta == 0 {
		if s.frozen == nil {
			s.frozen = map[int32]bool{}
		}
		s.frozen[t.worker] = t.frozen
		return
	}
	i := slices.IndexFunc(s.active, func(a activity) bool { return a.tenure == t.tenure })
	if i < 0 {
		s.active = append(s.active, activity{t.tenure, t.delta})
		return
	}
	if s.active[i].services += t.delta; s.active[i].services == 0 {
		s.active = slices.Delete(s.active, i, i+1)
	}
}

// pass lets a piece of time go by in which nothing changes.
func (s *sweep) pass(piece Span) {
	if piece.length() <= 0 {
		return
	}
	overlapped, awake := false, false
	for i, a := range s.active {
		for _, b := range s.active[:i] {
			older, newer := &s.tenures[a.tenure], &s.tenures[b.tenure]
			if older.gen > newer.gen {
				older, newer = newer, older
			}
			if older.gen == newer.gen || older.worker == newer.worker {
				continue
			}
			overlapped = true
			awake = s.witness(older, newer, piece) || awake
		}
	}
	if overlapped {
		s.total += piece.length()
	}
	if awake {
		s.awake += piece.length()
	}
}

// witness counts a piece for the pair of generations of two tenures, once, and reports whether both are awake.
func (s *sweep) witness(older, newer *tenure, piece Span) bool {
	key := generations{older.gen, newer.gen}
	p := s.pairs[key]
	if p == nil {
		p = &pair{Overlap: Overlap{
			Span: piece, GenOld: older.gen, GenNew: newer.gen,
			Old: s.workers[older.worker].name, New: s.workers[newer.worker].name,
		}, older: older, seenTo: never, awakeSeen: never}
		s.pairs[key] = p
		s.found = append(s.found, p)
	}
	if p.seenTo != piece.To {
		p.seenTo, p.To = piece.To, piece.To
		p.Time += piece.length()
	}
	awake := !s.frozen[older.worker] && !s.frozen[newer.worker]
	if awake && p.awakeSeen != piece.To {
		p.awakeSeen = piece.To
		p.awake += piece.length()
	}
	return awake
}

// overlapCause says what ended a generation while its worker went on: a fault of that worker in the time in which the
// generation was the newest, or reaching into it; else the pin was cleared, else its leader changed, else it expired.
func (b *books) overlapCause(older *tenure) (cause string, faultID int32) {
	newest := Span{older.first, older.next + 1} // a pin is cleared in the instant in which the next one delivers
	for i := range b.faults {
		if f := &b.faults[i]; f.worker == older.worker && newest.reached(f.Span) {
			return "fault", f.ID
		}
	}
	for i := range b.faults {
		if f := &b.faults[i]; newest.holds(f.From) && (f.Do == doUnpin || hitsServer(f.Do)) {
			if f.Do == doUnpin {
				return "unpin", f.ID
			}
			return "leader", f.ID
		}
	}
	switch {
	case slices.ContainsFunc(b.unpins, newest.holds):
		return "unpin", 0
	case slices.ContainsFunc(b.leaders, newest.holds):
		return "leader", 0
	}
	return "expiry", 0
}
