//go:build !linux

package sim

// usageOf is what a process has used: here nobody says.
func usageOf(int) (usage, bool) { return usage{}, false }

// machineMemory is not known here.
func machineMemory() (bytes uint64, ok bool) { return 0, false }
