package measure

// gapMin is the shortest time without work that counts.
const gapMin = 10e6

// measureGaps finds the times in which work waits and nobody works on any: of new messages (a gap), or only of messages
// that are ack pending or delayed (locked). A frozen worker is in service and does not work. What waits is known only where publishers recorded what was stored.
func (b *books) measureGaps(f *Findings) {
	if !b.knowsQueue() {
		return
	}
	idle := func(v []int64) bool { return v[0] > 0 && v[1] == 0 }
	locked := func(v []int64) bool { return v[0] == 0 && v[1] == 0 && v[2] > 0 }
	gaps := longer(during(b.window, idle, b.waiting, b.working), gapMin)
	locks := longer(during(b.window, locked, b.waiting, b.working, b.pending), gapMin)
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
