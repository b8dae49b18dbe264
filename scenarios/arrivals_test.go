package scenarios

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// dues lists what is due; a publisher that never ends would hang, which the test's timeout finds.
func dues(p Publishers, plan PublisherPlan, phases Phases) []time.Duration {
	var list []time.Duration
	a := NewArrivals(p, plan, phases)
	for due, ok := a.Next(); ok; due, ok = a.Next() {
		list = append(list, due)
	}
	return list
}

func TestArrivals(t *testing.T) {
	ms := func(n int64) Duration { return Duration(n * int64(time.Millisecond)) }
	for _, c := range []struct {
		name   string
		p      Publishers
		phase  Duration
		phases Phases
		want   []int64 // ms
	}{
		{"constant", Publishers{Rate: 4}, ms(100), Phases{Disturb: ms(1000)}, []int64{100, 350, 600, 850}},
		{"warm-up and disturb", Publishers{Rate: 2}, ms(500), Phases{Warmup: ms(1000), Disturb: ms(1000)}, []int64{500, 1000, 1500}},
		{"total", Publishers{Rate: 4, Total: 2}, ms(100), Phases{Disturb: ms(1000)}, []int64{100, 350}},
		{"no rate", Publishers{}, 0, Phases{Disturb: ms(1000)}, nil},
		{"nothing before the end", Publishers{Rate: 1}, ms(1000), Phases{Disturb: ms(1000)}, nil},
		{
			// Half an interval of the slow rate is left at 1000, which is half an interval of the fast one.
			"shape", Publishers{Rate: 1, Shape: []Stage{{Rate: 10, For: ms(300)}, {Rate: 0, For: ms(200)}, {Rate: 5}}}, ms(500),
			Phases{Warmup: ms(1000), Disturb: ms(1000)},
			[]int64{500, 1050, 1150, 1250, 1600, 1800},
		},
		{
			"shape after silence", Publishers{Shape: []Stage{{Rate: 10}}}, ms(1040), Phases{Warmup: ms(1000), Disturb: ms(250)},
			[]int64{1040, 1140, 1240},
		},
		{
			"shape that ends in silence", Publishers{Shape: []Stage{{Rate: 10, For: ms(200)}, {Rate: 0}}}, ms(50),
			Phases{Disturb: ms(1000)}, []int64{50, 150},
		},
	} {
		got := dues(c.p, PublisherPlan{Phase: c.phase}, c.phases)
		if len(got) != len(c.want) {
			t.Errorf("%s: due %v, want %v ms", c.name, got, c.want)
			continue
		}
		for i, due := range got {
			if off := due - time.Duration(c.want[i])*time.Millisecond; off.Abs() > 1 {
				t.Errorf("%s: message %d due %s, want %d ms", c.name, i, due, c.want[i])
			}
		}
	}
}

// A day at a rate that no binary fraction hits: the last message is due to the nanosecond where arithmetic in one step
// puts it.
func TestArrivalsDoNotDrift(t *testing.T) {
	p := Publishers{Rate: 30}
	got := dues(p, PublisherPlan{Phase: 1}, Phases{Disturb: Duration(24 * time.Hour)})
	n := len(got)
	if n != 24*3600*30 {
		t.Fatalf("%d messages in a day at 30/s, want %d", n, 24*3600*30)
	}
	want := 1 + time.Duration(math.Round(float64(n-1)/30*1e9))
	if off := got[n-1] - want; off.Abs() > 1 {
		t.Errorf("the last message is due %s, want %s", got[n-1], want)
	}
}

// For any shape: due times never fall and lie within the publisher's work, and every stage has the messages that its
// rate promises, give or take one.
func TestArrivalsKeepTheirRates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0, 2000)
		span := rapid.Int64Range(1, int64(3*time.Second))
		p := Publishers{Rate: Rate(rate.Draw(t, "rate")), Arrival: ArrivalConstant}
		phases := Phases{Warmup: Duration(span.Draw(t, "warmup"))}
		for range rapid.IntRange(0, 4).Draw(t, "stages") {
			s := Stage{For: Duration(span.Draw(t, "for")), Rate: Rate(rate.Draw(t, "stage rate"))}
			p.Shape = append(p.Shape, s)
			phases.Disturb += s.For
		}
		if len(p.Shape) == 0 {
			phases.Disturb = Duration(span.Draw(t, "disturb"))
		}
		seed := rapid.Uint64().Draw(t, "seed")
		plan := PublisherPlan{Phase: p.phase(generator(seed, "phase"), phases)}
		got := dues(p, plan, phases)
		rates := p.rates(phases)
		for i, due := range got {
			if due < 0 || due >= (phases.Warmup+phases.Disturb).D() || i > 0 && due < got[i-1] {
				t.Fatalf("message %d due %s after %s", i, due, got[max(i-1, 0)])
			}
			if at := rates.until(due); math.Abs(at-float64(i)-rates.until(plan.Phase.D())) > 1e-4 {
				t.Fatalf("message %d is due where Λ is %v, and the first where it is %v", i, at, rates.until(plan.Phase.D()))
			}
		}
		if promised := rates.until((phases.Warmup + phases.Disturb).D()); math.Abs(float64(len(got))-promised) > 1 {
			t.Fatalf("%d messages, want %v", len(got), promised)
		}
	})
}

// Poisson arrivals: as many as promised within four standard deviations in every stage, and exponential intervals.
func TestPoissonArrivals(t *testing.T) {
	p := Publishers{Rate: 100, Arrival: ArrivalPoisson, Shape: []Stage{{For: Duration(200 * time.Second), Rate: 200}, {Rate: 50}}}
	phases := Phases{Warmup: Duration(100 * time.Second), Disturb: Duration(400 * time.Second)}
	for seed := range uint64(5) {
		plan := PublisherPlan{Phase: p.phase(generator(seed, "phase"), phases), Seed: seed}
		var stages [3]float64
		long := 0.0 // intervals of the first stage longer than the mean
		last := time.Duration(0)
		for _, due := range dues(p, plan, phases) {
			switch {
			case due < 100*time.Second:
				stages[0]++
				if due-last > 10*time.Millisecond {
					long++
				}
				last = due
			case due < 300*time.Second:
				stages[1]++
			default:
				stages[2]++
			}
		}
		for i, want := range []float64{10_000, 40_000, 10_000} {
			if math.Abs(stages[i]-want) > 4*math.Sqrt(want) {
				t.Errorf("seed %d: %v messages in stage %d, want %v ± %.0f", seed, stages[i], i, want, 4*math.Sqrt(want))
			}
		}
		if share := long / stages[0]; math.Abs(share-1/math.E) > 0.02 {
			t.Errorf("seed %d: %.3f of the intervals are longer than their mean, want %.3f", seed, share, 1/math.E)
		}
	}
}

// The first message of a constant publisher comes anywhere within its first interval, equally likely.
func TestPhaseIsUniform(t *testing.T) {
	p := Publishers{Rate: 10, Arrival: ArrivalConstant}
	var quarters [4]int
	const seeds = 4000
	for seed := range uint64(seeds) {
		at := p.phase(generator(seed, "phase"), Phases{Disturb: Duration(time.Second)})
		if at < 1 || at > Duration(100*time.Millisecond) {
			t.Fatalf("seed %d: first message at %s, want within 100ms", seed, at)
		}
		quarters[min(3, at/Duration(25*time.Millisecond))]++
	}
	for i, n := range quarters {
		if math.Abs(float64(n)-seeds/4) > 120 { // 4 standard deviations are 110
			t.Errorf("%d of %d first messages in quarter %d, want about %d", n, seeds, i, seeds/4)
		}
	}
}
