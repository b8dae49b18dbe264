package scenarios

import (
	"math"
	"math/rand/v2"
	"time"
)

// The distributions of service times.
const (
	DistConstant    = "constant"
	DistLognormal   = "lognormal"
	DistExponential = "exponential"
	DistUniform     = "uniform"
)

// Service is how long a handler works. It is exactly one of: a distribution, steps over time, points of a measured
// distribution. The zero value takes no time.
type Service struct {
	Distribution
	// Services one after the other, from the start of disturb; the last one stays.
	Steps []Step `json:"steps,omitempty"`
	// The downstream serves this many handlers of the group at once, the others wait; 0 for no such limit.
	Pool int `json:"pool,omitempty" min:"1" max:"100000"`
}

// Step is one part of a service that changes over time.
type Step struct {
	// How long the step lasts; the last one may leave it out.
	For Duration `json:"for,omitempty"`
	// The service in that time: anything but steps.
	Service Distribution `json:"service"`
}

// Distribution is a distribution of service times that stays the same. The zero value takes no time.
type Distribution struct {
	// The distribution. A constant is written as its time alone: 50ms.
	Dist string `json:"dist,omitempty" enum:"constant|lognormal|exponential|uniform"`
	// Constant: the time.
	Time Duration `json:"time,omitempty" max:"1000h"`
	// Lognormal: the median.
	P50 Duration `json:"p50,omitempty" max:"1000h"`
	// Lognormal: the 99th percentile.
	P99 Duration `json:"p99,omitempty" max:"1000h"`
	// Exponential: the mean.
	Mean Duration `json:"mean,omitempty" max:"1000h"`
	// Uniform: the shortest time.
	Min Duration `json:"min,omitempty" max:"1000h"`
	// Uniform: the longest time.
	Max Duration `json:"max,omitempty" max:"1000h"`
	// A measured distribution, in a file beside the scenario: a column of times (.csv), or the percentiles that HdrHistogram
	// prints.
	From string `json:"from,omitempty"`
	// Of the values in that file: ns, us, ms, s; default ms.
	Unit string `json:"unit,omitempty" enum:"ns|us|ms|s"`
	// The measured distribution itself; from a file, it is filled in when the scenario is loaded.
	Points []Quantile `json:"points,omitempty"`
}

// Quantile is one point of a measured distribution: the share Q of all service times is at most Time.
type Quantile struct {
	// The share, 0 to 1.
	Q float64 `json:"q" min:"0" max:"1"`
	// The service time there.
	Time Duration `json:"time" max:"1000h"`
}

// serviceMax bounds a drawn service time, as its fields are bounded: an endless tail would overflow.
const serviceMax = 1000 * time.Hour

// Time draws a service time. Elapsed counts from the start of disturb, and is negative before it. Jitter is the share
// by which constants vary, both ways; everything else is random of its own.
func (s *Service) Time(elapsed time.Duration, jitter float64, r *rand.Rand) time.Duration {
	if len(s.Steps) == 0 {
		return s.Distribution.draw(jitter, r)
	}
	for _, step := range s.Steps[:len(s.Steps)-1] {
		if elapsed < step.For.D() {
			return step.Service.draw(jitter, r)
		}
		elapsed -= step.For.D()
	}
	return s.Steps[len(s.Steps)-1].Service.draw(jitter, r)
}

func (dist *Distribution) draw(jitter float64, r *rand.Rand) time.Duration {
	switch {
	case len(dist.Points) > 0:
		return interpolate(dist.Points, r.Float64())
	case dist.Dist == DistLognormal:
		// ln X is normal with mean ln p50; the 99th percentile lies z99 standard deviations above it.
		return span(float64(dist.P50) * math.Exp(dist.sigma()*r.NormFloat64()))
	case dist.Dist == DistExponential:
		return span(float64(dist.Mean) * r.ExpFloat64())
	case dist.Dist == DistUniform:
		return dist.Min.D() + time.Duration(r.Int64N(int64(dist.Max-dist.Min)+1))
	case jitter == 0:
		return dist.Time.D()
	}
	return span(float64(dist.Time) * (1 + jitter*(2*r.Float64()-1)))
}

// z99 is the 99th percentile of the standard normal distribution.
var z99 = math.Sqrt2 * math.Erfinv(2*0.99-1)

// span is nanoseconds as a time span within the bounds of a service time.
func span(ns float64) time.Duration {
	return time.Duration(math.Round(min(max(ns, 0), float64(serviceMax))))
}

// interpolate is the service time at a share of a measured distribution, on a line between its two nearest points.
func interpolate(points []Quantile, q float64) time.Duration {
	below := points[0]
	for _, above := range points {
		if above.Q >= q {
			if above.Q == below.Q {
				return below.Time.D()
			}
			part := (q - below.Q) / (above.Q - below.Q)
			return below.Time.D() + span(part*float64(above.Time-below.Time))
		}
		below = above
	}
	return below.Time.D()
}

// constant reports whether the time is constant, which jitter varies.
func (dist *Distribution) constant() bool {
	return len(dist.Points) == 0 && (dist.Dist == "" || dist.Dist == DistConstant)
}

// varies reports whether jitter has something to vary.
func (s *Service) varies() bool {
	if len(s.Steps) == 0 {
		return s.Distribution.constant()
	}
	for i := range s.Steps {
		if s.Steps[i].Service.constant() {
			return true
		}
	}
	return false
}

// Hit draws whether the handling of a delivery fails. It always takes one number.
func (e *Errors) Hit(r *rand.Rand) bool { return r.Float64() < e.Rate }
