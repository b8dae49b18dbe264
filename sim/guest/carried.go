package guest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
)

// carried is the guest that is inside this program, gzipped; nil: none is. carry.go, which `make dist` compiles in, sets it,
// and carriedID, which is the id that the checkout gave it: a guest has the same id wherever it comes from.
var (
	carried   []byte
	carriedID string
)

// take unpacks the carried guest; nil where there is none.
func take(root string) (*Module, error) {
	if len(carried) == 0 {
		return nil, nil
	}
	m := &Module{Path: modulePath(root, carriedID), ID: carriedID, Origin: Carried}
	if _, err := os.Stat(m.Path); err == nil {
		return m, nil
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(carried))
	if err != nil {
		return nil, fmt.Errorf("unpack the guest: %w", err)
	}
	module, err := io.ReadAll(unzipped)
	if err != nil {
		return nil, fmt.Errorf("unpack the guest: %w", err)
	}
	return m, keep(m.Path, module)
}
