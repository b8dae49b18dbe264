package report

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pindrop/report/chart"
	"pindrop/results"
	"pindrop/scenarios"
)

// scale lays out what stands along the bottom of a figure on an axis of places (see [chart.Places]).
type scale struct {
	label  string // what is laid out, and how
	joined bool   // values are quantities, so that a line from one to the next means something
	ticks  []chart.Tick
	places []int64 // of the values, in the order of their axis
	order  []int   // indexes of the values from left to right
}

// The axis begins and ends this share of its length away from the outermost values.
const scaleRoom = 0.04

// ticksMax is how many values of an axis have a tick; of more than that every n-th has one.
const ticksMax = 16

// newScale lays out the values of an axis of a sweep: as the quantities they are, or side by side where they are names.
func newScale(a results.Axis) scale {
	s := scale{label: shortAxis(a.Path), order: make([]int, len(a.Values))}
	for i := range s.order {
		s.order[i] = i
	}
	values, ok := quantities(a.Values)
	if !ok {
		for i := range a.Values {
			s.places = append(s.places, int64(chart.Places*(float64(i)+0.5)/float64(len(a.Values))))
		}
		s.addTicks(a.Values)
		return s
	}
	slices.SortStableFunc(s.order, func(i, j int) int { return compareFloats(values[i], values[j]) })
	place := placing(values[s.order[0]], values[s.order[len(s.order)-1]], a.Log)
	for _, v := range values {
		s.places = append(s.places, place(v))
	}
	s.joined = true
	if a.Log && values[s.order[0]] > 0 {
		s.label += ", logarithmic"
	}
	s.addTicks(a.Values)
	return s
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// addTicks puts a tick at the values, or at every n-th of many.
func (s *scale) addTicks(values []string) {
	every := (len(values) + ticksMax - 1) / ticksMax
	for n, i := range s.order {
		if n%every == 0 {
			s.ticks = append(s.ticks, chart.Tick{At: float64(s.places[i]), Label: chart.Shorten(values[i], tickWidth)})
		}
	}
}

// tickWidth is the room for a label under an axis, in pixels.
const tickWidth = 110

// shortAxis is the name of an axis, cut to what a phone has room for.
func shortAxis(path string) string { return chart.Shorten(path, 180) }

// placing maps values from low to high to places, by their logarithm where that is asked for and they are above 0.
func placing(low, high float64, log bool) func(v float64) int64 {
	turn := func(v float64) float64 { return v }
	if log && low > 0 {
		turn = math.Log
	}
	from, to := turn(low), turn(high)
	return func(v float64) int64 {
		share := 0.5
		if to > from {
			share = scaleRoom + (1-2*scaleRoom)*(turn(v)-from)/(to-from)
		}
		return int64(math.Round(chart.Places * min(max(share, 0), 1)))
	}
}

// quantities reads values as numbers, durations or rates; false where they are not all of one of these kinds.
func quantities(values []string) ([]float64, bool) {
	for _, read := range []func(string) (float64, bool){readNumber, readDuration, readRate} {
		var list []float64
		for _, text := range values {
			if v, ok := read(text); ok {
				list = append(list, v)
			}
		}
		if len(list) == len(values) && len(list) > 0 {
			return list, true
		}
	}
	return nil, false
}

func readNumber(text string) (float64, bool) {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

func readDuration(text string) (float64, bool) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	return d.Seconds(), err == nil
}

func readRate(text string) (float64, bool) {
	var rate scenarios.Rate
	err := rate.UnmarshalText([]byte(strings.TrimSpace(text)))
	return float64(rate), err == nil
}

// countTicks are 1, 2 and 5 times the powers of ten from low, which is above 0, to high.
func countTicks(low, high float64, place func(float64) int64) []chart.Tick {
	var ticks []chart.Tick
	if low <= 0 {
		return nil // no power of ten is as low
	}
	for power := math.Pow(10, math.Floor(math.Log10(low))); power <= high; power *= 10 {
		for _, m := range []float64{1, 2, 5} {
			if v := m * power; v >= low*(1-1e-9) && v <= high*(1+1e-9) {
				ticks = append(ticks, chart.Tick{At: float64(place(v)), Label: number(v)})
			}
		}
	}
	return ticks
}

// valueAxis is an axis of values that reaches from 0, or the lowest value below it, to top at least, in the unit of a
// metric.
func valueAxis(top float64, unit string) *chart.Axis {
	factor, behind := 1.0, ""
	switch {
	case unit == "s":
		factor, behind = timeUnit(top)
	case unit == "ratio":
		factor, behind = 0.01, " %"
	case strings.HasSuffix(unit, "/s"):
		behind = "/s"
	}
	ticks := chart.ValueTicks(top/factor, 4)
	for i := range ticks {
		ticks[i].At *= factor
		ticks[i].Label += behind
	}
	return &chart.Axis{To: ticks[len(ticks)-1].At, Ticks: ticks}
}

// timeUnit is the unit in which an axis up to so many seconds is read best.
func timeUnit(top float64) (factor float64, behind string) {
	switch {
	case top <= 0 || top >= 1 && top < 300:
		return 1, " s"
	case top < 1e-3:
		return 1e-6, " µs"
	case top < 1:
		return 1e-3, " ms"
	case top < 3*3600:
		return 60, " min"
	}
	return 3600, " h"
}
