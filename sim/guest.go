package sim

import (
	"encoding/json"
	"fmt"
	"io"
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
