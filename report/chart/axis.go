package chart

import (
	"math"
	"strconv"
	"strings"
)

// Scale maps a domain to pixels, linearly or by logarithm. A domain without extent maps to its first pixel.
type Scale struct {
	From, To float64 // domain
	A, B     float64 // pixels
	Log      bool    // the domain must be above 0
}

// At is the pixel of a value; values outside the domain stay at its ends.
func (s Scale) At(v float64) float64 {
	from, to := s.From, s.To
	v = min(max(v, min(from, to)), max(from, to))
	if s.Log {
		from, to, v = math.Log10(from), math.Log10(to), math.Log10(v)
	}
	if from == to {
		return s.A
	}
	return s.A + (v-from)/(to-from)*(s.B-s.A)
}

// Tick is a labelled place on an axis, in the axis's domain.
type Tick struct {
	At    float64
	Label string
}

// ValueTicks are at most count+1 round numbers from 0 to at least top; the last one is the end of the axis.
func ValueTicks(top float64, count int) []Tick {
	if top <= 0 {
		top = 1
	}
	step := roundUp(top / float64(count))
	var ticks []Tick
	for i := 0; ; i++ {
		v := float64(i) * step
		ticks = append(ticks, Tick{v, compact(v)})
		if v >= top*(1-1e-9) {
			return ticks
		}
	}
}

// roundUp is the smallest 1, 2 or 5 times a power of ten that is not below v, which is above 0.
func roundUp(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= v*(1-1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// compact writes 12000 as 12k: the labels of an axis must be short.
func compact(v float64) string {
	unit := ""
	switch {
	case v >= 1e6:
		v, unit = v/1e6, "M"
	case v >= 1e4:
		v, unit = v/1e3, "k"
	}
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) + unit
}

const second = 1e9

// TimeTicks are at most count+1 round times within [from, to], which are nanoseconds. Steps are 1, 2, 5 times a power
// of ten seconds, from a minute on 1, 2, 5 times a power of ten minutes. The page's script draws the same ones.
func TimeTicks(from, to int64, count int) []Tick {
	if to <= from {
		return []Tick{{float64(from), timeLabel(float64(from), second)}}
	}
	step := timeStep(float64(to-from) / float64(count))
	var ticks []Tick
	first := math.Ceil(float64(from)/step) + 0 // Ceil may give −0, which would be written with its sign
	for i := first; i*step <= float64(to); i++ {
		ticks = append(ticks, Tick{i * step, timeLabel(i*step, step)})
	}
	return ticks
}

func timeStep(atLeast float64) float64 {
	if s := roundUp(atLeast); s <= 20*second {
		return s
	}
	return max(roundUp(atLeast/(60*second)), 0.5) * 60 * second
}

func timeLabel(v, step float64) string {
	if step >= 30*second {
		return strings.Replace(strconv.FormatFloat(v/(60*second), 'f', -1, 64), "-", "−", 1) + " min"
	}
	decimals := int(max(0, -math.Floor(math.Log10(step/second)+1e-9)))
	return strings.Replace(strconv.FormatFloat(v/second, 'f', decimals, 64), "-", "−", 1) + " s"
}

// LogTicks are the powers of ten from the one at or below from to the one at or above to; both are nanoseconds
// above 0.
func LogTicks(from, to float64) []Tick {
	first, last := math.Floor(math.Log10(from)+1e-9), math.Ceil(math.Log10(to)-1e-9)
	if last <= first {
		last = first + 1
	}
	var ticks []Tick
	for e := first; e <= last; e++ {
		ticks = append(ticks, Tick{math.Pow(10, e), powerLabel(int(e))})
	}
	return ticks
}

// powerLabel names 10^e nanoseconds.
func powerLabel(e int) string {
	units := []string{" ns", " µs", " ms", " s"}
	u := min(max(e/3, 0), len(units)-1)
	return strconv.FormatFloat(math.Pow(10, float64(e-3*u)), 'f', -1, 64) + units[u]
}

// Nines is the place of a percentile (0 to 100) on an axis on which each further nine takes the same room, as
// HdrHistogram draws it: 0 at 0, 1 at 90, 2 at 99. The 100th percentile has no place: it is drawn at limit.
func Nines(percentile, limit float64) float64 {
	if percentile >= 100 {
		return limit
	}
	return min(-math.Log10(1-percentile/100), limit)
}

// NinesTicks are the percentiles 0, 50, 90, 99, … up to limit, a place as given by [Nines].
func NinesTicks(limit float64) []Tick {
	ticks := []Tick{{0, "0 %"}, {Nines(50, limit), "50 %"}}
	label := "90"
	for e := 1.0; e <= limit; e++ {
		ticks = append(ticks, Tick{e, label + " %"})
		switch label {
		case "90":
			label = "99"
		case "99":
			label = "99.9"
		default:
			label += "9"
		}
	}
	return ticks
}
