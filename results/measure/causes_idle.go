package measure

import (
	"fmt"
	"slices"
	"strings"

	"pindrop/results/history"
)

// removal is the time for which a consumer was gone.
type removal struct {
	Span
	asked int64 // when a worker had last sent it anything; never
}

// observeState takes in what the server tells of the consumer as a whole.
func (b *books) observeState(e *history.Event) {
	if n := len(b.pauses); n > 0 {
		b.pauses[n-1].To = min(b.pauses[n-1].To, e.At)
	}
	switch e.Kind {
	case history.Paused:
		until := b.whole.To
		if e.Stamp > e.At {
			until = min(until, e.Stamp)
		}
		b.pauses = append(b.pauses, Span{e.At, until})
	case history.Deleted:
		b.removals = append(b.removals, removal{Span{e.At, b.whole.To}, b.asked})
	}
}

// withoutConsumer reports whether a consumer was missing in the end.
func (b *books) withoutConsumer() bool {
	return slices.ContainsFunc(b.consumers(), func(c *books) bool {
		n := len(c.removals)
		return n > 0 && c.removals[n-1].To == b.whole.To
	})
}

// removed: the server removed the consumer, because nobody used it or because somebody asked for that.
func (b *books) removed(_ *Findings, t *trouble) (Cause, bool) {
	if len(b.removals) == 0 {
		return Cause{}, false
	}
	var spans []Span
	for _, r := range b.removals {
		spans = append(spans, r.Span)
	}
	_, total, _ := t.claim(spans)
	first := b.removals[0]
	why := "by a request: its settings do not explain it"
	if limit := b.consumer.InactiveThreshold; limit > 0 && (first.asked == never || first.From-first.asked >= limit) {
		why = fmt.Sprintf("since no worker had used it for %s, its inactive_threshold; one that is longer than the longest "+
			"time without any worker prevents that", seconds(limit))
	}
	left := ""
	if n := b.queued.value(first.To - 1); n > 0 {
		left = fmt.Sprintf(" %d new messages were left in the stream.", n)
	}
	return newCause(CauseRemoved, total, "The consumer was removed at %s, %s.%s", seconds(first.From), why, left)
}

// paused: the consumer was told to deliver nothing.
func (b *books) paused(f *Findings, t *trouble) (Cause, bool) {
	spans := b.pauses
	if len(spans) == 0 { // nobody wrote the server's word down
		for i := range b.faults {
			if b.faults[i].Do == doPause {
				spans = append(spans, b.faults[i].Span)
			}
		}
	}
	claimed, total, _ := t.claim(union(slices.Clone(spans)))
	if total == 0 {
		return Cause{}, false
	}
	return newCause(CausePaused, total, "The consumer was paused, from %s to %s: for %s of that messages waited and nobody worked.%s",
		seconds(spans[0].From), seconds(spans[len(spans)-1].To), seconds(total), b.ledAgain(longestOf(claimed), " Meanwhile a"))
}

// longestOf is the longest of some spans, the first of equals.
func longestOf(spans []Span) Span {
	longest := Span{}
	for _, s := range spans {
		if s.length() > longest.length() {
			longest = s
		}
	}
	return longest
}

// ledAgain says how soon a leader was there after the first fault of servers in a span, or just before it; "" where no leader's
// election was written down.
func (b *books) ledAgain(s Span, begin string) string {
	for i := range b.faults {
		x := &b.faults[i]
		if !hitsServer(x.Do) || x.From < s.From-standstillTold || x.From >= s.To {
			continue
		}
		if at, ok := b.leaderFrom(x.From); ok {
			return fmt.Sprintf("%s new leader was there %s after fault %d (%s).", begin, seconds(at-x.From), x.ID, strings.TrimSpace(x.Do+" "+x.Target))
		}
	}
	return ""
}

// leaderFrom is when the first leader from an instant on was elected.
func (b *books) leaderFrom(at int64) (int64, bool) {
	i, _ := slices.BinarySearch(b.leaders, at)
	if i == len(b.leaders) {
		return never, false
	}
	return b.leaders[i], true
}

