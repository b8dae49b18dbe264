package measure

import "pindrop/results/history"

// front is how far the begins of one key have come: before this instant, and with it.
type front struct {
	at           int64
	before, upTo uint64
}

// measureOrder counts the begins that came after the begin of a later message of their key. Begins of one instant have
// no order.
func (b *books) measureOrder(f *Findings) {
	if len(b.keys) == 0 || len(b.services) == 0 {
		return
	}
	fronts := make([]front, len(b.keys)+1)
	inversions := 0
	for _, i := range b.services {
		d := &b.deliveries[i]
		m := &b.messages[d.message]
		if m.key == 0 {
			continue
		}
		at := &fronts[m.key]
		if at.at != d.begun {
			at.at, at.before = d.begun, at.upTo
		}
		if m.seq < at.before && d.begun >= b.window.From {
			inversions++
		}
		at.upTo = max(at.upTo, m.seq)
	}
	f.set("order.inversions", float64(inversions))
}

// Handlers are in step when at least half of many begin in the instant in which another does. No machine does that.
const lockstepMin = 20

// warnOfLockstep says where nothing set handlers apart, and which numbers follow from that.
func (b *books) warnOfLockstep(f *Findings) {
	begins, shared, before, alone := 0, 0, never, false
	for _, i := range b.services {
		d := &b.deliveries[i]
		at := d.begun
		if at < b.window.From || d.ended == at { // work that takes no time begins as the work before it ends
			continue
		}
		begins++
		switch {
		case at != before:
			alone = true
		case alone:
			shared, alone = shared+2, false
		default:
			shared++
		}
		before = at
	}
	if begins >= lockstepMin && 2*shared >= begins {
		f.warn("%d of %d handlers began in the same instant as another: they are in lockstep, which no machine keeps up. It decides "+
			"busy.mean, order.inversions, gap.* and how long messages queue; workers.timers: late sets them apart as a machine does",
			shared, begins)
	}
}

// measureDuplicates counts the messages that ended ok more than once, the last time in the window, and those of them
// whose services intersected.
func (b *books) measureDuplicates(f *Findings) {
	if len(b.services) == 0 {
		return
	}
	duplicates, concurrent := 0, 0
	for i := range b.messages {
		if b.messages[i].oks < 2 {
			continue
		}
		last, intersected := b.repeats(&b.messages[i])
		if last < b.window.From {
			continue
		}
		duplicates++
		if intersected {
			concurrent++
		}
	}
	f.set("duplicate.count", float64(duplicates))
	f.set("duplicate.concurrent", float64(concurrent))
}

// repeats tells when a message ended ok for the last time, and whether any two services that ended ok intersected.
func (b *books) repeats(m *message) (last int64, intersected bool) {
	last = never
	var services []Span
	for i := m.last; i >= 0; i = b.deliveries[i].before {
		d := &b.deliveries[i]
		if !d.outcome.is(history.OK) {
			continue
		}
		last = max(last, d.ended)
		services = append(services, d.service())
	}
	total, _ := extent(services)
	distinct, _ := extent(union(services))
	return last, distinct < total
}
