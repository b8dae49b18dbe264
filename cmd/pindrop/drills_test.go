//go:build !prove

package main

import "testing"

// serverDrills are some of the drills that break servers: what ends, what is lost, what is damaged, what is full. The long proofs
// run all of them.
func serverDrills(*testing.T) []string {
	return []string{"leader-kill-r3", "power-loss-r3", "bit-flip-r3", "disk-full-r3"}
}

// printedRuns are scenarios whose histories have, together, most kinds of events and all outcomes of runs without a guest. The
// long proofs run the whole catalogue and every claim.
func printedRuns() []string {
	return []string{"monitor-check", "pin-no-policy", "guarded-writes", "guards-lease", "cliff-hard", "max-deliver", "group-needed"}
}
