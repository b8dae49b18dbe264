package measure_test

import (
	"slices"

	"pindrop/results/history"
)

const ns = 1e9 // nanoseconds of a second

// metrics are all that the twin knows of a history.
func (h *twin) metrics() map[string]float64 {
	m := map[string]float64{}
	h.overlaps(m)
	h.stale(m)
	h.lines(m)
	h.counts(m)
	h.pairs(m)
	h.latencies(m)
	h.rates(m)
	h.takeovers(m)
	return m
}

// during calls do with each piece of a span in which nothing changes.
func (h *twin) during(span [2]int64, do func(at, length int64)) {
	for i, at := range h.instants {
		next := h.whole[1]
		if i+1 < len(h.instants) {
			next = h.instants[i+1]
		}
		if from, to := max(at, span[0]), min(next, span[1]); from < to {
			do(from, to-from)
		}
	}
}

func (h *twin) overlaps(m map[string]float64) {
	if h.policy != "pinned_client" {
		return
	}
	pairs, total, awake := map[[2]uint32]int64{}, int64(0), int64(0)
	h.during(h.window, func(at, length int64) {
		seen, bothAwake := map[[2]uint32]bool{}, false
		for _, a := range h.tries {
			for _, b := range h.tries {
				if a.gen > 0 && a.gen < b.gen && a.worker != b.worker && a.inService(at) && b.inService(at) {
					seen[[2]uint32{a.gen, b.gen}] = true
					bothAwake = bothAwake || !h.frozen(a.worker, at) && !h.frozen(b.worker, at)
				}
			}
		}
		for p := range seen {
			pairs[p] += length
		}
		if len(seen) > 0 {
			total += length
		}
		if bothAwake {
			awake += length
		}
	})
	longest := int64(0)
	for _, n := range pairs {
		longest = max(longest, n)
	}
	m["overlap.count"], m["overlap.total"] = float64(len(pairs)), float64(total)/ns
	m["overlap.max"], m["overlap.frozen"] = float64(longest)/ns, float64(total-awake)/ns
	gens := map[uint32]bool{}
	for _, t := range h.tries {
		if t.gen > 0 && t.arrived >= h.window[0] {
			gens[t.gen] = true
		}
	}
	m["pin.count"] = float64(len(gens))
}

// staleFrom is when a delivery's work became stale: with the first arrival under a newer pin at another worker.
func (h *twin) staleFrom(t *try) int64 {
	from := int64(-1)
	for _, o := range h.tries {
		if t.gen > 0 && o.gen > t.gen && o.worker != t.worker && (from < 0 || o.arrived < from) {
			from = o.arrived
		}
	}
	return from
}

func (h *twin) stale(m map[string]float64) {
	if h.policy != "pinned_client" {
		return
	}
	type tenure struct {
		worker string
		gen    uint32
	}
	froms := map[*try]int64{}
	seqs := map[uint64]bool{}
	for _, t := range h.services() {
		if from := h.staleFrom(t); from >= 0 {
			froms[t] = max(from, h.window[0])
			if max(t.begun, t.closed) > froms[t] {
				seqs[t.seq] = true
			}
		}
	}
	total, each := int64(0), map[tenure]int64{}
	h.during(h.window, func(at, length int64) {
		now := map[tenure]bool{}
		for t, from := range froms {
			if t.inService(at) && at >= from {
				now[tenure{t.worker, t.gen}] = true
			}
		}
		for t := range now {
			each[t] += length
		}
		if len(now) > 0 {
			total += length
		}
	})
	longest := int64(0)
	for _, n := range each {
		longest = max(longest, n)
	}
	m["stale.total"], m["stale.max"], m["stale.messages"] = float64(total)/ns, float64(longest)/ns, float64(len(seqs))
}

func (h *twin) counts(m map[string]float64) {
	if len(h.tries) > 0 {
		m["delivered.count"], m["redelivery.count"], m["deliveries.max"] = 0, 0, 0
		for _, t := range h.tries {
			if t.arrived < h.window[0] {
				continue
			}
			m["delivered.count"]++
			m["deliveries.max"] = max(m["deliveries.max"], float64(t.number))
			if t.number > 1 {
				m["redelivery.count"]++
			}
		}
	}
	for _, f := range h.events {
		if f.Kind != history.Fault || !slices.Contains([]string{"kill", "freeze", "disconnect"}, f.Do) {
			continue
		}
		held := 0
		for _, t := range h.tries {
			if t.worker == f.Target && t.arrived <= f.At && t.closed >= f.At && (t.ended < 0 || t.ended > f.At) {
				held++
			}
		}
		m["held.at_fault"] = max(m["held.at_fault"], float64(held))
	}
	seqs := h.seqs()
	if len(seqs) > 0 {
		m["stored.count"], m["handled.count"], m["terminated.count"], m["given_up.count"] = float64(len(seqs)), 0, 0, 0
	}
	for _, seq := range seqs {
		ok := h.first(seq, func(e history.Event) bool { return e.Kind == history.End && e.Outcome == history.OK }) >= 0
		termed := h.first(seq, func(e history.Event) bool {
			return e.Kind == history.Term || e.Kind == history.End && e.Outcome == history.Termed
		}) >= 0
		switch {
		case ok:
			m["handled.count"]++
		case termed:
			m["terminated.count"]++
		case h.first(seq, ofKind(history.MaxDeliveries)) >= 0:
			m["given_up.count"]++
		}
	}
}

