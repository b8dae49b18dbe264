package measure

import (
	"slices"
	"sort"
)

// measureFaults lists the faults, and what they hit.
func (b *books) measureFaults(f *Findings) {
	held, stopped := 0, false
	for i := range b.faults {
		f.Faults = append(f.Faults, b.acrossConsumers(&b.faults[i]))
		if b.faults[i].worker >= 0 && Stops(b.faults[i].Do) {
			held, stopped = max(held, b.faults[i].Held), true
		}
	}
	if stopped {
		f.set("held.at_fault", float64(held))
	}
}

// measureTakeovers follows the work from each holder that a fault stopped to whoever took it over.
func (b *books) measureTakeovers(f *Findings) {
	if !b.handsOver() {
		return
	}
	var ends []Span // of the faults of f.Takeovers
	for i := range b.faults {
		fault := &b.faults[i]
		if !fault.Holder || !Stops(fault.Do) || fault.From < b.window.From {
			continue
		}
		t, ok := b.takeover(fault)
		if !ok {
			continue
		}
		// Two faults of one holder have one takeover. It counts from the first one, unless that was healed before the
		// second one hit.
		if n := len(f.Takeovers); n > 0 && f.Takeovers[n-1].From == t.From && f.Takeovers[n-1].BeginAt == t.BeginAt {
			if ends[n-1].To > fault.From {
				continue
			}
			f.Takeovers, ends = f.Takeovers[:n-1], ends[:n-1]
		}
		f.Takeovers, ends = append(f.Takeovers, t), append(ends, fault.Span)
	}
	b.summarizeTakeovers(f)
}

// handsOver reports whether the consumer has a holder, whose work somebody must take over.
func (b *books) handsOver() bool { return handsOver(b.policy) }

// HandsOver reports whether the consumer has one worker at a time, from which another takes over: by a pin or by levels.
func (f *Findings) HandsOver() bool { return handsOver(f.Policy) }

func handsOver(policy string) bool { return policy == policyPinned || policy == policyPrioritized }

func (b *books) summarizeTakeovers(f *Findings) {
	f.set("takeover.fault.count", float64(len(f.Takeovers)))
	var times []int64
	pull := never
	for _, t := range f.Takeovers {
		times = append(times, t.FromFault)
		pull = max(pull, t.FromPull)
	}
	if len(times) > 0 {
		slices.Sort(times)
		f.setTime("takeover.fault.p50", quantile(times, 50))
		f.setTime("takeover.fault.max", times[len(times)-1])
	}
	if pull != never {
		f.setTime("takeover.pull.max", pull)
	}
}

// takeover is the first begin of another worker or of a new incarnation after a fault; with pinned_client, under a
// newer generation. There is none if the old worker is faster: if it begins what reached it after the fault. What it
// begins out of its buffer does not count, nor what reaches it while only its own words get lost.
func (b *books) takeover(f *fault) (Takeover, bool) {
	i := sort.Search(len(b.services), func(i int) bool { return b.deliveries[b.services[i]].begun >= f.From })
	for ; i < len(b.services); i++ {
		d := &b.deliveries[b.services[i]]
		switch {
		case d.worker == f.worker && d.incarnation == f.incarnation:
			if d.arrived > f.From && (f.Do != doPartition || d.arrived >= f.To) {
				return Takeover{}, false
			}
		case b.policy == policyPrioritized || b.tenures[d.tenure].gen > f.gen:
			return b.takenOver(f, d), true
		}
	}
	return Takeover{}, false
}

func (b *books) takenOver(f *fault, d *delivery) Takeover {
	t := Takeover{
		FaultID: f.ID, FaultAt: f.From, LastPull: f.lastPull, Repinned: never, BeginAt: d.begun,
		From: f.Target, To: b.workers[d.worker].name, FromFault: d.begun - f.From, FromPull: never,
	}
	if f.lastPull != never {
		t.FromPull = d.begun - f.lastPull
	}
	if b.policy == policyPinned {
		t.Repinned = d.begun
		for _, tenure := range b.tenures {
			if tenure.gen > f.gen && tenure.first >= f.From {
				t.Repinned = min(t.Repinned, tenure.first)
			}
		}
	}
	return t
}
