package measure

import "slices"

// A consumer does not have to deliver all that its stream has: deliver_policy says where it begins (nats-server consumer.go,
// selectStartingSeqNo). A message before that neither waits nor is lost: it is skipped. What a consumer filters out needs no
// rule, because the events of each consumer bear its number.

// deliverBySequence is the policy of a consumer that begins at opt_start_seq.
const deliverBySequence = "by_start_sequence"

// scope is what a consumer has to deliver. The zero value is all of the stream.
type scope struct {
	seen    bool   // a configuration said so: no later one changes where the consumer began
	partial bool   // it may be less than all
	unknown bool   // the history cannot tell
	first   uint64 // the first sequence, where that is known
}

// begin takes in the configuration that a consumer was made with. Where the stream was empty then, all policies but
// by_start_sequence begin at its first message. Where it was not, they depend on what the stream had at that moment, which no
// event says.
func (s *scope) begin(c *consumerConfig, empty bool) {
	if s.seen {
		return
	}
	s.seen = true
	s.partial = c.DeliverPolicy != "" && c.DeliverPolicy != "all"
	if c.DeliverPolicy == deliverBySequence {
		s.first = c.OptStartSeq
		return
	}
	s.unknown = s.partial && !empty
}

// skips reports whether the consumer never has to deliver a message.
func (s *scope) skips(m *message) bool { return m.count == 0 && given(m.seq) < s.first }

// knowsQueue reports whether it is known which messages wait: publishers recorded what was stored, each consumer's
// configuration tells what it has to deliver, and it is known what the stream removed, and when.
func (b *books) knowsQueue() bool {
	return len(b.stored) > 0 && !b.untold && !b.ofAny(func(s *scope) bool { return s.unknown })
}

// ofAny reports whether something is true of what any of the consumers has to deliver.
func (b *books) ofAny(is func(*scope) bool) bool {
	return slices.ContainsFunc(b.consumers(), func(c *books) bool { return is(&c.scope) })
}

// warnOfScope says that what waits is not known.
func (b *books) warnOfScope(f *Findings) {
	if b.scope.unknown {
		f.warn("%sthe stream had messages when the consumer was made with deliver_policy %s, and no event says where it began: "+
			"which messages wait, or are lost, is not known", b.prefix(), b.consumer.DeliverPolicy)
	}
}
