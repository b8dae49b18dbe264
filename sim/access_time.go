package sim

import (
	"sync/atomic"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/nats-io/nats-server/v2/server/ats"
)

// The server keeps the time of day in a variable of its package ats, which a goroutine of that package brings up to date
// every 100 ms. A store on disk takes it to see which messages are older than max_age, and all stores to see whether the
// next look for expired ones is early enough. In a bubble that goroutine cannot live: it waits on a channel that was made
// at init, which never counts as idle. Outside it would tell the time of the real world, in which every message of a
// bubble, whose clock begins in the year 2000, is decades old. So nobody starts it, and a goroutine of ours keeps the
// variable.
//
//go:linkname accessTime github.com/nats-io/nats-server/v2/server/ats.utime
var accessTime atomic.Int64

// accessTimeUsers counts who has asked for the time of ats; the first one starts its goroutine, the last one ends it.
//
//go:linkname accessTimeUsers github.com/nats-io/nats-server/v2/server/ats.refs
var accessTimeUsers atomic.Int64

// takeAccessTime makes the time of ats ours to keep. It is called before the first server of a process starts.
func takeAccessTime() { accessTimeUsers.Add(1) }

// keepAccessTime keeps the time of ats by the clock of the bubble, until stop is called.
func keepAccessTime() (stop func()) {
	over, ended := make(chan struct{}), make(chan struct{})
	// It ticks between the instants at which anything is planned.
	accessTime.Store(time.Now().UnixNano())
	go func() {
		defer close(ended)
		timer := time.NewTimer(ats.TickInterval/2 + 37*time.Nanosecond)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
				accessTime.Store(time.Now().UnixNano())
				timer.Reset(ats.TickInterval)
			case <-over:
				return
			}
		}
	}()
	return func() {
		close(over)
		<-ended
	}
}
