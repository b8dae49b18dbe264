package audit

import (
	"fmt"
	"math"
)

// Measured is what the samples say of a consumer, by counting. Rates are per second of the clock of the server that
// counted. Of two neighbouring samples, with Δ for a difference:
//
//	published    Δ last_seq of the stream
//	delivered    Δ delivered.consumer_seq: it counts every delivery
//	first        min(Δ delivered.consumer_seq, Δ delivered.stream_seq): first deliveries go up through the stream, each
//	             is a delivery, so there cannot be more than either. It is their exact number without a filter, where
//	             no message in front of the consumer was deleted
//	redelivered  delivered − first: at least so many
//	arrived      Δ num_pending + first: what the consumer gets of what is published
//	left         first − Δ num_ack_pending: acked, terminated, given up, or deleted from the stream
//
// What does not apply is nil.
type Measured struct {
	Samples  int
	Missed   int
	Seconds  float64 // from the first to the last sample
	Asked    float64 // seconds that were asked for
	Cut      string  // why it is less; "" where it is not
	Warnings []string

	Published   Rate
	Arrived     Rate
	Delivered   Rate
	First       Rate
	Redelivered Rate
	Left        *Rate // nil without acks

	Pending     Level
	Waiting     Level
	Redelivers  Level  // num_redelivered
	AckPending  *Level // nil without acks
	AtLimit     *float64
	Arrivals    *Arrivals // nil where nothing arrived
	MessageSize *float64  // bytes that a message takes in the stream, on average; nil where the stream was always empty

	blocks []block
	steps  []step
}

// Rate is a number of events and how many of them there were per second.
type Rate struct {
	Count     float64
	PerSecond float64
}

// Level is a quantity over time: its mean weighted with time, and what the samples saw.
type Level struct {
	Mean                  float64
	Min, Max, First, Last float64
}

// step is the time between two samples.
type step struct {
	from, to Sample

	seconds, streamSeconds            float64
	published, delivered, first, left float64
	arrived, again                    float64
}

// Measure measures an observation of a consumer. What it cannot trust it leaves out, and warns of.
func (l *Live) Measure(o *Observation) (*Measured, error) {
	m := &Measured{Missed: o.Missed, Asked: o.Asked.Seconds(), Cut: o.Cut}
	samples := m.trusted(o.Samples)
	if len(samples) < 2 {
		return nil, fmt.Errorf("%w: %d that follow one another, and rates need 2", ErrTooFew, len(samples))
	}
	m.Samples = len(samples)
	for i, s := range samples[1:] {
		m.steps = append(m.steps, stepOf(samples[i], s))
	}
	m.count(l)
	m.levels(l)
	m.blocks = blocksOf(m.steps)
	m.Arrivals = arrivalsOf(m.steps, l.filtered())
	m.warn(l)
	return m, nil
}

// trusted are the samples from which differences can be made: times rise, and so do counters. Where counters fall the
// consumer is another one, or lost its state, and what came before is dropped.
func (m *Measured) trusted(all []Sample) []Sample {
	var list []Sample
	for _, s := range all {
		if len(list) > 0 {
			last := list[len(list)-1]
			if s.Delivered < last.Delivered || s.DeliveredTo < last.DeliveredTo || s.LastSeq < last.LastSeq {
				m.Warnings = append(m.Warnings, fmt.Sprintf("counters of the server went back, as they do when stream or "+
					"consumer are made anew; %d samples before that were dropped", len(list)))
				list = nil
			} else if !s.At.After(last.At) || !s.StreamAt.After(last.StreamAt) {
				continue // the clocks of two servers, or one that was set
			}
		}
		list = append(list, s)
	}
	return list
}

