package measure

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"

	"pindrop/results/history"
	"pindrop/results/safety"
)

// Asked is what the scenario wanted to happen and a history cannot tell. The zero value asks for nothing.
type Asked struct {
	Faults int     // that were planned
	Held   []int32 // ids of the faults that were to hit a worker that held a message
	Gone   bool    // the consumer is meant to be removed, with what it has not delivered
	Due    int     // messages that the publishers were to send in disturb; 0: as many as the history says were due
}

// All measures a history that is a slice. Events are in [history.Order]; those that are not are put into it.
func All(events []history.Event, asked Asked) *Findings {
	byTime := func(a, b history.Event) int { return cmp.Compare(a.At, b.At) }
	if !slices.IsSortedFunc(events, byTime) {
		events = slices.Clone(events)
		history.Order(events)
	}
	return Stream(func(yield func(*history.Event) bool) {
		for i := range events {
			if !yield(&events[i]) {
				return
			}
		}
	}, asked)
}

// Stream measures a history that is given event by event, in [history.Order], and read more than once. An event may
// change once the next one is asked for.
//
// With several consumers, what belongs to one is measured in books of its own, which hear of its events and of those of
// none, and then put together; what belongs to messages is measured over all of them.
func Stream(events iter.Seq[*history.Event], asked Asked) *Findings {
	b := walk(events)
	f := b.newFindings()
	if b.nothing() {
		return b.measureRefusal(f)
	}
	if b.policy == "" {
		f.warn("the history has no configuration of the consumer: measured as one without a policy or a limit")
	}
	if len(b.own) == 0 {
		b.measureConsumer(f)
	} else {
		b.putTogether(f)
	}
	b.measureMessages(f)
	b.warnOfLockstep(f)
	for _, c := range b.consumers() {
		c.warnOfDeaths(f)
		c.warnOfUndated(f)
		c.warnOfScope(f)
	}
	b.warnOfKeeping(f)
	f.Worst = b.worst(events)
	f.ServerView = b.serverView()
	f.Premises = b.premises(asked)
	f.Heard, f.Violations = b.heard, b.violations
	if b.replicated || len(b.violations) > 0 {
		f.Laws = safety.Judge(events)
		f.set("laws.broken", float64(len(safety.Accused(f.Laws))))
	}
	b.explainLoss(f, events)
	f.Diagnosis = b.diagnose(f)
	return f
}

func (b *books) newFindings() *Findings {
	return &Findings{
		Metrics: map[string]float64{}, Phases: b.phases, Limit: b.consumer.MaxAckPending, Policy: b.policy,
		Warnings: b.warnings,
	}
}

// measureConsumer measures what belongs to one consumer: its pin, its limit, its deliveries.
func (b *books) measureConsumer(f *Findings) {
	for _, measure := range []func(*books, *Findings){
		(*books).measureOverlap, (*books).measureStale, (*books).measureTakeovers, (*books).measureGaps,
		(*books).measureAckPending, (*books).measureCliffs, (*books).measureRedeliveries,
	} {
		measure(b, f)
	}
}

// measureMessages measures what belongs to messages and to workers, whichever consumer they meet at.
func (b *books) measureMessages(f *Findings) {
	for _, measure := range []func(*books, *Findings){
		(*books).measureFaults, (*books).measureStandstills, (*books).measureHeld, (*books).measureParallel, (*books).measureOrder,
		(*books).measureDuplicates, (*books).measureLatencies, (*books).measurePhases, (*books).measureRates, (*books).measureOutages,
		(*books).measureBacklog, (*books).measureRecovery, (*books).measureConservation, (*books).measureForgotten, (*books).measureState,
		(*books).measureShares, (*books).measureOwned, (*books).measureConfig, (*books).measureChecks, (*books).measureUsage, (*books).measureTiming,
		(*books).measureNotice,
		(*books).drawLanes, (*books).drawSeries,
	} {
		measure(b, f)
	}
}

// warnOfDeaths says that deliveries were counted by the server and passed no wire: they died with a connection or with a leader.
func (b *books) warnOfDeaths(f *Findings) {
	if b.died > 0 && !b.exact {
		f.warn("%s%d deliveries that the server counted passed no wire that was watched: their messages are ack pending from the next delivery or sample on that shows it",
			b.prefix(), b.died)
	}
}

// set gives a count or a ratio to a metric.
func (f *Findings) set(name string, value float64) { f.Metrics[name] = value }

// setTime gives a time in nanoseconds to a metric, whose unit is the second.
func (f *Findings) setTime(name string, ns int64) { f.Metrics[name] = float64(ns) / 1e9 }

func (f *Findings) warn(format string, args ...any) {
	f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...))
}

// seconds writes a time for people, to the millisecond: 1.91 s.
func seconds(ns int64) string {
	return strconv.FormatFloat(math.Round(float64(ns)/1e6)/1e3, 'f', -1, 64) + " s"
}

// within counts the instants of a rising list that lie in a span.
func within(instants []int64, s Span) int {
	from, _ := slices.BinarySearch(instants, s.From)
	to, _ := slices.BinarySearch(instants, s.To)
	return max(to-from, 0)
}

// since counts the instants of a rising list from one on.
func since(instants []int64, from int64) int {
	i, _ := slices.BinarySearch(instants, from)
	return len(instants) - i
}
