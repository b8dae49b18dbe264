package audit

import (
	"fmt"
	"maps"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// streamSettings are those that a scenario takes, and what was left out with the reason.
func (l *Live) streamSettings() (s scenarios.Stream, out []string) {
	c := l.Stream.Config
	drop := func(when bool, name, why string) {
		if when {
			out = append(out, name+" "+why)
		}
	}
	drop(true, "name and subjects"+listed(c.Subjects), "(the run chooses them)")
	drop(c.Mirror != nil, "mirror", "(publishers fill the stream)")
	drop(len(c.Sources) > 0, "sources", "(publishers fill the stream)")
	drop(c.NoAck, "no_ack", "(publishers count acknowledgements)")
	drop(c.Sealed, "sealed", "(nothing could be published)")
	drop(c.Replicas > 1, fmt.Sprintf("num_replicas: %d", c.Replicas), "(the run has one server: what replication costs is not in it)")
	drop(c.Placement != nil, "placement", "(the run has one server)")
	drop(c.RePublish != nil, "republish", "(its subjects are not those of the run)")
	drop(c.SubjectTransform != nil, "subject_transform", "(its subjects are not those of the run)")
	drop(c.FirstSeq > 1, "first_seq", "(the run begins at 1)")
	drop(c.AllowMsgCounter, "allow_msg_counter", "(publishers send plain messages)")
	c.Name, c.Subjects, c.Mirror, c.Sources, c.Placement, c.RePublish, c.SubjectTransform = "", nil, nil, nil, nil, nil, nil
	c.NoAck, c.Sealed, c.Template, c.AllowMsgCounter, c.MirrorDirect = false, false, "", false, false
	c.Replicas, c.FirstSeq = 1, 0
	c.Metadata = ownMetadata(c.Metadata)
	// -1 is what the server makes of a limit that is not set.
	for _, limit := range []*int64{&c.MaxMsgs, &c.MaxBytes, &c.MaxMsgsPerSubject} {
		*limit = max(0, *limit)
	}
	c.MaxConsumers, c.MaxMsgSize = max(0, c.MaxConsumers), max(0, c.MaxMsgSize)
	return scenarios.Stream{StreamConfig: c}, out
}

// consumerSettings are those that a scenario takes, and what was left out with the reason.
func (l *Live) consumerSettings() (k scenarios.Consumer, out []string) {
	c := l.Consumer.Config
	drop := func(when bool, name, why string) {
		if when {
			out = append(out, name+" "+why)
		}
	}
	drop(true, "name and durable_name", "(the run chooses them)")
	filters := c.FilterSubjects
	if c.FilterSubject != "" {
		filters = append(filters, c.FilterSubject)
	}
	drop(len(filters) > 0, "the filter"+listed(filters), "(the run's stream holds only what this consumer gets)")
	drop(c.Replicas > 1, fmt.Sprintf("num_replicas: %d", c.Replicas), "(the run has one server)")
	drop(c.PauseUntil != nil, "pause_until", "(a time of its own)")
	from := c.DeliverPolicy
	begins := from == jetstream.DeliverByStartSequencePolicy || from == jetstream.DeliverByStartTimePolicy ||
		from == jetstream.DeliverLastPerSubjectPolicy
	drop(begins, "deliver_policy: "+from.String(), "(where it began does not matter any more)")
	if begins {
		c.DeliverPolicy = jetstream.DeliverAllPolicy
	}
	c.Name, c.Durable, c.FilterSubject, c.FilterSubjects = "", "", "", nil
	c.OptStartSeq, c.OptStartTime, c.PauseUntil, c.RateLimit = 0, nil, nil, 0
	c.DeliverSubject, c.DeliverGroup, c.FlowControl, c.IdleHeartbeat = "", "", false, 0
	c.Replicas = min(c.Replicas, 1)
	c.Metadata = ownMetadata(c.Metadata)
	if c.AckPolicy == jetstream.AckNonePolicy { // the server keeps settings that have no effect
		c.AckWait, c.BackOff, c.MaxDeliver, c.MaxAckPending = 0, nil, 0, 0
	}
	if c.PriorityPolicy != jetstream.PriorityPolicyPinned {
		c.PinnedTTL = 0
	}
	return scenarios.Consumer{ConsumerConfig: c}, out
}

// ownMetadata is metadata without what the server adds.
func ownMetadata(all map[string]string) map[string]string {
	own := maps.Clone(all)
	maps.DeleteFunc(own, func(key, _ string) bool { return strings.HasPrefix(key, "_nats.") })
	if len(own) == 0 {
		return nil
	}
	return own
}

// listed are names behind a word.
func listed(names []string) string {
	const most = 5
	switch n := len(names); {
	case n == 0:
		return ""
	case n > most:
		return fmt.Sprintf(" %s and %d more", strings.Join(names[:most], " "), n-most)
	}
	return " " + strings.Join(names, " ")
}
