package sim

import (
	"net"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// site is what the body of a worker knows of the run around it. It is the same wherever the body works: in pindrop's own
// process, where the run itself is behind it, or in a process of the worker's own, where a pipe to pindrop is.
type site struct {
	plan     *scenarios.Plan
	rec      *recorder
	stream   string
	subjects string // what the subjects of its messages begin with
	board    *board
	disk     bool // workers' own logs are files
	virtual  bool // the clock is: nothing is late by itself

	dial    func() (net.Conn, error)               // opens a connection to a server
	options []nats.Option                          // of the clients that use it
	api     string                                 // what the subjects of its JetStream's API begin with
	number  func(shard int32, pinID []byte) uint32 // is the generation of a pin, 0 for no id
	observe func(*history.Event)                   // looks at every event that a body has written down
	left    func(*life)                            // is told that a life has drained, and is over
}

// never is the time of what has not happened.
const never = -1

// shards are the numbers of the run's consumers.
func (s *site) shards() []int32 { return s.plan.Scenario.Consumer.Shards() }

// sinceDisturb is the time from the start of disturb until at, 0 before it.
func (s *site) sinceDisturb(at int64) time.Duration {
	start := s.board.disturbed.Load()
	if start == never {
		return 0
	}
	return time.Duration(at - start)
}

// leaseBucket is where the leases of a run are kept, by its stream.
func leaseBucket(stream string) string { return stream + "_leases" }
