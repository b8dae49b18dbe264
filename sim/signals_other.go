//go:build !unix

package sim

import "os"

// There is no such thing here: sending any of these fails, and the fault has not fired.
const (
	signalTerm     = missing("terminate")
	signalStop     = missing("stop")
	signalCont     = missing("continue")
	signalLameDuck = missing("lame duck")
)

// missing is a signal that the system does not have.
type missing string

// String implements os.Signal.
func (m missing) String() string { return string(m) }

// Signal implements os.Signal.
func (missing) Signal() {}

var _ os.Signal = missing("")
