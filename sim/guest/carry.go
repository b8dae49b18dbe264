//go:build carried

package guest

import (
	_ "embed" // for the guest
	"strings"
)

//go:embed pindrop-guest.gz
var packed []byte

//go:embed pindrop-guest.id
var packedID string

func init() { carried, carriedID = packed, strings.TrimSpace(packedID) }
