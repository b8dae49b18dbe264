package measure

import (
	"slices"
	"sort"
)

// measureStandstills finds for each fault of servers how long nobody worked because of it: the longest time, until the next such
// fault, in which no message was in service though some were published, whether or not they were stored. One that nobody ended
// lasts to the end of disturb.
func (b *books) measureStandstills(f *Findings) {
	var working []line
	var instants []int64
	for _, c := range b.consumers() {
		working = append(working, c.working)
		instants = append(instants, c.instants()...)
	}
	slices.Sort(instants)
	nobody := func(v []int64) bool { return !slices.ContainsFunc(v, func(n int64) bool { return n > 0 }) }
	published := b.publishedAt()
	var idle []Span // found when it is needed
	for i := range f.Faults {
		fault := &f.Faults[i]
		if !hitsServer(fault.Do) || fault.From < b.window.From {
			continue
		}
		if idle == nil {
			idle = split(during(b.window, nobody, working...), instants)
		}
		until := b.whole.To
		for _, next := range f.Faults {
			if hitsServer(next.Do) && next.From > fault.From {
				until = min(until, next.From)
			}
		}
		for _, s := range idle {
			if s = s.clip(Span{fault.From, until}); s.To == b.whole.To {
				s.To = min(s.To, b.disturb.To)
			}
			if s.length() >= gapMin && s.length() > fault.Idle.length() && within(published, s) > 0 {
				fault.Idle, fault.Next = s, b.beginsAt(s.To)
			}
		}
	}
}

// beginsAt is a worker that begins a message at an instant; "" if none does.
func (b *books) beginsAt(at int64) string {
	for _, c := range b.consumers() {
		i := sort.Search(len(c.services), func(i int) bool { return c.deliveries[c.services[i]].begun >= at })
		if i < len(c.services) && c.deliveries[c.services[i]].begun == at {
			return c.workers[c.deliveries[c.services[i]].worker].name
		}
	}
	return ""
}
