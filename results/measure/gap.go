package measure

// gapMin is the shortest time without work that counts.
const gapMin = 10e6

// measureGaps finds the times in which work waits and nobody works on any: of new messages (a gap), or only of messages
// that are ack pending or delayed (locked). A frozen worker is in service and does not work. What waits is known only where publishers recorded what was stored.
func (b *books) measureGaps(f *Findings) {
	if len(b.stored) == 0 {
		return
	}
	idle := func(v []int64) bool { return v[0] > 0 && v[1] == 0 }
	locked := func(v []int64) bool { return v[0] == 0 && v[1] == 0 && v[2] > 0 }
	instants := b.instants()
	gaps := longer(split(during(b.window, idle, b.waiting, b.working), instants), gapMin)
	locks := longer(split(during(b.window, locked, b.waiting, b.working, b.pending), instants), gapMin)
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
