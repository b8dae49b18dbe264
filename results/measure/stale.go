package measure

import (
	"cmp"
	"slices"
)

// supersede finds for each tenure when it ceased to be the newest, and when it became stale: the first arrival under a
// newer generation at a different worker. Going from the newest generation down, the earliest arrival and the earliest
// one at another worker than that answer for every tenure.
func (b *books) supersede() {
	order := make([]int32, len(b.tenures))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int { return cmp.Compare(b.tenures[j].gen, b.tenures[i].gen) })
	var first, other *tenure // of different workers
	next := b.whole.To
	for i := 0; i < len(order); {
		j := i
		for ; j < len(order) && b.tenures[order[j]].gen == b.tenures[order[i]].gen; j++ {
			t := &b.tenures[order[j]]
			t.next = next
			switch {
			case t.gen == 0:
			case first != nil && first.worker != t.worker:
				t.stale = first.first
			case other != nil:
				t.stale = other.first
			}
		}
		for ; i < j; i++ {
			t := &b.tenures[order[i]]
			first, other = earliest(first, other, t)
			next = min(next, t.first)
		}
	}
}

// earliest keeps the earliest tenure, and the earliest one of another worker than that.
func earliest(first, other, t *tenure) (*tenure, *tenure) {
	switch {
	case first == nil || t.first < first.first:
		if first != nil && first.worker != t.worker {
			other = first
		}
		return t, other
	case t.worker != first.worker && (other == nil || t.first < other.first):
		return first, t
	}
	return first, other
}

// measureStale measures the work that went on under an older generation after a different worker had its first message
// under a newer one.
func (b *books) measureStale(f *Findings) {
	if b.policy != policyPinned {
		return
	}
	spans := make([][]Span, len(b.tenures))
	seqs := map[uint64]bool{}
	acks := 0
	for _, i := range b.services {
		d := &b.deliveries[i]
		from := b.tenures[d.tenure].stale
		if from == never {
			continue
		}
		from = max(from, b.window.From)
		if d.confirmed > from {
			acks++
		}
		if max(d.begun, d.closed) <= from {
			continue
		}
		seqs[b.messages[d.message].seq] = true
		if s := d.service().clip(Span{from, b.window.To}); s.length() > 0 {
			spans[d.tenure] = append(spans[d.tenure], s)
		}
	}
	var all []Span
	longest := int64(0)
	for _, s := range spans {
		total, _ := extent(union(s))
		longest = max(longest, total)
		all = append(all, s...)
	}
	total, _ := extent(union(all))
	f.setTime("stale.total", total)
	f.setTime("stale.max", longest)
	f.set("stale.messages", float64(len(seqs)))
	if b.acksSeen {
		f.set("stale.acks", float64(acks))
	}
}
