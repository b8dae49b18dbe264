//go:build !unix

package sim

import (
	"errors"
	"os"
)

// processes says whether this system can run workers and servers as processes.
const processes = false

var errNoProcesses = errors.New("workers and servers as processes need a Unix")

func stopProcess(*os.Process, bool) error { return errNoProcesses }

func monotonic() int64 { return 0 }

func mapPage[T any](string) (page *T, unmap func() error, err error) { return nil, nil, errNoProcesses }
