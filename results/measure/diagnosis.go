package measure

import (
	"fmt"
	"math"
	"strconv"

	"pindrop/results/history"
)

const (
	busyFull     = 0.9  // a share of time in service above which workers have nothing to spare
	missingShare = 0.01 // of the messages delivered: acks missing beyond it explain a stall
)

// diagnose says in one line what to fix first. A cause is looked for in the order in which one hides another: missing
// acks fill any limit, slow workers do as well, a dead holder does for a while, and only then is the limit to blame.
func (b *books) diagnose(f *Findings) Diagnosis {
	for _, look := range []func(*Findings) (Diagnosis, bool){
		b.missingAcks, b.slowWorkers, b.slowTakeover, b.smallLimit, b.overlapping,
	} {
		if d, found := look(f); found {
			return d
		}
	}
	return Diagnosis{"none", fmt.Sprintf(
		"Nothing to fix: %s messages handled, the workers in service %s of the time, ack pending at most %s of %s.",
		f.text("handled.count"), percent(b.utilisation(f)), f.text("ack_pending.max"), limitText(f.Limit))}
}

// utilisation is the share of disturb in which those who are meant to work did: the workers' mean, or, where a pin lets
// only one work at a time, the time in which anybody did.
func (b *books) utilisation(f *Findings) float64 {
	if b.policy != policyPinned || b.disturb.length() <= 0 {
		return f.Metrics["busy.mean"]
	}
	busy, _ := extent(during(b.disturb, func(v []int64) bool { return v[0] > 0 }, b.serving))
	return float64(busy) / float64(b.disturb.length())
}

// missingAcks: handlers that ended without any answer hold their slots until the ack wait.
func (b *books) missingAcks(f *Findings) (Diagnosis, bool) {
	if !b.wired || b.consumer.AckPolicy == ackNone || b.consumer.AckPolicy == ackAll {
		return Diagnosis{}, false
	}
	missing, ended := 0, 0
	for i := range b.deliveries {
		d := &b.deliveries[i]
		if d.ended == never || d.ended != d.closed || d.ended < b.window.From {
			continue
		}
		ended++
		m := &b.messages[d.message]
		answered := d.acked != never || d.naked != never || d.outcome == history.Termed
		if d.outcome == history.Ignored || !answered && m.pending {
			missing++
		}
	}
	hurts := f.Metrics["cliff.total"]+f.Metrics["cliff.danger"]+f.Metrics["gap.locked"] > 0 || len(f.Redeliveries) > 0
	if missing == 0 || float64(missing) < missingShare*float64(ended) || !hurts {
		return Diagnosis{}, false
	}
	return Diagnosis{"acks", fmt.Sprintf(
		"Acks are missing: %d of %d deliveries ended without an answer to the server and hold their place in ack pending "+
			"until the ack wait (%s).",
		missing, ended, seconds(b.consumer.wait(1)))}, true
}

// slowWorkers: more comes in than the workers could handle if they did nothing else.
func (b *books) slowWorkers(f *Findings) (Diagnosis, bool) {
	offered, handled, busy := f.Metrics["published.rate"], f.Metrics["handled.rate"], b.utilisation(f)
	if busy < busyFull || offered <= handled/busy {
		return Diagnosis{}, false
	}
	remedy := "more or faster workers do"
	if b.policy == policyPinned {
		remedy = "only a faster handler does, since a pin lets one worker at a time work"
	}
	return Diagnosis{"slow", fmt.Sprintf(
		"The workers are too slow: %s/s came in, they can handle %s/s (%s/s handled, in service %s of the time). "+
			"No limit helps; "+remedy+".",
		short(offered), short(handled/busy), short(handled), percent(busy))}, true
}

// slowTakeover: most of the time without work, or at the limit, passed while nobody had taken over.
func (b *books) slowTakeover(f *Findings) (Diagnosis, bool) {
	var waits, idle []Span
	longest := Takeover{}
	for _, t := range f.Takeovers {
		waits = append(waits, Span{t.FaultAt, t.BeginAt})
		if t.FromFault >= longest.FromFault {
			longest = t
		}
	}
	for _, g := range f.Gaps {
		idle = append(idle, g.Span)
	}
	for _, c := range f.Cliffs {
		idle = append(idle, c.Span)
	}
	idle = union(idle)
	all, _ := extent(idle)
	waited, _ := extent(intersect(idle, union(waits)))
	if waited == 0 || 2*waited < all {
		return Diagnosis{}, false
	}
	return Diagnosis{"takeover", fmt.Sprintf(
		"Takeovers dominate: %s of the %s without work or at the limit passed before another worker took over; "+
			"the longest took %s (from %s to %s, fault %d).",
		seconds(waited), seconds(all), seconds(longest.FromFault), longest.From, longest.To, longest.FaultID)}, true
}

// smallLimit: ack pending stood at the limit although the workers could hold and handle more.
func (b *books) smallLimit(f *Findings) (Diagnosis, bool) {
	hold := int64(0)
	for _, w := range b.workers {
		hold += int64(w.batch)
	}
	total, busy := f.Metrics["cliff.total"], b.utilisation(f)
	if total == 0 || busy >= 1 || hold > 0 && hold <= f.Limit {
		return Diagnosis{}, false
	}
	holdText := "more"
	if hold > 0 {
		holdText = strconv.FormatInt(hold, 10)
	}
	return Diagnosis{"limit", fmt.Sprintf(
		"The limit is too small: ack pending stood at %s for %s while new messages waited (stalled for %s); "+
			"the workers could hold %s and were in service %s of the time.",
		limitText(f.Limit), f.time("cliff.total"), f.time("cliff.stall.total"), holdText, percent(busy))}, true
}

// overlapping: work went on, but under two pins.
func (b *books) overlapping(f *Findings) (Diagnosis, bool) {
	if len(f.Overlaps) == 0 {
		return Diagnosis{}, false
	}
	longest := f.Overlaps[0]
	for _, o := range f.Overlaps {
		if o.Time > longest.Time {
			longest = o
		}
	}
	if len(f.Overlaps) == 1 {
		return Diagnosis{"overlap", fmt.Sprintf(
			"The pin moved while its old holder worked on: %s and %s worked at once for %s (cause: %s).",
			longest.Old, longest.New, seconds(longest.Time), longest.Cause)}, true
	}
	return Diagnosis{"overlap", fmt.Sprintf(
		"The pin moved while its old holder worked on: %d overlaps, %s in all, the longest %s (%s and %s, cause: %s).",
		len(f.Overlaps), f.time("overlap.total"), seconds(longest.Time), longest.Old, longest.New, longest.Cause)}, true
}

// time is a metric of time as people read it.
func (f *Findings) time(name string) string { return seconds(int64(math.Round(f.Metrics[name] * 1e9))) }

// text is a metric as people read it, "no" where it does not apply.
func (f *Findings) text(name string) string {
	v, ok := f.Metrics[name]
	if !ok {
		return "no"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func short(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

func limitText(limit int64) string {
	if limit <= 0 {
		return "no limit"
	}
	return "a limit of " + strconv.FormatInt(limit, 10)
}
