package main

import (
	"fmt"
	"os"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
	"pindrop/sim"
)

// messageMemory is what one message takes in memory beside its payload, in bytes, at least: its events, and what is measured in
// them.
const messageMemory = 1000

// affordable refuses a run that this machine has no memory or no disk for: it would be killed in the middle of it, and others
// with it. What servers elsewhere hold is theirs.
func affordable(s *scenarios.Scenario) error {
	messages, held := s.Volume()
	replicas := float64(max(1, s.Stream.Replicas))
	memory, disk := messages*messageMemory, 0.0
	mode, _ := s.ServerMode()
	switch {
	case mode == scenarios.ServerExternal:
	case s.Stream.Storage == jetstream.MemoryStorage:
		memory += held * replicas
	default:
		disk = held * replicas
	}
	has, free := sim.Room(os.TempDir())
	load := fmt.Sprintf("%s publishes up to %s messages, and its stream holds up to %s", s.Name, thousands(int64(messages)), bytesWord(held))
	if memory > has {
		return fmt.Errorf("%s, which takes about %s of memory on %s; expected at most %s, half of what this machine has: lower size, backlog, rate or phases.disturb",
			load, bytesWord(memory), scenarios.Counted(int(replicas), "replica"), bytesWord(has))
	}
	if disk > free {
		return fmt.Errorf("%s, which takes about %s of disk on %s; expected at most %s, what is free in %s: lower size, backlog, rate or phases.disturb",
			load, bytesWord(disk), scenarios.Counted(int(replicas), "replica"), bytesWord(free), os.TempDir())
	}
	return nil
}

// bytesWord is a number of bytes for people.
func bytesWord(v float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if v < 999.5 {
			return fmt.Sprintf("%.3g %s", v, unit)
		}
		v /= 1000
	}
	return fmt.Sprintf("%.4g TB", v)
}

// runsMax bounds the runs of one study, repeatsMax those of one scenario side by side.
const (
	runsMax    = 1_000_000
	repeatsMax = 1_000
)

// fewEnough refuses a number of runs that would never end. Each takes some 10 ms at least, and some 2 kB of the result.
func fewEnough(flag string, n, most int) error {
	if n <= most {
		return nil
	}
	return fmt.Errorf("%s %s: expected at most %s; at 10 ms and 2 kB a run these would take %.0f hours and %s",
		flag, thousands(int64(n)), thousands(int64(most)), float64(n)*0.01/3600, bytesWord(2000*float64(n)))
}
