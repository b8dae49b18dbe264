package measure

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pindrop/results/history"
)

// missingShare is the part of the messages or deliveries below which what is missing explains nothing.
const missingShare = 0.01

// diagnose says in one line what to fix first. A cause is looked for in the order in which one hides another: missing
// acks fill any limit, slow workers and work done twice do as well, a dead holder does for a while, and only then is the
// limit to blame. Of a run that was no experiment nothing is said.
func (b *books) diagnose(f *Findings) Diagnosis {
	for _, p := range f.Premises {
		if !p.OK {
			return Diagnosis{"none", fmt.Sprintf("No diagnosis: the premise that %s is broken (%s).", clause(p.Name), p.Got)}
		}
	}
	casualties := b.casualties(f)
	for _, look := range []func(*books, *Findings) (Diagnosis, bool){
		(*books).missingAcks, (*books).slowWorkers, (*books).workTwice, (*books).slowTakeover, (*books).stuckSlots,
		(*books).smallLimit, (*books).overlapping,
	} {
		if d, found := b.lookAtEach(look, f); found {
			if casualties != "" {
				d.Text += " Besides, " + casualties + "."
			}
			return d
		}
	}
	if d, found := b.serversAway(f); found {
		if casualties != "" {
			d.Text += " Besides, " + casualties + "."
		}
		return d
	}
	if casualties != "" {
		return Diagnosis{"casualties", "Not every message was handled: " + casualties + ". " + b.summary(f)}
	}
	return Diagnosis{"none", "No limit held the work up: " + b.summary(f)}
}

// clause makes the name of a premise part of a sentence.
func clause(premise string) string {
	if premise == PremiseDrained {
		return "all work was drained"
	}
	return premise
}

// casualties are the messages that came to no good end, in words; "" if there are none worth a word. What workers
// terminate on purpose is worth one only where it is much.
func (b *books) casualties(f *Findings) string {
	var parts []string
	all := f.Metrics["stored.count"]
	for _, c := range []struct {
		metric, words string
		least         float64
	}{
		{"lost.count", "lost", 0}, {"publish.refused", "refused when they were published", 0},
		{"given_up.count", "given up after too many deliveries", 0},
		{"removed.count", "removed by the stream before they were handled", 0},
		{"terminated.count", "terminated by a worker", missingShare * all},
	} {
		if n := f.Metrics[c.metric]; n > c.least {
			parts = append(parts, strconv.FormatFloat(n, 'f', -1, 64)+" "+c.words)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "of the messages " + strings.Join(parts, ", ")
}

// summary says how it went where nothing else is to be said.
func (b *books) summary(f *Findings) string {
	text := f.text("handled.count") + " messages handled"
	if len(b.services) > 0 && b.disturb.length() > 0 {
		text += ", the workers' handlers in service " + percent(b.capacity(f).busy) + " of the time"
	}
	if _, ok := f.Metrics["ack_pending.max"]; ok {
		text += ", ack pending at most " + f.text("ack_pending.max")
		switch {
		case f.Limit > 0:
			text += b.ofOne() + " of a limit of " + strconv.FormatInt(f.Limit, 10)
		case f.Limit < 0:
			text += b.ofOne() + " without a limit"
		}
	}
	return text + "."
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
		answered := d.acked != never || d.naked != never || d.outcome.is(history.Termed)
		if d.outcome.is(history.Ignored) || !answered && m.pending {
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

// standstillTold is the shortest time without work, or without a publish that is acknowledged, of which servers are blamed.
const standstillTold = 1e9

// serversAway: no setting held the work up, and it stood still after a fault of servers.
func (b *books) serversAway(f *Findings) (Diagnosis, bool) {
	longest := Fault{}
	for _, x := range f.Faults {
		if x.Idle.length() > longest.Idle.length() {
			longest = x
		}
	}
	var parts []string
	if longest.Idle.length() >= standstillTold {
		parts = append(parts, fmt.Sprintf("nobody worked for %s after fault %d (%s %s)",
			seconds(longest.Idle.length()), longest.ID, longest.Do, longest.Target))
	}
	if out := f.Metrics["publish.outage.max"]; out >= standstillTold/1e9 && slices.ContainsFunc(f.Faults, func(x Fault) bool { return hitsServer(x.Do) }) {
		parts = append(parts, "no publish was acknowledged for "+f.time("publish.outage.max"))
	}
	if len(parts) == 0 {
		return Diagnosis{}, false
	}
	return Diagnosis{"servers", "The servers were away: " + strings.Join(parts, ", and ") + ", at the longest. No limit held the work up. " + b.summary(f)}, true
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
