package report

import (
	"fmt"
	"strings"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
)

// Story tells the run in one or two plain sentences made of its findings: what broke and what came of it, then what
// else stood out. A run in which nothing did is told by its rate and latency.
func Story(r *results.Record) string {
	s := teller{r: r, f: &r.Findings}
	first := s.fault()
	var rest []string
	for _, clause := range []string{s.moreFaults(), s.otherRedeliveries(), s.gap(), s.overlaps(), s.stale(), s.sameMessage(),
		s.cliffs(), s.gone(), s.unfinished(), s.loss(), s.undrained(), s.excused()} {
		if clause != "" {
			rest = append(rest, clause)
		}
	}
	if len(first)+len(rest) == 0 {
		first = s.steady()
	}
	var out []string
	if !r.Complete {
		out = append(out, "The run is incomplete: it tells only what was recorded before it was cut short.")
	}
	for _, clauses := range [][]string{first, rest} {
		if len(clauses) > 0 {
			out = append(out, s.sentence(clauses))
		}
	}
	return strings.Join(out, " ")
}

// sentence joins clauses and begins with a capital, unless a name stands there: names keep their spelling.
func (s teller) sentence(clauses []string) string {
	text := strings.Join(clauses, "; ") + "."
	for _, f := range s.f.Faults {
		if strings.HasPrefix(text, f.Target+" ") {
			return text
		}
	}
	for _, l := range s.f.Lanes {
		if strings.HasPrefix(text, l.Worker+" ") {
			return text
		}
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// teller makes clauses out of findings; a clause about nothing is empty.
type teller struct {
	r *results.Record
	f *measure.Findings
}

// at is a metric as a whole number, 0 where it is absent.
func (s teller) at(name string) int { return int(s.r.Metrics[name]) }

func (s teller) seconds(name string) string { return quantity(s.r.Metrics[name], "s") }

// fault tells the first fault, the idle time, the takeover and the redeliveries that came of it.
func (s teller) fault() []string {
	if len(s.f.Faults) == 0 {
		return s.add(nil, s.redeliveries(func(measure.Redelivery) bool { return true }))
	}
	f := s.f.Faults[0]
	clauses := []string{deed(f) + inHand(f) + pinsOf(f, s.f)}
	t := s.takeover(f.ID)
	if t != nil && several(s.f) {
		clauses = append(clauses, tookOverPins(s.takeovers(f)))
	} else if t != nil {
		clauses = s.add(clauses, s.idle(measure.Span{From: f.From, To: t.BeginAt}))
		clauses = append(clauses, tookOver(t, len(clauses) > 1))
	} else if idle := f.Idle; idle.To-idle.From >= gapTold {
		clauses = append(clauses, "nobody worked for "+duration(idle.To-idle.From))
	} else if f.Holder && stopsWork(f.Do) {
		clauses = append(clauses, "nobody took over")
	}
	root := fmt.Sprintf("fault %d", f.ID)
	return s.add(clauses, s.redeliveries(func(d measure.Redelivery) bool { return d.Root == root }))
}

func (s teller) add(clauses []string, clause string) []string {
	if clause == "" {
		return clauses
	}
	return append(clauses, clause)
}

func (s teller) takeover(fault int32) *measure.Takeover {
	for i := range s.f.Takeovers {
		if s.f.Takeovers[i].FaultID == fault {
			return &s.f.Takeovers[i]
		}
	}
	return nil
}

// longestGap is the longest gap of a consumer (0: of any) that touches the span and in which work could have been done, in
// nanoseconds.
func longestGap(gaps []measure.Gap, within measure.Span, shard int32) int64 {
	var longest int64
	for _, g := range gaps {
		if !g.Locked && (shard == 0 || g.Shard == shard) && g.From < within.To && within.From < g.To {
			longest = max(longest, g.To-g.From)
		}
	}
	return longest
}

func (s teller) idle(within measure.Span) string {
	longest := longestGap(s.f.Gaps, within, 0)
	if longest == 0 {
		return ""
	}
	return "nobody worked for " + duration(longest)
}

// tookOver leaves the time out where the clause before it has just told how long nobody worked.
func tookOver(t *measure.Takeover, told bool) string {
	clause := t.To + " took over"
	if t.From == t.To {
		clause = t.To + " itself went on"
	}
	if !told {
		clause += " " + duration(t.FromFault) + " later"
	}
	return clause
}

// reasons are the mechanisms of redelivery in words.
var reasons = []struct{ mechanism, words string }{
	{"ack_wait", "after the ack wait"},
	{"nak", "after a nak"},
	{"no_interest", "because whoever had asked was gone"},
	{"server", "after the server lost its state"},
	{"unknown", "for a reason that the history does not show"},
}

// redeliveries tells how many messages came again, by mechanism.
func (s teller) redeliveries(want func(measure.Redelivery) bool) string {
	messages := map[string]map[uint64]bool{}
	for _, d := range s.f.Redeliveries {
		if !want(d) {
			continue
		}
		if messages[d.Mechanism] == nil {
			messages[d.Mechanism] = map[uint64]bool{}
		}
		messages[d.Mechanism][d.Seq] = true
	}
	var parts []string
	for _, reason := range reasons {
		n := len(messages[reason.mechanism])
		switch {
		case n == 0:
		case len(parts) == 0:
			parts = append(parts, plural(n, "message")+" came again "+reason.words)
		default:
			parts = append(parts, count(int64(n))+" "+reason.words)
		}
	}
	return list(parts)
}

// otherRedeliveries counts those that the first fault did not cause.
func (s teller) otherRedeliveries() string {
	if len(s.f.Faults) == 0 {
		return "" // told already
	}
	root := fmt.Sprintf("fault %d", s.f.Faults[0].ID)
	other := s.redeliveries(func(d measure.Redelivery) bool { return d.Root != root })
	if other == "" {
		return ""
	}
	return "apart from that fault, " + other
}

// gapTold is the shortest time without work that is worth telling.
const gapTold = 1_000_000_000

// gap tells the longest time without work, unless it belongs to the takeover that has been told.
func (s teller) gap() string {
	var longest measure.Gap
	for _, g := range s.f.Gaps {
		if !g.Locked && g.To-g.From > longest.To-longest.From {
			longest = g
		}
	}
	if longest.To-longest.From < gapTold {
		return ""
	}
	if len(s.f.Faults) > 0 {
		f := s.f.Faults[0]
		if t := s.takeover(f.ID); t != nil && longest.From < t.BeginAt && f.From < longest.To {
			return ""
		}
		if f.Idle.From <= longest.From && longest.To <= f.Idle.To {
			return ""
		}
	}
	if several(s.f) {
		return fmt.Sprintf("messages waited while nobody worked at their consumer, for %s at the longest",
			duration(longest.To-longest.From))
	}
	return "messages waited while nobody worked, for " + duration(longest.To-longest.From) + " at the longest"
}

// moreFaults sums up all faults but the first.
func (s teller) moreFaults() string {
	if len(s.f.Faults) < 2 {
		return ""
	}
	clause := plural(len(s.f.Faults)-1, "more fault") + " followed"
	if len(s.f.Takeovers) > 1 {
		clause += fmt.Sprintf(", and of %s the longest took %s", plural(len(s.f.Takeovers), "takeover"), s.seconds("takeover.fault.max"))
	}
	return clause
}

// overlaps tells a single overlap by its workers, several by their number.
func (s teller) overlaps() string {
	if len(s.f.Overlaps) == 0 {
		if moved := s.handovers(); len(s.f.Faults) == 0 && moved > 0 {
			return fmt.Sprintf("%s changed hands %s without any fault and without overlap", s.pins(), times(moved))
		}
		return ""
	}
	if len(s.f.Overlaps) > 1 {
		clause := fmt.Sprintf("workers under two different pins worked at once %s, for %s at the longest and %s in all",
			times(len(s.f.Overlaps)), s.seconds("overlap.max"), s.seconds("overlap.total"))
		if len(s.f.Faults) == 0 {
			clause += ", without any fault"
		}
		return clause
	}
	o := s.f.Overlaps[0]
	clause := fmt.Sprintf("%s and %s worked at once for %s", o.Old, o.New, duration(o.Time))
	if o.Frozen > 0 {
		clause += fmt.Sprintf(", %s of it frozen", duration(o.Frozen))
	}
	if o.Cause == "expiry" {
		clause += ", because the pin of " + o.Old + " had run out"
	}
	return clause
}

// pins is the pin, or are those of several consumers.
func (s teller) pins() string {
	if several(s.f) {
		return "pins"
	}
	return "the pin"
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return count(int64(n)) + " times"
}

func (s teller) stale() string {
	n := s.at("stale.messages")
	if n == 0 {
		return ""
	}
	return plural(n, "message") + " of an older pin went on after the pin had moved"
}

func (s teller) sameMessage() string {
	n := s.at("overlap.same_message")
	if n == 0 {
		return ""
	}
	return "one message was in service on two workers " + times(n)
}

// cliffs tells whether the limit throttled the work or stalled it.
func (s teller) cliffs() string {
	if len(s.f.Cliffs) == 0 {
		return ""
	}
	var total, stalled int64
	for _, c := range s.f.Cliffs {
		total, stalled = total+c.To-c.From, stalled+c.Stalled
	}
	clause := fmt.Sprintf("ack pending stood at its limit of %s for %s", count(s.f.Limit), duration(total))
	if several(s.f) {
		clause = fmt.Sprintf("ack pending of single consumers stood at the limit of %s for %s, all added up",
			count(s.f.Limit), duration(total))
	}
	if n := len(s.f.Cliffs); n > 1 {
		clause += fmt.Sprintf(" in %s stretches", count(int64(n)))
	}
	if stalled == 0 {
		return clause + ", which throttled delivery to the pace of the acks"
	}
	return clause + fmt.Sprintf(", and in %s of that new messages came 100 ms apart or more", duration(stalled))
}

// undrained tells why work was left at the end.
func (s teller) undrained() string {
	for _, p := range s.f.Phases {
		switch cause := p.Ended(); {
		case cause == history.CauseRefused:
			return "nothing ran: the server refused the configuration"
		case cause == history.CauseIdle:
			return "there are no workers"
		case cause != "" && cause != history.CauseDrained && p.Reason != "" && len(s.f.Gone) == 0:
			return "the backlog was not worked off: " + p.Reason
		}
	}
	return ""
}

// steady tells a run in which nothing went wrong that a history can show. The count is of the whole run, the rate and the
// latency are of disturb, and the sentence says so.
func (s teller) steady() []string {
	clause := fmt.Sprintf("without a fault %s handled %s", plural(len(s.f.Lanes), "worker"), plural(s.at("handled.count"), "message"))
	if v, ok := s.r.Metrics["handled.rate"]; ok {
		clause += ", " + quantity(v, "/s") + " in disturb"
	}
	clauses := []string{clause}
	if v, ok := s.r.Metrics["latency.response.p99"]; ok {
		clauses = append(clauses, "of those due in disturb 99 % were acked within "+quantity(v, "s"))
	}
	return clauses
}
