package sim

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// statStarted is the place of the start of a process in /proc/PID/stat (see usage_linux.go).
const statStarted = 19

// thisProcess names this process so that no other one has the same name, on this machine or another, now or later.
func thisProcess() string {
	space := processSpace()
	started, err := startOf(os.Getpid())
	if err != nil || space == "" {
		return ""
	}
	return fmt.Sprintf("%s/%d/%s", space, os.Getpid(), started)
}

// processSpace names the boot of this machine and the space of its process numbers, "" where that cannot be told.
func processSpace() string {
	boot, bootErr := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, spaceErr := os.Readlink("/proc/self/ns/pid")
	if bootErr != nil || spaceErr != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + space
}

// startOf is when a process started, in ticks since the boot.
func startOf(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if len(fields) <= statStarted {
		return "", errors.New("a stat that is too short")
	}
	return string(fields[statStarted]), nil
}

// processGone reports whether a process of this machine is known to be gone. It is false for any other machine.
func processGone(process string) bool {
	space := processSpace()
	rest, here := strings.CutPrefix(process, space+"/")
	if space == "" || !here {
		return false
	}
	var pid int
	var started string
	if n, err := fmt.Sscanf(rest, "%d/%s", &pid, &started); n != 2 || err != nil {
		return false
	}
	now, err := startOf(pid)
	return errors.Is(err, fs.ErrNotExist) || err == nil && now != started
}
