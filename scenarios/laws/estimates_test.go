package laws

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// The load at its worst moment.
func TestUtilisation(t *testing.T) {
	for _, c := range []struct {
		base string
		sets []string
		want Load
		ok   bool
	}{
		{base: plain, sets: []string{"publishers=[{rate: 5/s}]"}, want: Load{Rate: 5, Capacity: 10, Ratio: 0.5}, ok: true},
		{base: plain, sets: []string{"publishers=[{rate: 5/s}]", "phases.warmup=3s"}, want: Load{Rate: 5, Capacity: 10, Ratio: 0.5, At: -3 * time.Second}, ok: true},
		// Two groups: 10/s and 2 × 50/s.
		{base: plain, sets: []string{"publishers=[{rate: 55/s}]", "workers=[{name: a, service: 100ms}, {name: b, count: 2, service: 20ms}]"},
			want: Load{Rate: 55, Capacity: 110, Ratio: 0.5}, ok: true},
		// Exponential: its mean. A controller may have 4 workers.
		{base: plain, sets: []string{"publishers=[{rate: 5/s}]", "workers=[{service: {dist: exponential, mean: 200ms}, adaptive: {max: 4}}]"},
			want: Load{Rate: 5, Capacity: 20, Ratio: 0.25}, ok: true},
		// Of a pinned consumer the weakest worker: 5/s.
		{base: pair, sets: []string{"publishers.rate=2/s", "workers=[{name: a, service: 10ms}, {name: b, count: 3, service: 200ms}]"},
			want: Load{Rate: 2, Capacity: 5, Ratio: 0.4}, ok: true},
		{base: plain},
		{base: plain, sets: []string{"publishers=[{rate: 5/s}]", "workers=[]"}},
		{base: plain, sets: []string{"publishers=[{rate: 5/s}]", "workers=[{}]"}},
	} {
		got, ok := Utilisation(load(t, c.base, c.sets...))
		if ok != c.ok || ok && !alike(got, c.want) {
			t.Errorf("%v: got %+v, %v, want %+v, %v", c.sets, got, ok, c.want, c.ok)
		}
	}
}

// alike compares as people read: with nine digits.
func alike(a, b any) bool {
	return fmt.Sprintf("%.9v", a) == fmt.Sprintf("%.9v", b)
}

// The smallest limit that does not throttle.
func TestLittle(t *testing.T) {
	for _, c := range []struct {
		sets    []string
		waiting float64
		limit   int // 0: not ok
	}{
		{sets: []string{"publishers=[{rate: 50/s}]"}, limit: 5}, // 50/s × 100 ms
		{sets: []string{"publishers=[{rate: 51/s}]"}, limit: 6},
		{sets: []string{"publishers=[{rate: 50/s}]"}, waiting: 2.5, limit: 8},
		{sets: []string{"publishers=[{rate: 30/s}]"}, limit: 3}, // 30 × 0.1 is a little more than 3 in binary
		{sets: []string{"publishers=[{shape: [{for: 1s, rate: 20/s}, {rate: 70/s}]}]"}, limit: 7},
		{sets: []string{"publishers=[{rate: 50/s}]", "workers.errors={rate: 0.5}", "workers.count=20"}, limit: 10}, // twice each
		{sets: []string{"publishers=[{rate: 100/s}]"}},                                                             // overload
		{sets: []string{"publishers=[{rate: 50/s}]", "workers.ack=early"}},
		{sets: []string{"publishers=[{rate: 50/s}]", "consumer.ack_policy=all"}},
		{sets: nil},
	} {
		s := load(t, plain, append([]string{"workers.count=10"}, c.sets...)...)
		got, ok := Little(s, c.waiting)
		if ok != (c.limit > 0) || ok && got.Limit != c.limit {
			t.Errorf("%v, %v waiting: got %+v, %v, want a limit of %d", c.sets, c.waiting, got, ok, c.limit)
		}
		if ok && math.Abs(got.Busy-got.Rate*got.Service) > 1e-9 {
			t.Errorf("%v: %v slots are busy, of %v/s × %v s", c.sets, got.Busy, got.Rate, got.Service)
		}
	}
}

// The rule of thumb. With batch 1 it is Little's law with the 99th percentile: 100/s × 400 ms = 40.
func TestRuleOfThumb(t *testing.T) {
	for _, c := range []struct {
		sets  []string
		limit int // 0: not ok
	}{
		{sets: []string{"workers.batch=1"}, limit: 40},
		{sets: []string{"workers.batch=1", "workers.count=20"}, limit: 40},
		// A fetch of 10: the interval is 10 × 10 / 100/s = 1 s, so 10 × 0.4 s / 1 s.
		{sets: []string{"workers.api=fetch", "workers.batch=10"}, limit: 4},
		// Consume pulls every 6 messages: 6 × 10 / 100/s = 600 ms, so 10 × 0.4 / 0.6 = 6.67.
		{sets: []string{"workers.batch=10"}, limit: 7},
		// 26 × 10 / 100/s = 2.6 s, but a pull expires after 2 s: 10 × 0.4 / 2.
		{sets: []string{"workers.batch=50", "workers.expires=2s"}, limit: 2},
		{sets: []string{"publishers=[]"}},
		{sets: []string{"workers=[]"}},
		{sets: []string{"workers.service=0s"}},
	} {
		s := load(t, plain, append([]string{"publishers=[{rate: 100/s}]", "workers.count=10", lognormal}, c.sets...)...)
		got, ok := RuleOfThumb(s, 1)
		if ok != (c.limit > 0) || ok && got.Limit != c.limit {
			t.Errorf("%v: got %+v, %v, want a limit of %d", c.sets, got, ok, c.limit)
		}
		if twice, _ := RuleOfThumb(s, 2); ok && (twice.Limit < 2*c.limit-1 || twice.Limit > 2*c.limit) {
			t.Errorf("%v: with a margin of 2 it is %d, of 1 %d", c.sets, twice.Limit, c.limit)
		}
	}
}
