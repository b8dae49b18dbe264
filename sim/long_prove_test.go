//go:build prove

package sim

// How often one seed is run, and how many seeds of a drill are.
const (
	exactRuns     = 20
	electionSeeds = 20
	damageSeeds   = 24
)
