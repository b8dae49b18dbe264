package scenarios

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = Duration(time.Millisecond)

// draws lists n sorted service times.
func draws(s Service, jitter float64, n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = s.Time(0, jitter, Draw(1, uint64(i), 1))
	}
	slices.Sort(list)
	return list
}

// The quantiles of what is drawn are those that were declared. Each is checked by the share of draws at or below it,
// which is off by more than four standard deviations once in thirty thousand.
func TestServiceQuantiles(t *testing.T) {
	points := []Quantile{{0, ms}, {0.5, 2 * ms}, {0.9, 10 * ms}, {1, 30 * ms}}
	for _, c := range []struct {
		name      string
		s         Service
		jitter    float64
		quantiles map[float64]Duration
	}{
		{"lognormal", Service{Distribution: Distribution{Dist: DistLognormal, P50: 20 * ms, P99: 200 * ms}}, 0.5,
			map[float64]Duration{0.5: 20 * ms, 0.99: 200 * ms}},
		{"lognormal without spread", Service{Distribution: Distribution{Dist: DistLognormal, P50: 20 * ms, P99: 20 * ms}}, 0,
			map[float64]Duration{1: 20 * ms}},
		{"exponential", Service{Distribution: Distribution{Dist: DistExponential, Mean: 10 * ms}}, 0.5,
			map[float64]Duration{1 - 1/math.E: 10 * ms, 1 - 1/math.E/math.E: 20 * ms}},
		{"uniform", Service{Distribution: Distribution{Dist: DistUniform, Min: 10 * ms, Max: 20 * ms}}, 0.5,
			map[float64]Duration{0.25: 12500 * Duration(time.Microsecond), 0.5: 15 * ms, 1: 20 * ms}},
		{"measured", Service{Distribution: Distribution{Points: points}}, 0.5,
			map[float64]Duration{0.25: 1500 * Duration(time.Microsecond), 0.5: 2 * ms, 0.7: 6 * ms, 0.9: 10 * ms, 1: 30 * ms}},
		{"constant with jitter", Service{Distribution: Distribution{Dist: DistConstant, Time: 100 * ms}}, 0.1,
			map[float64]Duration{0.25: 95 * ms, 0.5: 100 * ms, 0.75: 105 * ms, 1: 110 * ms}},
		{"constant", Service{Distribution: Distribution{Dist: DistConstant, Time: 100 * ms}}, 0, map[float64]Duration{1: 100 * ms}},
	} {
		const n = 40_000
		list := draws(c.s, c.jitter, n)
		for q, at := range c.quantiles {
			below, _ := slices.BinarySearch(list, at.D()+1)
			if off := math.Abs(float64(below)/n - q); off > 4*math.Sqrt(q*(1-q)/n) {
				t.Errorf("%s: %.4f of the times are at most %s, want %.4f", c.name, float64(below)/n, at, q)
			}
		}
	}
}

// The smallest and largest times stay within what was declared.
func TestServiceBounds(t *testing.T) {
	for _, c := range []struct {
		s        Service
		jitter   float64
		min, max Duration
	}{
		{Service{Distribution: Distribution{Dist: DistUniform, Min: 10 * ms, Max: 20 * ms}}, 0, 10 * ms, 20 * ms},
		{Service{Distribution: Distribution{Dist: DistConstant, Time: 100 * ms}}, 0.1, 90 * ms, 110 * ms},
		{Service{Distribution: Distribution{Dist: DistConstant, Time: 100 * ms}}, 1, 0, 200 * ms},
		{Service{Distribution: Distribution{Dist: DistLognormal, P50: 1, P99: Duration(serviceMax)}}, 0, 0, Duration(serviceMax)},
	} {
		list := draws(c.s, c.jitter, 10_000)
		if first, last := Duration(list[0]), Duration(list[len(list)-1]); first < c.min || last > c.max {
			t.Errorf("%+v: times from %s to %s, want %s to %s", c.s, first, last, c.min, c.max)
		}
	}
}

