package guest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// carried is the guest that is inside this program, gzipped; nil: none is. carry.go, which `make dist` compiles in, sets it,
// and carriedID, which is the id that the checkout gave it: a guest has the same id wherever it comes from.
var (
	carried   []byte
	carriedID string
)

// take unpacks the carried guest; nil where there is none.
func take(root string) (*Program, error) {
	if len(carried) == 0 {
		return nil, nil
	}
	p := &Program{Path: programPath(root, carriedID), ID: carriedID, Origin: Carried}
	if intact(p.Path) {
		return p, nil
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(carried))
	if err != nil {
		return nil, fmt.Errorf("unpack the guest: %w", err)
	}
	program, err := io.ReadAll(unzipped)
	if err != nil {
		return nil, fmt.Errorf("unpack the guest: %w", err)
	}
	return p, keep(p.Path, program)
}
