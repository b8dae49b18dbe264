package measure

import "pindrop/results/history"

// clockVirtual is the clock of a run whose instants are those of the server.
const clockVirtual = "virtual"

// enter begins a phase, and ends the one before it.
func (b *books) enter(e *history.Event) {
	if n := len(b.phases); n > 0 {
		b.phases[n-1].To = e.At
	}
	if len(b.phases) == 0 {
		b.clock, b.servers, b.external = e.Do, e.Count, e.Target != ""
	}
	p := Phase{Name: e.Phase, Span: Span{e.At, b.whole.To}, Reason: e.Reason}
	switch e.Phase {
	case history.PhaseEnd:
		p.Cause = e.Cause()
		b.ended, b.cause, b.reason = true, p.Cause, e.Reason
	case history.PhaseDisturb:
		b.disturbed = true
	case history.PhaseHeal:
		b.heal = e.At
	}
	b.phases = append(b.phases, p)
}

// lossy is the time in which what is on its way to the fault's worker may be lost. Where the connection is cut, the
// server learns so and sends nothing more; into a partition it goes on sending.
func (f *fault) lossy() Span {
	if f.Do == doPartition {
		return f.Span
	}
	return Span{f.From, f.From}
}

// frame sets the windows, once all phases are known, and ends the faults that nothing healed.
func (b *books) frame() {
	b.disturb = b.whole
	for _, p := range b.phases {
		if p.Name == history.PhaseDisturb {
			b.disturb = p.Span
		}
	}
	b.window = Span{b.disturb.From, b.whole.To}
	for i := range b.faults {
		f := &b.faults[i]
		if f.To == never {
			f.To = b.whole.To
		}
		if f.worker >= 0 && severs(f.Do) {
			b.cuts = append(b.cuts, cut{f.lossy(), f.worker})
		}
	}
	if b.final != nil && len(b.own) == 0 {
		b.seen, b.died = b.observed(int64(b.final.ConsumerSeq))
	}
}
