package laws

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

func overflow(s *scenarios.Scenario) bool {
	return s.Consumer.PriorityPolicy == jetstream.PriorityPolicyOverflow
}

func checkOverflowLimit(s *scenarios.Scenario) []breach {
	if !overflow(s) {
		return nil
	}
	var found []breach
	for i := range s.Workers {
		w := &s.Workers[i]
		if w.MinAckPending == 0 || w.MinPending > 0 {
			continue
		}
		at := path(s, w, "min_ack_pending")
		says := ""
		lower := func(o *scenarios.Workers) bool { return o.MinAckPending < w.MinAckPending }
		others, ok := reachOf(s, lower)
		overtaken := 0 // a pull may be looked at before the ack that was sent in front of it
		for k := range s.Workers {
			if lower(&s.Workers[k]) {
				overtaken += s.Workers[k].Count
			}
		}
		switch max, limited := limit(s); {
		case limited && w.MinAckPending >= int64(max):
			says = fmt.Sprintf("%s %d can never be met by a new message: at consumer.max_ack_pending %d none is delivered",
				at, w.MinAckPending, max)
		case ok && w.MinAckPending > int64(others.Messages+overtaken):
			says = fmt.Sprintf("%s %d can never be met: the others, %s, hold at most %d, and %d more for the moment of an ack",
				at, w.MinAckPending, others.Sum, others.Messages, overtaken)
		default:
			continue
		}
		found = append(found, breach{paths: []string{at, "consumer.max_ack_pending"}, says: says})
	}
	return found
}

func checkOverflowRest(s *scenarios.Scenario) []breach {
	if !overflow(s) || len(s.Workers) == 0 {
		return nil
	}
	onlyPending, onlyAckPending := true, true
	least := s.Workers[0].MinPending
	for i := range s.Workers {
		w := &s.Workers[i]
		onlyPending = onlyPending && w.MinPending >= 2 && w.MinAckPending == 0
		onlyAckPending = onlyAckPending && w.MinPending == 0 && w.MinAckPending >= 1
		least = min(least, w.MinPending)
	}
	switch {
	case onlyAckPending:
		paths := pathsOf(s, "min_ack_pending")
		return []breach{{paths: paths, says: fmt.Sprintf(
			"nothing is ever delivered: every worker waits for messages that are ack pending (%s), and there is none to begin with",
			strings.Join(paths, ", "))}}
	case onlyPending:
		paths := pathsOf(s, "min_pending")
		return []breach{{paths: paths, says: fmt.Sprintf(
			"the last messages wait for ever: every worker asks only while %d or more wait (%s), and %d stay",
			least, strings.Join(paths, ", "), least-1)}}
	}
	return nil
}

// maxWaitingDefault is what the server sets where nobody set max_waiting (JSWaitQueueDefaultMax in server/consumer.go).
const maxWaitingDefault = 512

func checkMaxWaiting(s *scenarios.Scenario) []breach {
	places := s.Consumer.MaxWaiting
	if places <= 0 {
		places = maxWaitingDefault
	}
	if workers(s) <= places {
		return nil
	}
	return []breach{{
		paths: append([]string{"consumer.max_waiting"}, pathsOf(s, "count")...),
		says: fmt.Sprintf("consumer.max_waiting %d has no place for a pull of each of %s: some are refused",
			places, scenarios.Counted(workers(s), "worker")),
	}}
}
