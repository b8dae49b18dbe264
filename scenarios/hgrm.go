package scenarios

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// pointsMax bounds a measured distribution; HdrHistogram prints a few hundred lines.
const pointsMax = 10_000

// unitLengths are the units in which tools write the values of a histogram.
var unitLengths = map[string]time.Duration{
	"ns": time.Nanosecond, "us": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
}

// parsePercentiles reads the percentile output of HdrHistogram: lines of value, share, count and 1/(1-share), around
// them a title and lines that begin with #.
func parsePercentiles(text []byte, unit string) ([]Quantile, error) {
	var points []Quantile
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		columns := strings.Fields(lines.Text())
		if len(columns) == 0 || strings.HasPrefix(columns[0], "#") || columns[0] == "Value" {
			continue
		}
		if len(columns) < 3 {
			return nil, fmt.Errorf("line %d: expected value, percentile and count, got %q", number, lines.Text())
		}
		point, err := parseQuantile(columns[0], columns[1], unitLengths[unit])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if points = append(points, point); len(points) > pointsMax {
			return nil, fmt.Errorf("more than %d lines", pointsMax)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(points) == 0 {
		return nil, errors.New("no line of HdrHistogram's percentile output (value, percentile, count, 1/(1-percentile))")
	}
	return points, nil
}

func parseQuantile(value, share string, unit time.Duration) (Quantile, error) {
	v, err := strconv.ParseFloat(value, 64)
	ns := v * float64(unit)
	if err != nil || !(ns >= 0 && ns <= float64(serviceMax)) {
		return Quantile{}, fmt.Errorf("expected a value of at most %s, got %q", Duration(serviceMax), value)
	}
	q, err := strconv.ParseFloat(share, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return Quantile{}, fmt.Errorf("expected a percentile from 0 to 1, got %q", share)
	}
	return Quantile{Q: q, Time: Duration(math.Round(ns))}, nil
}
