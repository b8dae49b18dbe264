package measure

import (
	"cmp"
	"math"
	"slices"
)

// percentiles are the points of a drawn distribution: each step halves what remains above it.
var percentiles = []float64{
	0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 98.75, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100,
}

// distribution is some times, in nanoseconds. They are kept as they are: a history holds each of them anyway, and a
// histogram would give percentiles that are off by a rank, which is much where there are few.
type distribution []int64

// record takes in a time; one below 0, of two clocks or of an answer that overtook another, is 0.
func (d *distribution) record(v int64) { *d = append(*d, max(v, 0)) }

// quantile is the nearest rank: the smallest of the rising values that at least so many percent of them do not exceed.
func quantile[T cmp.Ordered](rising []T, percent float64) T {
	// In thousandths of a percent, as a float 99.9 % of 1000 would be a little more than 999.
	share := int(math.Round(1000 * percent))
	return rising[max((len(rising)*share+99_999)/100_000, 1)-1]
}

// measureLatencies measures how long messages took on each part of their way. It leaves out those due before disturb.
func (b *books) measureLatencies(f *Findings) {
	var store, queue, service, response, late distribution
	for i := range b.messages {
		m := &b.messages[i]
		if !b.counts(m) {
			continue
		}
		if m.due != never && m.heardAt != never {
			store.record(m.heardAt - m.due)
		}
		if m.begunAt != never && m.storedAt != never {
			queue.record(m.begunAt - m.storedAt)
		}
		if r := b.response(m); r != never {
			response.record(r)
		}
	}
	for _, i := range b.services {
		if d := &b.deliveries[i]; d.begun >= b.window.From && d.ended != never && d.ended == d.closed {
			service.record(d.ended - d.begun)
		}
	}
	for _, p := range b.published {
		if p.due >= b.window.From {
			late.record(p.at - p.due)
		}
	}
	b.warnOfDueUnknown(f)
	f.latency("store", "due → stored", store)
	f.latency("queue", "stored → first begin", queue)
	f.latency("service", "begin → end", service)
	f.latency("response", b.endOfResponse(f), response)
	if len(late) > 0 {
		slices.Sort(late)
		f.setTime("publish.late.p99", quantile(late, 99))
	}
}

// warnOfDueUnknown says how many messages were handled that no latency counts.
func (b *books) warnOfDueUnknown(f *Findings) {
	n := 0
	for i := range b.messages {
		if m := &b.messages[i]; m.due == never && m.storedAt == never && m.okAt != never {
			n++
		}
	}
	if n > 0 && len(b.published) > 0 {
		f.warn("%d messages were handled whose publishers had no answer: nobody knows when they were due, and no latency counts them", n)
	}
}

// endOfResponse says what a response ends with, and warns if that is not the same for all.
func (b *books) endOfResponse(f *Findings) string {
	confirmed, sent := 0, 0
	for i := range b.messages {
		m := &b.messages[i]
		at, double := b.answered(m)
		switch {
		case !b.counts(m) || at == never || m.due == never:
		case double:
			confirmed++
		default:
			sent++
		}
	}
	switch {
	case confirmed == 0:
		return "due → ack sent"
	case sent == 0:
		return "due → ack confirmed"
	}
	f.warn("responses end in two ways: those of %d messages with the confirmed ack, those of %d with the ack that was sent",
		confirmed, sent)
	return "due → ack confirmed, or sent where none was confirmed"
}

// counts reports whether a message was due, or stored where nobody knows when it was due, from the start of disturb on.
func (b *books) counts(m *message) bool {
	counted := m.due
	if counted == never {
		counted = m.storedAt
	}
	return counted != never && counted >= b.window.From
}

// answered is when a message had its first ack, and whether that one was confirmed: a worker that waits for confirmation
// answers with that, any other one with the ack that left. It is never where there is none.
func (b *books) answered(m *message) (at int64, confirmed bool) {
	if m.ackedAt != never && !b.workers[m.acker].confirms && (m.confirmed == never || m.ackedAt < m.confirmed) {
		return m.ackedAt, false
	}
	return m.confirmed, true
}

// response is how long a message took from when it was due to its first ack. It is never where there is none, or nobody
// knows when it was due.
func (b *books) response(m *message) int64 {
	answered, _ := b.answered(m)
	if m.due == never || answered == never {
		return never
	}
	return max(answered-m.due, 0)
}

func (f *Findings) latency(name, label string, d distribution) {
	if len(d) == 0 {
		return
	}
	slices.Sort(d)
	var points []Point
	for _, p := range percentiles {
		points = append(points, Point{p, quantile(d, p)})
	}
	f.Latencies = append(f.Latencies, Latency{Name: name, Label: label, Count: int64(len(d)), Points: points})
	f.setTime("latency."+name+".p50", quantile(d, 50))
	f.setTime("latency."+name+".p90", quantile(d, 90))
	f.setTime("latency."+name+".p99", quantile(d, 99))
	f.setTime("latency."+name+".p999", quantile(d, 99.9))
	f.setTime("latency."+name+".max", quantile(d, 100))
}
