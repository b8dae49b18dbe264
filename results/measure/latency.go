package measure

import (
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// percentiles are the points of a drawn distribution: each step halves what remains above it.
var percentiles = []float64{
	0, 10, 20, 30, 40, 50, 60, 70, 75, 80, 85, 90, 92.5, 95, 97.5, 98.75, 99, 99.5, 99.75, 99.9, 99.95, 99.99, 99.999, 100,
}

// distribution is a histogram that also knows its exact maximum.
type distribution struct {
	hdr   *hdrhistogram.Histogram
	count int64
	max   int64
}

// The histograms tell times apart to three digits, up to an hour; what is longer counts as an hour, but for the maximum.
const latencyMax = int64(time.Hour)

// record takes in a time; one below 0, of two clocks or of an answer that overtook another, is 0.
func (d *distribution) record(v int64) {
	if d.hdr == nil {
		d.hdr = hdrhistogram.New(1, latencyMax, 3)
	}
	v = max(v, 0)
	d.count++
	d.max = max(d.max, v)
	if err := d.hdr.RecordValue(min(v, latencyMax)); err != nil {
		panic(err) // a clamped value is always in range
	}
}

// at is the value at a percentile; the last one is exact.
func (d *distribution) at(percentile float64) int64 {
	if percentile == 100 {
		return d.max
	}
	return min(d.hdr.ValueAtPercentile(percentile), d.max)
}

func (d *distribution) points() []Point {
	var points []Point
	for _, p := range percentiles {
		points = append(points, Point{p, d.at(p)})
	}
	return points
}

// measureLatencies measures how long messages took on each part of their way. It leaves out those due before disturb.
func (b *books) measureLatencies(f *Findings) {
	var store, queue, service, response, late distribution
	for i := range b.messages {
		m := &b.messages[i]
		if !b.counts(m) {
			continue
		}
		if m.due != never {
			store.record(m.storedAt - m.due)
		}
		if m.begunAt != never {
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
	f.latency("store", "due → stored", &store)
	f.latency("queue", "stored → first begin", &queue)
	f.latency("service", "begin → end", &service)
	f.latency("response", b.responseLabel(), &response)
	if late.count > 0 {
		f.setTime("publish.late.p99", late.at(99))
	}
}

// counts reports whether a message was stored and due, as far as anybody knows, from the start of disturb on.
func (b *books) counts(m *message) bool {
	counted := m.due
	if counted == never {
		counted = m.storedAt
	}
	return m.storedAt != never && counted >= b.window.From
}

// response is how long a message took from when it was due to its first ack: the confirmed one of a worker that waits for
// that, else the one that left. It is never where there is no such ack, or nobody knows when it was due.
func (b *books) response(m *message) int64 {
	answered := m.confirmed
	if m.ackedAt != never && !b.workers[m.acker].confirms && (answered == never || m.ackedAt < answered) {
		answered = m.ackedAt
	}
	if m.due == never || answered == never {
		return never
	}
	return max(answered-m.due, 0)
}

// responseLabel says which acks end a response.
func (b *books) responseLabel() string {
	sent := slices.ContainsFunc(b.messages, func(m message) bool { return m.ackedAt != never && !b.workers[m.acker].confirms })
	switch {
	case sent && b.acksSeen:
		return "due → ack confirmed, or sent by workers that do not wait for it"
	case b.acksSeen:
		return "due → ack confirmed"
	}
	return "due → ack sent"
}

func (f *Findings) latency(name, label string, d *distribution) {
	if d.count == 0 {
		return
	}
	f.Latencies = append(f.Latencies, Latency{Name: name, Label: label, Count: d.count, Points: d.points()})
	f.setTime("latency."+name+".p50", d.at(50))
	f.setTime("latency."+name+".p90", d.at(90))
	f.setTime("latency."+name+".p99", d.at(99))
	f.setTime("latency."+name+".p999", d.at(99.9))
	f.setTime("latency."+name+".max", d.max)
	if d.max > latencyMax {
		f.warn("the longest %s latency is %s; its percentiles are cut off at an hour", name, seconds(d.max))
	}
}
