package main

import (
	"fmt"
	"slices"

	"pindrop/scenarios"
	"pindrop/sim"
)

// checkOpen says why nobody can look into the run of a job.
func checkOpen(j *job) error {
	mode, _ := j.scenario.ServerMode()
	switch {
	case slices.Contains(j.clocks, scenarios.ClockVirtual):
		return fmt.Errorf("--open: %s runs on the virtual clock, on which no server listens; expected --clock real", j.scenario.Name)
	case mode == scenarios.ServerExternal:
		return fmt.Errorf("--open: the servers of %s are not pindrop's; expected none of --server URL, --context and mode: external, or the credentials that you have",
			j.scenario.Name)
	}
	return nil
}

// openWarning is in the record of a run with --open.
const openWarning = "--open: one more user could read what the server of this run held, and ask for its state; what that user did is not in the history"

// inviting makes show print, before the next snapshot, the line for somebody who looks in, once invite has been told the URL.
// What stands on the terminal is hidden before, and drawn again behind the line.
func (a *app) inviting(show func(sim.Snapshot), hide func()) (inviting func(sim.Snapshot), invite func(url string)) {
	urls := make(chan string, 1)
	inviting = func(s sim.Snapshot) {
		select {
		case url := <-urls:
			hide()
			fmt.Fprintf(a.stderr, "to look in, reading only: nats --server %s stream ls\n", quote(url))
		default:
		}
		show(s)
	}
	return inviting, func(url string) { urls <- url }
}
