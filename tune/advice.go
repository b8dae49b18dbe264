package tune

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// headroom is how much more than the smallest limit is recommended: rate or handler time may grow by half before the
// limit begins to throttle.
const headroom = 1.5

// nice are the digits of limits that people like to read and to type.
var nice = []float64{1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9}

// question says what is to be asked before any limit: whether it is the limit at all that decides.
func (s *search) question() {
	var first *results.Probe
	all := slices.Concat(s.t.Free, s.t.Loose)
	for i := range all {
		if p := &all[i]; first == nil || len(p.Broken) > 0 && len(first.Broken) == 0 {
			first = p
		}
	}
	if len(first.Broken) > 0 {
		s.t.Verdict = results.TuningUnknown
		s.t.Reason = "Without a limit the scenario is no valid experiment: broken premise: " + strings.Join(first.Broken, "; ") + "."
		if came, done := first.Metrics["published.rate"], first.Metrics["handled.rate"]; first.Undrained {
			s.t.Reason += fmt.Sprintf(" In the fault phase %.4g/s came and %.4g/s were handled.", came, done)
		}
		return
	}
	calm := s.t.Free[0]
	switch {
	case calm.Diagnosis.Cause == measure.CauseAcks:
		s.t.Question = results.Question{Kind: "acks", Text: "First the handler: " + calm.Diagnosis.Text}
	case calm.Diagnosis.Cause == measure.CauseSlow:
		s.t.Question = results.Question{Kind: "workers", Text: "No limit helps, the workers are too slow: " + calm.Diagnosis.Text}
	case s.Own > s.t.Reach:
		s.t.Question = results.Question{Kind: "reach", Text: fmt.Sprintf(
			"The scenario's limit of %d never acts: without any limit there are never more than %d messages ack pending%s.", s.Own, s.t.Reach, s.atOne())}
	default:
		s.t.Question = results.Question{Kind: "limit", Text: fmt.Sprintf(
			"The limit decides: without one there are up to %d messages ack pending%s, and the workers keep up.", s.t.Reach, s.atOne())}
	}
}

// atOne says that ack pending is counted, and limited, at each consumer apart, where there are several.
func (s *search) atOne() string {
	if s.Consumers < 2 {
		return ""
	}
	return " at any one consumer"
}

// advise chooses the limit within the edges, tries it, and says why.
func (s *search) advise(ctx context.Context) error {
	low, high := s.t.Low.Limit, s.t.High.Limit
	base := low
	if s.t.Knee > low && s.t.Knee <= high {
		base = s.t.Knee
	}
	if s.t.High.Beyond == 0 { // no goal bounds it: the headroom may be more than acts today
		high = max(high, 2*base)
	}
	limit := choose(base, high)
	if err := s.assure(ctx, limit); err != nil {
		return err
	}
	if !s.at(limit).OK { // the range has a hole
		s.t.Why = append(s.t.Why, fmt.Sprintf("%d, half as much again as is needed, does not meet the goals, though the edges do.", limit))
		limit = base
		if err := s.assure(ctx, limit); err != nil {
			return err
		}
	}
	if !s.at(limit).OK {
		s.t.Verdict = results.TuningUnmet
		s.t.Reason = "The goals hold at both ends of a range of limits, but not within it: they ask for more than one limit can give."
		return nil
	}
	s.t.Verdict, s.t.Advised = results.TuningFound, limit
	s.explain(base)
	return nil
}

// assure settles a limit that may be recommended with more seeds than that takes: what is just enough to say that it holds
// says little about how often it does.
func (s *search) assure(ctx context.Context, limit int64) error {
	if err := s.try(ctx, min(2*lead, s.Study.Repeat), limit); err != nil {
		return err
	}
	return s.settle(ctx, limit, s.t.Goals)
}

// choose is a limit with headroom above base and below high, with few digits where there is such a one between them.
// Where high is too near for the headroom, the limit stands as far from one as from the other.
func choose(base, high int64) int64 {
	target := float64(base) * headroom
	if target > float64(high) {
		target = math.Sqrt(float64(base) * float64(high))
	}
	best, off := min(max(int64(math.Round(target)), base), high), math.Inf(1)
	for _, v := range RoundNumbers(base, high) {
		if d := math.Abs(math.Log(float64(v) / target)); v > base && v < high && d < off {
			best, off = v, d
		}
	}
	return best
}

