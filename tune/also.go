package tune

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"pindrop/results"
)

// objective is what a variant is judged by beside the goals: better is more where up is true, else less.
type objective struct {
	faults bool // of the scenario as it stands, else without its faults
	metric string
	up     bool
	cost   bool // it is trouble when something breaks, else use while all is well
}

// objectives are throughput and stalls on one side, exposure when something breaks on the other.
var objectives = []objective{
	{metric: "handled.rate", up: true}, {metric: "latency.response.p99"}, {metric: "cliff.stall.total"},
	{faults: true, metric: "held.at_fault", cost: true}, {faults: true, metric: "redelivery.count", cost: true},
	{faults: true, metric: "overlap.total", cost: true}, {faults: true, metric: "takeover.fault.max", cost: true},
}

// alsoLimits is how many limits are tried with each combination of the other settings.
const alsoLimits = 5

// also tries combinations of other settings, each over limits of its own, and marks those that no other beats.
func (s *search) also(ctx context.Context) error {
	points, err := Grid(s.Also)
	if err != nil {
		return err
	}
	for i := range points {
		if err := s.combination(ctx, &points[i]); err != nil {
			return err
		}
	}
	s.front()
	s.best()
	return nil
}

// combination tries one combination: without a limit first, which says up to where limits act, then over limits.
func (s *search) combination(ctx context.Context, p *results.Point) error {
	set := Set(s.Also, p)
	with := func(probe *results.Probe) { probe.Set = append(slices.Clone(set), probe.Set...) }
	free, err := s.bench(ctx, s.both(-1, s.seed(0), with))
	if err != nil {
		return err
	}
	reach := int64(1)
	for i := range free {
		reach = max(reach, int64(free[i].Metrics["ack_pending.max"]))
	}
	limits := rungs(reach+1, alsoLimits)
	var list []results.Probe
	for _, limit := range limits {
		list = append(list, s.both(limit, s.seed(0), with)...)
	}
	done, err := s.bench(ctx, list)
	if err != nil {
		return err
	}
	each := len(list) / len(limits)
	for i, limit := range limits {
		probes := done[i*each : (i+1)*each]
		failed, err := s.misses(armsOf(probes, &free[0]))
		if err != nil {
			return err
		}
		s.t.Variants = append(s.t.Variants, results.Variant{
			Values: p.Values, Limit: limit, OK: len(failed) == 0, Calm: probes[:1], Faults: probes[1:],
		})
	}
	return nil
}

// value is what an objective comes to in a variant; false where the metric does not apply.
func (o objective) value(v *results.Variant) (float64, bool) {
	probes := v.Calm
	if o.faults {
		probes = v.Faults
	}
	spread, ok := results.SpreadOf(probes, o.metric)
	return spread.Median, ok
}

// alike is how near two values may be, relative to each other, to count as equal: noise must not make a front.
const alike = 0.01

// beats reports whether a is as good as b in everything and better in something. What does not apply to both is not
// compared.
func beats(a, b *results.Variant) bool {
	better := false
	for _, o := range objectives {
		x, xOK := o.value(a)
		y, yOK := o.value(b)
		if !xOK || !yOK || math.Abs(x-y) <= alike*max(math.Abs(x), math.Abs(y)) {
			continue
		}
		if (x > y) != o.up {
			return false
		}
		better = true
	}
	return better
}

// front marks the variants that no other beats.
func (s *search) front() {
	for i := range s.t.Variants {
		v := &s.t.Variants[i]
		v.Front = len(v.Calm[0].Broken) == 0 && !slices.ContainsFunc(s.t.Variants, func(o results.Variant) bool { return beats(&o, v) })
	}
}

// best says which combination means the least trouble among those that meet every goal: the sum of its costs, each as a
// share of the highest among them.
func (s *search) best() {
	var good []*results.Variant
	for i := range s.t.Variants {
		if v := &s.t.Variants[i]; v.OK && v.Front {
			good = append(good, v)
		}
	}
	if len(good) == 0 {
		s.t.Why = append(s.t.Why, fmt.Sprintf("None of the %d variants with other settings meets every goal.", len(s.t.Variants)))
		return
	}
	trouble := make([]float64, len(good))
	for _, o := range objectives {
		most := 0.0
		for _, v := range good {
			x, _ := o.value(v)
			most = max(most, x)
		}
		for i, v := range good {
			if x, ok := o.value(v); ok && o.cost && most > 0 {
				trouble[i] += x / most
			}
		}
	}
	least := 0
	for i := range good {
		if trouble[i] < trouble[least] {
			least = i
		}
	}
	v := good[least]
	s.t.Why = append(s.t.Why, fmt.Sprintf("Of %d variants with other settings, %s with a limit of %d means the least trouble when something breaks: %s.",
		len(s.t.Variants), strings.Join(Set(s.Also, &results.Point{Values: v.Values}), " and "), v.Limit, troubles(v)))
}

// troubles lists the costs of a variant.
func troubles(v *results.Variant) string {
	var parts []string
	for _, o := range objectives {
		if x, ok := o.value(v); ok && o.cost {
			parts = append(parts, o.metric+" "+short(x))
		}
	}
	return strings.Join(parts, ", ")
}
