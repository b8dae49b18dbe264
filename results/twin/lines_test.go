package twin

import (
	"slices"

	"pindrop/results/history"
)

// span is a half-open time.
type span = [2]int64

// twin is a run seen by the twin: what metrics count, and the two views.
type twin struct {
	events  []history.Event
	lives   []history.Event // of faults and of workers' lives
	window  span            // from the start of disturb
	disturb span
	heal    int64
	server  *server
	workers *workers
	leaves  map[delivery]history.Event // what left the server
}

func twinOf(events, all []history.Event) *twin {
	t := &twin{events: events, lives: livesOf(events), heal: never, server: serverOf(events, all), workers: workersOf(events), leaves: map[delivery]history.Event{}}
	end := events[len(events)-1].At
	t.disturb, t.window = span{0, end}, span{0, end}
	for i, e := range events {
		if key := (delivery{e.Seq, max(e.Delivery, 1)}); e.Kind == history.Sent && t.leaves[key].At == 0 {
			t.leaves[key] = e
		}
		if e.Kind != history.Phase {
			continue
		}
		switch e.Phase {
		case history.PhaseDisturb:
			t.disturb, t.window = span{e.At, end}, span{e.At, end}
			if next := slices.IndexFunc(events[i+1:], func(o history.Event) bool { return o.Kind == history.Phase }); next >= 0 {
				t.disturb[1] = events[i+1+next].At
			}
		case history.PhaseHeal:
			t.heal = e.At
		}
	}
	return t
}

// while are the times within the window in which something is true of what the server holds.
func (t *twin) while(holds func(instant) bool) []span {
	var all []span
	for _, in := range t.server.instants {
		if !holds(in) {
			continue
		}
		if n := len(all); n > 0 && all[n-1][1] == in.at {
			all[n-1][1] = in.until
		} else {
			all = append(all, span{in.at, in.until})
		}
	}
	return all
}

func clip(spans []span, to span) (kept []span) {
	for _, s := range spans {
		if s = (span{max(s[0], to[0]), min(s[1], to[1])}); s[0] < s[1] {
			kept = append(kept, s)
		}
	}
	return kept
}

// both are the times that lie in one of each.
func both(a, b []span) (all []span) {
	for _, s := range a {
		all = append(all, clip(b, s)...)
	}
	slices.SortFunc(all, func(s, o span) int { return int(min(max(s[0]-o[0], -1), 1)) })
	return all
}

// without are the parts of some times that lie in none of others.
func without(a, b []span) []span {
	for _, s := range b {
		if s[0] >= s[1] {
			continue
		}
		var left []span
		for _, o := range a {
			left = append(left, clip([]span{{o[0], min(o[1], s[0])}, {max(o[0], s[1]), o[1]}}, o)...)
		}
		a = left
	}
	return a
}

// joined makes one of times that lie less than 100 ms apart.
func joined(spans []span) (all []span) {
	for _, s := range spans {
		if n := len(all); n > 0 && s[0]-all[n-1][1] < 100e6 {
			all[n-1][1] = max(all[n-1][1], s[1])
		} else {
			all = append(all, s)
		}
	}
	return all
}

// sum is the total and the longest of the times that are long enough, in seconds.
func sum(spans []span, least int64) (total, longest float64) {
	all, most := int64(0), int64(0)
	for _, s := range spans {
		if length := s[1] - s[0]; length >= least {
			all, most = all+length, max(most, length)
		}
	}
	return float64(all) / ns, float64(most) / ns
}

// serverView are the metrics of what the server holds.
func (t *twin) serverView(m map[string]float64) {
	limited, stored := false, false
	for _, in := range t.server.instants {
		limited = limited || in.limit > 0
	}
	for _, e := range t.events {
		stored = stored || e.Kind == history.Stored
	}
	acks := t.server.cfg.AckPolicy != "none"
	if acks { // pindrop records the wire of every run
		m["ack_pending.max"] = t.most(func(in instant) int { return in.pending })
		if limited {
			m["cliff.danger"], _ = sum(clip(t.while(func(in instant) bool { return in.limit > 0 && 5*in.pending >= 4*in.limit }), t.window), 0)
		}
	}
	if !stored || t.server.untold {
		return
	}
	m["backlog.max"] = t.most(func(in instant) int { return in.waiting })
	for _, in := range t.server.instants {
		if (in.until > t.heal || in.at >= t.heal) && in.waiting == 0 {
			m["backlog.drain"] = float64(max(in.at, t.heal)-t.heal) / ns
			break
		}
	}
	if limited && acks {
		t.cliffs(m)
	}
	t.gaps(m)
}

func (t *twin) most(of func(instant) int) (most float64) {
	for _, in := range t.server.instants {
		if in.until > t.window[0] || in.at >= t.window[0] {
			most = max(most, float64(of(in)))
		}
	}
	return most
}

