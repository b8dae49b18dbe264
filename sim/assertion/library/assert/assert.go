// Package assert stands in the place of the assertion library that nats-server calls, whose functions do nothing by default. It has the
// exported names of package assert of antithesis-sdk-go v0.8.0, and hands each call to pindrop.
package assert

import (
	"pindrop/results/history"
	"pindrop/sim/assertion"
)

func init() { assertion.Link() }

// Always says that the condition holds, and that the place is reached.
func Always(condition bool, message string, details map[string]any) {
	assertion.Heard(history.AssertAlways, condition, message, details)
}

// AlwaysOrUnreachable says that the condition holds wherever the place is reached.
func AlwaysOrUnreachable(condition bool, message string, details map[string]any) {
	assertion.Heard(history.AssertAlwaysOrUnreachable, condition, message, details)
}

// Sometimes says that the condition holds at least once.
func Sometimes(condition bool, message string, details map[string]any) {
	assertion.Heard(history.AssertSometimes, condition, message, details)
}

// Unreachable says that the place is never reached.
func Unreachable(message string, details map[string]any) {
	assertion.Heard(history.AssertUnreachable, false, message, details)
}

// Reachable says that the place is reached at least once.
func Reachable(message string, details map[string]any) {
	assertion.Heard(history.AssertReachable, true, message, details)
}

// AssertRaw is a call whose kind is a text.
func AssertRaw(cond bool, message string, details map[string]any, _, _, _ string, _, _ int, hit, mustHit bool, assertType, _, _ string) {
	if !hit {
		return // it declares a place
	}
	kind := history.AssertAlways
	switch {
	case assertType == "sometimes":
		kind = history.AssertSometimes
	case assertType == "reachability" && mustHit:
		kind = history.AssertReachable
	case assertType == "reachability":
		kind, cond = history.AssertUnreachable, false
	case !mustHit:
		kind = history.AssertAlwaysOrUnreachable
	}
	assertion.Heard(kind, cond, message, details)
}
