package safety

import (
	"slices"

	"pindrop/results/history"
)

// The faults that laws tell apart.
const (
	doPurge         = "purge"
	doPause         = "pause"
	doKillServer    = "kill_server"
	doRestartServer = "restart_server"
	doLameDuck      = "lame_duck"
	doPowerLoss     = "power_loss"
	doIsolate       = "isolate"
	doFreezeServer  = "freeze_server"
	doSplit         = "split"
	doPartition     = "partition"
	doFreeze        = "freeze"
	doKill          = "kill"
	doRestart       = "restart"
	doSlowLink      = "slow_link"
	doSlowRoutes    = "slow_routes"
	doDiskFull      = "disk_full"
	doIOError       = "io_error"
)

var (
	// momentary ones are over as soon as they have happened: nothing heals them.
	momentary = []string{"disconnect", "unpin", "drain", "update", "scale", doPurge, "step_down", "reset"}
	// endings end a server, and with it what it keeps in memory.
	endings = []string{doKillServer, doRestartServer, doLameDuck, doPowerLoss}
	// abrupt ones give it no time to write down what it has put off.
	abrupt = []string{doKillServer, doPowerLoss}
	// divisions leave a server alive that does not know that it leads no longer.
	divisions = []string{doIsolate, doFreezeServer, doSplit}
	// holdings keep on their way what was sent before; it arrives once they are healed.
	holdings = []string{doPartition, doFreeze, doIsolate, doFreezeServer, doSplit, doSlowLink, doSlowRoutes}
)

// crippled says which server has given up its part after its disk failed, and was not started again on a sound one; "" if none
// has. A server never takes up again what had a write error while it runs: raft.go setWriteErrLocked, jetstream.go
// handleOutOfSpace.
func (f *facts) crippled() string {
	for _, x := range f.failures {
		if x.do != doDiskFull && x.do != doIOError {
			continue
		}
		again := slices.ContainsFunc(f.failures, func(y failure) bool {
			return y.target == x.target && slices.Contains(endings, y.do) && y.to > x.to && x.to >= 0
		})
		if !again {
			return x.do + " of " + x.target + ", which has not started again on a sound disk: until then it gives up what had a write error"
		}
	}
	return ""
}

// aftermath is how long a fault is taken to last beyond its heal: connections come again (nats.go waits 2 s), and what
// was held on its way arrives.
const aftermath = 5 * second

// during lists the faults of some kinds that touch a time, their aftermath included.
func (f *facts) during(from, to int64, kinds []string) []failure {
	var list []failure
	for _, x := range f.failures {
		if (kinds == nil || slices.Contains(kinds, x.do)) && x.from <= to && x.to+aftermath >= from {
			list = append(list, x)
		}
	}
	return list
}

// spared reports whether a server that lost its power lost nothing that it had acknowledged: its disk has lost nothing, or the
// server syncs each write before it acknowledges it. An older file says neither in a column.
func spared(e *history.Event) bool {
	return e.Do == doPowerLoss && (e.Key == syncAlways || e.Key != "" && e.Count == 0)
}

// syncAlways is how often a server syncs that syncs each write.
const syncAlways = "always"

// nearest is the failure of another server that took away what one of them had left, the one next to it in time; nil if none did.
func (f *facts) nearest(to int) *failure {
	x := f.failures[to]
	var nearest *failure
	apart := func(y *failure) int64 { return max(y.from-x.from, x.from-y.from) }
	for j := range f.failures {
		y := &f.failures[j]
		if j == to || y.target == x.target || !slices.Contains(slices.Concat(endings, divisions), y.do) {
			continue
		}
		if y.from <= x.to+catchUp && x.from <= y.to+catchUp && (nearest == nil || apart(y) < apart(nearest)) {
			nearest = y
		}
	}
	return nearest
}

// catchUp is how long a server that came back empty may take until it has everything again.
const catchUp = 30 * second

// Cause is why something that was acknowledged may be gone.
type Cause struct {
	Text string
	Refs []string // where it is documented
}

// Where causes are documented: public issues of nats-server by their numbers, pages by their addresses, pages of pindrop by
// their files.
const (
	refDeferredSync = "nats-server#7564"
	refLonelyLoss   = "nats-server#7567"
	refMemory       = "docs.nats.io/nats-concepts/jetstream/streams"
	refDamage       = "docs/explore.md"
	refAsync        = "nats-server stream.go, AsyncPersistMode"
)

// forgotten says why the servers that keep something may all have lost it, though each of them kept to its promises; "" if
// they cannot have.
func (f *facts) forgotten() string { return f.cause().Text }

// cause is that, and where it is documented.
func (f *facts) cause() Cause {
	for i, x := range f.failures {
		ref := f.forgets(&x)
		switch {
		case ref == "":
			continue
		case f.stream.Replicas < 2 && ref == refMemory:
			return Cause{x.do + " of the only server that kept it, in memory", []string{ref}}
		case f.stream.Replicas < 2 && ref == refDamage:
			return Cause{"damage to a file of the only server that kept it", []string{ref}}
		case f.stream.Replicas < 2 && ref == refAsync:
			return Cause{x.do + " of the only server that kept it, which writes after it has acknowledged: persist_mode is async", []string{ref}}
		case f.stream.Replicas < 2:
			return Cause{"a power loss of the only server that kept it: the server syncs every two minutes unless sync_interval says always", []string{ref}}
		}
		if y := f.nearest(i); y != nil {
			if ref == refDeferredSync && f.forgets(y) != refDeferredSync {
				ref = refLonelyLoss
			}
			return Cause{x.do + " of " + x.target + " about the time of " + y.do + " of " + y.target + ": what was kept by both was kept by nobody", []string{ref}}
		}
	}
	return Cause{}
}

// forgets says where it is documented that a server loses by a failure what it had kept; "" if it loses nothing.
func (f *facts) forgets(x *failure) string {
	switch {
	case !slices.Contains(endings, x.do):
		return ""
	case f.stream.Storage == "memory":
		return refMemory
	case x.damaged:
		return refDamage
	case f.stream.PersistMode == "async" && slices.Contains(abrupt, x.do):
		return refAsync
	case x.do == doPowerLoss && !x.spared:
		return refDeferredSync
	}
	return ""
}
