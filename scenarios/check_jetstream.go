package scenarios

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// acks reports whether the consumer has acknowledgements at all.
func (s *Scenario) acks() bool { return s.Consumer.AckPolicy != jetstream.AckNonePolicy }

// unlimited are the settings for which -1 means that there is no limit.
var unlimited = []string{
	"max_ack_pending", "max_deliver", "max_msgs", "max_bytes", "max_msgs_per_subject", "max_msg_size", "max_consumers",
}

// checkSettings refuses negative numbers that mean nothing.
func (c *checker) checkSettings(v reflect.Value, path string) {
	for _, f := range fieldsOf(v.Type()) {
		value, at := v.FieldByIndex(f.index), join(path, f.name)
		switch {
		case f.typ.Kind() == reflect.Struct:
			c.checkSettings(value, at)
		case !value.CanInt() || value.Int() >= 0 || value.Int() == -1 && slices.Contains(unlimited, f.name):
		case slices.Contains(unlimited, f.name):
			c.errorf(at, "%s must be -1 (no limit) or more, got %d", f.name, value.Int())
		default:
			c.errorf(at, "%s must not be negative, got %d", f.name, value.Int())
		}
	}
}

func (c *checker) checkStream() {
	s := &c.Stream
	c.checkSettings(reflect.ValueOf(s).Elem(), "stream")
	if s.Replicas > c.Server.Nodes && c.Server.Mode != ServerExternal {
		c.errorf("stream.num_replicas", "num_replicas %d needs as many servers, and server.nodes is %d",
			s.Replicas, c.Server.Nodes)
	}
	if s.Replicas > 5 {
		c.errorf("stream.num_replicas", "num_replicas must be at most 5, got %d", s.Replicas)
	}
	if s.MaxConsumers > 0 && s.MaxConsumers < c.Consumer.Count {
		c.errorf("stream.max_consumers", "max_consumers %d leaves no room for %d consumers", s.MaxConsumers, c.Consumer.Count)
	}
	if s.Placement != nil && c.Server.Nodes == 1 && c.Server.Mode != ServerExternal {
		c.errorf("stream.placement", "placement needs a cluster, and server.nodes is 1")
	}
	for i, p := range c.Publishers {
		if s.MaxMsgSize > 0 && p.Size > int(s.MaxMsgSize) {
			c.errorf(itemPath("publishers", i)+".size", "size must be at most the stream's max_msg_size (%d), got %d",
				s.MaxMsgSize, p.Size)
		}
	}
}

func (c *checker) checkConsumer() {
	k := &c.Consumer
	c.checkSettings(reflect.ValueOf(k).Elem(), "consumer")
	if k.AckPolicy == jetstream.AckFlowControlPolicy {
		c.errorf("consumer.ack_policy", "ack_policy: flow_control is for push consumers, which are out of scope")
	}
	if c.Stream.Retention == jetstream.WorkQueuePolicy && k.AckPolicy != jetstream.AckExplicitPolicy {
		c.errorf("consumer.ack_policy", "a stream with retention: workqueue needs ack_policy: explicit")
	}
	if c.Stream.Retention == jetstream.WorkQueuePolicy && k.DeliverPolicy != jetstream.DeliverAllPolicy {
		c.errorf("consumer.deliver_policy", "a stream with retention: workqueue needs deliver_policy: all")
	}
	if k.Replicas > c.Stream.Replicas {
		c.errorf("consumer.num_replicas", "num_replicas must be at most the stream's (%d), got %d",
			c.Stream.Replicas, k.Replicas)
	}
	c.checkLimit()
	if limit := c.Stream.ConsumerLimits.InactiveThreshold; limit > 0 && k.InactiveThreshold > limit {
		c.errorf("consumer.inactive_threshold",
			"inactive_threshold must be at most the stream's limit for consumers (%s), got %s",
			Duration(limit), Duration(k.InactiveThreshold))
	}
	c.checkRedelivery()
	c.checkStart()
}

// checkRedelivery checks when and how often messages come again.
func (c *checker) checkRedelivery() {
	k := &c.Consumer
	if n := len(k.BackOff); n > 0 && c.acks() {
		if k.AckWait != k.BackOff[0] {
			c.errorf("consumer.ack_wait", "backoff takes the place of ack_wait: leave ack_wait out, or make it %s",
				Duration(k.BackOff[0]))
		}
		if k.MaxDeliver != -1 && n > k.MaxDeliver {
			c.errorf("consumer.backoff", "backoff has %d steps, more than max_deliver (%d) allows", n, k.MaxDeliver)
		}
		if slices.Contains(k.BackOff, 0) {
			c.errorf("consumer.backoff", "backoff: every step must be more than 0s")
		}
	}
	if c.acks() {
		return
	}
	for _, name := range []string{"ack_wait", "backoff", "max_deliver", "max_ack_pending"} {
		given := !reflect.ValueOf(k).Elem().FieldByIndex(fieldNamed(reflect.TypeFor[Consumer](), name).index).IsZero()
		if given && !(name == "max_deliver" && k.MaxDeliver == maxDeliverDefault) {
			c.errorf("consumer."+name, "%s has no effect with ack_policy: none", name)
		}
	}
}

