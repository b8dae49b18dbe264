package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// childrenOf are the processes that a process has started and that have not ended; none where the system does not say.
func childrenOf(pid int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	var children []int
	for _, path := range stats {
		if child, parent, ok := processAt(path); ok && parent == pid {
			children = append(children, child)
		}
	}
	return children
}

// processAt reads the number of a process and that of its parent (proc(5)); false where it has ended.
func processAt(path string) (pid, parent int, ok bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, false
	}
	end := strings.LastIndexByte(string(text), ')') // of its name, which may hold anything
	var state string
	if _, err := fmt.Sscan(string(text[end+1:]), &state, &parent); err != nil || state == "Z" || state == "X" {
		return 0, 0, false
	}
	pid, err = strconv.Atoi(strings.Fields(string(text))[0])
	return pid, parent, err == nil
}

// stillThere are those of some processes that have not ended by themselves within a time.
func stillThere(pids []int, within time.Duration) []int {
	for started := time.Now(); ; runtime.Gosched() {
		var there []int
		for _, pid := range pids {
			if _, _, ok := processAt(fmt.Sprintf("/proc/%d/stat", pid)); ok {
				there = append(there, pid)
			}
		}
		if len(there) == 0 || time.Since(started) > within {
			return there
		}
	}
}