// intersect: two services share some time of a span.
func intersect(a, b *try, from int64) bool {
	return min(a.closed, b.closed) > max(a.begun, b.begun, from)
}

// pairs are the metrics of pairs of services, and of the order of begins.
func (h *twin) pairs(m map[string]float64) {
	services := h.services()
	keys := slices.ContainsFunc(h.events, func(e history.Event) bool { return e.Kind == history.Stored && e.Key != "" })
	if len(services) == 0 {
		return
	}
	m["overlap.same_message"], m["duplicate.count"], m["duplicate.concurrent"] = 0, 0, 0
	if keys {
		m["overlap.same_key"], m["order.inversions"] = 0, 0
	}
	for i, a := range services {
		late := false
		for _, b := range services {
			late = late || b.key == a.key && b.seq > a.seq && b.begun < a.begun
		}
		if a.key != "" && late && a.begun >= h.window[0] {
			m["order.inversions"]++
		}
		for _, b := range services[:i] {
			if a.worker == b.worker || !intersect(a, b, h.window[0]) {
				continue
			}
			if a.seq == b.seq {
				m["overlap.same_message"]++
			}
			if a.key != "" && a.key == b.key {
				m["overlap.same_key"]++
			}
		}
	}
	for _, seq := range h.seqs() {
		h.duplicate(m, services, seq)
	}
}

func (h *twin) duplicate(m map[string]float64, services []*try, seq uint64) {
	var oks []*try
	last := int64(-1)
	for _, t := range services {
		if t.seq == seq && t.outcome == history.OK {
			oks = append(oks, t)
			last = max(last, t.ended)
		}
	}
	if len(oks) < 2 || last < h.window[0] {
		return
	}
	m["duplicate.count"]++
	for i, a := range oks {
		for _, b := range oks[:i] {
			if intersect(a, b, h.whole[0]) {
				m["duplicate.concurrent"]++
				return
			}
		}
	}
}

// takeovers follow each holder that a fault stopped.
func (h *twin) takeovers(m map[string]float64) {
	if h.policy != "pinned_client" {
		return
	}
	var faults []history.Event
	var begins []*try
	for _, f := range h.events {
		stops := f.Kind == history.Fault && slices.Contains([]string{"kill", "freeze", "disconnect"}, f.Do)
		if !stops || f.At < h.window[0] {
			continue
		}
		gen, holds := h.holds(f.Target, f.At)
		begin := h.takenOver(f, gen)
		if !holds || begin == nil {
			continue
		}
		if n := len(faults); n > 0 && faults[n-1].Target == f.Target && begins[n-1].begun == begin.begun {
			if h.over(faults[n-1]) > f.At {
				continue
			}
			faults, begins = faults[:n-1], begins[:n-1]
		}
		faults, begins = append(faults, f), append(begins, begin)
	}
	m["takeover.fault.count"] = float64(len(faults))
	var times, pulls []int64
	for i, f := range faults {
		times = append(times, begins[i].begun-f.At)
		pulled := int64(-1)
		for _, e := range h.events {
			if e.Kind == history.Pull && e.Actor == f.Target && e.At <= f.At {
				pulled = e.At
			}
		}
		if pulled >= 0 {
			pulls = append(pulls, begins[i].begun-pulled)
		}
	}
	if len(times) > 0 {
		m["takeover.fault.p50"], m["takeover.fault.max"] = rank(times, 500), rank(times, 1000)
	}
	if len(pulls) > 0 {
		m["takeover.pull.max"] = rank(pulls, 1000)
	}
}

// holds reports whether a worker was the first under the newest pin, with an instant or before it, and under which.
func (h *twin) holds(worker string, at int64) (uint32, bool) {
	for _, until := range []int64{at, at - 1} {
		newest, holder := uint32(0), ""
		for _, t := range h.tries {
			if t.arrived <= until && t.gen > newest {
				newest, holder = t.gen, t.worker
			}
		}
		if holder == worker {
			return newest, true
		}
	}
	return 0, false
}

// takenOver is the begin that ended a fault of a holder; nil: none.
func (h *twin) takenOver(f history.Event, gen uint32) *try {
	for _, t := range h.services() {
		switch {
		case t.begun < f.At:
		case t.worker == f.Target && t.arrived > f.At:
			return nil
		case t.worker != f.Target && t.gen > gen:
			return t
		}
	}
	return nil
}

// over is when a fault is healed; at the end of the history where it never is.
func (h *twin) over(f history.Event) int64 {
	for _, e := range h.events {
		if e.Kind == history.Heal && e.Fault == f.Fault && e.At >= f.At {
			return e.At
		}
	}
	return h.whole[1]
}