// Beyond the first and the last point of a measured distribution the time stays as it is there; two points of one share
// are a jump.
func TestInterpolate(t *testing.T) {
	points := []Quantile{{0.2, ms}, {0.4, 3 * ms}, {0.4, 5 * ms}, {0.8, 9 * ms}}
	for q, want := range map[float64]Duration{
		0: ms, 0.2: ms, 0.3: 2 * ms, 0.4: 3 * ms, 0.5: 6 * ms, 0.8: 9 * ms, 0.9: 9 * ms,
	} {
		if got := Duration(interpolate(points, q)); got != want {
			t.Errorf("at %v: %s, want %s", q, got, want)
		}
	}
}

// Steps follow one another from the start of disturb; before it the first holds, and at the end the last.
func TestServiceSteps(t *testing.T) {
	s := mustLoad(t, `
publishers: []
workers: [{service: {steps: [{for: 10s, service: 1ms}, {for: 5s, service: 2ms}, {service: 3ms}]}}]`).Workers[0].Service
	for elapsed, want := range map[time.Duration]Duration{
		-time.Second: ms, 0: ms, 10*time.Second - 1: ms,
		10 * time.Second: 2 * ms, 15*time.Second - 1: 2 * ms,
		15 * time.Second: 3 * ms, time.Hour: 3 * ms,
	} {
		if got := Duration(s.Time(elapsed, 0, Draw(1, 1, 1))); got != want {
			t.Errorf("after %s a service takes %s, want %s", elapsed, got, want)
		}
	}
}

// HdrHistogram prints milliseconds unless it is said otherwise; the points become part of the scenario.
func TestServiceFromFile(t *testing.T) {
	text := []byte("publishers: []\nworkers: [{name: a, service: {from: x.hgrm}}, {name: b, service: {from: ../y.hgrm, unit: us}}]\n")
	paths := map[string]bool{}
	read := func(path string) ([]byte, error) {
		paths[path] = true
		return []byte("Value Percentile TotalCount 1/(1-Percentile)\n\n1.5 0.5 1 2.00\n4 1 2\n#[Max = 4]\n"), nil
	}
	s, err := LoadFiles("dir/test.yaml", text, nil, read)
	if err != nil {
		t.Fatal(err)
	}
	if !paths["dir/x.hgrm"] || !paths["y.hgrm"] {
		t.Errorf("read %v, want dir/x.hgrm and y.hgrm", paths)
	}
	want := []Quantile{{0.5, 1500 * Duration(time.Microsecond)}, {1, 4 * ms}}
	if got := s.Workers[0].Service.Points; !slices.Equal(got, want) {
		t.Errorf("points %v, want %v", got, want)
	}
	if got := s.Workers[1].Service.Points[1].Time; got != 4*Duration(time.Microsecond) {
		t.Errorf("4 us became %s", got)
	}
	again, err := Load("elsewhere.yaml", s.YAML(), []string{"name=test"})
	if err != nil {
		t.Fatalf("the files should not be needed any more: %v", err)
	}
	if diff := equal(s, again); diff != "" {
		t.Error(diff)
	}
}

// What is drawn for a delivery depends on seed, sequence and delivery number, and on each of them.
func TestDraw(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(10) {
		for seq := range uint64(100) {
			for delivery := range uint32(10) {
				first := Draw(seed, seq, delivery).Uint64()
				if first != Draw(seed, seq, delivery).Uint64() {
					t.Fatal("the same delivery is drawn differently")
				}
				seen[first] = true
			}
		}
	}
	if len(seen) != 10_000 {
		t.Errorf("10000 deliveries have %d different draws", len(seen))
	}
}

func TestErrorsHit(t *testing.T) {
	for _, rate := range []float64{0, 0.1, 1} {
		e := Errors{Rate: rate}
		hits := 0
		const n = 40_000
		for seq := range uint64(n) {
			if e.Hit(Draw(1, seq, 1)) {
				hits++
			}
		}
		if math.Abs(float64(hits)/n-rate) > 4*math.Sqrt(rate*(1-rate)/n) {
			t.Errorf("%d of %d deliveries fail at a rate of %v", hits, n, rate)
		}
	}
}

func BenchmarkDraw(b *testing.B) {
	s := Service{Distribution: Distribution{Dist: DistLognormal, P50: 20 * ms, P99: 200 * ms}}
	var r *rand.Rand
	for i := range b.N {
		r = Draw(1, uint64(i), 1)
		s.Time(0, 0, r)
	}
}