// absentShare is the part of disturb below which short absences of all workers are not told.
const absentShare = 0.01

// absent: there was no worker that could have worked.
func (b *books) absent(_ *Findings, t *trouble) (Cause, bool) {
	if len(b.workers) == 0 {
		return Cause{}, false
	}
	all := []Span{b.whole}
	var names []string
	for _, w := range b.workers {
		away := w.absences()
		if w.started > b.whole.From {
			away = union(append(away, Span{b.whole.From, w.started}))
		}
		all = intersect(all, away)
		names = append(names, w.name)
	}
	_, total, longest := t.claim(all)
	if longest < standstillTold && total <= int64(absentShare*float64(b.disturb.length())) {
		return Cause{}, false
	}
	slices.SortFunc(names, history.CompareActors)
	who := "No worker was there"
	if len(names) == 1 {
		who = names[0] + ", the only worker, was not there"
	}
	return newCause(CauseAbsent, total, "%s (down, frozen or cut off) while messages waited, for %s%s.",
		who, seconds(longest), b.others(total, longest))
}

const (
	silentTimes = 3     // the usual time between samples: after that the server is taken not to have answered
	silentMin   = 500e6 // and not before that
	samplesMin  = 3     // fewer samples say nothing of when there was no answer
)

// silent are the times in which nobody answered the questions for the consumer's state; everything from the start of disturb
// to the first sample, or between two samples, where that is long.
func (b *books) silent() []Span {
	if len(b.samples) < samplesMin {
		return nil
	}
	far := max(silentTimes*b.sampleEvery(), silentMin)
	var spans []Span
	last := b.window.From
	for _, sample := range b.samples {
		if s := (Span{last, sample.told}); s.length() > far {
			spans = append(spans, s)
		}
		last = sample.told
	}
	return spans
}

// away are the times in which servers were away: nobody answered the questions for the consumer's state, or no publish was
// acknowledged and nothing waited for the workers, or nobody knows whether anything did.
func (b *books) away() []Span {
	silent, outages := b.silent(), b.outages(false)
	nothing := during(b.whole, func(v []int64) bool { return v[0] == 0 }, b.queued)
	if len(b.samples) < samplesMin {
		nothing = []Span{b.whole}
	}
	return union(append(intersect(outages, nothing), silent...))
}

// sampleEvery is the usual time between samples.
func (b *books) sampleEvery() int64 {
	var apart []int64
	for i := 1; i < len(b.samples); i++ {
		apart = append(apart, b.samples[i].told-b.samples[i-1].told)
	}
	if len(apart) == 0 {
		return 0
	}
	slices.Sort(apart)
	return apart[len(apart)/2]
}

// standstillTold is the shortest time without work, or without a publish that is acknowledged, that is told.
const standstillTold = 1e9

// serversAway: after a fault of servers nobody answered, neither those who asked for the consumer's state nor publishers.
func (b *books) serversAway(f *Findings, t *trouble) (Cause, bool) {
	first := slices.IndexFunc(b.faults, func(x fault) bool { return hitsServer(x.Do) && x.From >= b.window.From })
	if first < 0 {
		return Cause{}, false
	}
	after := []Span{{b.faults[first].From, b.whole.To}}
	claimed, total, longest := t.claim(intersect(after, b.away()))
	_, out := extent(b.outages(false))
	worst := longestOf(claimed)
	if longest < standstillTold && out < standstillTold {
		return Cause{}, false
	}
	var parts []string
	if longest >= standstillTold {
		parts = append(parts, fmt.Sprintf("nobody worked for %s%s", seconds(longest), b.faultBefore(worst)))
	}
	if out >= standstillTold {
		parts = append(parts, "no publish was acknowledged for "+seconds(out))
	}
	return newCause(CauseServers, max(total, out), "The servers were away: %s, at the longest.%s", strings.Join(parts, ", and "), b.ledAgain(worst, " A"))
}

