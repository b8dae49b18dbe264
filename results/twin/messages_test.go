package twin

import (
	"slices"

	"pindrop/results/history"
)

// message is what became of one.
type message struct {
	due, server, heard   int64 // when it was due, when the server had it, when its publisher heard so
	begun, acked, double int64
	oks                  []*try
	seen, termed, up     bool // it was stored or delivered; a worker terminated it; the server gave it up
}

// fates are what may become of a message.
var fates = []string{
	"stored.count", "handled.count", "terminated.count", "given_up.count", "removed.count", "waiting.count", "lost.count",
}

// fate is the first of them that fits.
func (t *twin) fate(seq uint64, one *message) string {
	switch {
	case len(one.oks) > 0:
		return "handled.count"
	case one.termed:
		return "terminated.count"
	case one.up:
		return "given_up.count"
	case t.server.removed(seq):
		return "removed.count"
	case t.server.waiting[seq] || t.server.pending[seq] || t.inHand(seq):
		return "waiting.count"
	}
	return "lost.count"
}

// inHand reports whether a worker has a message in the end that it has not finished.
func (t *twin) inHand(seq uint64) bool {
	return slices.ContainsFunc(t.workers.tries, func(d *try) bool { return d.seq == seq && d.ended == never && d.closed >= t.window[1] })
}

func (t *twin) messages(m map[string]float64) {
	all := t.follow()
	var store, queue, response, service []int64
	n := map[string]float64{}
	for seq, one := range all {
		if !one.seen {
			continue
		}
		n["stored.count"]++
		n[t.fate(seq, one)]++
		t.duplicates(n, one)
		counted := one.due
		if counted == never {
			counted = one.server
		}
		if counted == never || counted < t.window[0] {
			continue
		}
		if one.due != never && one.heard != never {
			store = append(store, max(one.heard-one.due, 0))
		}
		if one.server != never && one.begun != never {
			queue = append(queue, max(one.begun-one.server, 0))
		}
		if answered := min(one.double, one.acked); one.due != never && answered != never {
			response = append(response, max(answered-one.due, 0))
		}
	}
	for _, d := range t.begun() {
		if d.begun >= t.window[0] && d.ended != never && d.ended == d.closed {
			service = append(service, d.ended-d.begun)
		}
	}
	for _, name := range fates {
		if len(all) > 0 {
			m[name] = n[name]
		}
	}
	if len(t.begun()) > 0 {
		m["duplicate.count"], m["duplicate.concurrent"] = n["duplicate.count"], n["duplicate.concurrent"]
	}
	t.latency(m, "store", store)
	t.latency(m, "queue", queue)
	t.latency(m, "response", response)
	t.latency(m, "service", service)
}

func (t *twin) duplicates(n map[string]float64, one *message) {
	late := slices.DeleteFunc(slices.Clone(one.oks), func(d *try) bool { return d.ended < t.window[0] })
	if len(one.oks) < 2 || len(late) == 0 {
		return
	}
	n["duplicate.count"]++
	for i, a := range one.oks {
		if slices.ContainsFunc(one.oks[i+1:], func(b *try) bool { return overlap(a, b, t.window[0], t.window[1]) > 0 }) {
			n["duplicate.concurrent"]++
			return
		}
	}
}

// follow collects what the history says of each message.
func (t *twin) follow() map[uint64]*message {
	all := map[uint64]*message{}
	of := func(seq uint64) *message {
		if all[seq] == nil {
			all[seq] = &message{due: never, server: never, heard: never, begun: never, acked: never, double: never}
		}
		return all[seq]
	}
	type operation struct {
		actor string
		op    uint64
	}
	dues, confirms := map[operation]int64{}, map[string]bool{}
	for _, e := range t.events {
		if e.Kind == history.Acked {
			confirms[e.Actor] = true
		}
	}
	for _, e := range t.events {
		switch e.Kind {
		case history.Publish:
			dues[operation{e.Actor, e.Op}] = e.Due
		case history.Persisted, history.Stored:
			one := of(e.Seq)
			one.seen, one.server = true, min(one.server, e.At)
			if due, ok := dues[operation{e.Actor, e.Op}]; ok && one.due == never {
				one.due = due
			}
			if e.Kind == history.Stored {
				one.heard = min(one.heard, e.At)
			}
		case history.Ack:
			if !confirms[e.Actor] {
				of(e.Seq).acked = min(of(e.Seq).acked, e.At)
			}
		case history.Acked:
			of(e.Seq).double = min(of(e.Seq).double, e.At)
		case history.Term:
			of(e.Seq).termed = true
		case history.MaxDeliveries:
			of(e.Seq).up = true
		}
	}
	for _, d := range t.workers.tries {
		one := of(d.seq)
		one.seen, one.begun = true, min(one.begun, d.begun)
		switch d.outcome {
		case history.OK:
			one.oks = append(one.oks, d)
		case history.Termed:
			one.termed = true
		}
	}
	return all
}
