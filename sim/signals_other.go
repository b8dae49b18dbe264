//go:build !unix

package sim

import "syscall"

// There is no such thing here: sending any of these fails, and the fault has not fired.
const (
	signalTerm     = syscall.Signal(-1)
	signalStop     = syscall.Signal(-2)
	signalCont     = syscall.Signal(-3)
	signalLameDuck = syscall.Signal(-4)
)
