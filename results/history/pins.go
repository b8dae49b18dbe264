package history

// Pins is the small reducer that tells who holds the pin, fed with events in the order in which they happen.
// Faults that target `pinned` and the measurements share it, so that they cannot disagree about the word.
// The zero value has no holder.
type Pins struct {
	holder string
	gen    uint32
}

// Observe takes in one event; only arrivals and begins under a pin count. It reports whether a newer
// generation appeared.
func (p *Pins) Observe(e *Event) bool {
	if e.Gen <= p.gen || (e.Kind != Deliver && e.Kind != Begin) {
		return false
	}
	p.gen, p.holder = e.Gen, e.Actor
	return true
}

// Holder is the worker that works under the newest pin generation, "" before the first.
func (p *Pins) Holder() string { return p.holder }

// Gen is the newest pin generation, 0 before the first.
func (p *Pins) Gen() uint32 { return p.gen }
