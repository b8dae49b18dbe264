package sim

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of CPU time in /proc: USER_HZ, which is 100 on every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// The places in /proc/PID/stat, counted from behind the name, which may hold spaces: the state is the first.
const (
	statUser     = 11
	statSystem   = 12
	statResident = 21
)

// usageOf is what a process has used; false if it is gone.
func usageOf(pid int) (usage, bool) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, false
	}
	return parseStat(b, int64(os.Getpagesize()))
}

// machineMemory is how much memory the machine has.
func machineMemory() (bytes uint64, ok bool) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, false
	}
	return uint64(info.Totalram) * uint64(info.Unit), true
}

// parseStat reads the text of /proc/PID/stat.
func parseStat(b []byte, page int64) (usage, bool) {
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) <= statResident {
		return usage{}, false
	}
	var v [3]int64
	for i, place := range []int{statUser, statSystem, statResident} {
		var err error
		if v[i], err = strconv.ParseInt(string(fields[place]), 10, 64); err != nil {
			return usage{}, false
		}
	}
	return usage{cpu: time.Duration(v[0]+v[1]) * clockTick, resident: v[2] * page}, true
}
