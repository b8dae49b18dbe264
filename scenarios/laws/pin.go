package laws

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pindrop/scenarios"
)

// contended reports whether a pin can move to another worker.
func contended(s *scenarios.Scenario) bool { return pinned(s) && workers(s) > 1 }

// pinnedTTLDefault is what the server sets where nobody set a priority_timeout (JsDefaultPinnedTTL in
// server/consumer.go).
const pinnedTTLDefault = 2 * time.Minute

func pinnedTTL(s *scenarios.Scenario) time.Duration {
	if ttl := s.Consumer.PinnedTTL; ttl > 0 {
		return ttl
	}
	return pinnedTTLDefault
}

// pullRounds is how many services of time pass between two pulls of a holder with a backlog, at most.
//
// Handlers that work at once take messages in rounds: the next pull leaves when the last of those that it takes has
// begun (with one handler: has ended), ⌈pullEvery / c⌉ rounds after the one before it at most. A limit below the batch
// leaves a pull waiting at the server, and when that expires the client pulls again, if it has not done so by then.
func pullRounds(s *scenarios.Scenario, w *scenarios.Workers) float64 {
	rounds := roundsOf(pullEvery(w), parallel(s, w))
	if max, ok := limit(s); ok && max < w.Batch && average(w) > 0 {
		rounds = min(rounds, expiryRounds(s, w, max))
	}
	return rounds
}

// expiryRounds is how many services of time pass from a pull that expires to the next. The client holds a limit's worth
// of messages then, and hears of the expiry behind those that the application has not taken yet. One handler, and all
// of a fetch, must have done them; else it is enough that the last of them is taken.
func expiryRounds(s *scenarios.Scenario, w *scenarios.Workers, limit int) float64 {
	c := parallel(s, w)
	waits := float64(w.Expires) / float64(average(w))
	if w.API == scenarios.APIFetch || outside(w) == 0 {
		return math.Ceil(waits) + roundsOf(limit, c) - 1
	}
	if behind := limit - outside(w); behind > 0 {
		return math.Ceil(waits) + roundsOf(behind, c) - 1
	}
	return waits
}

func checkPinPull(s *scenarios.Scenario) []breach {
	if !contended(s) {
		return nil
	}
	var found []breach
	ttl := pinnedTTL(s)
	for i := range s.Workers {
		w := &s.Workers[i]
		rounds := pullRounds(s, w)
		between := longest(w, rounds)
		if between < ttl {
			continue
		}
		found = append(found, breach{
			paths: []string{"consumer.priority_timeout", path(s, w, "batch"), path(s, w, "service")},
			says: fmt.Sprintf("consumer.priority_timeout %v is too short in a backlog: %s pulls every %d messages, up to %v apart (%s × %v)",
				scenarios.Duration(ttl), w.Name, pullEvery(w), span(between), number(rounds),
				span(average(w))),
		})
	}
	return found
}

func checkPinIdle(s *scenarios.Scenario) []breach {
	quiet, ok := quietest(s)
	if !contended(s) || !ok {
		return nil
	}
	var found []breach
	ttl := pinnedTTL(s)
	for i := range s.Workers {
		w := &s.Workers[i]
		fill := math.Inf(1) // seconds until a worker has what makes it pull again
		if quiet > 0 {
			fill = float64(pullEvery(w)) / quiet
		}
		if w.Expires.D() < ttl || fill < ttl.Seconds() {
			continue
		}
		found = append(found, breach{
			paths: []string{path(s, w, "expires"), "consumer.priority_timeout", path(s, w, "batch")},
			says: fmt.Sprintf("%s %v outlasts consumer.priority_timeout %v: while %s/s come a pull waits at the server and the pin runs out",
				path(s, w, "expires"), w.Expires, scenarios.Duration(ttl), number(quiet)),
		})
	}
	return found
}

// quietest is the lowest rate of the arrivals, messages per second. Not ok: nothing comes at all.
func quietest(s *scenarios.Scenario) (rate float64, ok bool) {
	var rates []float64
	for _, at := range moments(s) {
		rates = append(rates, rateAt(s, at))
	}
	if slices.Max(rates) == 0 {
		return 0, false
	}
	return slices.Min(rates), true
}
