package tune

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pindrop/results"
	"pindrop/scenarios"
)

// Levers are other settings of a scenario that may meet a goal which no limit meets: more workers, smaller batches, a
// shorter pin, earlier redelivery, shorter pulls. Some may make no valid scenario: that is for the caller to check.
func Levers(s *scenarios.Scenario) []string {
	var levers []string
	for _, w := range s.Workers {
		path := "workers." + w.Name + "."
		levers = append(levers, fmt.Sprintf("%scount=%d", path, 2*w.Count))
		for _, batch := range []int{w.Batch / 2, w.Batch / 10} {
			if batch > 0 {
				levers = append(levers, fmt.Sprintf("%sbatch=%d", path, batch))
			}
		}
		levers = append(levers, fmt.Sprintf("%sexpires=%s", path, scenarios.Duration(w.Expires.D()/2)))
	}
	for _, wait := range []struct {
		path string
		time time.Duration
	}{{"consumer.ack_wait", s.Consumer.AckWait}, {"consumer.priority_timeout", s.Consumer.PinnedTTL}} {
		if wait.time > 0 {
			levers = append(levers, fmt.Sprintf("%s=%s", wait.path, scenarios.Duration(wait.time/2)))
		}
	}
	return levers
}

// AlsoAxis is an axis of [Request.Also]: a path with its values as for [ParseAxis], or a path alone, of which the
// scenario's own value is tried with half, a quarter, twice and four times as much. Valid reports whether the scenario
// loads with an override.
func AlsoAxis(text string, settings map[string]float64, valid func(set string) bool) (results.Axis, error) {
	if strings.Contains(text, "=") {
		return ParseAxis(text)
	}
	now, ok := settings[text]
	if !ok || now <= 0 {
		return results.Axis{}, fmt.Errorf("%s: expected path=values, or the path of a number or a duration above 0; nearest: %s",
			text, scenarios.Nearest(text, slices.Sorted(maps.Keys(settings))))
	}
	axis := results.Axis{Path: text}
	for _, factor := range []float64{0.25, 0.5, 1, 2, 4} {
		if value, ok := scaled(text, now*factor, valid); ok {
			axis.Values = append(axis.Values, value)
		}
	}
	if len(axis.Values) < 2 {
		return results.Axis{}, fmt.Errorf("%s: nothing near its value %v can be tried; name the values: %s=a,b,c", text, now, text)
	}
	return axis, nil
}

// scaled writes a value in the kind that the setting takes: a whole number, or a duration.
func scaled(path string, v float64, valid func(set string) bool) (string, bool) {
	for _, text := range []string{
		fmt.Sprintf("%.0f", v), scenarios.Duration(time.Duration(v * float64(time.Second)).Round(time.Microsecond)).String(),
	} {
		if text != "0" && text != "0s" && valid(path+"="+text) {
			return text, true
		}
	}
	return "", false
}
