package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Guest is the WebAssembly module (see package sim/guest) that runs a plan in the place of a child process: then a run is an
// exact function of its seed, also where workers race.
type Guest struct {
	Module string `json:"module"` // path
	Cache  string `json:"cache"`  // folder of its compiled form
	ID     string `json:"id"`     // of what it was built from
}

// Inside is the whole life of a guest: it runs the one plan that it is told of. It returns the exit code.
func Inside(in io.Reader, out, trouble io.Writer) int {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return exitCode(fmt.Errorf("read what to do: %w", err), trouble)
	}
	return exitCode(o.run(out), trouble)
}

// ErrNoRoom is in the error of a run that never began because the disk has no room for the files of a guest.
var ErrNoRoom = errors.New("no room for a guest")

// diskMin is the least room on the disk with which a guest begins: a cluster that does little takes some 30 MiB.
const diskMin = 64 << 20

// diskFor says why there is not enough room for the files of a guest.
func diskFor(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the folder of the logs: %w", err)
	}
	if free, ok := freeDisk(dir); ok && free < diskMin {
		return fmt.Errorf("%w: it needs %d MiB for files, and %d MiB are free in %s", ErrNoRoom, diskMin>>20, free>>20, dir)
	}
	return nil
}
