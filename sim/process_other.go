//go:build !linux

package sim

import "os/exec"

// startProcess starts a child. It ends with this process once its standard input does, unless it stands still.
func startProcess(cmd *exec.Cmd) error { return cmd.Start() }
