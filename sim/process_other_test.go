//go:build !linux

package sim

// orphanEnv is for a test of what only Linux promises.
const orphanEnv = "PINDROP_TEST_ORPHAN"

func orphan() int { return 1 }
