package laws

import (
	"fmt"
	"time"

	"pindrop/scenarios"
)

// ackWaitDefault is what the server sets where nobody set an ack_wait (JsAckWaitDefault in server/consumer.go).
const ackWaitDefault = 30 * time.Second

// ackWait is how long the server waits for the ack of a delivery, counted from 0: backoff takes the place of ack_wait,
// and its last step stays.
func ackWait(s *scenarios.Scenario, delivery int) time.Duration {
	c := &s.Consumer
	switch {
	case len(c.BackOff) > 0:
		return c.BackOff[min(delivery, len(c.BackOff)-1)]
	case c.AckWait > 0:
		return c.AckWait
	}
	return ackWaitDefault
}

// pending is how long the last message of a full buffer is ack pending, from delivery to ack, and n how many are worked
// off in that time. A worker holds no more than the limit lets it. Progress restarts ack_wait while a message is in
// service, so only the first pause counts. Not ok: the ack does not wait for the work.
func pending(s *scenarios.Scenario, w *scenarios.Workers) (d time.Duration, n int, ok bool) {
	if !explicit(s) || !acksAfter(w) {
		return 0, 0, false
	}
	n = w.Batch
	if w.API != scenarios.APIFetch {
		n += outside(w)
	}
	if max, limited := limit(s); limited {
		n = min(n, max)
	}
	rounds := max(roundsOf(n, parallel(s, w)), 1)
	d = longest(w, rounds)
	if w.Progress > 0 {
		d -= max(0, longest(w, 1)-w.Progress.D())
	}
	if w.Ack == scenarios.AckBatch {
		d += min(w.Window.D(), longest(w, max(1, roundsOf(w.Batch-1, parallel(s, w)))))
	}
	return d, n, true
}

func checkAckWait(s *scenarios.Scenario) []breach {
	if s.Consumer.MaxDeliver == 1 {
		return nil // nothing is delivered twice
	}
	var found []breach
	wait := ackWait(s, 0)
	for i := range s.Workers {
		w := &s.Workers[i]
		d, n, ok := pending(s, w)
		if !ok || d < wait {
			continue
		}
		found = append(found, breach{
			paths: []string{"consumer.ack_wait", path(s, w, "batch"), path(s, w, "service")},
			says: fmt.Sprintf("consumer.ack_wait %v is over before %s is done with a full buffer: %s take up to %v, and a pull that waits gets the rest again",
				scenarios.Duration(wait), w.Name, work(s, w, n), span(d)),
		})
	}
	return found
}

func checkMaxDeliver(s *scenarios.Scenario) []breach {
	k := s.Consumer.MaxDeliver
	if k < 1 {
		return nil
	}
	until := time.Duration(0)
	for i := range k {
		if until > hopeless {
			break
		}
		until += ackWait(s, i)
	}
	var found []breach
	for i := range s.Workers {
		w := &s.Workers[i]
		d, n, ok := pending(s, w)
		if !ok || d < until {
			continue
		}
		found = append(found, breach{
			paths: []string{"consumer.max_deliver", "consumer.ack_wait", path(s, w, "batch"), path(s, w, "service")},
			says: fmt.Sprintf("consumer.max_deliver %d gives messages up after %v while %s still has them: in a full buffer %s take up to %v",
				k, scenarios.Duration(until), w.Name, work(s, w, n), span(d)),
		})
	}
	return found
}

// hopeless is longer than anything is held: sums need not go on.
const hopeless = 100_000 * time.Hour
