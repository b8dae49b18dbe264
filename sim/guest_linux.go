package sim

import "syscall"

// guestProcess makes a guest end with whoever started it, and keeps a terminal's Ctrl-C from it: the parent decides.
func guestProcess() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
