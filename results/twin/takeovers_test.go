package twin

import (
	"math"
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

// takeover is the work of a holder that a fault stopped, as it goes to another worker.
type takeover struct {
	fault      history.Event
	gen        uint32 // the holder's; 0: no pins
	at, healed int64
	begun      int64
	pull       int64 // the holder's last one; -1: none
}

// takeovers are the metrics of work that goes from a holder that was stopped to another worker.
func (t *twin) takeovers(m map[string]float64) {
	if !t.holds() {
		return
	}
	if t.unclear() {
		for _, name := range []string{"takeover.fault.count", "takeover.fault.p50", "takeover.fault.max", "takeover.pull.max"} {
			m[name] = math.NaN()
		}
		return
	}
	all := t.taken()
	m["takeover.fault.count"] = float64(len(all))
	var took []int64
	for _, one := range all {
		took = append(took, one.begun-one.at)
		if one.pull >= 0 {
			m["takeover.pull.max"] = max(m["takeover.pull.max"], float64(one.begun-one.pull)/ns)
		}
	}
	if len(took) > 0 {
		m["takeover.fault.p50"], m["takeover.fault.max"] = rank(took, 500), rank(took, 1000)
	}
}

func (t *twin) holds() bool {
	return t.server.cfg.Policy == "pinned_client" || t.server.cfg.Policy == "prioritized"
}

// holderOf is whom a fault found as holder: after all else of its instant, or else before.
func (t *twin) holderOf(f history.Event) (h holder, ok bool) {
	if t.server.cfg.Policy == "prioritized" {
		is, _ := t.first(f)
		return holder{worker: f.Target}, is
	}
	if h = t.holderUntil(f.At + 1); h.worker != f.Target {
		h = t.holderUntil(f.At)
	}
	return h, h.worker == f.Target && h.gen > 0
}

// first reports whether the target of a fault is of the highest level in service when it acts, and where nobody is, of those that would
// be served first; and whether it is the only one.
func (t *twin) first(f history.Event) (is, alone bool) {
	level := map[string]int32{}
	for _, e := range t.events {
		if e.Kind == history.Pull && e.At <= f.At {
			level[e.Actor] = e.Priority
		}
	}
	serving := map[string]bool{}
	for _, d := range t.begun() {
		if d.begun <= f.At && d.ended > f.At && (d.closed > f.At || d.closed == f.At && d.worker == f.Target) {
			serving[d.worker] = true
		}
	}
	if len(serving) == 0 {
		for name := range level {
			if name == f.Target || !within(t.down(name), f.At) {
				serving[name] = true
			}
		}
	}
	alone = true
	for name := range serving {
		if level[name] < level[f.Target] {
			return false, true
		}
		alone = alone && (name == f.Target || level[name] > level[f.Target])
	}
	return serving[f.Target], alone
}

// unclear reports whether a fault hit one of several prioritized workers that had the same right to be the holder: the definitions do not
// say which of them is.
func (t *twin) unclear() bool {
	return t.server.cfg.Policy == "prioritized" && slices.ContainsFunc(t.lives, func(f history.Event) bool {
		if f.Kind != history.Fault || !slices.Contains(stops, f.Do) || f.At < t.window[0] {
			return false
		}
		is, alone := t.first(f)
		return is && !alone
	})
}

func within(spans []span, at int64) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return s[0] <= at && at < s[1] })
}

func (t *twin) taken() (all []takeover) {
	for _, f := range t.events {
		if f.Kind != history.Fault || !slices.Contains(stops, f.Do) || f.At < t.window[0] {
			continue
		}
		h, ok := t.holderOf(f)
		if !ok {
			continue
		}
		begun, ok := t.takenOver(f, h)
		if !ok {
			continue
		}
		one := takeover{fault: f, gen: h.gen, at: f.At, healed: t.healed(f), begun: begun, pull: -1}
		for _, e := range t.events {
			if e.Kind == history.Pull && e.Actor == f.Target && e.At <= f.At {
				one.pull = e.At
			}
		}
		if n := len(all); n > 0 && all[n-1].gen == one.gen && all[n-1].begun == one.begun && all[n-1].fault.Target == f.Target {
			if all[n-1].healed > one.at {
				continue
			}
			all = all[:n-1]
		}
		all = append(all, one)
	}
	return all
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
		case d.gen > h.gen || h.gen == 0:
			return d.begun, true
		}
	}
	return 0, false
}
