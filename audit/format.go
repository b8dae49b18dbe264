package audit

import (
	"math"
	"strconv"
	"strings"
	"time"

	"pindrop/scenarios"
)

// digits rounds to three significant digits: nothing here is known better.
func digits(x float64) float64 { return scenarios.Round(x, 3) }

// number is a count: whole numbers as they are, others to three digits.
func number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(digits(x), 'f', -1, 64)
}

// span is seconds as a duration that a scenario takes.
func span(seconds float64) string {
	ns := digits(seconds) * float64(time.Second)
	return scenarios.Duration(math.Round(min(max(ns, 0), float64(1000*time.Hour)))).String()
}

// perSecond is a rate as a scenario takes it.
func perSecond(rate float64) string { return scenarios.Rate(digits(min(max(rate, 0), 1e6))).String() }

// percent is a share.
func percent(share float64) string { return number(100*share) + " %" }

// wrap breaks a text into lines of comments. What is not plain text of one line is taken out: the names and subjects in
// it come from somewhere else.
func wrap(text string) []string {
	text = strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	const width = 100
	var lines []string
	var line string
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