// RoundNumbers are the limits that are recommended where there is a choice, from low to high, in order: neighbours are a
// tenth to a quarter apart, from 4 on.
func RoundNumbers(low, high int64) []int64 {
	var list []int64
	for power := 1.0; power <= float64(high); power *= 10 {
		for _, d := range nice {
			v := int64(math.Round(d * power))
			if v >= low && v <= high && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list
}

// explain writes the recommendation and the sentences behind it.
func (s *search) explain(base int64) {
	t := s.t
	highText := fmt.Sprintf("to %d", t.High.Limit)
	if t.High.Beyond == 0 {
		highText = "on, however high"
	}
	of := ""
	if s.Consumers > 1 {
		of = fmt.Sprintf(" of each of the %d consumers", s.Consumers)
	}
	most := ""
	if s.presets() && s.Study.Repeat > 1 {
		most = " with most seeds"
	}
	t.Reason = fmt.Sprintf("Set max_ack_pending%s to %d. Every goal holds%s from %d %s%s.", of, t.Advised, most, t.Low.Limit, highText, s.room(base))
	s.outside(t.Low, "Below")
	s.outside(t.High, "Above")
	if t.Knee > 0 {
		t.Why = append(t.Why, fmt.Sprintf(
			"From %d on, rate and latency without faults are what they are without a limit: more buys nothing while all is well.", t.Knee))
	}
	t.Why = append(t.Why, fmt.Sprintf("Without a limit there are never more than %d messages ack pending%s: above that no limit acts.", t.Reach, s.atOne()))
	s.exposure()
	s.own()
	t.Why = append(t.Why, s.support(), s.confidence())
}

// presets reports whether nobody named a goal.
func (s *search) presets() bool { return len(s.Goals) == 0 }

// room says how much headroom the recommendation leaves.
func (s *search) room(base int64) string {
	more := 100 * (float64(s.t.Advised)/float64(base) - 1)
	if more < 1 {
		return ""
	}
	return fmt.Sprintf("; %d leaves %.0f %% above what the work needs", s.t.Advised, more)
}

// outside says what fails beyond an edge.
func (s *search) outside(e results.Edge, where string) {
	for _, f := range e.Failed {
		s.t.Why = append(s.t.Why, fmt.Sprintf("%s %d: at %d, %s does not hold%s.", where, e.Limit, e.Beyond, s.t.Goals[f.Goal].Expr, f.With()))
	}
}

// exposures are what a limit costs when something breaks.
var exposures = []struct {
	metric, words string
	scale         float64
}{
	{"held.at_fault", "messages that a stopped worker held", 1},
	{"redelivery.count", "redeliveries", 1},
	{"overlap.total", "ms of overlap", 1000},
}

// exposure compares what breaks at the recommended limit and without one.
func (s *search) exposure() {
	if !s.Faults {
		return
	}
	var parts []string
	for _, e := range exposures {
		here, ok := results.SpreadOf(s.at(s.t.Advised).Faults, e.metric)
		free, freeOK := results.SpreadOf(s.t.Loose, e.metric)
		if ok && freeOK && here.Median+free.Median > 0 {
			parts = append(parts, fmt.Sprintf("%s %s (without a limit %s)", e.words, short(e.scale*here.Median), short(e.scale*free.Median)))
		}
	}
	if len(parts) > 0 {
		s.t.Why = append(s.t.Why, fmt.Sprintf("When it breaks, at %d: %s.", s.t.Advised, strings.Join(parts, ", ")))
	}
}

// short writes a value with four digits, and whole numbers as they are.
func short(v float64) string {
	if v != math.Trunc(v) {
		v = scenarios.Round(v, 4)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// own says what the scenario's own limit would do.
func (s *search) own() {
	switch {
	case s.Own <= 0:
	case s.Own < s.t.Low.Limit:
		s.t.Why = append(s.t.Why, fmt.Sprintf("The scenario's own limit of %d is too small.", s.Own))
	case s.Own > s.t.High.Limit && s.t.High.Beyond > 0:
		s.t.Why = append(s.t.Why, fmt.Sprintf("The scenario's own limit of %d is too large.", s.Own))
	default:
		s.t.Why = append(s.t.Why, fmt.Sprintf("The scenario's own limit of %d meets the goals as well.", s.Own))
	}
}

// support says with how many seeds each goal holds at the recommended limit.
func (s *search) support() string {
	at := s.at(s.t.Advised)
	var but []string
	for g, held := range at.Held {
		if held < len(at.Calm) {
			but = append(but, fmt.Sprintf("%s with %d", s.t.Goals[g].Expr, held))
		}
	}
	text := fmt.Sprintf("At %d every goal holds with each of %s", at.Limit, seedsText(len(at.Calm)))
	if len(but) > 0 {
		text += ", but for " + strings.Join(but, ", ")
	}
	return text + "."
}

func seedsText(n int) string {
	if n == 1 {
		return "1 seed"
	}
	return fmt.Sprintf("%d seeds", n)
}

// confidence says what the recommendation rests on.
func (s *search) confidence() string {
	probes, most := len(s.t.Free)+len(s.t.Loose), 0
	for _, at := range s.tried {
		probes += len(at.Calm) + len(at.Faults)
		most = max(most, len(at.Calm))
	}
	text := fmt.Sprintf("This rests on %d runs of %d limits, each with up to %s. ", probes, len(s.limits()), seedsText(most))
	if s.presets() {
		text += fmt.Sprintf("No goal was named: those that are looked for instead hold where they do with most seeds, "+
			"and a limit needs no more of them once one answer leads by %d.", lead)
	} else {
		text += "A goal holds where it does with each seed."
	}
	if s.t.Low.Beyond > 0 {
		text += fmt.Sprintf(" The lower edge lies between %d and %d.", s.t.Low.Beyond, s.t.Low.Limit)
	}
	if s.t.High.Beyond > 0 {
		text += fmt.Sprintf(" The upper edge lies between %d and %d.", s.t.High.Limit, s.t.High.Beyond)
	}
	return text
}
