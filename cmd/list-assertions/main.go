// Command list-assertions writes what nats-server of the version in go.mod asserts about itself, as the table of package
// results/safety: go run ./cmd/list-assertions > results/safety/asserted.go. What a new message means is then to be said there.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

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
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", "github.com/nats-io/nats-server/v2").Output()
	if err != nil {
		return nil, fmt.Errorf("ask Go for nats-server: %w", err)
	}
	version, dir, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	all, err := calls.Find(dir)
	if err != nil {
		return nil, err
	}
	return calls.Table(strings.TrimPrefix(version, "v"), all)
}
