package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// A column of times is a distribution: its points are the times themselves, between which lines are drawn.
func TestServiceFromTimes(t *testing.T) {
	read := func(string) ([]byte, error) { return []byte("latency\n# of Monday\n4\n1.5\n\n 2\n"), nil }
	s, err := LoadFiles("test.yaml", []byte("publishers: []\nworkers: [{service: {from: x.CSV}}, {name: a, service: {from: x.csv, unit: s}}]\n"), nil, read)
	if err != nil {
		t.Fatal(err)
	}
	want := []Quantile{{0, 1500 * Duration(time.Microsecond)}, {0.5, 2 * ms}, {1, 4 * ms}}
	if got := s.Workers[0].Service.Points; !slices.Equal(got, want) {
		t.Errorf("points %v, want %v", got, want)
	}
	if got := s.Workers[1].Service.Points[2].Time; got.D() != 4*time.Second {
		t.Errorf("4 s became %s", got)
	}
	again, err := Load("elsewhere.yaml", s.YAML(), []string{"name=test"})
	if err != nil {
		t.Fatalf("the file should not be needed any more: %v", err)
	}
	if diff := equal(s, again); diff != "" {
		t.Error(diff)
	}
}

// Of very many times some become points. Mean and percentiles stay, and the largest time.
func TestTimesOfMany(t *testing.T) {
	var text strings.Builder
	const n = 200_000
	var sum float64
	for i := range n {
		v := -math.Log1p(-(float64(i) + 0.5) / n) // exponential, mean 1
		sum += v
		fmt.Fprintf(&text, "%.6f\n", v*1000)
	}
	points, err := parseTimes([]byte(text.String()), "ms")
	if err != nil {
		t.Fatal(err)
	}
	if len(points) > 2000 {
		t.Errorf("%d points, want 2000 at most", len(points))
	}
	var mean float64
	for i := 1; i < len(points); i++ {
		mean += (points[i].Q - points[i-1].Q) * float64(points[i].Time+points[i-1].Time) / 2
	}
	near := func(what string, got, want float64) {
		if math.Abs(got/want-1) > 0.001 {
			t.Errorf("%s %v, want %v", what, got, want)
		}
	}
	near("mean", mean, sum/n*float64(time.Second))
	for q, want := range map[float64]float64{0.5: math.Ln2, 0.9: math.Log(10), 0.99: math.Log(100), 0.999: math.Log(1000)} {
		near(fmt.Sprint("percentile ", q), float64(interpolate(points, q)), want*float64(time.Second))
	}
	near("largest", float64(points[len(points)-1].Time), math.Log(2*n)*float64(time.Second))
}

func TestOneTime(t *testing.T) {
	points, err := parseTimes([]byte("7"), "ms")
	if err != nil || len(points) != 1 || interpolate(points, 0.3) != (7*ms).D() {
		t.Errorf("points %v, error %v; want 7ms alone", points, err)
	}
}
