// Command pindrop-guest is what runs inside a guest: one plan on the virtual clock, in a process that knows no time and no
// chance but those it is given. It is built by package sim/guest, with the standard library that is described there; built in
// any other way, it does nothing.
package main

import "os"

func main() { os.Exit(run()) }
