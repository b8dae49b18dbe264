// Package tune searches settings. It never runs anything itself: whoever calls it hands it a [Bench] that does.
//
// A sweep is a grid: [ParseAxis] reads what varies, [Grid] lists the points, and every point is tried.
//
// A tuning looks for one number, the limit of ack pending ([Search]). The path: the scenario runs without a limit, which
// shows what it could do at best and how much ack pending it ever has (search.go); a ladder of limits up to there shows,
// with one seed, on which side each goal bounds the limit (goal.go); bisection finds the edges to a fiftieth (edges.go),
// each limit with as many seeds as it takes to know (seeds.go); what lies between them, what breaks outside, and which
// limit to take is then said in words (advice.go).
package tune

import (
	"context"

	"pindrop/results"
)

// Bench runs probes and returns them in their order. Of one that is interrupted or fails it returns those that came to
// their end, with the error.
type Bench func(ctx context.Context, probes []results.Probe) ([]results.Probe, error)
