package export

import (
	"math"
	"slices"
	"strings"

	"pindrop/results/measure"
)

// blocks are the heights of a sparkline. Only 0 has the lowest.
var blocks = []rune("▁▂▃▄▅▆▇█")

// sparkColumns is how wide a sparkline is.
const sparkColumns = 60

// spark draws a series over a span in a line of blocks. Each column shows its highest value, so that every spike survives,
// and heights count from 0. It is "" where there is nothing to draw.
func spark(s measure.Series, over measure.Span) (line string, most float64) {
	if len(s.At) == 0 || len(s.At) != len(s.V) || over.To <= over.From {
		return "", 0
	}
	columns := make([]float64, sparkColumns)
	for i := range columns {
		columns[i] = highest(s, columnOf(over, i))
		most = max(most, columns[i])
	}
	var out strings.Builder
	for _, v := range columns {
		level := 0
		if most > 0 && v > 0 {
			level = min(int(math.Ceil(v/most*float64(len(blocks)-1))), len(blocks)-1)
		}
		out.WriteRune(blocks[level])
	}
	return out.String(), most
}

// columnOf is the part of a span that one column shows.
func columnOf(over measure.Span, i int) measure.Span {
	at := func(i int) int64 { return over.From + int64(float64(over.To-over.From)*float64(i)/sparkColumns) }
	return measure.Span{From: at(i), To: at(i + 1)}
}

// highest is the highest value that a series has within a span; steps hold until the next one.
func highest(s measure.Series, in measure.Span) float64 {
	i, _ := slices.BinarySearch(s.At, in.From+1)
	v := 0.0
	if i > 0 {
		v = s.V[i-1]
	}
	for ; i < len(s.At) && s.At[i] < in.To; i++ {
		v = max(v, s.V[i])
	}
	return v
}

// marks is a line with a sign below each column in which a fault began; "" without faults.
func marks(faults []measure.Fault, over measure.Span) string {
	line := []rune(strings.Repeat(" ", sparkColumns))
	found := false
	for _, f := range faults {
		for i := range line {
			if c := columnOf(over, i); c.From <= f.From && f.From < c.To {
				line[i], found = '↑', true
			}
		}
	}
	if !found {
		return ""
	}
	return strings.TrimRight(string(line), " ")
}
