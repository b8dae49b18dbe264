package measure

import (
	"slices"
	"sort"
)

// The phases of a fault, for whoever waits for a message.
const (
	phaseBefore = iota
	phaseDuring
	phaseAfter
	phaseCount
)

var phaseNames = [phaseCount]string{"before", "during", "after"}

// episode is a fault as whoever waits for a message lives through it: the calm before it, the time until it is over, and
// the calm after it, to the next fault.
type episode struct {
	id     int32
	phases [phaseCount]Span
	reach  int64 // where the last of this fault and those before it is over
}

// episodes are the faults in order, those of one id as one. A fault that begins before the one before it is over has no
// calm before it.
func (b *books) episodes() []episode {
	var all []episode
	for i := range b.faults {
		f := &b.faults[i]
		over := b.over(f)
		if n := len(all); n > 0 && all[n-1].id == f.ID {
			all[n-1].phases[phaseDuring].To = max(all[n-1].phases[phaseDuring].To, over)
			continue
		}
		all = append(all, episode{id: f.ID, phases: [phaseCount]Span{phaseDuring: {f.From, over}}})
	}
	reach := b.window.From
	for i := range all {
		e := &all[i]
		e.phases[phaseBefore] = Span{reach, e.phases[phaseDuring].From}
		reach = max(reach, e.phases[phaseDuring].To)
		e.reach = reach
		e.phases[phaseAfter] = Span{reach, b.whole.To}
		if i+1 < len(all) {
			e.phases[phaseAfter].To = all[i+1].phases[phaseDuring].From
		}
	}
	return all
}

// over is when a fault is over: once it is healed, or its worker is back, and another one has taken over the work of a
// holder. What clears the pin is over with the next pin. Where nothing of that happens, a fault of a worker lasts to the
// end, and any other one no longer than its instant.
func (b *books) over(f *fault) int64 {
	if len(b.own) > 0 {
		return b.overEverywhere(f)
	}
	over := never
	if f.Healed || f.To < b.whole.To {
		over = f.To
	}
	if f.Do == doUnpin {
		over = max(over, b.nextPin(f.From))
	}
	if b.handsOver() && f.Holder && Stops(f.Do) {
		if t, ok := b.takeover(f); ok {
			over = max(over, t.BeginAt)
		}
	}
	switch {
	case over != never:
		return over
	case f.worker < 0:
		return f.From
	}
	return b.whole.To
}

// nextPin is the first arrival, after an instant, under a newer generation than all up to it; never if there is none.
func (b *books) nextPin(at int64) int64 {
	newest := uint32(0)
	for _, t := range b.tenures {
		if t.first > at && t.gen > newest {
			return t.first
		}
		newest = max(newest, t.gen)
	}
	return never
}

// measurePhases measures latencies before, during and after each fault, and those of all faults together. A message
// belongs before a fault if it was done by then, after it if it was not yet due when the fault was over, and during it
// otherwise: whatever was on its way at any instant of the fault shows what the fault cost.
func (b *books) measurePhases(f *Findings) {
	episodes := b.episodes()
	if len(episodes) == 0 {
		return
	}
	response := newPhased(episodes)
	queue := newPhased(episodes)
	for i := range b.messages {
		m := &b.messages[i]
		if !b.counts(m) {
			continue
		}
		if r := b.response(m); r != never {
			response.add(Span{m.due, m.due + r})
		}
		if m.begunAt != never && m.storedAt != never {
			queue.add(Span{m.storedAt, max(m.begunAt, m.storedAt)})
		}
	}
	for i := range episodes {
		f.Phased = append(f.Phased, response.findings("response", i)...)
		f.Phased = append(f.Phased, queue.findings("queue", i)...)
	}
	for p, times := range response.all {
		if len(times) > 0 {
			slices.Sort(times)
			f.setTime("latency.response."+phaseNames[p]+".p99", quantile(times, 99))
		}
	}
}

// phased collects the times of one latency, fault by fault and over all of them.
type phased struct {
	episodes []episode
	times    [][phaseCount][]int64
	all      [phaseCount][]int64 // each message at most once
}

func newPhased(episodes []episode) *phased {
	return &phased{episodes: episodes, times: make([][phaseCount][]int64, len(episodes))}
}

// add puts a message's life where it belongs.
func (p *phased) add(life Span) {
	next := sort.Search(len(p.episodes), func(i int) bool { return p.episodes[i].phases[phaseDuring].From >= life.To })
	if next < len(p.episodes) && p.episodes[next].phases[phaseBefore].From <= life.From {
		p.put(next, phaseBefore, life)
		p.all[phaseBefore] = append(p.all[phaseBefore], life.length())
	}
	if next == 0 {
		return
	}
	if p.episodes[next-1].reach <= life.From {
		p.put(next-1, phaseAfter, life)
		p.all[phaseAfter] = append(p.all[phaseAfter], life.length())
	}
	met := false
	for i := next - 1; i >= 0 && p.episodes[i].reach > life.From; i-- {
		if p.episodes[i].phases[phaseDuring].To > life.From {
			p.put(i, phaseDuring, life)
			met = true
		}
	}
	if met {
		p.all[phaseDuring] = append(p.all[phaseDuring], life.length())
	}
}

func (p *phased) put(episode, phase int, life Span) {
	times := &p.times[episode][phase]
	*times = append(*times, life.length())
}

// findings are the phases of one fault in which there was a message.
func (p *phased) findings(latency string, episode int) []Phased {
	var found []Phased
	for phase, times := range p.times[episode] {
		if len(times) == 0 {
			continue
		}
		slices.Sort(times)
		found = append(found, Phased{
			FaultID: p.episodes[episode].id, Phase: phaseNames[phase], Span: p.episodes[episode].phases[phase],
			Latency: latency, Count: int64(len(times)),
			P50: quantile(times, 50), P99: quantile(times, 99), Max: times[len(times)-1],
		})
	}
	return found
}
