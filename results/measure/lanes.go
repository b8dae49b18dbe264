package measure

import (
	"slices"

	"pindrop/results/history"
)

// laneSpans is how many spans of one state a lane may have before those too close to be told apart in a drawing are
// merged.
const laneSpans = 2000

func sortShares(shares []Share) {
	slices.SortFunc(shares, func(a, b Share) int { return history.CompareActors(a.Worker, b.Worker) })
}

// drawLanes draws each worker over the whole run.
func (b *books) drawLanes(f *Findings) {
	lanes := b.lanes()
	for _, c := range b.own {
		b.drawOwn(lanes, c)
	}
	for i := range lanes {
		l := &lanes[i]
		l.Pinned = b.thin(union(l.Pinned))
		for _, spans := range []*[]Span{&l.Service, &l.Redelivered, &l.Stale, &l.Down, &l.Frozen} {
			*spans = b.thin(*spans)
		}
	}
	slices.SortFunc(lanes, func(a, b Lane) int { return history.CompareActors(a.Worker, b.Worker) })
	f.Lanes = lanes
}

// lanes are those of the workers of one consumer, by number; of several consumers only what they have in common.
func (b *books) lanes() []Lane {
	lanes := make([]Lane, len(b.workers))
	for i, w := range b.workers {
		lanes[i] = Lane{Worker: w.name, Down: w.down, Frozen: bridge(w.frozen, 0)}
	}
	if len(b.own) > 0 {
		return lanes
	}
	for i := range b.tenures {
		t := &b.tenures[i]
		if t.gen == 0 {
			continue
		}
		pinned := Span{t.first, t.next}
		for _, down := range b.workers[t.worker].down {
			if down.From >= t.first {
				pinned.To = min(pinned.To, down.From)
			}
		}
		if pinned.length() > 0 {
			lanes[t.worker].Pinned = append(lanes[t.worker].Pinned, pinned)
		}
	}
	for _, i := range b.services {
		b.drawService(&b.deliveries[i], &lanes[b.deliveries[i].worker])
	}
	return lanes
}

// drawService puts a service on its lane, in two parts if it became stale on the way. Services come by their begins.
func (b *books) drawService(d *delivery, l *Lane) {
	fresh, stale := d.service(), Span{}
	if from := b.tenures[d.tenure].stale; from != never {
		stale = Span{max(fresh.From, from), fresh.To}
		fresh.To = min(fresh.To, from)
	}
	if fresh.length() > 0 {
		lane := &l.Service
		if d.number > 1 {
			lane = &l.Redelivered
		}
		*lane = join(*lane, fresh, 0)
	}
	if stale.length() > 0 {
		l.Stale = join(l.Stale, stale, 0)
	}
}

// thin merges neighbours that are closer than a drawing could show, if there are too many spans.
func (b *books) thin(spans []Span) []Span {
	if len(spans) <= laneSpans {
		return spans
	}
	return bridge(spans, b.whole.length()/laneSpans)
}
