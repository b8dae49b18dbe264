package drawn_test

import (
	"bytes"
	"strings"
	"testing"

	"pindrop/scenarios"
	"pindrop/scenarios/drawn"
)

// Every seed draws a scenario that loads and that pindrop can run; all of them together have every kind of fault.
func TestScenarios(t *testing.T) {
	for servers, missing := range map[int][]string{
		0: {"kill", "restart", "freeze", "disconnect", "partition", "drain", "slow", "slow_link", "unpin", "scale", "pause", "purge", "update"},
		1: {"kill", "kill_server", "restart_server", "isolate", "lame_duck", "power_loss", "disk_full", "io_error"},
		3: {"kill", "kill_server", "restart_server", "isolate", "lame_duck", "power_loss", "disk_full", "io_error", "split", "reset", "slow_routes", "step_down"},
	} {
		menu := drawn.Menu{Servers: servers}
		seen := map[string]bool{}
		for seed := range uint64(2_000 / (1 + servers)) {
			text := drawn.Text(seed, menu)
			s, err := drawn.Scenario(seed, menu)
			if err == nil {
				err = scenarios.Unsupported(s)
			}
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			for i := range s.Faults {
				seen[s.Faults[i].Do[0]] = true
			}
		}
		for _, do := range missing {
			if !seen[do] {
				t.Errorf("%d servers: no seed draws %s", servers, do)
			}
		}
	}
}

// A seed says all: the same one draws the same text, another one another.
func TestSeedsDiffer(t *testing.T) {
	for seed := range uint64(50) {
		text := drawn.Text(seed, drawn.Menu{})
		if !bytes.Equal(text, drawn.Text(seed, drawn.Menu{})) {
			t.Fatalf("two draws of seed %d differ", seed)
		}
		next := drawn.Text(seed+1, drawn.Menu{})
		if _, rest, _ := strings.Cut(string(next), "\n"); strings.HasSuffix(string(text), rest) {
			t.Fatalf("seeds %d and %d draw the same", seed, seed+1)
		}
	}
}