// faultBefore names the last fault of servers before the end of a span.
func (b *books) faultBefore(s Span) string {
	name := ""
	for k := range b.faults {
		if x := &b.faults[k]; hitsServer(x.Do) && x.From < s.To {
			name = fmt.Sprintf(" after fault %d (%s)", x.ID, strings.TrimSpace(x.Do+" "+x.Target))
		}
	}
	return name
}

// noPull: workers were there, and none of their pulls was at the server, as its samples say.
func (b *books) noPull(_ *Findings, t *trouble) (Cause, bool) {
	claimed, total, longest := t.claim(b.unasked())
	if longest < standstillTold {
		return Cause{}, false
	}
	s := longestOf(claimed)
	most := int64(0)
	for _, u := range b.unsent() {
		if s.holds(u.at) {
			most = max(most, u.v)
		}
	}
	why := " A client whose pull was lost asks again once it misses heartbeats, or once the pull has run out: a shorter expires shortens that."
	return newCause(CauseNoPull, total,
		"No worker asked for messages for %s%s: from %s to %s the server had no pull waiting, and up to %d messages.%s%s",
		seconds(longest), b.others(total, longest), seconds(s.From), seconds(s.To), most, b.ledAgain(s, " A"), why)
}

// others tells the total where there was more than the longest.
func (b *books) others(total, longest int64) string {
	if total-longest < standstillTold {
		return ""
	}
	return fmt.Sprintf(" at the longest and %s in all", seconds(total))
}

// unasked are the times between two samples without a waiting pull in which none left a worker either, up to the first one
// that does.
func (b *books) unasked() []Span {
	far := max(silentTimes*b.sampleEvery(), silentMin)
	var spans []Span
	for i, p := range b.parked {
		if p.v > 0 || i+1 == len(b.parked) || b.parked[i+1].at-p.at > far {
			continue
		}
		s := Span{p.at, b.parked[i+1].at}
		if k, _ := slices.BinarySearch(b.pulls, s.From+1); k < len(b.pulls) {
			s.To = min(s.To, b.pulls[k])
		}
		spans = join(spans, s, 0)
	}
	return spans
}

// slowNetwork: what nobody worked on was on links that a fault had made slow.
func (b *books) slowNetwork(_ *Findings, t *trouble) (Cause, bool) {
	var slow []Span
	for i := range b.faults {
		if x := &b.faults[i]; x.Slower > 0 {
			slow = append(slow, x.Span)
		}
	}
	_, total, longest := t.claim(union(slow))
	if longest < standstillTold {
		return Cause{}, false
	}
	x := b.faults[slices.IndexFunc(b.faults, func(x fault) bool { return x.Slower > 0 })]
	return newCause(CauseNetwork, total, "The network was slow: nobody worked for %s%s while everything from and to %s took %s longer, each way (fault %d).",
		seconds(longest), b.others(total, longest), x.Target, seconds(x.Slower), x.ID)
}

// unexplained: nobody worked for long, and nothing in the history says why.
func (b *books) unexplained(_ *Findings, t *trouble) (Cause, bool) {
	claimed, total, longest := t.claim(longer(t.idle, standstillTold))
	if total == 0 {
		return Cause{}, false
	}
	s := longestOf(claimed)
	return newCause(CauseUnexplained, total, "Nobody worked for %s%s%s, and the history does not show why: from %s to %s.",
		seconds(longest), b.others(total, longest), b.faultBefore(s), seconds(s.From), seconds(s.To))
}

// fullStream: the stream was full, and refused what was published.
func (b *books) fullStream() (Cause, bool) {
	n := 0
	for i := range b.published {
		if b.published[i].full {
			n++
		}
	}
	if n == 0 {
		return Cause{}, false
	}
	total, longest := extent(b.outages(true))
	return newCause(CauseFull, total, "The stream was full: it refused %d publishes, for %s at the longest.", n, seconds(longest))
}

// refusedFull are the server's words (ErrMaxMsgs, ErrMaxBytes and ErrMaxMsgsPerSubject in server/store.go) of a stream that
// is full and discards what is new.
var refusedFull = []string{"maximum messages exceeded", "maximum bytes exceeded", "maximum messages per subject exceeded"}
