package audit

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// consumer is a consumer of which only the settings matter.
func consumer(c jetstream.ConsumerConfig) *Live {
	return &Live{Stream: &jetstream.StreamInfo{}, Consumer: &jetstream.ConsumerInfo{Name: "worker", Config: c}}
}

// at is the sample of a second.
func at(second float64, s Sample) Sample {
	s.At = time.Unix(1000, 0).Add(time.Duration(second * float64(time.Second)))
	s.StreamAt = s.At.Add(time.Hour) // of another server, with a clock of its own
	return s
}

func measured(t *testing.T, l *Live, samples ...Sample) *Measured {
	t.Helper()
	m, err := l.Measure(&Observation{Samples: samples, Asked: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s %v, want %v", what, got, want)
	}
}

// Every number is one of the server's counters, or follows from them.
func TestMeasure(t *testing.T) {
	m := measured(t, consumer(jetstream.ConsumerConfig{MaxAckPending: 6}),
		at(0, Sample{LastSeq: 100, NumPending: 20, Delivered: 90, DeliveredTo: 80, NumAckPending: 4, NumWaiting: 2}),
		// 8 published, 10 delivered for the first time and 5 of them again, 8 acked
		at(2, Sample{LastSeq: 108, NumPending: 18, Delivered: 105, DeliveredTo: 90, NumAckPending: 6, NumWaiting: 0, NumRedelivered: 3}),
		at(4, Sample{LastSeq: 120, NumPending: 30, Delivered: 105, DeliveredTo: 90, NumAckPending: 6, NumWaiting: 1, NumRedelivered: 1}))
	near(t, "published", m.Published.PerSecond, 5)
	near(t, "arrived", m.Arrived.PerSecond, 5)
	near(t, "delivered", m.Delivered.PerSecond, 3.75)
	near(t, "first", m.First.PerSecond, 2.5)
	near(t, "redelivered", m.Redelivered.Count, 5)
	near(t, "left", m.Left.Count, 8)
	near(t, "ack pending", m.AckPending.Mean, 5.5)
	near(t, "at the limit", *m.AtLimit, 0.75)
	near(t, "waiting pulls at most", m.Waiting.Max, 2)
	near(t, "waiting pulls at least", m.Waiting.Min, 0)
	near(t, "num_redelivered at last", m.Redelivers.Last, 1)
	near(t, "hold", m.Hold().Value, 5.5*4/8)
	near(t, "one handler", m.Busy(1).Value, 4.0/8)
	near(t, "five handlers", m.Busy(5).Value, (4.5*2+5*2)/8)
	if m.Hold().Blocks != 0 {
		t.Error("two steps make no confidence")
	}
	// 10 came and 8 went, so the time is between 22/10 and 22/8.
	near(t, "hold at least", m.Hold().Low, 2.2)
	near(t, "hold at most", m.Hold().High, 2.75)
}

// With a filter the stream's sequence runs ahead of what the consumer gets: then each delivery counts as the first of its
// message, and what arrives follows from the consumer's own numbers.
func TestMeasureFiltered(t *testing.T) {
	m := measured(t, consumer(jetstream.ConsumerConfig{MaxAckPending: -1, FilterSubject: "a"}),
		at(0, Sample{LastSeq: 1000, NumPending: 0, Delivered: 10, DeliveredTo: 900}),
		at(1, Sample{LastSeq: 1500, NumPending: 3, Delivered: 17, DeliveredTo: 1400, NumAckPending: 2}))
	near(t, "published", m.Published.Count, 500)
	near(t, "arrived", m.Arrived.Count, 10)
	near(t, "arrivals", m.Arrivals.PerSecond, 10)
	near(t, "redelivered", m.Redelivered.Count, 0)
	near(t, "left", m.Left.Count, 5)
	if m.AtLimit != nil {
		t.Errorf("at the limit for %v of the time, and there is no limit", *m.AtLimit)
	}
}

// Without acks nothing can be said about them.
func TestMeasureWithoutAcks(t *testing.T) {
	m := measured(t, consumer(jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy}),
		at(0, Sample{}), at(1, Sample{LastSeq: 10, Delivered: 10, DeliveredTo: 10}))
	near(t, "delivered", m.Delivered.Count, 10)
	if m.Left != nil || m.AckPending != nil || m.AtLimit != nil || m.Hold() != nil {
		t.Errorf("got %+v, want nothing about acks", m)
	}
}

// Counters that fall are those of another stream or consumer; samples that no time parts are one.
func TestMeasureTrusts(t *testing.T) {
	l := consumer(jetstream.ConsumerConfig{MaxAckPending: 5})
	m := measured(t, l,
		at(0, Sample{LastSeq: 100, Delivered: 50, DeliveredTo: 50}), at(1, Sample{LastSeq: 200, Delivered: 150, DeliveredTo: 150}),
		at(2, Sample{LastSeq: 3, Delivered: 1, DeliveredTo: 1}), at(2, Sample{LastSeq: 4, Delivered: 2, DeliveredTo: 2}),
		at(3, Sample{LastSeq: 13, Delivered: 5, DeliveredTo: 5}))
	near(t, "published", m.Published.Count, 10)
	if m.Samples != 2 || len(m.Warnings) == 0 || !strings.Contains(m.Warnings[0], "counters of the server went back") {
		t.Errorf("%d samples and warnings %q, want 2 and one about counters", m.Samples, m.Warnings)
	}
	if _, err := l.Measure(&Observation{Samples: []Sample{at(1, Sample{}), at(1, Sample{})}}); err == nil {
		t.Error("two samples of one moment were measured")
	}
}

