//go:build !pindropguest

package main

import (
	"fmt"
	"os"
)

func run() int {
	fmt.Fprintln(os.Stderr, "pindrop-guest: built without its standard library; pindrop builds it when a run needs it")
	return 2
}
