package chart

import "strings"

// Span is a half-open interval in nanoseconds.
type Span struct{ From, To int64 }

// bars is the path of the spans as boxes of height h at y. Spans less than a pixel apart merge, and none is narrower
// than a pixel: thousands of them stay a small path, and none disappears. The spans are in order and do not overlap.
func bars(spans []Span, x Scale, y, h float64) string {
	var d strings.Builder
	from, to := 0.0, -1.0 // nothing yet
	flush := func() {
		if to >= from {
			d.WriteString("M" + px(from) + " " + px(y) + "H" + px(to) + "V" + px(y+h) + "H" + px(from) + "Z")
		}
	}
	for _, s := range spans {
		if float64(s.To) <= x.From || float64(s.From) >= x.To {
			continue
		}
		a, b := x.At(float64(s.From)), x.At(float64(s.To))
		b = max(b, a+1)
		if to >= from && a-to < 1 {
			to = max(to, b)
			continue
		}
		flush()
		from, to = a, b
	}
	flush()
	return d.String()
}

// steps is the path of a quantity that holds value v[i] from at[i] until at[i+1], the last one until the end of the
// axis. Of all values within one pixel column the first, the lowest, the highest and the last are drawn, so that every
// spike survives.
func steps(at []int64, v []float64, x, y Scale) string {
	var d strings.Builder
	column, drawn := -1, 0.0
	for i := 0; i < len(at); {
		px0 := x.At(float64(at[i]))
		column = int(px0)
		lo, hi, j := v[i], v[i], i+1
		for ; j < len(at) && int(x.At(float64(at[j]))) == column; j++ {
			lo, hi = min(lo, v[j]), max(hi, v[j])
		}
		first, last := v[i], v[j-1]
		if d.Len() == 0 {
			d.WriteString("M" + px(px0) + " " + px(y.At(first)))
		} else if first != drawn || lo != hi {
			d.WriteString("H" + px(px0) + "V" + px(y.At(first)))
		}
		for _, w := range []float64{lo, hi, last} {
			if lo != hi {
				d.WriteString("V" + px(y.At(w)))
			}
		}
		drawn, i = last, j
	}
	if d.Len() > 0 {
		d.WriteString("H" + px(x.B))
	}
	return d.String()
}

// polyline joins the points.
func polyline(xs, ys []float64) string {
	var d strings.Builder
	for i := range xs {
		sep := "L"
		if i == 0 {
			sep = "M"
		}
		d.WriteString(sep + px(xs[i]) + " " + px(ys[i]))
	}
	return d.String()
}
