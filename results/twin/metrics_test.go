package twin

import (
	"cmp"
	"math"
	"slices"

	"pindrop/results/history"
)

// metrics are all that the twin knows of a run.
func (t *twin) metrics() map[string]float64 {
	m := map[string]float64{}
	t.serverView(m)
	t.deliveries(m)
	t.pins(m)
	t.takeovers(m)
	t.pairs(m)
	t.messages(m)
	t.rates(m)
	t.settings(m)
	t.forgotten(m)
	t.heldAtFault(m)
	return m
}

func (t *twin) begun() (all []*try) {
	for _, d := range t.workers.tries {
		if d.begun != never {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b *try) int { return cmp.Or(cmp.Compare(a.begun, b.begun), a.order-b.order) })
	return all
}

// deliveries are the metrics of what reached workers, and what they held.
func (t *twin) deliveries(m map[string]float64) {
	if len(t.workers.tries) == 0 {
		return
	}
	m["delivered.count"], m["redelivery.count"], m["deliveries.max"], m["held.max"] = 0, 0, 0, 0
	for _, d := range t.workers.tries {
		if d.arrived < t.window[0] || d.replayed {
			continue
		}
		m["delivered.count"]++
		m["deliveries.max"] = max(m["deliveries.max"], float64(d.number))
		if d.number > 1 {
			m["redelivery.count"]++
		}
	}
	held := func(name string, at int64) (n float64) {
		for _, d := range t.workers.tries {
			if d.worker == name && d.arrived <= at && at < d.closed {
				n++
			}
		}
		return n
	}
	for _, name := range t.workers.names {
		m["held.max"] = max(m["held.max"], held(name, t.window[0]))
		for _, d := range t.workers.tries {
			if d.worker == name && d.arrived >= t.window[0] {
				m["held.max"] = max(m["held.max"], held(name, d.arrived))
			}
		}
	}
}

// heldAtFault is the most that a worker held when a fault stopped it.
func (t *twin) heldAtFault(m map[string]float64) {
	for _, f := range t.events {
		if f.Kind != history.Fault || !slices.Contains(stops, f.Do) {
			continue
		}
		n := 0.0
		for _, d := range t.workers.tries {
			if d.worker == f.Target && d.arrived <= f.At && d.ended > f.At && d.closed >= f.At && d.incarnation >= f.Incarnation {
				n++
			}
		}
		m["held.at_fault"] = max(m["held.at_fault"], n)
	}
}

// merged are the same times without overlaps.
func merged(spans []span) (all []span) {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a[0], b[0]) })
	for _, s := range spans {
		if n := len(all); n > 0 && s[0] <= all[n-1][1] {
			all[n-1][1] = max(all[n-1][1], s[1])
		} else {
			all = append(all, s)
		}
	}
	return all
}

// pairs are the metrics of work at one time, and of its order.
func (t *twin) pairs(m map[string]float64) {
	begun := t.begun()
	if len(begun) == 0 {
		return
	}
	keys := slices.ContainsFunc(begun, func(d *try) bool { return d.key != "" })
	m["overlap.same_message"] = 0
	if keys {
		m["overlap.same_key"], m["order.inversions"] = 0, 0
	}
	for i, a := range begun {
		for _, b := range begun[i+1:] {
			if a.worker == b.worker || overlap(a, b, t.window[0], t.window[1]) == 0 {
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
	for _, a := range begun {
		earlier := func(b *try) bool { return a.key != "" && b.key == a.key && b.seq > a.seq && b.begun < a.begun }
		if a.begun >= t.window[0] && slices.ContainsFunc(begun, earlier) {
			m["order.inversions"]++
		}
	}
	t.busy(m, begun)
	if t.server.cfg.Policy == "pinned_client" {
		return
	}
	m["parallel.max"], m["parallel.mean"] = 0, 0
	for _, a := range begun {
		n := 0.0
		for _, b := range begun {
			if b.serves(max(a.begun, t.window[0])) {
				n++
			}
		}
		m["parallel.max"] = max(m["parallel.max"], n)
		for _, s := range clip([]span{{a.begun, a.closed}}, t.disturb) {
			m["parallel.mean"] += float64(s[1]-s[0]) / float64(t.disturb[1]-t.disturb[0])
		}
	}
}

// busy is the mean share of the fault phase in which a worker is in service and not frozen.
func (t *twin) busy(m map[string]float64, begun []*try) {
	all := 0.0
	for _, name := range t.workers.names {
		var spans []span
		for _, d := range begun {
			if d.worker == name {
				spans = append(spans, clip([]span{{d.begun, d.closed}}, t.disturb)...)
			}
		}
		total, _ := sum(without(merged(spans), t.workers.frozen[name]), 0)
		all += total
	}
	m["busy.mean"] = all / (float64(t.disturb[1]-t.disturb[0]) / ns) / float64(len(t.workers.names))
}

// rank is the smallest of some times that at least so many thousandths of them do not exceed, in seconds.
func rank(times []int64, thousandths int) float64 {
	slices.Sort(times)
	return float64(times[max((len(times)*thousandths+999)/1000, 1)-1]) / ns
}

func (t *twin) latency(m map[string]float64, name string, times []int64) {
	if len(times) == 0 {
		return
	}
	for of, thousandths := range map[string]int{"p50": 500, "p90": 900, "p99": 990, "p999": 999, "max": 1000} {
		m["latency."+name+"."+of] = rank(times, thousandths)
	}
}

// rates are the metrics of publishers and of handlers over the fault phase.
func (t *twin) rates(m map[string]float64) {
	length := float64(t.disturb[1]-t.disturb[0]) / ns
	inside := func(at int64) bool { return at >= t.disturb[0] && at < t.disturb[1] }
	var late []int64
	published, during := 0.0, 0.0
	for _, e := range t.events {
		switch e.Kind {
		case history.Publish:
			if e.At >= t.window[0] {
				published++
			}
			if inside(e.At) {
				during++
			}
			if e.Due >= t.window[0] {
				late = append(late, max(e.At-e.Due, 0))
			}
			m["publish.unknown"] += 0
			m["publish.refused"] += 0
		case history.Unknown:
			m["publish.unknown"]++
		case history.Refused:
			m["publish.refused"]++
		}
	}
	if _, any := m["publish.unknown"]; any {
		m["published.count"], m["published.rate"] = published, during/length
	}
	if len(late) > 0 {
		m["publish.late.p99"] = rank(late, 990)
	}
	if len(t.begun()) == 0 {
		return
	}
	handled, first := 0.0, map[uint64]int64{}
	for _, d := range t.workers.tries {
		if at, ok := first[d.seq]; d.outcome == history.OK && (!ok || d.ended < at) {
			first[d.seq] = d.ended
		}
	}
	for _, at := range first {
		if inside(at) {
			handled++
		}
	}
	m["handled.rate"] = handled / length
}

// same reports whether two numbers are one, but for what adding up in another order changes.
func same(a, b float64) bool { return math.Abs(a-b) <= 1e-9*(1+math.Abs(b)) }
