package scenarios

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// JetStream limits what streams and consumers may ask of the server, by the keys of its configuration: jetstream {
// limits { max_ack_pending: 500 } }. The zero value limits nothing.
type JetStream struct {
	// Limits of every account.
	Limits Limits `json:"limits,omitempty"`
}

// Account limits what streams and consumers may ask of it, by the keys of the server's configuration: accounts { NAME {
// jetstream { max_ack_pending: 500 } } }. The zero value limits nothing.
type Account struct {
	// Limits of the account alone.
	JetStream Limits `json:"jetstream,omitempty"`
}

// Limits are limits of JetStream. One that is zero is none.
type Limits struct {
	// Highest max_ack_pending that a consumer may have, -1 apart; left out, there is no limit.
	MaxAckPending int `json:"max_ack_pending,omitempty" min:"1"`
}

// completeLimit says what the consumer's max_ack_pending will be where the scenario leaves it out. It is not sent: only
// the server knows all of its own limits, and the history has its answer. See setConsumerConfigDefaults in the server's
// consumer.go: the stream's limit counts, also one above 1,000; without it 1,000, or less where server or account say so.
func (s *Scenario) completeLimit() {
	c := &s.Consumer
	if c.AckPolicy == jetstream.AckNonePolicy || c.MaxAckPending != 0 {
		return
	}
	s.limitOpen = true
	c.MaxAckPending = s.Stream.ConsumerLimits.MaxAckPending
	if c.MaxAckPending != 0 {
		return
	}
	c.MaxAckPending = maxAckPendingDefault
	for _, limit := range []int{s.Server.JetStream.Limits.MaxAckPending, s.Server.Account.JetStream.MaxAckPending} {
		if limit > 0 {
			c.MaxAckPending = min(c.MaxAckPending, limit)
		}
	}
}

// Requested is the configuration with which the server is asked to create the consumer at a time, without names: all of
// it but what the scenario leaves to the server.
func (s *Scenario) Requested(at time.Time) jetstream.ConsumerConfig {
	config := s.Consumer.ConsumerConfig
	config.PauseUntil, config.OptStartTime = momentAfter(at, config.PauseUntil), momentAfter(at, config.OptStartTime)
	if s.limitOpen {
		config.MaxAckPending = 0
	}
	return config
}

// withoutOpenLimit takes out of the text of a scenario what the scenario leaves to the server, and says what that is.
func (s *Scenario) withoutOpenLimit(root *node) {
	if !s.limitOpen {
		return
	}
	consumer := root.get("consumer")
	consumer.drop("max_ack_pending")
	consumer.note = fmt.Sprintf("max_ack_pending is left to the server, which makes it %d.", s.Consumer.MaxAckPending)
}

// checkLimit checks the consumer's limit against those above it, which -1 passes by.
func (c *checker) checkLimit() {
	for _, above := range []struct {
		whose string
		limit int
	}{
		{"stream's", c.Stream.ConsumerLimits.MaxAckPending},
		{"server's", c.Server.JetStream.Limits.MaxAckPending},
		{"account's", c.Server.Account.JetStream.MaxAckPending},
	} {
		switch got := c.Consumer.MaxAckPending; {
		case above.limit <= 0 || got <= above.limit:
		case c.limitOpen:
			c.refused("stream.consumer_limits.max_ack_pending",
				"max_ack_pending must be at most the %s limit for consumers (%d); a consumer that leaves it out gets the stream's (%d)",
				above.whose, above.limit, got)
		default:
			c.refused("consumer.max_ack_pending", "max_ack_pending must be at most the %s limit for consumers (%d), got %d",
				above.whose, above.limit, got)
		}
	}
}
