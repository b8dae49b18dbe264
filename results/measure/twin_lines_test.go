package measure_test

import (
	"cmp"
	"slices"

	"pindrop/results/history"
)

// piece is a time in which nothing changes, and what was true in it.
type piece struct {
	at, length       int64
	counts           bool // it lies in the window
	waiting, pending int
	serving, awake   int
	limit            int
	cliff, full      bool // at the limit; the same while messages wait
	gap, locking     bool
	buffered         bool // a worker that is awake has a message that it has not begun
	cut              bool // a stretch that begins before it ends here
}

// pieces are those of the whole history, and one nanosecond behind it: the state after the last instant counts as well
// when a dip is bridged.
func (h *twin) pieces() []piece {
	lives := h.lives()
	var all []piece
	take := func(at, length int64) {
		p := piece{at: at, length: length, counts: at >= h.window[0] && at < h.window[1], limit: h.config(at).MaxAckPending}
		p.waiting, p.pending = queue(lives, at)
		p.serving, p.awake = h.serving(at)
		p.gap = p.counts && p.waiting > 0 && p.awake == 0
		p.buffered = slices.ContainsFunc(h.tries, func(t *try) bool { return t.held(at) && !t.inService(at) && !h.frozen(t.worker, at) })
		p.locking = p.counts && p.waiting == 0 && p.pending > 0 && p.awake == 0
		p.cliff = p.limit > 0 && p.pending >= p.limit
		p.full = p.cliff && p.waiting > 0
		all = append(all, p)
	}
	h.during(h.whole, take)
	take(h.whole[1], 1)
	return all
}

// stretches are the unbroken times in which something is true: where each begins, and how long it is.
func stretches(pieces []piece, true func(piece) bool) (from, length []int64) {
	last := int64(-1)
	for _, p := range pieces {
		switch {
		case !true(p):
		case last == p.at && !p.cut:
			length[len(length)-1] += p.length
			last += p.length
		default:
			from, length = append(from, p.at), append(length, p.length)
			last = p.at + p.length
		}
	}
	return from, length
}

// sum adds up the lengths that are long enough.
func sum(lengths []int64, least int64) (total, longest float64) {
	all, most := int64(0), int64(0)
	for _, n := range lengths {
		if n >= least {
			all += n
			most = max(most, n)
		}
	}
	return float64(all) / ns, float64(most) / ns
}

// bridgeCliffs makes the pauses between cliffs that are shorter than 100 ms part of them.
func bridgeCliffs(pieces []piece) {
	for i := range pieces {
		pause := int64(0)
		for j := i + 1; pieces[i].cliff && j < len(pieces) && pause < 100e6; j++ {
			if pieces[j].cliff {
				for k := i; k < j; k++ {
					pieces[k].cliff = true
				}
				break
			}
			pause += pieces[j].length
		}
	}
}

// lines are the metrics of what waits, is pending, held or in service at a time.
func (h *twin) lines(m map[string]float64) {
	pieces := h.pieces()
	stored := slices.ContainsFunc(h.events, func(e history.Event) bool { return e.Kind == history.Stored })
	limited := slices.ContainsFunc(pieces, func(p piece) bool { return p.limit > 0 })
	if stored {
		h.gaps(m, slices.Clone(pieces))
	}
	if stored && limited {
		h.cliffs(m, slices.Clone(pieces))
	}
	if len(h.tries) > 0 || h.wired() >= 0 {
		h.most(m, pieces, "ack_pending.max", func(p piece) int { return p.pending })
		if limited {
			_, lengths := stretches(pieces, func(p piece) bool { return p.counts && p.limit > 0 && 5*p.pending >= 4*p.limit })
			m["cliff.danger"], _ = sum(lengths, 0)
		}
	}
	if len(h.tries) > 0 {
		for _, w := range h.workers() {
			h.most(m, pieces, "held.max", func(p piece) int {
				held := 0
				for _, t := range h.tries {
					if t.worker == w && t.held(p.at) {
						held++
					}
				}
				return held
			})
		}
	}
	if len(h.services()) > 0 && h.policy != "pinned_client" {
		h.most(m, pieces, "parallel.max", func(p piece) int { return p.serving })
		area := 0.0
		h.during(h.disturb, func(at, length int64) {
			serving, _ := h.serving(at)
			area += float64(serving) * float64(length)
		})
		if length := h.disturb[1] - h.disturb[0]; length > 0 {
			m["parallel.mean"] = area / float64(length)
		}
	}
}

// most is the highest of a number in the window.
func (h *twin) most(m map[string]float64, pieces []piece, name string, of func(piece) int) {
	m[name] = max(m[name], 0) // it applies, also where it is 0
	for _, p := range pieces {
		if p.counts || p.at == h.window[0] {
			m[name] = max(m[name], float64(of(p)))
		}
	}
}

