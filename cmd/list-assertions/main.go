// Command list-assertions writes what nats-server of the version in go.mod asserts about itself, as the table of package
// results/safety: go run ./cmd/list-assertions > results/safety/asserted.go. What a new message means is then to be said there.
package main

import (
	"fmt"
	"os"

	"pindrop/sim/assertion/calls"
)

func main() {
	text, err := table()
	if err != nil {
		fmt.Fprintln(os.Stderr, "list-assertions:", err)
		os.Exit(1)
	}
	if _, err := os.Stdout.Write(text); err != nil {
		os.Exit(1)
	}
}

func table() ([]byte, error) {
	version, dir, err := calls.Source()
	if err != nil {
		return nil, err
	}
	all, err := calls.Find(dir)
	if err != nil {
		return nil, err
	}
	return calls.Table(version, all)
}