func stepOf(from, to Sample) step {
	s := step{from: from, to: to, seconds: to.At.Sub(from.At).Seconds(), streamSeconds: to.StreamAt.Sub(from.StreamAt).Seconds()}
	s.published = float64(to.LastSeq - from.LastSeq)
	s.delivered = float64(to.Delivered - from.Delivered)
	s.first = min(s.delivered, float64(to.DeliveredTo-from.DeliveredTo))
	s.again = s.delivered - s.first
	s.arrived = float64(to.NumPending) - float64(from.NumPending) + s.first
	s.left = s.first - float64(to.NumAckPending-from.NumAckPending)
	return s
}

// count adds up the steps.
func (m *Measured) count(l *Live) {
	var streamSeconds, left float64
	for _, s := range m.steps {
		m.Seconds += s.seconds
		streamSeconds += s.streamSeconds
		m.Published.Count += s.published
		m.Arrived.Count += s.arrived
		m.Delivered.Count += s.delivered
		m.First.Count += s.first
		m.Redelivered.Count += s.again
		left += s.left
	}
	m.Published.PerSecond = m.Published.Count / streamSeconds
	for _, r := range []*Rate{&m.Arrived, &m.Delivered, &m.First, &m.Redelivered} {
		r.PerSecond = r.Count / m.Seconds
	}
	if l.acks() {
		m.Left = &Rate{left, left / m.Seconds}
	}
}

func (m *Measured) levels(l *Live) {
	m.Pending = m.level(func(s Sample) float64 { return float64(s.NumPending) })
	m.Waiting = m.level(func(s Sample) float64 { return float64(s.NumWaiting) })
	m.Redelivers = m.level(func(s Sample) float64 { return float64(s.NumRedelivered) })
	if l.acks() {
		ackPending := m.level(func(s Sample) float64 { return float64(s.NumAckPending) })
		m.AckPending = &ackPending
	}
	if limit := l.limit(); limit > 0 {
		share := m.level(func(s Sample) float64 {
			if s.NumAckPending >= limit {
				return 1
			}
			return 0
		}).Mean
		m.AtLimit = &share
	}
	// The stream's messages are largest in number where they say most about their size.
	var most Sample
	for _, s := range m.steps {
		if s.to.Msgs > most.Msgs {
			most = s.to
		}
	}
	if most.Msgs > 0 {
		size := float64(most.Bytes) / float64(most.Msgs)
		m.MessageSize = &size
	}
}

// level is a quantity of the samples over time, on a line between two of them.
func (m *Measured) level(of func(Sample) float64) Level {
	first := of(m.steps[0].from)
	l := Level{First: first, Min: first, Max: first, Mean: mean(m.steps, of)}
	for _, s := range m.steps {
		l.Last = of(s.to)
		l.Min, l.Max = min(l.Min, l.Last), max(l.Max, l.Last)
	}
	return l
}

// mean is the integral over time, divided by the time.
func mean(steps []step, of func(Sample) float64) float64 {
	var sum, seconds float64
	for _, s := range steps {
		sum += (of(s.from) + of(s.to)) / 2 * s.seconds
		seconds += s.seconds
	}
	return sum / seconds
}

// warn says what makes the numbers less than they seem.
func (m *Measured) warn(l *Live) {
	add := func(format string, args ...any) { m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...)) }
	if m.Missed > 0 {
		add("%d questions had no answer in time", m.Missed)
	}
	if m.Arrived.Count < 0 {
		add("messages were removed from the stream before they were delivered: what arrived cannot be told")
	}
	if m.Redelivered.Count > 0 {
		add("at least %s messages were delivered again: the time in which they waited for that counts as ack pending",
			number(m.Redelivered.Count))
	}
	if h := m.Hold(); h != nil && h.Value > m.Seconds/3 {
		add("a message is ack pending for %s on average, and all this is seen in %s: look longer", span(h.Value), span(m.Seconds))
	}
	if m.AckPending != nil && m.Left.Count < few && m.AckPending.Max > 0 {
		add("only %s messages left ack pending: what follows from them is hardly more than a guess", number(math.Max(0, m.Left.Count)))
	}
	if l.Consumer.Paused {
		add("the consumer was paused when it was found")
	}
}

// few is the number of events below which a rate is uncertain by a third or more (1/√10).
const few = 10
