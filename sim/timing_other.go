//go:build !linux

package sim

import "time"

// bootTime is 0: the sleep of a machine shows as a step of its wall clock.
func bootTime() int64 { return 0 }

// cpuPressure is never known.
func cpuPressure() (of string, some, full time.Duration, ok bool) { return "", 0, 0, false }
