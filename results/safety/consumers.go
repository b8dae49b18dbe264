package safety

import (
	"cmp"
	"maps"
	"slices"

	"pindrop/results/history"
)

// How long after a plain ack it has settled, where nothing breaks about that time, and how long a delivery may be on its way.
const (
	settling = 5 * second
	flight   = second
)

func (f *facts) ackedRedelivered() Judgement {
	var found evidence
	settled := 0
	for _, m := range slices.SortedFunc(maps.Keys(f.arrivals), func(a, b message) int {
		return int(int64(a.seq)-int64(b.seq))*1000 + int(a.shard-b.shard)
	}) {
		at, how := f.settled(m)
		if how == "" {
			continue
		}
		settled++
		for _, a := range f.arrivals[m] {
			if a.at <= at+flight || a.number < 2 {
				continue
			}
			found.add(f.mayComeAgain(at, a), "sequence %d, whose ack %s at %s, came to %s at %s as delivery %d",
				m.seq, how, seconds(at), a.worker, seconds(a.at), a.number)
		}
	}
	if settled == 0 {
		return unsure("no ack has settled")
	}
	return found.judgement(held("%d acks settled, and stayed so", settled))
}

// settled is when the first ack of a message has settled, and how; "" where none has.
func (f *facts) settled(m message) (at int64, how string) {
	if at, ok := f.confirmed[m]; ok {
		return at, "was confirmed"
	}
	for _, a := range f.answers[m] {
		if len(f.during(a.at-settling, a.at+settling, nil)) == 0 {
			return a.at + settling, "left 5 s earlier, far from any fault, and had settled"
		}
	}
	return 0, ""
}

// mayComeAgain says why an arrival does not accuse anybody though the ack had settled before; "" if it does.
func (f *facts) mayComeAgain(at int64, a arrival) string {
	for _, x := range f.during(a.at, a.at, holdings) {
		return x.do + " of " + x.target + " holds what was sent before, or leaves a leader that does not know better"
	}
	if text := f.forgotten(); text != "" {
		return text
	}
	if f.copies() > 1 {
		return ""
	}
	for _, x := range f.failures {
		memory := f.consumer.Memory || f.stream.Storage == "memory"
		if slices.Contains(abrupt, x.do) || memory && slices.Contains(endings, x.do) {
			if x.from <= a.at && x.from >= at-settling {
				return x.do + " of the only server that kept the ack"
			}
		}
	}
	return ""
}

func (f *facts) consumerStuck() Judgement {
	if f.verdict == nil {
		return unsure("the run did not come to its converge phase")
	}
	waits := int64(0)
	for of, replicas := range f.replicas {
		for _, r := range replicas {
			if of.of == history.OfConsumer && r.Outcome == history.OK {
				waits += r.Pending + r.AckPending
			}
		}
	}
	switch patience := f.patience(); {
	case waits == 0:
		return held("nothing waits in the end")
	case f.progressed >= 0 && f.progressed > f.verdict.At-patience:
		return unsure("a worker is at work, and says so")
	case f.pauses || f.consumer.PauseUntil != "":
		return unsure("the consumer was paused")
	case f.consumer.MaxDeliver > 0, f.consumer.Policy == "overflow":
		return unsure("the consumer may leave a rest: max_deliver %d, policy %s", f.consumer.MaxDeliver, f.consumer.Policy)
	case f.arrived >= 0 && f.arrived > f.verdict.At-patience:
		return held("%d messages wait, and the last arrived at %s", waits, seconds(f.arrived))
	case f.pulled < f.verdict.At-patience:
		return unsure("%d messages wait, and nobody has pulled since %s", waits, seconds(f.pulled))
	case f.converge < 0 || f.healed() > f.verdict.At-patience:
		return unsure("%d messages wait, and the end came too early to tell: %s after the last fault was healed", waits, seconds(f.verdict.At-f.healed()))
	}
	var found evidence
	found.add(cmp.Or(f.forgotten(), f.crippled()), "messages wait (%s), the last one arrived at %s, the last pull left at %s, and it is %s",
		f.verdict.Reason, seconds(f.arrived), seconds(f.pulled), seconds(f.verdict.At))
	return found.judgement(Judgement{})
}

// healed is when the last fault was over.
func (f *facts) healed() int64 {
	at := int64(0)
	for _, x := range f.failures {
		at = max(at, x.to)
	}
	return at
}

func (f *facts) replicasDisagree() Judgement {
	if f.verdict == nil {
		return unsure("the run did not come to its converge phase")
	}
	var found evidence
	compared := 0
	for _, of := range slices.SortedFunc(maps.Keys(f.replicas), func(a, b entity) int { return int(a.shard - b.shard) }) {
		replicas := f.replicas[of]
		for _, r := range replicas[1:] {
			compared++
			if one := replicas[0]; !same(&one, &r) {
				found.add(cmp.Or(f.forgotten(), f.crippled()), "of the %s, %s and %s have: %s; %s", name(of), one.Target, r.Target, told(&one), told(&r))
			}
		}
	}
	if compared == 0 {
		return unsure("there is one replica of everything")
	}
	return found.judgement(held("%d replicas are as the first", compared))
}

func name(of entity) string {
	if of.shard > 0 {
		return of.of + " " + plain(int64(of.shard))
	}
	return of.of
}

// same reports whether two replicas agree. A digest of 0 says nothing.
func same(a, b *history.Event) bool {
	read := a.Sum != 0 && b.Sum != 0
	return a.Base == b.Base && a.Seq == b.Seq && a.Stored == b.Stored && a.Count == b.Count && a.ConsumerSeq == b.ConsumerSeq &&
		a.AckFloor == b.AckFloor && a.AckPending == b.AckPending && (!read || a.Sum == b.Sum)
}

func (f *facts) notConverged() Judgement {
	switch {
	case f.verdict == nil:
		return unsure("the run did not come to its converge phase")
	case f.verdict.Outcome == history.OK:
		return held("converged %s after the drain", seconds(f.verdict.At-f.converge))
	case f.consumerStuck().Outcome == Broken, f.replicasDisagree().Outcome == Broken:
		return unsure("another law says more: %s", f.verdict.Reason)
	case f.verdict.Do == "":
		return unsure("the history is of an older pindrop, and does not say what this is about: %s", f.verdict.Reason)
	case f.verdict.Do == history.OpenWork:
		return unsure("work goes on: %s", f.verdict.Reason)
	case f.verdict.Do == history.OpenPin && f.pulled < f.verdict.At-f.patience():
		return unsure("nobody pulls any more, so nobody gets the pin: %s", f.verdict.Reason)
	}
	var found evidence
	found.add(cmp.Or(f.forgotten(), f.crippled()), "%s", f.verdict.Reason)
	return found.judgement(Judgement{})
}

// patience is how long a message may wait that a worker could have: until whoever has it, or the pin, has lost it for sure.
func (f *facts) patience() int64 { return max(2*f.consumer.wait(), f.consumer.PinTTL) + 20*second }