// checkStart checks from where the consumer reads.
func (c *checker) checkStart() {
	k := &c.Consumer
	sequence := k.DeliverPolicy == jetstream.DeliverByStartSequencePolicy
	at := k.DeliverPolicy == jetstream.DeliverByStartTimePolicy
	switch {
	case sequence && k.OptStartSeq == 0:
		c.errorf("consumer.deliver_policy", "deliver_policy: by_start_sequence needs opt_start_seq")
	case at && k.OptStartTime == nil:
		c.errorf("consumer.deliver_policy", "deliver_policy: by_start_time needs opt_start_time")
	case !sequence && k.OptStartSeq != 0:
		c.errorf("consumer.opt_start_seq", "opt_start_seq goes with deliver_policy: by_start_sequence")
	case !at && k.OptStartTime != nil:
		c.errorf("consumer.opt_start_time", "opt_start_time goes with deliver_policy: by_start_time")
	case k.DeliverPolicy == jetstream.DeliverLastPerSubjectPolicy:
		c.errorf("consumer.deliver_policy",
			"deliver_policy: last_per_subject needs a filter, and the run chooses the subjects")
	}
}

var priorityGroup = regexp.MustCompile(`^[A-Za-z0-9/_=-]{1,16}$`)

// checkPriority checks the priority policy, its groups, and what the workers make of them.
func (c *checker) checkPriority() {
	k := &c.Consumer
	policy, _ := enumWord(reflect.ValueOf(k.PriorityPolicy)) // it was decoded from its word
	switch none := k.PriorityPolicy == jetstream.PriorityPolicyNone; {
	case none && len(k.PriorityGroups) > 0:
		c.refused("consumer.priority_groups", "priority_groups need a priority_policy: pinned_client, overflow or prioritized")
	case none && k.PinnedTTL > 0:
		c.refused("consumer.priority_timeout", "priority_timeout needs priority_policy: pinned_client")
	case !none && len(k.PriorityGroups) == 0:
		c.refused("consumer.priority_policy", "priority_policy: %s needs a group: priority_groups: [jobs]", policy)
	case k.PriorityPolicy != jetstream.PriorityPolicyPinned && k.PinnedTTL > 0:
		c.errorf("consumer.priority_timeout", "priority_timeout goes with priority_policy: pinned_client, not with %s", policy)
	}
	for i, group := range k.PriorityGroups {
		if !priorityGroup.MatchString(group) {
			c.refused(itemPath("consumer.priority_groups", i),
				"priority_groups: expected 1 to 16 of A-Z a-z 0-9 / _ = -, got %q", group)
		}
		if slices.Index(k.PriorityGroups, group) < i {
			c.errorf(itemPath("consumer.priority_groups", i), "priority_groups: %s is given twice", group)
		}
	}
	for i := range c.Workers {
		c.checkWorkerPriority(&c.Workers[i], itemPath("workers", i), policy)
	}
}

func (c *checker) checkWorkerPriority(w *Workers, path, policy string) {
	groups := c.Consumer.PriorityGroups
	switch {
	case w.Group == "" || slices.Contains(groups, w.Group):
	case len(groups) == 0:
		c.errorf(path+".group", "group: the consumer has no priority_groups")
	default:
		c.errorf(path+".group", "group: %q is not one of the consumer's; nearest: %s (of %s)",
			w.Group, Nearest(w.Group, groups), strings.Join(groups, ", "))
	}
	if c.Consumer.PriorityPolicy != jetstream.PriorityPolicyOverflow {
		for _, name := range []string{"min_pending", "min_ack_pending"} {
			if c.places.has(path+"."+name) && !(w.MinPending == 0 && w.MinAckPending == 0) {
				c.errorf(path+"."+name, "%s goes with priority_policy: overflow, not with %s", name, policy)
			}
		}
	}
	if w.Priority != 0 && c.Consumer.PriorityPolicy != jetstream.PriorityPolicyPrioritized {
		c.errorf(path+".priority", "priority goes with priority_policy: prioritized, not with %s", policy)
	}
}
