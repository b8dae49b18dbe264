package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// duration writes nanoseconds with three significant digits: 1.91 s, 45 ms, 2 min 5 s.
func duration(ns int64) string {
	if ns < 0 {
		return "−" + duration(-max(ns, -math.MaxInt64)) // the least number has no opposite
	}
	d := time.Duration(ns)
	switch {
	case d == 0:
		return "0 s"
	case d < time.Microsecond:
		return strconv.FormatInt(ns, 10) + " ns"
	case d < 999500*time.Nanosecond:
		return digits(float64(ns)/1e3) + " µs"
	case d < 999500*time.Microsecond:
		return digits(float64(ns)/1e6) + " ms"
	case d < 119500*time.Millisecond:
		return digits(float64(ns)/1e9) + " s"
	case d < time.Hour:
		return inTwo(d.Round(time.Second), time.Minute, "min", time.Second, "s")
	default:
		return inTwo(d.Round(time.Minute), time.Hour, "h", time.Minute, "min")
	}
}

// inTwo writes a span in two units and leaves the smaller one out where it is zero.
func inTwo(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	s := strconv.FormatInt(int64(d/big), 10) + " " + bigName
	if rest := d % big / small; rest > 0 {
		s += " " + strconv.FormatInt(int64(rest), 10) + " " + smallName
	}
	return s
}

// digits keeps three significant digits of a value and no trailing zeros.
func digits(v float64) string {
	decimals := 2
	switch a := math.Abs(v); {
	case a >= 99.95:
		decimals = 0
	case a >= 9.995:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// count writes a whole number with commas between thousands.
func count(n int64) string {
	if n < 0 {
		return "−" + count(-max(n, -math.MaxInt64))
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// number writes whole values as counts and others with three digits.
func number(v float64) string {
	if math.Abs(v) >= 999.5 || v == math.Trunc(v) {
		return count(whole(v))
	}
	return digits(v)
}

// size writes a number of bytes in the unit that fits: 512 B, 23.4 MB.
func size(v float64) string {
	for _, unit := range []string{"B", "kB", "MB"} {
		if v < 999.5 {
			return digits(v) + " " + unit
		}
		v /= 1000
	}
	return digits(v) + " GB"
}

// whole is the nearest whole number that there is.
func whole(v float64) int64 {
	switch v = math.Round(v); {
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= -math.MaxInt64:
		return -math.MaxInt64
	}
	return int64(v)
}

// quantity writes a value in the unit of its metric.
func quantity(v float64, unit string) string {
	switch {
	case unit == "s":
		return duration(whole(v * 1e9))
	case unit == "ratio":
		return digits(100*v) + " %"
	case unit == "B":
		return size(v)
	case unit == "code":
		return strconv.FormatFloat(v, 'f', -1, 64)
	case strings.HasSuffix(unit, "/s"):
		return number(v) + "/s"
	default:
		return number(v)
	}
}

// metric writes the value of one metric in its unit; one that the table of metrics does not know has none.
func metric(name string, v float64) string {
	m, _ := measure.Lookup(name)
	return quantity(v, m.Unit)
}

// plural writes a count with its noun: 1 message, 7 messages.
func plural(n int, noun string) string {
	return count(int64(n)) + " " + scenarios.Plural(n, noun)
}

// ordinal writes 1st, 2nd, 3rd, 4th, 11th.
func ordinal(n int) string {
	suffix := "th"
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return count(int64(n)) + suffix
}

// list joins words as a sentence does: a, b and c.
func list(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
