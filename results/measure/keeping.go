package measure

import (
	"cmp"
	"slices"
	"strings"
)

// A stream with limits removes messages that nobody has handled, and no event says so. Two of the limits follow from what was
// stored: with max_msgs, and nothing else that removes messages, the stream holds the last of them; and with max_age, none that is
// older, but for 250 ms: the server looks for old ones no more often (memstore.go and filestore.go, resetAgeChk). Their removals are replayed. Of the others nobody knows when they removed what, and so not what waits, unless the last
// word says that every message that was not delivered is still there.

// keeping is one configuration of the stream, and since when.
type keeping struct {
	at int64
	streamConfig
}

// keep finds when the stream removed messages by itself, for the books of all consumers; see [keeping].
func (b *books) keep() {
	trims := b.trims()
	vanished := slices.ContainsFunc(b.keepings, b.vanishes)
	for _, c := range b.consumers() {
		c.untold = vanished && !c.allThere()
		if !c.untold {
			c.turns = append(c.turns, trims...)
		}
		c.aged = slices.ContainsFunc(b.keepings, func(k keeping) bool { return k.MaxAge > 0 && k.MaxAge < b.whole.length() })
	}
	b.untold = slices.ContainsFunc(b.consumers(), func(c *books) bool { return c.untold })
}

// vanishes reports whether a limit may have removed messages at a time that does not follow from what was stored.
func (b *books) vanishes(k keeping) bool {
	return k.displacesOfSubject() || k.displaces(k.MaxBytes) || k.consumes() && k.displaces(k.MaxMsgs) && int64(len(b.stored)) > k.MaxMsgs
}

// trims are the turns at which all messages up to some sequence were gone.
func (b *books) trims() []turn {
	var turns []turn
	trim := func(at int64, upTo uint64) { turns = append(turns, turn{at: at, kind: trimmed, number: upTo}) }
	order := b.byStoring()
	for i, k := range b.keepings {
		in := Span{k.at, b.whole.To + 1}
		if i+1 < len(b.keepings) {
			in.To = b.keepings[i+1].at
		}
		highest := uint64(0)
		for _, m := range order {
			if m.storedAt >= in.To {
				break
			}
			highest = max(highest, given(m.seq))
			at := max(m.storedAt, in.From) // what is there when a limit becomes lower goes at once
			if k.MaxAge > 0 && in.holds(max(m.storedAt+k.MaxAge, in.From)) {
				trim(max(m.storedAt+k.MaxAge, in.From), given(m.seq))
			}
			if k.displaces(k.MaxMsgs) && highest > uint64(k.MaxMsgs) {
				trim(at, highest-uint64(k.MaxMsgs))
			}
		}
	}
	return turns
}

// byStoring are the messages in the order in which they were stored.
func (b *books) byStoring() []*message {
	var all []*message
	for i := range b.messages {
		if m := &b.messages[i]; m.storedAt != never {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(m, o *message) int { return cmp.Or(cmp.Compare(m.storedAt, o.storedAt), cmp.Compare(m.seq, o.seq)) })
	return all
}

// allThere reports whether the last word says that every message which was never sent still waits.
func (b *books) allThere() bool {
	if b.final == nil || b.final.Status != 0 || b.lastCode() != 0 {
		return false
	}
	flown := map[int32]bool{}
	for f := range b.flying {
		flown[f.message] = true
	}
	waiting := int64(0)
	for i := range b.messages {
		if m := &b.messages[i]; m.storedAt != never && m.count == 0 && !m.removed && !flown[int32(i)] && !b.scope.skips(m) {
			waiting++
		}
	}
	return waiting <= b.final.Pending
}

// trim removes all messages up to a sequence, the last of them included.
func (b *books) trim(t turn) {
	if b.lowest == nil {
		b.lowest = make([]int32, len(b.messages))
		for i := range b.lowest {
			b.lowest[i] = int32(i)
		}
		slices.SortFunc(b.lowest, func(i, k int32) int { return cmp.Compare(b.messages[i].seq, b.messages[k].seq) })
	}
	for len(b.lowest) > 0 && given(b.messages[b.lowest[0]].seq) <= t.number {
		m := &b.messages[b.lowest[0]]
		m.removed = m.removed || m.queued || m.pending
		b.drop(m, t.at)
		b.lowest = b.lowest[1:]
	}
}

// warnOfKeeping says why it is not known what waits.
func (b *books) warnOfKeeping(f *Findings) {
	if !b.untold {
		return
	}
	var limits []string
	for _, one := range []struct {
		name string
		is   func(keeping) bool
	}{
		{"max_msgs", func(k keeping) bool { return k.MaxMsgs > 0 && k.consumes() }},
		{"max_bytes", func(k keeping) bool { return k.MaxBytes > 0 }},
		{"max_msgs_per_subject", func(k keeping) bool { return k.MaxMsgsPerSubject > 0 }},
	} {
		if slices.ContainsFunc(b.keepings, one.is) {
			limits = append(limits, one.name)
		}
	}
	f.warn("no event says when the stream removed messages by its %s: which messages wait is not known, and so there is no backlog, "+
		"gap or cliff", strings.Join(limits, " and "))
}
