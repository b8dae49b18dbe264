package tune

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pindrop/results"
	"pindrop/scenarios"
)

// stepsDefault is how many values a range has where it does not say.
const stepsDefault = 8

// ParseAxis reads one axis of a sweep: a path and its values.
//
//	consumer.max_ack_pending=100,1000,5000    these
//	workers.batch=1..500                      8 values, evenly spread; whole numbers stay whole
//	workers.batch=1..500:20                   20 values
//	consumer.ack_wait=1s..60s:5:log           5 values, evenly spread by their logarithm
//
// Values of a range are numbers, durations or rates, both ends of the same kind.
func ParseAxis(text string) (results.Axis, error) {
	path, list, found := strings.Cut(text, "=")
	path = strings.TrimSpace(path)
	if !found || path == "" || strings.TrimSpace(list) == "" {
		return results.Axis{}, fmt.Errorf("%s: expected path=value,value or path=low..high, "+
			"such as consumer.max_ack_pending=100,1000 or workers.batch=1..500", text)
	}
	axis := results.Axis{Path: path}
	var err error
	if low, rest, ok := strings.Cut(list, ".."); ok && !strings.ContainsAny(list, "[{,\"'") {
		err = axisRange(&axis, low, rest)
	} else {
		axis.Values, err = splitValues(list)
	}
	if err != nil {
		return results.Axis{}, fmt.Errorf("%s: %w", text, err)
	}
	for i, v := range axis.Values {
		if slices.Contains(axis.Values[:i], v) {
			return results.Axis{}, fmt.Errorf("%s: %s stands there twice", text, v)
		}
	}
	return axis, nil
}

// splitValues parts values at commas, but not at those inside brackets or quotes: a value may be a list or a mapping.
func splitValues(list string) ([]string, error) {
	var values []string
	depth, quote, from := 0, rune(0), 0
	for i, c := range list {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			values, from = append(values, strings.TrimSpace(list[from:i])), i+1
		}
	}
	values = append(values, strings.TrimSpace(list[from:]))
	if i := slices.Index(values, ""); i >= 0 {
		return nil, fmt.Errorf("value %d is empty", i+1)
	}
	return values, nil
}

// axisRange fills an axis with the values of a range; rest is what follows "..": the upper end, then steps and log.
func axisRange(axis *results.Axis, low, rest string) error {
	parts := strings.Split(rest, ":")
	from, err := parseQuantity(low)
	if err != nil {
		return err
	}
	to, err := parseQuantity(parts[0])
	if err != nil {
		return err
	}
	steps := stepsDefault
	for _, word := range parts[1:] {
		if word == "log" {
			axis.Log = true
		} else if n, err := strconv.Atoi(word); err == nil && n >= 2 {
			steps = n
		} else {
			return fmt.Errorf("expected a number of steps from 2 on, or log, behind the range; got %q", word)
		}
	}
	switch {
	case from.kind != to.kind:
		return fmt.Errorf("the ends of a range must be of one kind; got %s and %s", from, to)
	case from.value >= to.value:
		return fmt.Errorf("the lower end comes first; got %s..%s", from, to)
	case axis.Log && from.value <= 0:
		return fmt.Errorf("a logarithmic range begins above 0; got %s", from)
	}
	axis.Values = spread(from, to, steps, axis.Log)
	return nil
}

// spread lists the values of a range, without repetition. What is not an end is rounded: numbers without a fraction at
// both ends to whole ones, everything else to three digits.
func spread(from, to quantity, steps int, log bool) []string {
	var values []string
	for i := range steps {
		part := float64(i) / float64(steps-1)
		v := from.value + part*(to.value-from.value)
		if log {
			v = from.value * math.Pow(to.value/from.value, part)
		}
		q := quantity{kind: from.kind, value: v}
		switch {
		case i == 0:
			q = from
		case i == steps-1:
			q = to
		case from.whole() && to.whole():
			q.value = math.Round(v)
		default:
			q.value = scenarios.Round(v, 3)
		}
		if text := q.String(); !slices.Contains(values, text) {
			values = append(values, text)
		}
	}
	return values
}

// quantity is one end of a range.
type quantity struct {
	kind  string  // "", "duration" (nanoseconds) or the unit of a rate, "/s"
	value float64 // in its unit
}

func (q quantity) whole() bool { return q.kind == "" && q.value == math.Trunc(q.value) }

// String is the value as a scenario file has it.
func (q quantity) String() string {
	if q.kind == "duration" {
		return scenarios.Duration(math.Round(q.value)).String()
	}
	return strconv.FormatFloat(q.value, 'f', -1, 64) + q.kind
}

func parseQuantity(text string) (quantity, error) {
	text = strings.TrimSpace(text)
	if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(v, 0) && !math.IsNaN(v) {
		return quantity{value: v}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return quantity{kind: "duration", value: float64(d)}, nil
	}
	var rate scenarios.Rate
	if rate.UnmarshalText([]byte(text)) == nil {
		return quantity{kind: "/s", value: float64(rate)}, nil
	}
	return quantity{}, fmt.Errorf("expected a number, a duration or a rate at the ends of a range; got %q", text)
}

// PointsMax bounds a grid: what is larger is a mistake of whoever typed it.
const PointsMax = 100_000

// Grid lists all points of the axes, the last axis changing fastest.
func Grid(axes []results.Axis) ([]results.Point, error) {
	for i, a := range axes {
		if slices.ContainsFunc(axes[:i], func(b results.Axis) bool { return b.Path == a.Path }) {
			return nil, fmt.Errorf("%s stands there twice", a.Path)
		}
	}
	points := []results.Point{{}}
	for _, axis := range axes {
		if len(points)*len(axis.Values) > PointsMax {
			return nil, fmt.Errorf("the grid has more than %d points; expected fewer values, or fewer axes", PointsMax)
		}
		var next []results.Point
		for _, p := range points {
			for _, v := range axis.Values {
				next = append(next, results.Point{Values: append(slices.Clone(p.Values), v)})
			}
		}
		points = next
	}
	return points, nil
}

// Set is a point as overrides of the scenario.
func Set(axes []results.Axis, p *results.Point) []string {
	set := make([]string, len(axes))
	for i, a := range axes {
		set[i] = a.Path + "=" + p.Values[i]
	}
	return set
}
