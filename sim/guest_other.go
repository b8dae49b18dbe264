//go:build !linux

package sim

import "syscall"

// guestProcess is nothing here: guests run on Linux.
func guestProcess() *syscall.SysProcAttr { return nil }
