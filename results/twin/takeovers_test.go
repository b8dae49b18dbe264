package twin

import (
	"slices"

	"pindrop/results/history"
)

// holder is who had the newest pin, and under which generation.
type holder struct {
	worker string
	gen    uint32
}

// holderUntil is the holder by all that arrived before an instant.
func (t *twin) holderUntil(at int64) (h holder) {
	for _, d := range t.workers.tries {
		if d.arrived < at && d.gen > h.gen {
			h = holder{d.worker, d.gen}
		}
	}
	return h
}

// takeovers are the metrics of work that goes from a holder that was stopped to another worker; of pinned consumers.
func (t *twin) takeovers(m map[string]float64) {
	if t.server.cfg.Policy != "pinned_client" {
		return
	}
	type takeover struct {
		gen         uint32
		at, healed  int64
		took, begun int64
		pull        int64
	}
	var all []takeover
	for _, f := range t.events {
		if f.Kind != history.Fault || !slices.Contains(stops, f.Do) || f.At < t.window[0] {
			continue
		}
		h := t.holderUntil(f.At + 1)
		if h.worker != f.Target {
			h = t.holderUntil(f.At)
		}
		if h.worker != f.Target || h.gen == 0 {
			continue
		}
		begun, ok := t.takenOver(f, h)
		if !ok {
			continue
		}
		one := takeover{gen: h.gen, at: f.At, healed: t.healed(f), begun: begun, took: begun - f.At, pull: -1}
		for _, e := range t.events {
			if e.Kind == history.Pull && e.Actor == f.Target && e.At <= f.At {
				one.pull = begun - e.At
			}
		}
		if n := len(all); n > 0 && all[n-1].gen == one.gen && all[n-1].begun == one.begun {
			if all[n-1].healed > one.at {
				continue
			}
			all = all[:n-1]
		}
		all = append(all, one)
	}
	m["takeover.fault.count"] = float64(len(all))
	var took []float64
	for _, one := range all {
		took = append(took, float64(one.took)/ns)
		if one.pull >= 0 {
			m["takeover.pull.max"] = max(m["takeover.pull.max"], float64(one.pull)/ns)
		}
	}
	if slices.Sort(took); len(took) > 0 {
		m["takeover.fault.p50"], m["takeover.fault.max"] = took[(len(took)-1)/2], took[len(took)-1]
	}
}

// takenOver is when another took over from a holder that a fault stopped.
func (t *twin) takenOver(f history.Event, h holder) (at int64, ok bool) {
	back := f.At + 1
	if f.Do == "partition" {
		back = t.healed(f)
	}
	for _, d := range t.begun() {
		switch {
		case d.begun < f.At:
		case d.worker == f.Target && d.incarnation == f.Incarnation:
			if d.arrived >= back {
				return 0, false
			}
		case d.gen > h.gen:
			return d.begun, true
		}
	}
	return 0, false
}
