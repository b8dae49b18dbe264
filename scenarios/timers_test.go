package scenarios

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A timer is as late as one that was measured, and LateMean on average.
func TestWake(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	late, sum := make([]time.Duration, 20000), time.Duration(0)
	for i := range late {
		at := random.Int64N(int64(time.Minute))
		late[i] = time.Duration(Wake(7, at) - at)
		sum += late[i]
	}
	slices.Sort(late)
	for share, measured := range map[float64]time.Duration{
		0.05: 27 * time.Microsecond, 0.1: 72 * time.Microsecond, 0.25: 264 * time.Microsecond,
		0.5: 591 * time.Microsecond, 0.75: 948 * time.Microsecond, 0.9: 1102 * time.Microsecond,
	} {
		if got := late[int(share*float64(len(late)))]; (got - measured).Abs() > 120*time.Microsecond {
			t.Errorf("a share of %v is late by at most %v, measured were %v", share, got, measured)
		}
	}
	if mean := sum / time.Duration(len(late)); (mean - LateMean).Abs() > 10*time.Microsecond {
		t.Errorf("timers are late by %v on average, want %v", mean, LateMean)
	}
	if late[0] < 0 {
		t.Errorf("a timer fired %v early", -late[0])
	}
}

// Where a worker has several handlers, its timers are late; a scenario may say otherwise.
func TestTimersDefault(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"workers.concurrency=1", TimersExact},
		{"workers.concurrency=2", TimersLate},
		{"workers=[{timers: exact, concurrency: 2}]", TimersExact},
		{"workers=[{timers: late}]", TimersLate},
	} {
		s, err := Load("test.yaml", []byte("name: t\npublishers: [{rate: 1/s}]\nworkers: [{}]\n"), []string{c.set})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Workers[0].Timers; got != c.want {
			t.Errorf("with %s timers are %s, want %s", c.set, got, c.want)
		}
	}
}
