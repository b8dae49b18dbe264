package scenarios

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timesMax bounds a column of times.
const timesMax = 10_000_000

// parseMeasured reads a measured distribution from a file, whose name tells what is in it: .csv is a column of times,
// everything else the percentiles that HdrHistogram prints.
func parseMeasured(name string, text []byte, unit string) ([]Quantile, error) {
	if strings.EqualFold(path.Ext(name), ".csv") {
		return parseTimes(text, unit)
	}
	return parsePercentiles(text, unit)
}

// parseTimes reads one time a line, in a unit; the first line may be a header, and lines that begin with # are comments.
func parseTimes(text []byte, unit string) ([]Quantile, error) {
	rows := csv.NewReader(bytes.NewReader(text))
	rows.Comment, rows.FieldsPerRecord, rows.ReuseRecord, rows.TrimLeadingSpace = '#', -1, true, true
	var times []time.Duration
	for first := true; ; first = false {
		row, err := rows.Read()
		if err == io.EOF {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return nil, fmt.Errorf("line %d: %w", broken.Line, broken.Err)
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		if len(row) != 1 {
			return nil, fmt.Errorf("line %d: expected one column of times, got %d", line, len(row))
		}
		text := strings.TrimSpace(row[0])
		v, err := strconv.ParseFloat(text, 64)
		if err != nil && first && !startsNumber(text) {
			continue // a header
		}
		ns := v * float64(unitLengths[unit])
		if err != nil || !(ns >= 0 && ns <= float64(serviceMax)) {
			return nil, fmt.Errorf("line %d: expected a time in %s, at most %s, such as 12.5; got %q", line, unit, Duration(serviceMax), text)
		}
		if times = append(times, time.Duration(math.Round(ns))); len(times) > timesMax {
			return nil, fmt.Errorf("more than %d times", timesMax)
		}
	}
	if len(times) == 0 {
		return nil, errors.New("no times; expected one a line")
	}
	return quantiles(times), nil
}

// startsNumber reports whether text is a number, or was meant to be one.
func startsNumber(text string) bool {
	return text != "" && strings.ContainsRune("+-.0123456789", rune(text[0]))
}

// quantiles are those of a sample: of n times, the i-th smallest, counted from 0, is that of the share i / (n − 1), with
// lines between them. So the median of the points is that of the sample, and nothing is drawn beyond its ends.
//
// Of many times not every one becomes a point. The tail matters most: from the largest down, the distance of two points
// is a fiftieth of their rank, and a thousandth of all at most.
func quantiles(times []time.Duration) []Quantile {
	slices.Sort(times)
	last := len(times) - 1
	if last == 0 {
		return []Quantile{{Q: 1, Time: Duration(times[0])}}
	}
	var points []Quantile
	for rank := 0; ; rank += max(1, min(rank/50, len(times)/1000)) {
		i := max(0, last-rank)
		points = append(points, Quantile{Q: float64(i) / float64(last), Time: Duration(times[i])})
		if i == 0 {
			break
		}
	}
	slices.Reverse(points)
	return points
}
