package sim

import "math"

// Room is how much memory a run may take, half of what the machine has, and how much disk is free where dir is; both in bytes,
// infinite where this system does not say.
func Room(dir string) (memory, disk float64) {
	memory, disk = math.Inf(1), math.Inf(1)
	if total, ok := machineMemory(); ok {
		memory = float64(total) / 2
	}
	if free, ok := freeDisk(dir); ok {
		disk = float64(free)
	}
	return memory, disk
}
