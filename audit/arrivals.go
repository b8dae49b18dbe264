package audit

import (
	"math"

	"pindrop/scenarios"
)

// Arrivals says how messages came: at which rates, and how evenly.
//
// The observation is cut into intervals. With n messages in all, of which a share of the time lets expect e in an
// interval, Σ (n_i − e_i)² / e_i of a Poisson process of one rate is a χ² with as many degrees of freedom as there are
// intervals less one. Of such a process 1 in 1000 exceeds its 99.9th percentile; where that happens, the rate was not
// steady, and the intervals become stages. 1 in 1000 is below the 0.1th: then messages come more evenly than by chance.
type Arrivals struct {
	PerSecond float64
	Steady    bool
	Arrival   string  // scenarios.ArrivalConstant or ArrivalPoisson
	Tested    bool    // there were enough messages and samples for the test
	Intervals int     // of the test
	Spread    float64 // variance of the numbers divided by what is expected of a Poisson process: 1 is chance, 0 is a clock
	Stages    []Stage // where the rate was not steady
}

// Stage is a part of the observation with one rate.
type Stage struct {
	Seconds   float64
	PerSecond float64

	count float64
}

// The test of arrivals.
const (
	intervalsMost  = 10
	intervalsLeast = 4
	intervalCount  = 5   // messages that an interval must have on average for the χ² to be one
	deviation      = 3.1 // standard deviations: 99.9 %
)

// arrivalsOf are the arrivals of what the consumer gets; nil where there were none. Without a filter that is what is
// published, which the stream counts exactly; with one it follows from the consumer's own counters.
func arrivalsOf(steps []step, filtered bool) *Arrivals {
	interval := func(part []step) Stage {
		var s Stage
		for _, t := range part {
			if filtered {
				s.count, s.Seconds = s.count+t.arrived, s.Seconds+t.seconds
			} else {
				s.count, s.Seconds = s.count+t.published, s.Seconds+t.streamSeconds
			}
		}
		s.PerSecond = max(0, s.count) / s.Seconds
		return s
	}
	all := interval(steps)
	if all.count <= 0 {
		return nil
	}
	a := &Arrivals{PerSecond: all.PerSecond, Steady: true, Arrival: scenarios.ArrivalPoisson}
	n := min(intervalsMost, len(steps), int(all.count/intervalCount))
	if n < intervalsLeast {
		return a
	}
	var parts []Stage
	var chi float64
	for _, part := range cut[[]step](steps, n) {
		s := interval(part)
		expected := all.PerSecond * s.Seconds
		chi += (s.count - expected) * (s.count - expected) / expected
		parts = append(parts, s)
	}
	a.Tested, a.Intervals, a.Spread = true, n, chi/float64(n-1)
	switch z := normal(chi, float64(n-1)); {
	case z < -deviation:
		a.Arrival = scenarios.ArrivalConstant
	case z > deviation:
		a.Steady, a.Stages = false, joined(parts)
	}
	return a
}

// normal is the standard normal deviate with the same percentile as a χ² with so many degrees of freedom, by Wilson and
// Hilferty: the cube root of χ²/k is nearly normal with mean 1 − 2/9k and variance 2/9k.
func normal(chi, k float64) float64 {
	v := 2 / (9 * k)
	return (math.Cbrt(chi/k) - (1 - v)) / math.Sqrt(v)
}

// joined joins neighbours whose numbers differ by no more than chance: two Poisson numbers of the same rate differ, seen
// from their sum, like a coin that was thrown as often, weighted with the lengths.
func joined(parts []Stage) []Stage {
	list := parts[:1:1]
	for _, s := range parts[1:] {
		last := &list[len(list)-1]
		sum, share := last.count+s.count, s.Seconds/(last.Seconds+s.Seconds)
		if math.Abs(s.count-sum*share) > deviation*math.Sqrt(sum*share*(1-share)) {
			list = append(list, s)
			continue
		}
		last.count, last.Seconds = sum, last.Seconds+s.Seconds
		last.PerSecond = max(0, sum) / last.Seconds
	}
	return list
}
