package sim

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// virtualSlack is how much longer than its phases a run may last before the virtual deadline ends it: connecting, the
// last answers, shutting down.
const virtualSlack = 5 * time.Minute

// deadline ends a run that has lasted for too much virtual time: such a run can never finish.
type deadline struct {
	after time.Duration
	end   func()
	leave func(error) // ends a guest with what came of the run
}

// virtualDeadline is how long a plan may take in virtual time.
func virtualDeadline(plan *scenarios.Plan) time.Duration {
	phases := plan.Scenario.Phases
	return phases.Warmup.D() + phases.Disturb.D() + phases.Drain.D() + phases.Converge.D() + linger(plan) + virtualSlack
}

// bubble runs plan on a virtual clock: inside, time stands still while anything can run, and jumps to the next timer as
// soon as everything waits. What must be known about it:
//
//   - The clock of package ats is ours to keep (access_time.go): its channel is made at init, and waited on inside it
//     would stop virtual time for ever.
//   - Nothing inside may wait on a socket, a mutex held across a wait, or a channel from outside: that is why servers
//     do not listen, and why interruptions come from outside, by ending the process.
//   - nats.go keeps a pool of timers; a timer of one bubble reused in the next is a fatal error. One process, one run.
//   - When everything is closed, time goes on for as long as the client library's last timers may run; then a goroutine
//     that is still there makes synctest panic, which is a leak test for free. A guest leaves before: servers that were killed,
//     gave up or read a damaged file leave goroutines behind, as their processes never could.
func bubble(plan *scenarios.Plan, dirs Dirs, files *disk.Files, last *pulse, d deadline) error {
	takeAccessTime()
	var err error
	synctest.Test(new(testing.T), func(*testing.T) {
		stays := false
		if err = virtual(plan, dirs, files, last, d, func() { stays = true }); stays || files != nil {
			d.leave(err)
		}
	})
	return err
}

// virtual is the inside of a bubble.
func virtual(plan *scenarios.Plan, dirs Dirs, files *disk.Files, last *pulse, d deadline, stays func()) error {
	limit := time.AfterFunc(d.after, d.end)
	defer limit.Stop()
	defer keepAccessTime()()
	c := clock{name: scenarios.ClockVirtual, settle: synctest.Wait, linger: linger(plan), files: files, stays: stays}
	return newRun(context.Background(), plan, c).execute(dirs, last)
}

// linger is how long the client library may still have timers after everything is closed: a fetch keeps one for a
// second longer than its pull.
func linger(plan *scenarios.Plan) time.Duration {
	longest := 10 * time.Second
	for _, w := range plan.Scenario.Workers {
		longest = max(longest, w.Expires.D()+2*time.Second)
	}
	return longest
}