// queue simulates a service without queue (every message has a handler at once) and samples it: messages come as a
// Poisson process, are ack pending for an exponential time, and are acked.
func queue(r *rand.Rand, rate, mean, seconds, every float64) []Sample {
	type event struct {
		at    float64
		comes bool
	}
	var events []event
	for now := r.ExpFloat64() / rate; now < seconds; now += r.ExpFloat64() / rate {
		events = append(events, event{now, true}, event{now + mean*r.ExpFloat64(), false})
	}
	slices.SortFunc(events, func(a, b event) int { return int(math.Copysign(1, a.at-b.at)) })
	var samples []Sample
	var s Sample
	next := 0.0
	for _, e := range events {
		for ; next <= e.at && next <= seconds; next += every * (0.5 + r.Float64()) {
			samples = append(samples, at(next, s))
		}
		if e.comes {
			s.LastSeq++
			s.Delivered++
			s.DeliveredTo++
			s.NumAckPending++
		} else {
			s.NumAckPending--
		}
	}
	return samples
}

// Little's law gives the mean time that messages are ack pending, and the range holds it about as often as it says.
func TestHoldIsRight(t *testing.T) {
	const runs, mean = 200, 0.05
	l := consumer(jetstream.ConsumerConfig{MaxAckPending: -1})
	hits, sum := 0, 0.0
	for seed := range uint64(runs) {
		m := measured(t, l, queue(rand.New(rand.NewPCG(seed, 1)), 100, mean, 30, 0.25)...)
		h := m.Hold()
		sum += h.Value
		if h.Low <= mean && mean <= h.High {
			hits++
		}
		if b := m.Busy(1); b.Value >= h.Value || b.Value <= 0 {
			t.Fatalf("one handler takes %v, and all of %v are work: want less, and something", b.Value, h.Value)
		}
	}
	if got := sum / runs; math.Abs(got/mean-1) > 0.02 {
		t.Errorf("%v on average over all runs, want %v", got, mean)
	}
	if hits < runs*88/100 {
		t.Errorf("the range holds the truth in %d of %d runs, want about 95 %%", hits, runs)
	}
}

// published are samples of a stream at times a quarter of a second apart, with so many messages until each second.
func published(until func(second float64) float64) []Sample {
	var samples []Sample
	for i := range 121 {
		second := float64(i) / 4
		n := uint64(until(second))
		samples = append(samples, at(second, Sample{LastSeq: n, NumPending: n}))
	}
	return samples
}

// Arrivals are told apart: regular, by chance, or at rates that change.
func TestArrivals(t *testing.T) {
	poisson := func(seed uint64, rate func(second float64) float64) func(float64) float64 {
		r := rand.New(rand.NewPCG(seed, 2))
		var times []float64
		for now := 0.0; now < 31; {
			now += r.ExpFloat64() / rate(now)
			times = append(times, now)
		}
		return func(second float64) float64 { i, _ := slices.BinarySearch(times, second); return float64(i) }
	}
	steady := func(float64) float64 { return 50 }
	jump := func(second float64) float64 {
		if second < 15 {
			return 50
		}
		return 200
	}
	l := consumer(jetstream.ConsumerConfig{})
	falseAlarms := 0
	for seed := range uint64(300) {
		if a := measured(t, l, published(poisson(seed, steady))...).Arrivals; !a.Steady || a.Arrival != scenarios.ArrivalPoisson {
			falseAlarms++
		}
	}
	if falseAlarms > 3 { // 2 of 1000 are expected
		t.Errorf("%d of 300 steady Poisson processes were taken for something else", falseAlarms)
	}
	a := measured(t, l, published(func(second float64) float64 { return 50 * second })...).Arrivals
	if !a.Steady || a.Arrival != scenarios.ArrivalConstant {
		t.Errorf("regular arrivals: got %+v", a)
	}
	a = measured(t, l, published(poisson(1, jump))...).Arrivals
	if a.Steady || len(a.Stages) != 2 {
		t.Fatalf("a rate that jumps once: got %+v, want two stages", a)
	}
	for i, want := range []float64{50, 200} {
		if s := a.Stages[i]; math.Abs(s.PerSecond/want-1) > 0.2 || math.Abs(s.Seconds-15) > 0.5 {
			t.Errorf("stage %d: %+v, want %v/s for 15s", i, s, want)
		}
	}
	a = measured(t, l, published(func(second float64) float64 { return second / 3 })...).Arrivals
	if a.Tested || !a.Steady {
		t.Errorf("ten messages: got %+v, want no test", a)
	}
	if a := measured(t, l, published(func(float64) float64 { return 7 })...).Arrivals; a != nil {
		t.Errorf("no message: got %+v, want nothing", a)
	}
}
