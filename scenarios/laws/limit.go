package laws

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"pindrop/scenarios"
)

// Reach is how much can be ack pending at once.
type Reach struct {
	// Messages, of all workers together.
	Messages int
	// Sum says it as a sum: 2 workers × batch 100 + ….
	Sum string
}

// Reachable is Σ workers × held: how many messages the workers can hold, and with them how high ack pending can get.
//
// held is the batch for fetch, and for consume and messages with one handler; several handlers or a queue in front of
// them add queue + concurrency, which nats.go counts as done; ack batch adds up to batch − 1 that wait for their ack. It
// is an upper bound, which a deep backlog reaches or comes near. Of a pinned consumer it is more than one holder has:
// those before it keep what they hold.
//
// Not ok, since messages stay ack pending without a worker: ack none, handlers that ignore or nak, faults that cut a
// client off or replace it.
func Reachable(s *scenarios.Scenario) (Reach, bool) {
	return reachOf(s, func(*scenarios.Workers) bool { return true })
}

// reachOf is that of some groups.
func reachOf(s *scenarios.Scenario, of func(*scenarios.Workers) bool) (Reach, bool) {
	var r Reach
	var sum []string
	ok := !abandons(s)
	for i := range s.Workers {
		w := &s.Workers[i]
		n, acked := held(w)
		if !of(w) {
			continue
		}
		ok = ok && acked && !leaves(w)
		r.Messages += most(s, w) * n
		each := fmt.Sprintf("batch %d", w.Batch)
		if n > w.Batch {
			each = fmt.Sprintf("%d (batch %d and %d outside the client)", n, w.Batch, n-w.Batch)
		}
		sum = append(sum, fmt.Sprintf("%s × %s", scenarios.Counted(most(s, w), "worker"), each))
	}
	r.Sum = strings.Join(sum, " + ")
	return r, ok && len(sum) > 0
}

// leaves reports whether failed handlers leave messages ack pending that nobody holds. A nak does: the message waits at
// the server for the next pull, while its place in the client is taken.
func leaves(w *scenarios.Workers) bool {
	return w.Errors.Rate > 0 && w.Errors.Do != scenarios.ErrorTerm
}

// abandons reports whether faults leave messages ack pending with clients that are gone, or let a client ask anew for
// what it still holds.
func abandons(s *scenarios.Scenario) bool {
	cuts := []string{
		scenarios.DoKill, scenarios.DoRestart, scenarios.DoDisconnect, scenarios.DoPartition, scenarios.DoFreeze,
		scenarios.DoUnpin, scenarios.DoDrain, scenarios.DoStepDown, scenarios.DoKillServer, scenarios.DoRestartServer,
		scenarios.DoIsolate, scenarios.DoSplit, scenarios.DoReset, scenarios.DoPowerLoss, scenarios.DoDiskFull, scenarios.DoIOError,
	}
	return slices.ContainsFunc(s.Faults, func(f scenarios.Fault) bool {
		return slices.ContainsFunc(f.Do, func(do string) bool { return slices.Contains(cuts, do) })
	})
}

func checkLimitReach(s *scenarios.Scenario) []breach {
	max, limited := limit(s)
	r, ok := Reachable(s)
	if !limited || !ok || max <= r.Messages || !s.Given("consumer.max_ack_pending") {
		return nil
	}
	return []breach{{
		paths: append([]string{"consumer.max_ack_pending"}, pathsOf(s, "batch", "count")...),
		says: fmt.Sprintf("consumer.max_ack_pending %d can never be reached: %s hold at most %d",
			max, r.Sum, r.Messages),
	}}
}

// Slots is what Little's law says of max_ack_pending.
type Slots struct {
	// Rate of arrivals, messages per second, and Service, the mean time of a handler's work on a message in seconds, at
	// the moment that needs most.
	Rate, Service float64
	// Busy is how many slots are in service on average: Rate × Service.
	Busy float64
	// Limit is the smallest max_ack_pending that does not throttle.
	Limit int
}

