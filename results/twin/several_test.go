package twin

import (
	"math"
	"slices"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// together puts what is of one consumer to what is of others.
func together(m map[string]float64, name string, v float64) {
	metric, _ := measure.Lookup(name)
	was, ok := m[name]
	switch how := metric.Together(); {
	case how == "":
	case !ok:
		m[name] = v
	case how == "sum":
		m[name] = was + v
	case how == "highest":
		m[name] = max(was, v)
	case how == "lowest":
		m[name] = min(was, v)
	}
}

// several are the metrics that several consumers have at once, and need each of them.
func (t *twin) several(m map[string]float64, each map[int32]*twin) {
	var took []int64
	open := math.IsNaN(m["takeover.fault.count"])
	for _, one := range each {
		if one.holds() {
			for _, over := range one.taken() {
				took = append(took, over.begun-over.at)
			}
		}
	}
	switch delete(m, "takeover.fault.p50"); {
	case open:
		m["takeover.fault.p50"] = math.NaN()
	case len(took) > 0:
		m["takeover.fault.p50"] = rank(took, 500)
	}
	t.backlog(m, each)
	if t.server.cfg.Policy == "pinned_client" {
		t.owned(m, each)
	}
}

// backlog is what waits of all consumers.
func (t *twin) backlog(m map[string]float64, each map[int32]*twin) {
	delete(m, "backlog.max")
	delete(m, "backlog.drain")
	if t.server.untold || !slices.ContainsFunc(t.events, func(e history.Event) bool { return e.Kind == history.Stored }) {
		return
	}
	m["backlog.max"] = 0
	for _, in := range t.server.instants {
		n := 0
		for _, one := range each {
			n += one.server.before(in.at + 1).waiting
		}
		if in.until > t.window[0] || in.at >= t.window[0] {
			m["backlog.max"] = max(m["backlog.max"], float64(n))
		}
		if _, drained := m["backlog.drain"]; !drained && (in.until > t.heal || in.at >= t.heal) && n == 0 {
			m["backlog.drain"] = float64(max(in.at, t.heal)-t.heal) / ns
		}
	}
}

// owned counts the consumers whose newest pin a worker has that lives, before the first fault and at the end of disturb.
func (t *twin) owned(m map[string]float64, each map[int32]*twin) {
	first := slices.IndexFunc(t.events, func(e history.Event) bool { return e.Kind == history.Fault && e.At >= t.window[0] })
	if first >= 0 {
		t.owners(m, "owned.before.", t.events[first].At, each)
	}
	t.owners(m, "owned.", t.disturb[1], each)
}

func (t *twin) owners(m map[string]float64, prefix string, at int64, each map[int32]*twin) {
	n := map[string]float64{}
	for _, e := range t.events {
		if e.Kind == history.Start && e.At < at && !within(t.down(e.Worker), at-1) {
			n[e.Worker] = 0
		}
	}
	for _, one := range each {
		h := one.holderUntil(at)
		if _, lives := n[h.worker]; lives {
			n[h.worker]++
		}
	}
	if len(n) == 0 { // the definitions leave open what then is
		m[prefix+"min"], m[prefix+"max"] = math.NaN(), math.NaN()
	}
	for _, of := range n {
		least, ok := m[prefix+"min"]
		m[prefix+"max"] = max(m[prefix+"max"], of)
		if m[prefix+"min"] = of; ok {
			m[prefix+"min"] = min(least, of)
		}
	}
}
