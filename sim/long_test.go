//go:build !prove

package sim

// How often one seed is run, and how many seeds of a drill are.
const (
	exactRuns     = 5
	electionSeeds = 8
	damageSeeds   = 2
)