// gaps: a service that takes no time ends a gap all the same.
func (h *twin) gaps(m map[string]float64, pieces []piece) {
	for i := range pieces {
		pieces[i].cut = slices.ContainsFunc(h.tries, func(t *try) bool { return t.begun == t.closed && t.begun == pieces[i].at })
	}
	_, lengths := stretches(pieces, func(p piece) bool { return p.gap })
	m["gap.total"], m["gap.max"] = sum(lengths, 10e6)
	m["gap.locked"] = locked(pieces)
	h.most(m, pieces, "backlog.max", func(p piece) int { return p.waiting })
	for _, p := range pieces {
		if h.heal >= 0 && p.at >= h.heal && p.waiting == 0 {
			m["backlog.drain"] = float64(p.at-h.heal) / ns
			break
		}
	}
}

// locked adds up the times of at least 10 ms in which all that waits is ack pending, without those in which a message lies in the
// buffer of a worker that is awake.
func locked(pieces []piece) float64 {
	from, lengths := stretches(pieces, func(p piece) bool { return p.locking })
	all := 0.0
	for i, start := range from {
		if lengths[i] >= 10e6 {
			_, rest := stretches(pieces, func(p piece) bool {
				return p.locking && !p.buffered && p.at >= start && p.at < start+lengths[i]
			})
			total, _ := sum(rest, 10e6)
			all += total
		}
	}
	return all
}

func (h *twin) cliffs(m map[string]float64, pieces []piece) {
	_, limited := stretches(pieces, func(p piece) bool { return p.full && p.counts })
	m["cliff.limited"], _ = sum(limited, 0)
	bridgeCliffs(pieces)
	for i := range pieces {
		pieces[i].cliff = pieces[i].cliff && pieces[i].waiting > 0 && pieces[i].at < h.whole[1]
	}
	bridgeCliffs(pieces)
	reached := false
	for i := range pieces { // none begins before the limit is reached while messages wait
		reached = pieces[i].cliff && (reached || pieces[i].full)
		pieces[i].cliff = reached
	}
	from, lengths := stretches(pieces, func(p piece) bool { return p.cliff && p.counts })
	m["cliff.count"] = float64(len(from))
	m["cliff.total"], m["cliff.max"] = sum(lengths, 0)
	if len(from) > 0 {
		m["cliff.first"] = float64(from[0]-h.window[0]) / ns
	}
	fresh := h.freshAt()
	var pauses []int64
	for i, start := range from {
		last := start
		for _, at := range h.instants {
			if at >= start && at < start+lengths[i] && fresh[at] {
				pauses = append(pauses, at-last)
				last = at
			}
		}
		pauses = append(pauses, start+lengths[i]-last)
	}
	m["cliff.stall.total"], m["cliff.stall.max"] = sum(pauses, 100e6)
}

// freshAt are the instants at which new messages reached a worker, or were known to have been sent since a later one did.
func (h *twin) freshAt() map[int64]bool {
	all := map[int64]bool{}
	for _, seq := range h.seqs() {
		if t := h.sent(seq, h.first(seq, ofKind(history.Stored))); t != nil && t.number == 1 {
			all[t.arrived] = true
		}
	}
	return all
}

