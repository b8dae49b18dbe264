package measure

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"pindrop/results/history"
)

// worstMax is how many messages are told in full, and storyMax how many steps of each.
const (
	worstMax = 20
	storyMax = 200
)

// worst tells the whole story of the messages with the most deliveries, then the longest response.
func (b *books) worst(events iter.Seq[*history.Event]) []Message {
	var chosen []int32
	worse := func(i, j int32) int {
		m, o := &b.messages[i], &b.messages[j]
		return cmp.Or(cmp.Compare(o.count, m.count), cmp.Compare(b.response(o), b.response(m)), cmp.Compare(m.seq, o.seq))
	}
	for i := range int32(len(b.messages)) {
		if len(chosen) == worstMax && worse(i, chosen[worstMax-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(chosen, i, worse)
		chosen = slices.Insert(chosen, at, i)
		chosen = chosen[:min(len(chosen), worstMax)]
	}
	worst := make([]Message, len(chosen))
	bySeq, byOp := map[uint64]*Message{}, map[operation]*Message{}
	for k, i := range chosen {
		m := &b.messages[i]
		worst[k] = Message{Seq: given(m.seq), Deliveries: int(m.count), Response: b.response(m)}
		bySeq[m.seq] = &worst[k]
		if m.op.op != 0 {
			byOp[m.op] = &worst[k]
		}
	}
	for e := range b.lives.of(events) {
		m := bySeq[e.Seq]
		if e.Kind == history.Publish {
			m = byOp[operation{b.publishers[e.Actor], e.Op}]
		}
		if m != nil {
			m.tell(e)
		}
	}
	return worst
}

// tell adds an event to the message's story.
func (m *Message) tell(e *history.Event) {
	m.Key = cmp.Or(m.Key, e.Key)
	what := describe(e)
	switch {
	case what == "" || len(m.Story) > storyMax:
	case len(m.Story) == storyMax:
		m.Story = append(m.Story, Step{e.At, "", fmt.Sprintf("more than the %d steps shown here", storyMax)})
	default:
		m.Story = append(m.Story, Step{e.At, e.Actor, what})
	}
}

// describe says in words what an event did to its message; "": nothing.
func describe(e *history.Event) string {
	switch e.Kind {
	case history.Publish:
		return fmt.Sprintf("published, %s after it was due", seconds(e.At-e.Due))
	case history.Deliver:
		return fmt.Sprintf("delivery %d arrived%s", e.Delivery, under(e.Gen))
	case history.Begin:
		return fmt.Sprintf("began on delivery %d%s", e.Delivery, under(e.Gen))
	case history.End:
		return "ended: " + string(e.Outcome)
	case history.Read:
		return fmt.Sprintf("read revision %d%s", e.Revision, from(e.Reason))
	case history.Nak:
		if e.Delay > 0 {
			return fmt.Sprintf("sent a nak with a delay of %s", seconds(e.Delay))
		}
	case history.Effect:
		return describeEffect(e)
	case history.Terminated:
		return "terminated: " + cmp.Or(e.Reason, "no reason given")
	}
	return words[e.Kind]
}

// describeEffect says what became of a write.
func describeEffect(e *history.Event) string {
	if e.Outcome == history.Applied {
		return fmt.Sprintf("wrote revision %d, from revision %d", e.Revision, e.Base)
	}
	return fmt.Sprintf("write %s: %s", e.Outcome, cmp.Or(e.Reason, "no reason given"))
}

// words are the steps that need no numbers.
var words = map[history.Kind]string{
	history.Stored:        "stored",
	history.Ack:           "sent the ack",
	history.Nak:           "sent a nak",
	history.Term:          "sent a term",
	history.Progress:      "asked for more time",
	history.Acked:         "got the ack confirmed",
	history.Lease:         "asked whether it still held the lease: yes",
	history.MaxDeliveries: "given up: too many deliveries",
}

// from says where a read came from, if not from the server.
func from(reason string) string {
	if reason != history.Cached {
		return ""
	}
	return " from its memory"
}

func under(gen uint32) string {
	if gen == 0 {
		return ""
	}
	return fmt.Sprintf(", pin %d", gen)
}
