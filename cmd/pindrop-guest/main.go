// Command pindrop-guest is what runs inside a guest: one plan on the virtual clock, in a WebAssembly module (GOOS=wasip1)
// that knows no time and no chance but those it is given. See package sim/guest for the other side.
package main

import (
	"os"

	"pindrop/sim"
)

func main() { os.Exit(sim.Inside(os.Stdin, os.Stdout, os.Stderr)) }
