//go:build carried

package guest

import _ "embed" // for the guest

//go:embed pindrop-guest.wasm.gz
var packed []byte

func init() { carried = packed }
