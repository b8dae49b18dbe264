//go:build unix

package sim

import "syscall"

// The signals that a server understands, and those that stop any process.
const (
	signalTerm     = syscall.SIGTERM
	signalStop     = syscall.SIGSTOP
	signalCont     = syscall.SIGCONT
	signalLameDuck = syscall.SIGUSR2
)
