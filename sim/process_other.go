//go:build !unix

package sim

import "os/exec"

// startProcess starts a process. Nothing here ends it with this one but the end of its standard input, which it has to
// watch.
func startProcess(cmd *exec.Cmd) error { return cmd.Start() }
