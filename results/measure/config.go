package measure

import (
	"encoding/json"

	"pindrop/results/history"
)

// The priority policies as the server spells them, and what a consumer without one has.
const (
	policyNone        = "none"
	policyPinned      = "pinned_client"
	policyPrioritized = "prioritized"
)

// The ack policies that differ from one ack for one message.
const (
	ackNone = "none"
	ackAll  = "all"
)

// consumerConfig is what the measurements need of a consumer's configuration; durations are in nanoseconds.
type consumerConfig struct {
	PriorityPolicy string  `json:"priority_policy"`
	AckPolicy      string  `json:"ack_policy"`
	AckWait        int64   `json:"ack_wait"`
	Backoff        []int64 `json:"backoff"`
	MaxAckPending  int64   `json:"max_ack_pending"`
	MaxDeliver     int64   `json:"max_deliver"`
	DeliverPolicy  string  `json:"deliver_policy"`
	OptStartSeq    uint64  `json:"opt_start_seq"`

	InactiveThreshold int64 `json:"inactive_threshold"`
}

// setting is one configuration of the consumer, and since when.
type setting struct {
	at int64
	consumerConfig
}

// wait is how long the server waits for the ack of a delivery; 0: not known.
func (c *consumerConfig) wait(delivery uint32) int64 {
	if n := len(c.Backoff); n > 0 {
		return c.Backoff[min(int(delivery), n)-1]
	}
	return c.AckWait
}

// streamConfig is what the measurements need of a stream's configuration.
type streamConfig struct {
	MaxMsgs           int64  `json:"max_msgs"`
	MaxBytes          int64  `json:"max_bytes"`
	MaxAge            int64  `json:"max_age"`
	MaxMsgsPerSubject int64  `json:"max_msgs_per_subject"`
	Retention         string `json:"retention"`

	Discard              string `json:"discard"`
	DiscardNewPerSubject bool   `json:"discard_new_per_subject"`
}

// drops reports whether the stream removes messages that nobody has handled.
func (c *streamConfig) drops() bool {
	return c.MaxAge > 0 || c.displaces(max(c.MaxMsgs, c.MaxBytes)) || c.displacesOfSubject()
}

// displaces reports whether a new message removes old ones at a limit, and is not refused.
func (c *streamConfig) displaces(limit int64) bool { return limit > 0 && c.Discard != "new" }

// displacesOfSubject is the same at the limit of a subject.
func (c *streamConfig) displacesOfSubject() bool {
	return c.MaxMsgsPerSubject > 0 && (c.Discard != "new" || !c.DiscardNewPerSubject)
}

// consumes reports whether the stream removes what its consumers have acknowledged.
func (c *streamConfig) consumes() bool {
	return c.Retention == "workqueue" || c.Retention == "interest"
}

// configure takes in a configuration, or that it was refused. The policy that counts is the one in force when disturb
// begins, so a later one only moves the limit and the waits.
func (b *books) configure(e *history.Event) {
	if e.Status != 0 {
		b.refuse(e)
	}
	if stream := (streamConfig{}); len(e.Stream) > 0 && !b.unreadable(e, "stream", e.Stream, &stream) {
		b.stream = stream
		b.keepings = append(b.keepings, keeping{e.At, stream})
	}
	if len(e.Consumer) == 0 {
		return
	}
	consumer := consumerConfig{}
	if b.unreadable(e, "consumer", e.Consumer, &consumer) {
		return
	}
	b.consumer = consumer
	b.settings = append(b.settings, setting{e.At, consumer})
	b.scope.begin(&consumer, len(b.published)+len(b.messages) == 0)
	b.limit.set(e.At, max(consumer.MaxAckPending, 0))
	if b.policy == "" || !b.disturbed {
		b.policy, b.given = policyNone, consumer.MaxAckPending
		if consumer.PriorityPolicy != "" {
			b.policy = consumer.PriorityPolicy
		}
	}
}

// unreadable decodes a configuration and reports, and warns, that it cannot be read.
func (b *books) unreadable(e *history.Event, what string, from json.RawMessage, to any) bool {
	if len(from) == 0 {
		return false
	}
	err := json.Unmarshal(from, to)
	if err != nil {
		b.warn("the %s configuration at %s cannot be read: %v", what, seconds(e.At), err)
	}
	return err != nil
}
