package scenarios

import (
	"math"
	"time"
)

// Average is the mean service time; 0 of the zero value, which takes no time.
func (dist *Distribution) Average() time.Duration {
	switch {
	case len(dist.Points) > 0:
		return averageOf(dist.Points)
	case dist.Dist == DistLognormal:
		// The mean of a lognormal distribution is its median times e^(σ²/2).
		return span(float64(dist.P50) * math.Exp(dist.sigma()*dist.sigma()/2))
	case dist.Dist == DistExponential:
		return dist.Mean.D()
	case dist.Dist == DistUniform:
		return dist.Min.D() + (dist.Max-dist.Min).D()/2
	}
	return dist.Time.D() // jitter varies it both ways alike
}

// Percentile is the time that a share of all service times, above 0 and below 1, does not exceed. Jitter is as for
// [Service.Time].
func (dist *Distribution) Percentile(share, jitter float64) time.Duration {
	switch {
	case len(dist.Points) > 0:
		return interpolate(dist.Points, share)
	case dist.Dist == DistLognormal:
		return span(float64(dist.P50) * math.Exp(dist.sigma()*math.Sqrt2*math.Erfinv(2*share-1)))
	case dist.Dist == DistExponential:
		return span(-float64(dist.Mean) * math.Log1p(-share))
	case dist.Dist == DistUniform:
		return dist.Min.D() + span(share*float64(dist.Max-dist.Min))
	}
	return span(float64(dist.Time) * (1 + jitter*(2*share-1)))
}

// sigma is the standard deviation of the logarithm of a lognormal service time: see draw.
func (dist *Distribution) sigma() float64 {
	return math.Log(float64(dist.P99)/float64(dist.P50)) / z99
}

// averageOf is the area under the lines between the points, and under the level ones before the first and after the
// last: what [interpolate] gives on average.
func averageOf(points []Quantile) time.Duration {
	first, last := points[0], points[len(points)-1]
	area := first.Q*float64(first.Time) + (1-last.Q)*float64(last.Time)
	for i, p := range points[1:] {
		area += (p.Q - points[i].Q) * float64(points[i].Time+p.Time) / 2
	}
	return span(area)
}

// Given reports whether a setting was written, in the file or as an override, rather than filled in. Path is as in an
// override: consumer.max_ack_pending, workers.0.batch.
func (s *Scenario) Given(path string) bool { return s.places.has(path) }
