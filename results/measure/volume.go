package measure

import (
	"slices"

	"pindrop/results/history"
)

// volume is how many events there are of the kinds that happen once a message.
type volume struct{ publish, stored, deliver, begin, ack int }

func (v *volume) add(e *history.Event) {
	switch e.Kind {
	case history.Publish:
		v.publish++
	case history.Stored:
		v.stored++
	case history.Deliver:
		v.deliver++
	case history.Begin:
		v.begin++
	case history.Ack:
		v.ack++
	}
}

// reserve makes room in the books. Growing as one goes would leave behind, of ten million events, gigabytes of what was
// outgrown.
func (b *books) reserve(v volume) {
	deliveries := max(v.deliver, v.begin)
	b.published = slices.Grow(b.published, v.publish)
	b.stored = slices.Grow(b.stored, v.stored)
	b.messages = slices.Grow(b.messages, max(v.stored, deliveries))
	b.deliveries = slices.Grow(b.deliveries, deliveries)
	b.consumerSeqs = slices.Grow(b.consumerSeqs, v.deliver)
	b.services = slices.Grow(b.services, v.begin)
	b.handled = slices.Grow(b.handled, v.begin)
	b.fresh = slices.Grow(b.fresh, deliveries)
	b.answers = slices.Grow(b.answers, v.ack)
	b.queued = slices.Grow(b.queued, v.stored+deliveries)
	b.pending = slices.Grow(b.pending, deliveries+v.ack)
	b.serving = slices.Grow(b.serving, 2*v.begin)
	b.working = slices.Grow(b.working, 2*v.begin)
}
