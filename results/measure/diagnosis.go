package measure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"pindrop/results/history"
)

// missingShare is the part of the messages or deliveries below which what is missing explains nothing.
const missingShare = 0.01

// diagnose says what to fix first: the most costly of the causes that the history proves. Of a run that was no experiment
// nothing is said; that the work was not done in the end takes nothing from the causes.
func (b *books) diagnose(f *Findings) Diagnosis {
	undrained := ""
	for _, p := range f.Premises {
		switch {
		case p.OK:
		case p.Name == PremiseDrained:
			undrained = fmt.Sprintf("No diagnosis: the premise that %s is broken (%s).", clause(p.Name), p.Got)
		default:
			return Diagnosis{Cause: CauseNone, Text: fmt.Sprintf("No diagnosis: the premise that %s is broken (%s).", clause(p.Name), p.Got)}
		}
	}
	casualties := b.casualties(f)
	causes := b.causes(f)
	switch {
	case len(causes) > 0:
		d := Diagnosis{Cause: causes[0].ID, Text: tell(causes), Causes: causes}
		if casualties != "" {
			d.Text += " Besides, " + casualties + "."
		}
		return d
	case undrained != "":
		return Diagnosis{Cause: CauseNone, Text: undrained}
	case casualties != "":
		return Diagnosis{Cause: CauseCasualties, Text: "Not every message was handled: " + casualties + ". " + b.summary(f)}
	}
	return Diagnosis{Cause: CauseNone, Text: "No limit held the work up: " + b.summary(f)}
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
			text += b.ofOne() + " of a limit of " + strconv.FormatInt(f.Limit, 10) + touched(f)
		case f.Limit < 0:
			text += b.ofOne() + " without a limit"
		}
	}
	return text + "."
}

// touched says that the limit was reached, where that is no cause of anything.
func touched(f *Findings) string {
	if len(f.Cliffs) == 0 {
		return ""
	}
	times := "once"
	if n := len(f.Cliffs); n > 1 {
		times = fmt.Sprintf("%d times", n)
	}
	return fmt.Sprintf(", which was reached %s while messages waited, for %s in all, and cost nothing", times, f.time("cliff.total"))
}

// missingAcks: handlers that ended without any answer hold their slots until the ack wait.
func (b *books) missingAcks(f *Findings, t *trouble) (Cause, bool) {
	if !b.wired || b.consumer.AckPolicy == ackNone || b.consumer.AckPolicy == ackAll {
		return Cause{}, false
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
		return Cause{}, false
	}
	cost, _ := extent(t.limit)
	t.limit = nil
	locked, _ := extent(t.locked)
	return newCause(CauseAcks, cost+locked,
		"Acks are missing: %d of %d deliveries ended without an answer to the server and hold their place in ack pending "+
			"until the ack wait (%s).",
		missing, ended, seconds(b.consumer.wait(1)))
}

// slowTakeover: time without work, or at the limit, passed while nobody had taken over.
func (b *books) slowTakeover(f *Findings, t *trouble) (Cause, bool) {
	longest := Takeover{}
	for _, o := range f.Takeovers {
		if o.FromFault >= longest.FromFault {
			longest = o
		}
	}
	waits := union(handovers(f))
	waited, _ := extent(intersect(t.any(), waits))
	if waited == 0 || waited < standstillTold && 2*waited < t.all {
		return Cause{}, false
	}
	t.idle, t.limit = subtract(t.idle, waits), subtract(t.limit, waits)
	return newCause(CauseTakeover, waited,
		"Takeovers cost %s of the %s without work or at the limit; the longest took %s (from %s to %s, fault %d).",
		seconds(waited), seconds(t.all), seconds(longest.FromFault), longest.From, longest.To, longest.FaultID)
}

// overlapping: work went on, but under two pins.
func (b *books) overlapping(f *Findings, _ *trouble) (Cause, bool) {
	if len(f.Overlaps) == 0 {
		return Cause{}, false
	}
	longest, awake, frozen := f.Overlaps[0], int64(0), int64(0)
	for _, o := range f.Overlaps {
		awake, frozen = awake+o.Time-o.Frozen, frozen+o.Frozen
		if o.Time > longest.Time {
			longest = o
		}
	}
	still := ""
	if frozen > 0 {
		still = fmt.Sprintf(", one of them frozen for %s of that", seconds(frozen))
	}
	if len(f.Overlaps) == 1 {
		return newCause(CauseOverlap, awake,
			"The pin moved while its old holder worked on: %s and %s had messages in service at once for %s%s (cause: %s).",
			longest.Old, longest.New, seconds(longest.Time), still, longest.Cause)
	}
	return newCause(CauseOverlap, awake,
		"The pin moved while its old holder worked on: %d overlaps, %s in all%s, the longest %s (%s and %s, cause: %s).",
		len(f.Overlaps), f.time("overlap.total"), still, seconds(longest.Time), longest.Old, longest.New, longest.Cause)
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
