package twin

import (
	"pindrop/results/history"
)

// pins are the metrics of pinned consumers.
func (t *twin) pins(m map[string]float64) {
	if t.server.cfg.Policy != "pinned_client" {
		return
	}
	gens, pairs, all, awake := map[uint32]bool{}, map[[2]uint32][]span{}, []span(nil), []span(nil)
	firsts := map[uint32]map[string]int64{} // first arrival of a generation at a worker
	for _, d := range t.workers.tries {
		if d.gen == 0 {
			continue
		}
		if gens[d.gen] = gens[d.gen] || d.arrived >= t.window[0]; firsts[d.gen] == nil {
			firsts[d.gen] = map[string]int64{}
		}
		if at, ok := firsts[d.gen][d.worker]; !ok || d.arrived < at {
			firsts[d.gen][d.worker] = d.arrived
		}
	}
	begun := t.begun()
	for _, a := range begun {
		for _, b := range begun {
			if a.gen > 0 && a.gen < b.gen && a.worker != b.worker {
				if s := clip([]span{{max(a.begun, b.begun), min(a.closed, b.closed)}}, t.window); len(s) > 0 {
					pairs[[2]uint32{a.gen, b.gen}] = append(pairs[[2]uint32{a.gen, b.gen}], s...)
					all = append(all, s...)
					awake = append(awake, without(without(s, t.workers.frozen[a.worker]), t.workers.frozen[b.worker])...)
				}
			}
		}
	}
	m["overlap.count"], m["overlap.max"] = float64(len(pairs)), 0
	for _, spans := range pairs {
		total, _ := sum(merged(spans), 0)
		m["overlap.max"] = max(m["overlap.max"], total)
	}
	m["overlap.total"], _ = sum(merged(all), 0)
	m["overlap.frozen"], _ = sum(without(merged(all), awake), 0)
	m["pin.count"] = 0
	for _, seen := range gens {
		if seen {
			m["pin.count"]++
		}
	}
	t.stale(m, begun, firsts)
}

func (t *twin) stale(m map[string]float64, begun []*try, firsts map[uint32]map[string]int64) {
	type tenure struct {
		worker string
		gen    uint32
	}
	each, all, seqs := map[tenure][]span{}, []span(nil), map[uint64]bool{}
	since := func(d *try) int64 {
		from := never
		for gen, at := range firsts {
			for worker, first := range at {
				if d.gen > 0 && gen > d.gen && worker != d.worker {
					from = min(from, first)
				}
			}
		}
		return from
	}
	for _, d := range begun {
		from := since(d)
		if from == never || max(d.begun, d.closed) <= max(from, t.window[0]) {
			continue
		}
		seqs[d.seq] = true
		s := clip([]span{{max(from, d.begun), d.closed}}, t.window)
		each[tenure{d.worker, d.gen}] = append(each[tenure{d.worker, d.gen}], s...)
		all = append(all, s...)
	}
	m["stale.total"], _ = sum(merged(all), 0)
	m["stale.max"], m["stale.messages"] = 0, float64(len(seqs))
	for _, spans := range each {
		total, _ := sum(merged(spans), 0)
		m["stale.max"] = max(m["stale.max"], total)
	}
	t.staleAcks(m, since)
}

// staleAcks counts the acks that the server confirmed once a newer generation had arrived at a different worker.
func (t *twin) staleAcks(m map[string]float64, since func(*try) int64) {
	for _, e := range t.events {
		if e.Kind != history.Acked {
			continue
		}
		m["stale.acks"] += 0
		for _, d := range t.workers.tries {
			of := d.worker == e.Actor && d.seq == e.Seq && d.number == max(e.Delivery, 1) && d.begun != never
			if of && d.gen > 0 && e.At >= max(since(d), t.window[0]) {
				m["stale.acks"]++
				break
			}
		}
	}
}