func (t *twin) cliffs(m map[string]float64) {
	end := t.window[1]
	at := t.while(func(in instant) bool { return in.limit > 0 && in.pending >= in.limit })
	if last := t.server.instants[len(t.server.instants)-1]; last.limit > 0 && last.pending >= last.limit {
		at = append(at, span{end, end + 1}) // the limit is reached again in the last instant
	}
	waits := t.while(func(in instant) bool { return in.waiting > 0 })
	full := both(at, waits)
	var cliffs []span
	for _, s := range joined(both(joined(at), waits)) {
		if reached := both(full, []span{s}); len(reached) > 0 {
			cliffs = append(cliffs, span{reached[0][0], s[1]})
		}
	}
	cliffs = clip(cliffs, t.window)
	m["cliff.count"] = float64(len(cliffs))
	m["cliff.total"], m["cliff.max"] = sum(cliffs, 0)
	m["cliff.limited"], _ = sum(clip(full, t.window), 0)
	if len(cliffs) > 0 {
		m["cliff.first"] = float64(cliffs[0][0]-t.window[0]) / ns
	}
	var stalls []span
	for _, c := range cliffs {
		from := c[0]
		for _, in := range t.server.instants {
			if in.sent && in.at >= c[0] && in.at < c[1] {
				stalls = append(stalls, span{from, in.at})
				from = in.at
			}
		}
		stalls = append(stalls, span{from, c[1]})
	}
	m["cliff.stall.total"], m["cliff.stall.max"] = sum(stalls, 100e6)
}

// awake are the times in which a worker that is not frozen is in service, and the instants of services without length.
func (t *twin) awake() (spans []span, instants []int64) {
	for _, d := range t.workers.tries {
		switch {
		case d.begun == never:
		case d.begun == d.closed:
			instants = append(instants, d.begun)
		default:
			spans = append(spans, without([]span{{d.begun, d.closed}}, t.workers.frozen[d.worker])...)
		}
	}
	slices.Sort(instants)
	return spans, instants
}

func (t *twin) gaps(m map[string]float64) {
	awake, instants := t.awake()
	parts := func(spans []span) (all []span) {
		for _, s := range without(clip(spans, t.window), awake) {
			for _, at := range instants {
				if at > s[0] && at < s[1] {
					all = append(all, span{s[0], at})
					s[0] = at
				}
			}
			all = append(all, s)
		}
		return all
	}
	gaps := parts(t.while(func(in instant) bool { return in.waiting > 0 }))
	m["gap.total"], m["gap.max"] = sum(gaps, 10e6)
	var locked []span
	for _, s := range parts(t.while(func(in instant) bool { return in.waiting == 0 && in.pending > 0 })) {
		if s[1]-s[0] >= 10e6 {
			locked = append(locked, s)
		}
	}
	m["gap.locked"], _ = sum(without(locked, t.moving()), 10e6)
}

// moving are the times in which a message is on its way to a worker that is awake, in its buffer, or in which an answer to it is on
// its way back. What a partition keeps is not on its way.
func (t *twin) moving() (all []span) {
	sent, left := map[[3]any]int64{}, map[[3]any]int64{}
	answers := map[history.Kind]bool{history.Ack: true, history.Nak: true, history.Term: true}
	for _, e := range t.events {
		key := [3]any{e.Actor, e.Seq, max(e.Delivery, 1)}
		switch {
		case e.Kind == history.Sent:
			sent[key] = e.At
		case answers[e.Kind]:
			left[key] = e.At
		case e.Kind == history.Reached && e.Outcome != history.Extended:
			if from, ok := left[key]; ok {
				all = append(all, without([]span{{from, e.At}}, t.parted(e.Actor, "in"))...)
			}
		}
	}
	for _, d := range t.workers.tries {
		if d.replayed {
			continue
		}
		from, ok := sent[[3]any{d.worker, d.seq, d.number}]
		if !ok {
			from = d.arrived
		}
		asleep := slices.Concat(t.workers.frozen[d.worker], t.down(d.worker), t.parted(d.worker, "out"))
		all = append(all, without([]span{{from, min(d.begun, d.closed)}}, asleep)...)
	}
	return all
}

// parted are the times in which a worker is parted from the server, but for partitions that close only the other way.
func (t *twin) parted(name, but string) (all []span) {
	for _, e := range t.lives {
		if e.Kind == history.Fault && e.Do == "partition" && e.Target == name && e.Reason != but {
			all = append(all, span{e.At, t.healed(e)})
		}
	}
	return all
}

// down are the times in which a worker is no more.
func (t *twin) down(name string) (all []span) {
	since := never
	for _, e := range t.lives {
		switch {
		case e.Kind == history.Fault && e.Target == name && (e.Do == "kill" || e.Do == "restart") ||
			e.Kind == history.Stop && e.Worker == name && e.Reason != history.StopEnded:
			since = min(since, e.At)
		case e.Kind == history.Start && e.Worker == name && since != never:
			all = append(all, span{since, e.At})
			since = never
		}
	}
	if since != never {
		all = append(all, span{since, t.window[1]})
	}
	return all
}

func (t *twin) healed(f history.Event) int64 {
	for _, e := range t.lives {
		if e.Kind == history.Heal && e.Fault == f.Fault && (e.Target == "" || e.Target == f.Target) && e.At >= f.At {
			return e.At
		}
	}
	return t.window[1]
}
