package measure

import (
	"fmt"
	"iter"
	"strings"

	"pindrop/results/history"
	"pindrop/results/safety"
)

// Loss is what the server had acknowledged to publishers and no longer had in the end. Whether its cause is known or not, it
// is a loss, and every report of the run tells it.
type Loss struct {
	Messages int      `json:"messages"`          // acknowledged publishes whose messages are gone
	AtMost   bool     `json:"at_most,omitempty"` // some of them the stream may have removed by right
	Stream   bool     `json:"stream,omitempty"`  // the whole stream is gone
	Known    bool     `json:"known"`             // its cause is documented: no law accuses anybody for it
	Cause    string   `json:"cause,omitempty"`   // in words
	Refs     []string `json:"refs,omitempty"`    // where the cause is documented
}

// String is a loss in a line: 283 acknowledged messages (nats-server#7564).
func (l *Loss) String() string {
	text := fmt.Sprintf("%d acknowledged messages", l.Messages)
	if l.Messages == 1 {
		text = "1 acknowledged message"
	}
	if l.AtMost {
		text = "at most " + text
	}
	if l.Stream {
		text = "the whole stream, " + text
	}
	if len(l.Refs) > 0 {
		text += " (" + strings.Join(l.Refs, ", ") + ")"
	}
	return text
}

// Gone is the first time that the server said it has no such stream, or consumer, any more.
type Gone struct {
	What  string `json:"what"` // stream, consumer
	Shard int32  `json:"shard,omitempty"`
	At    int64  `json:"at"`
}

// lastCode is the error code in the server's last word about the stream or the consumer; 0 where it has them.
func (b *books) lastCode() int32 {
	if b.final == nil {
		return 0
	}
	return b.final.Status
}

// endKnown reports whether the last word says where the stream ends.
func (b *books) endKnown() bool {
	return b.final != nil && (b.final.Outcome == history.OK || b.final.Seq > 0 || b.final.Status == history.NoStream)
}

// ackPending is how many messages the last word says are ack pending. Where all of them lie behind the end of the stream, which
// has lost them, nobody can ack one any more.
func (b *books) ackPending() int64 {
	if b.endKnown() && b.final.AckFloor >= b.final.Seq {
		return 0
	}
	return b.final.AckPending
}

// forgotten reports whether the server no longer has a message, though nothing but a loss explains that.
func (b *books) forgotten(m *message) bool {
	return b.endKnown() && (b.lives.ended(m.seq, b.whole.To) || b.final.Status == history.NoStream || given(m.seq) > b.final.Seq)
}

// discreet reports whether the stream may have removed messages by right without an event for each: by a limit, in a purge,
// or after an ack that no worker sent by itself.
func (b *books) discreet() bool {
	for i := range b.faults {
		if b.faults[i].Do == doPurge {
			return true
		}
	}
	return b.stream.drops() || b.stream.consumes() && (b.consumer.AckPolicy == ackNone || b.consumer.AckPolicy == ackAll)
}

// measureForgotten counts what a stream had acknowledged and no longer has, where the last word says where it ends.
func (b *books) measureForgotten(f *Findings) {
	f.Gone = b.gone
	if !b.endKnown() || b.taken() {
		return
	}
	lost, reused := 0, map[uint64]bool{}
	seen := map[uint64]bool{}
	for i := range b.messages {
		m := &b.messages[i]
		if m.storedAt == never {
			continue
		}
		seq := given(m.seq)
		if seen[seq] {
			reused[seq] = true
		}
		seen[seq] = true
		done := m.ackedAt != never || m.confirmed != never || m.termed
		if b.forgotten(m) && !(done && b.stream.consumes()) {
			lost++
		}
	}
	// Of a stream that removes nothing by itself, the sequences are without a hole.
	if !b.discreet() && !b.stream.consumes() && b.final.Status == 0 {
		lost += int(max(int64(b.final.Seq)-b.final.Stored, 0))
	}
	f.set("publish.reused", float64(len(reused)))
	unsure := lost > 0 && b.discreet()
	if !unsure {
		f.set("publish.lost", float64(lost))
	}
	if gone := b.final.Status == history.NoStream; lost > 0 || gone {
		f.Loss = &Loss{Messages: lost, AtMost: unsure, Stream: gone}
	}
}

// explainLoss says why messages are gone, as far as that is documented. Where servers were asked what they have, the law
// that compared message by message knows best how many are.
func (b *books) explainLoss(f *Findings, events iter.Seq[*history.Event]) {
	for _, j := range f.Laws {
		if j.Law == safety.WriteLost && j.Count > 0 {
			if f.Loss == nil {
				f.Loss = &Loss{}
			}
			f.Loss.Messages, f.Loss.AtMost = j.Count, false
			f.set("publish.lost", float64(j.Count))
		}
	}
	if f.Loss == nil {
		return
	}
	why := safety.WhyLost(events)
	f.Loss.Known, f.Loss.Cause, f.Loss.Refs = why.Text != "", why.Text, why.Refs
}