// workers are those of whom the wire, a handler or a fault speaks.
func (h *twin) workers() []string {
	var names []string
	for _, e := range h.events {
		switch {
		case ofKind(history.Pull, history.Deliver, history.Ack, history.Nak, history.Term, history.Begin, history.End)(e):
			names = append(names, e.Actor)
		case e.Kind == history.Fault && slices.Contains([]string{"kill", "freeze", "disconnect"}, e.Do):
			names = append(names, e.Target)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// rank is the smallest of some times that at least so many thousandths of them do not exceed, in seconds.
func rank(times []int64, thousandths int) float64 {
	slices.Sort(times)
	for i, v := range times {
		if (i+1)*1000 >= thousandths*len(times) {
			return float64(v) / ns
		}
	}
	panic("no times")
}

func (h *twin) latencies(m map[string]float64) {
	times := map[string][]int64{}
	put := func(name string, v int64) { times[name] = append(times[name], max(v, 0)) }
	for _, seq := range h.seqs() {
		stored, due := h.published(seq)
		counted := cmp.Or(due+1, stored+1) - 1
		if stored < 0 || counted < h.window[0] {
			continue
		}
		if begun := h.first(seq, ofKind(history.Begin)); begun >= 0 {
			put("latency.queue", begun-stored)
		}
		if due >= 0 {
			put("latency.store", stored-due)
			if acked := h.first(seq, ofKind(history.Ack)); acked >= 0 {
				put("latency.response", acked-due)
			}
		}
	}
	for _, t := range h.services() {
		if t.begun >= h.window[0] && t.ended >= 0 && t.ended == t.closed {
			put("latency.service", t.ended-t.begun)
		}
	}
	for name, all := range times {
		m[name+".p50"], m[name+".p90"], m[name+".p99"] = rank(all, 500), rank(all, 900), rank(all, 990)
		m[name+".p999"], m[name+".max"] = rank(all, 999), rank(all, 1000)
	}
}

// published is when a message was stored and when it was due; -1: nobody knows.
func (h *twin) published(seq uint64) (stored, due int64) {
	due = -1
	for _, s := range h.events {
		if s.Kind != history.Stored || s.Seq != seq {
			continue
		}
		for _, p := range h.events {
			if p.Kind == history.Publish && p.Op == s.Op && p.Actor == s.Actor {
				due = p.Due
			}
		}
		return s.At, due
	}
	return -1, -1
}

func (h *twin) rates(m map[string]float64) {
	h.outages(m)
	var published, late, handled []int64
	for _, e := range h.events {
		if e.Kind == history.Publish {
			published = append(published, e.At)
			if e.Due >= h.window[0] {
				late = append(late, max(e.At-e.Due, 0))
			}
		}
	}
	for _, seq := range h.seqs() {
		if at := h.first(seq, func(e history.Event) bool { return e.Kind == history.End && e.Outcome == history.OK }); at >= 0 {
			handled = append(handled, at)
		}
		if at := h.first(seq, ofKind(history.Stored)); at >= 0 && !slices.ContainsFunc(h.events, ofKind(history.Publish)) {
			published = append(published, at)
		}
	}
	inDisturb := func(instants []int64) (n float64) {
		for _, at := range instants {
			if at >= h.disturb[0] && at < h.disturb[1] {
				n++
			}
		}
		return n
	}
	length := float64(h.disturb[1]-h.disturb[0]) / ns
	if len(published) > 0 {
		m["published.count"], m["publish.unknown"], m["publish.refused"] = 0, 0, 0
		for _, at := range published {
			if at >= h.window[0] {
				m["published.count"]++
			}
		}
		for _, e := range h.events {
			if e.Kind == history.Unknown {
				m["publish.unknown"]++
			}
		}
		if length > 0 {
			m["published.rate"] = inDisturb(published) / length
		}
	}
	if len(late) > 0 {
		m["publish.late.p99"] = rank(late, 990)
	}
	if len(h.services()) > 0 && length > 0 {
		m["handled.rate"] = inDisturb(handled) / length
		h.busy(m, length)
	}
}

// outages looks, for each publish that failed, for the answer that ended its outage, and adds up the instants between.
func (h *twin) outages(m map[string]float64) {
	type publish struct{ at, acked int64 }
	var all []publish
	for _, e := range h.events {
		if e.Kind != history.Publish {
			continue
		}
		one := publish{e.At, -1}
		for _, s := range h.events {
			if s.Kind == history.Stored && s.Actor == e.Actor && s.Op == e.Op && one.acked < 0 {
				one.acked = s.At
			}
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return
	}
	failing := map[int64]bool{} // nanoseconds would be many: the instants at which something happens
	var edges []int64
	var spans [][2]int64
	for i, p := range all {
		if p.acked >= 0 || p.at < h.window[0] {
			continue
		}
		end := all[len(all)-1].at
		if j := slices.IndexFunc(all[i:], func(p publish) bool { return p.acked >= 0 }); j >= 0 {
			end = all[i+j].acked
		}
		spans = append(spans, [2]int64{p.at, end})
		edges = append(edges, p.at, end)
	}
	slices.Sort(edges)
	for _, at := range edges {
		failing[at] = slices.ContainsFunc(spans, func(s [2]int64) bool { return s[0] <= at && at < s[1] })
	}
	total, longest, run := int64(0), int64(0), int64(0)
	for i := 1; i < len(edges); i++ {
		if !failing[edges[i-1]] {
			run = 0
			continue
		}
		total, run = total+edges[i]-edges[i-1], run+edges[i]-edges[i-1]
		longest = max(longest, run)
	}
	m["publish.outage.max"], m["publish.outage.total"] = float64(longest)/ns, float64(total)/ns
}

func (h *twin) busy(m map[string]float64, length float64) {
	workers, busy := h.workers(), 0.0
	for _, w := range workers {
		h.during(h.disturb, func(at, piece int64) {
			if slices.ContainsFunc(h.tries, func(t *try) bool { return t.worker == w && t.inService(at) }) && !h.frozen(w, at) {
				busy += float64(piece) / ns
			}
		})
	}
	m["busy.mean"] = busy / length / float64(len(workers))
}
