//go:build unix && !linux

package sim

import (
	"os/exec"
	"syscall"
)

// startProcess starts a process in a group of its own: Ctrl-C in a terminal reaches pindrop, which decides what becomes of
// it. Nothing here ends it with pindrop but the end of its standard input, which it has to watch: a process that stands
// still when pindrop is killed stays.
func startProcess(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	return cmd.Start()
}
