// Command build-guest builds the guest of the checkout in the current folder into a file, and prints its id: for binaries that
// carry it.
package main

import (
	"context"
	"fmt"
	"os"

	"pindrop/sim/guest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: build-guest FILE")
		os.Exit(64)
	}
	id, err := guest.ID(".")
	if err == nil {
		err = guest.Compile(context.Background(), ".", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build-guest:", err)
		os.Exit(1)
	}
	fmt.Println(id)
}