// Little is the smallest limit that does not throttle, by Little's law: rate × time from delivery to ack = λ × h +
// waiting, rounded up. Waiting is how many messages wait in the clients' buffers meanwhile, on average; 0 gives what no
// limit may be below. It is an average: where arrivals or services vary, peaks need more.
//
// Not ok: nothing comes, handling takes no time, acks come before the work or never, or the workers are overloaded, when
// every limit throttles.
func Little(s *scenarios.Scenario, waiting float64) (Slots, bool) {
	var need Slots
	s = busiest(s)
	if !holdsSlots(s) {
		return need, false
	}
	for _, at := range moments(s) {
		l := loadAt(s, at)
		if l.Ratio >= 1 {
			return Slots{}, false
		}
		service := shortest(s, func(w *scenarios.Workers) float64 { return effort(s, w, at) })
		if busy := l.Rate * service; busy > need.Busy {
			need = Slots{Rate: l.Rate, Service: service, Busy: busy}
		}
	}
	need.Limit = int(math.Ceil(need.Busy + waiting - 1e-9))
	return need, need.Busy > 0
}

// holdsSlots reports whether every message is ack pending while it is in service.
func holdsSlots(s *scenarios.Scenario) bool {
	for i := range s.Workers {
		if !acksAfter(&s.Workers[i]) {
			return false
		}
	}
	return explicit(s) && len(s.Workers) > 0
}

// shortest is the least of a number over the groups: what can be said whoever gets the messages.
func shortest(s *scenarios.Scenario, of func(*scenarios.Workers) float64) float64 {
	least := math.Inf(1)
	for i := range s.Workers {
		least = min(least, of(&s.Workers[i]))
	}
	return least
}

func checkLimitRate(s *scenarios.Scenario) []breach {
	max, limited := limit(s)
	need, ok := Little(s, 0)
	if !limited || !ok || max >= need.Limit {
		return nil
	}
	return []breach{{
		paths: append([]string{"consumer.max_ack_pending", "publishers"}, pathsOf(s, "service")...),
		says: fmt.Sprintf("consumer.max_ack_pending %d throttles to %s/s while %s/s come: %s/s × %v keep %s slots busy, so it takes %d at least",
			max, number(float64(max)/need.Service), number(need.Rate), number(need.Rate), span(time.Duration(need.Service*1e9)),
			number(need.Busy), need.Limit),
	}}
}

// Thumb is what the rule of thumb says of max_ack_pending.
type Thumb struct {
	// Workers in all groups.
	Workers int
	// Limit that the rule advises, rounded up.
	Limit int
}

// RuleOfThumb is the limit by the formula that people pass on: workers × (p99 of the service / fetch interval) × margin.
// With several groups each adds its part.
//
// The fetch interval is the time between two pulls of one worker that gets its share of the arrivals at their busiest,
// λ / workers. A fetch comes once a batch, batch × workers / λ; consume and messages pull once batch − threshold + 1
// messages are done, so it is (batch − threshold + 1) × workers / λ. Nobody waits for longer than expires. With batch 1
// the rule is thus Little's law with the 99th percentile for the mean; with a larger batch it forgets that a pull brings
// as many messages, and advises as many times too little.
//
// Not ok: nothing comes, there is no worker, or handling takes no time.
func RuleOfThumb(s *scenarios.Scenario, margin float64) (Thumb, bool) {
	s = busiest(s)
	rate := 0.0
	for _, at := range moments(s) {
		rate = max(rate, rateAt(s, at))
	}
	t, sum := Thumb{Workers: workers(s)}, 0.0
	for i := range s.Workers {
		w := &s.Workers[i]
		interval := min(float64(pullEvery(w)*t.Workers)/rate, w.Expires.D().Seconds())
		sum += float64(most(s, w)) * longest(w, 1).Seconds() / interval
	}
	if rate == 0 || sum == 0 {
		return Thumb{}, false
	}
	t.Limit = int(math.Ceil(sum*margin - 1e-9))
	return t, true
}
