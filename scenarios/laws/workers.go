package laws

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

func pinned(s *scenarios.Scenario) bool {
	return s.Consumer.PriorityPolicy == jetstream.PriorityPolicyPinned
}

func explicit(s *scenarios.Scenario) bool { return s.Consumer.AckPolicy == jetstream.AckExplicitPolicy }

// acksAfter reports whether a message stays ack pending until its handler is done.
func acksAfter(w *scenarios.Workers) bool {
	return slices.Contains([]string{scenarios.AckEach, scenarios.AckDouble, scenarios.AckBatch}, w.Ack)
}

// ackPendingDefault is what the server sets where nobody set a limit, neither for the consumer nor for the stream
// (JsDefaultMaxAckPending in server/consumer.go).
const ackPendingDefault = 1000

// limit is the consumer's max_ack_pending; not ok where there is none.
func limit(s *scenarios.Scenario) (int, bool) {
	n := s.Consumer.MaxAckPending
	if n == 0 {
		n = s.Stream.ConsumerLimits.MaxAckPending
	}
	if n == 0 {
		n = ackPendingDefault
	}
	return n, n > 0 && s.Consumer.AckPolicy != jetstream.AckNonePolicy
}

// most is how many workers a group has at most in the course of a run.
func most(s *scenarios.Scenario, w *scenarios.Workers) int {
	n := w.Count
	if w.Adaptive != nil {
		n = max(n, w.Adaptive.Max)
	}
	for _, f := range s.Faults {
		if f.Target == w.Name && slices.Contains(f.Do, scenarios.DoScale) {
			n = max(n, f.Count)
		}
	}
	return n
}

// workers is how many there are in all groups, at most.
func workers(s *scenarios.Scenario) int {
	n := 0
	for i := range s.Workers {
		n += most(s, &s.Workers[i])
	}
	return n
}

// pullEvery is after how many messages a client in a backlog pulls again. Consume and messages ask for more once fewer
// than threshold of a batch are left; a fetch asks for a whole batch.
func pullEvery(w *scenarios.Workers) int {
	if w.API == scenarios.APIFetch {
		return w.Batch
	}
	return w.Batch - w.Threshold + 1
}

// held is how many messages of one worker are ack pending at most.
//
// Consume and messages count a message out when its callback returns, and ask for more up to a batch: one handler works
// inside the callback, so a batch is all. Several handlers, and a queue, take messages out of the callback: what they
// have comes on top. A fetch waits for its whole batch. Acks before the work leave nothing but the client's buffer;
// acks in batches keep up to a batch less one that is done. Not ok: nothing is ever acked.
func held(w *scenarios.Workers) (int, bool) {
	n := w.Batch
	if w.API != scenarios.APIFetch && acksAfter(w) {
		n += outside(w)
	}
	if w.Ack == scenarios.AckBatch {
		n += w.Batch - 1
	}
	return n, w.Ack != scenarios.AckNone
}

// outside is how many messages the application has taken out of the client's callback.
func outside(w *scenarios.Workers) int {
	if w.Queue == 0 && w.Concurrency == 1 {
		return 0
	}
	return w.Queue + w.Concurrency
}

// parallel is how many handlers of one worker work at once while all workers are busy; it may be less than 1 where they
// share a downstream.
func parallel(s *scenarios.Scenario, w *scenarios.Workers) float64 {
	busy := most(s, w)
	if pinned(s) {
		busy = 1
	}
	return handlers(w, busy) / float64(busy)
}

// longest is how long so many messages take one after the other: average ones, and at the end a slow one, the 99th
// percentile; of a service that changes, the slowest part.
func longest(w *scenarios.Workers, rounds float64) time.Duration {
	d := time.Duration(0)
	for _, part := range parts(&w.Service) {
		d = max(d, time.Duration((rounds-1)*float64(part.Average()))+part.Percentile(0.99, w.Jitter))
	}
	return d
}

// average is the mean service of the slowest part.
func average(w *scenarios.Workers) time.Duration {
	d := time.Duration(0)
	for _, part := range parts(&w.Service) {
		d = max(d, part.Average())
	}
	return d
}

// roundsOf is how many services of time it takes until n messages are worked off, c at once.
func roundsOf(n int, c float64) float64 { return math.Ceil(float64(n)/c - 1e-9) }

// work says in words what so many messages of a worker are.
func work(s *scenarios.Scenario, w *scenarios.Workers, n int) string {
	text := fmt.Sprintf("%d × %v", n, span(average(w)))
	if c := parallel(s, w); c != 1 {
		text += fmt.Sprintf(", %s at once,", number(c))
	}
	return text
}

// path is that of a setting of a group of workers.
func path(s *scenarios.Scenario, w *scenarios.Workers, name string) string {
	if len(s.Workers) == 1 {
		return "workers." + name
	}
	return "workers." + w.Name + "." + name
}

// pathsOf are those of settings of all groups.
func pathsOf(s *scenarios.Scenario, names ...string) []string {
	var list []string
	for i := range s.Workers {
		for _, name := range names {
			list = append(list, path(s, &s.Workers[i], name))
		}
	}
	return list
}

// number writes four digits, which is what a person reads.
func number(v float64) string { return strconv.FormatFloat(scenarios.Round(v, 4), 'f', -1, 64) }

// span writes a time with four digits and its unit.
func span(d time.Duration) scenarios.Duration {
	return scenarios.Duration(math.Round(scenarios.Round(d.Seconds(), 4) * 1e9))
}
