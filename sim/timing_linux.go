package sim

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// bootTime is the time since the machine was started, with what it slept; 0 where the kernel has no such clock.
func bootTime() int64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) != nil {
		return 0
	}
	return t.Nano()
}

// cpuPressure is for how long so far some tasks, and all of them, have waited for a processor: of the control group of this
// process where the kernel tells that, else of the machine; false where it tells neither.
func cpuPressure() (of string, some, full time.Duration, ok bool) {
	for _, file := range pressureFiles() {
		if text, err := os.ReadFile(file.path); err == nil {
			if some, full, ok = parsePressure(text); ok {
				return file.of, some, full, true
			}
		}
	}
	return "", 0, 0, false
}

type pressureFile struct{ of, path string }

// pressureFiles are the files that may tell, the nearest first.
func pressureFiles() []pressureFile {
	var all []pressureFile
	if groups, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		for line := range bytes.Lines(groups) {
			if group, v2 := bytes.CutPrefix(bytes.TrimSpace(line), []byte("0::")); v2 {
				all = append(all, pressureFile{"control group", filepath.Join("/sys/fs/cgroup", string(group), "cpu.pressure")})
			}
		}
	}
	return append(all, pressureFile{"machine", "/proc/pressure/cpu"})
}

// parsePressure reads the text of such a file. Its totals are in microseconds; the whole machine has no full line in old kernels.
func parsePressure(text []byte) (some, full time.Duration, ok bool) {
	for line := range bytes.Lines(text) {
		var kind string
		var avg [3]float64
		var total int64
		if n, _ := fmt.Sscanf(string(line), "%s avg10=%g avg60=%g avg300=%g total=%d", &kind, &avg[0], &avg[1], &avg[2], &total); n < 5 {
			continue
		}
		switch kind {
		case "some":
			some, ok = time.Duration(total)*time.Microsecond, true
		case "full":
			full = time.Duration(total) * time.Microsecond
		}
	}
	return some, full, ok
}
