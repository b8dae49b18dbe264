package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What a distribution says of itself is what it draws.
func TestServiceStatistics(t *testing.T) {
	const draws = 200_000
	for _, service := range []string{
		"50ms", "{dist: lognormal, p50: 50ms, p99: 400ms}", "{dist: exponential, mean: 50ms}",
		"{dist: uniform, min: 10ms, max: 90ms}",
		"{points: [{q: 0.2, time: 10ms}, {q: 0.5, time: 20ms}, {q: 0.9, time: 200ms}]}",
	} {
		t.Run(service, func(t *testing.T) {
			s := mustLoad(t, "name: a\npublishers: []\nworkers: [{service: "+service+"}]\n")
			w := &s.Workers[0]
			random := rand.New(rand.NewPCG(1, 2))
			var all []time.Duration
			var sum time.Duration
			for range draws {
				all = append(all, w.Service.Time(0, w.Jitter, random))
				sum += all[len(all)-1]
			}
			slices.Sort(all)
			near(t, "average", w.Service.Average(), sum/draws)
			for _, share := range []float64{0.1, 0.4, 0.7, 0.99} {
				near(t, fmt.Sprint(share), w.Service.Percentile(share, w.Jitter), all[int(share*draws)])
			}
		})
	}
}

// near fails unless two times are within 2 % of each other.
func near(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if d := (got - want).Abs(); d > want/50 {
		t.Errorf("%s: got %v, drawn %v", what, got, want)
	}
}

// A setting is given if somebody wrote it, in the text or as an override.
func TestGiven(t *testing.T) {
	s, err := Load("a.yaml", []byte("publishers: []\nworkers: [{batch: 5}]\n"), []string{"consumer.ack_wait=5s"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"workers.0.batch": true, "consumer.ack_wait": true, "consumer.max_ack_pending": false, "workers.0.expires": false,
	} {
		if got := s.Given(path); got != want {
			t.Errorf("%s: given %v, want %v", path, got, want)
		}
	}
}
