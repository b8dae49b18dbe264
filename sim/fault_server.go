package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// serverFault is a fault of one server. Which one a target means is seen when the fault fires; the history names it.
type serverFault struct {
	run    *run
	do     string
	target string
	hit    string // the node
}

func (f *serverFault) String() string { return f.do }

// explain names the node that was hit.
func (f *serverFault) explain(e *history.Event) { e.Target = f.hit }

// node is the node that the target means now; nil if that cannot be found out.
func (f *serverFault) node() *node {
	p := f.run.processes()
	if p == nil {
		return nil
	}
	name, err := f.run.nodeOf(f.target)
	if err != nil {
		return nil
	}
	f.hit = name
	return p.node(name)
}

// healing is the node that was hit.
func (f *serverFault) healing() *node { return f.run.processes().node(f.hit) }

// newServerFault makes the fault of a server that a plan asks for; nil if it is none.
func newServerFault(r *run, p *scenarios.FaultPlan) fault {
	of := serverFault{run: r, do: p.Do, target: p.Target}
	switch p.Do {
	case scenarios.DoKillServer:
		return &killServer{of}
	case scenarios.DoRestartServer:
		return &restartServer{of}
	case scenarios.DoFreezeServer:
		return &freezeServer{of}
	case scenarios.DoLameDuck:
		return &lameDuck{of}
	case scenarios.DoIsolate:
		return &isolate{of, p.Way}
	case scenarios.DoSplit:
		return &splitServers{routesFault{serverFault: of}, p.Way}
	case scenarios.DoReset:
		return &resetRoutes{routesFault{serverFault: of}}
	case scenarios.DoSlowRoutes:
		return &slowRoutes{routesFault{serverFault: of}, p.Latency.D(), p.Jitter.D()}
	case scenarios.DoPowerLoss:
		return &powerLoss{serverFault: of, seed: r.site.plan.Seed ^ uint64(p.ID)<<32, sync: cmp.Or(r.site.plan.Scenario.Server.Sync, syncInterval)}
	case scenarios.DoDiskFull:
		return &failDisk{of, disk.Full}
	case scenarios.DoIOError:
		return &failDisk{of, disk.Broken}
	case scenarios.DoStepDown:
		return &stepDown{run: r, what: p.Target}
	}
	return nil
}

// powerLoss ends a server at once, and its machine: of what it has not synced, chance decides. It heals by a new start.
type powerLoss struct {
	serverFault
	seed uint64 // of what is lost
	sync string // how often the server syncs
	loss disk.Loss
}

// syncInterval is the server's default (nats-server filestore.go, defaultSyncInterval).
const syncInterval = "2m"

func (f *powerLoss) inject(*worker) bool {
	n := f.node()
	if n == nil {
		return false
	}
	loss, ok := n.losePower(f.seed)
	f.loss = loss
	return ok
}

// explain names the node that was hit, and what its disk has lost.
func (f *powerLoss) explain(e *history.Event) {
	e.Target, e.Reason, e.Key = f.hit, f.loss.String(), f.sync
	e.Count, e.Pending = int64(f.loss.Writes+f.loss.Changes), int64(f.loss.Unsynced+f.loss.Open)
}

func (f *powerLoss) heal(*worker) bool { return f.revive() }

// failDisk makes a server's disk fail, also under a server that is down. It heals by a disk that works again; what the server
// makes of that is its own affair.
type failDisk struct {
	serverFault
	how disk.Failure
}

func (f *failDisk) inject(*worker) bool { return f.fail(f.node(), f.how) }

func (f *failDisk) heal(*worker) bool { return f.fail(f.healing(), disk.Sound) }

// fail makes the fault's own failure, or ends it. Of several at one time the worst counts, and the last heal ends them all.
func (f *failDisk) fail(n *node, how disk.Failure) bool {
	if n == nil {
		return false
	}
	if n.failing == nil {
		n.failing = map[*failDisk]disk.Failure{}
	}
	n.failing[f] = how
	worst := disk.Sound
	for _, one := range n.failing {
		worst = max(worst, one)
	}
	return f.run.processes().disk.Do(func(s *disk.System) error { return s.Fail(onDisk(n.store), worst) }) == nil
}

// The errors of a run that ends early because a server did not start again, or ended though nobody had asked for that.
var (
	ErrServersGone = errors.New("the servers are gone") // those that are not pindrop's
	ErrServerGone  = errors.New("a server did not come back")
	ErrServerEnded = errors.New("a server ended by itself")
)

// killServer ends a server at once, with SIGKILL: what it has not written is gone. It heals by a new start.
type killServer struct{ serverFault }

func (f *killServer) inject(*worker) bool {
	n := f.node()
	return n != nil && n.kill()
}

func (f *killServer) heal(*worker) bool { return f.revive() }

// revive starts the node again; a node that does not come back ends the run.
func (f *serverFault) revive() bool {
	n := f.healing()
	if n.alive() {
		return false
	}
	if err := f.run.processes().launch(n); err != nil {
		f.run.fail(fmt.Errorf("%w: %w", ErrServerGone, err))
		return false
	}
	return true
}

// restartServer shuts a server down in order, and starts it again by healing.
type restartServer struct{ serverFault }

func (f *restartServer) inject(*worker) bool {
	n := f.node()
	return n != nil && n.shutDown()
}

func (f *restartServer) heal(*worker) bool { return f.revive() }

// freezeServer makes a server's process stand still (SIGSTOP); its connections stay.
type freezeServer struct{ serverFault }

func (f *freezeServer) inject(*worker) bool {
	n := f.node()
	return n != nil && n.freeze(true)
}

func (f *freezeServer) heal(*worker) bool { return f.healing().freeze(false) }

// lameDuck makes a server send its clients away and end, as operators do before an upgrade. It heals by a new start, once
// it has ended; then at the latest it has to.
type lameDuck struct{ serverFault }

func (f *lameDuck) inject(*worker) bool {
	n := f.node()
	return n != nil && n.lameDuck()
}

func (f *lameDuck) heal(*worker) bool {
	f.healing().shutDown() // false: it has ended
	return f.revive()
}

// isolate makes every way to and from a server a black hole, or one direction of them: its routes and its clients'.
// Nobody is told.
type isolate struct {
	serverFault
	way string // see scenarios.WayBoth
}

// explain names the node that was hit, and says which way is closed.
func (f *isolate) explain(e *history.Event) {
	f.serverFault.explain(e)
	e.Reason = cmp.Or(f.way, scenarios.WayBoth)
}

func (f *isolate) String() string { return f.do + " " + f.way }

func (f *isolate) inject(*worker) bool {
	n := f.node()
	if n == nil {
		return false
	}
	f.run.processes().isolate(f, n.name, cutOff(f.way).turned())
	return true
}

func (f *isolate) heal(*worker) bool {
	f.run.processes().isolate(f, f.hit, ways{})
	return true
}

// waysOf are all ways to and from a node.
func (p *processes) waysOf(name string) []*proxy {
	all := []*proxy{p.node(name).door}
	for _, r := range p.routes {
		if r.from == name || r.to == name {
			all = append(all, r.way)
		}
	}
	return all
}

// isolate makes black holes of the ways between a node, as a server, and all others, for a fault.
func (p *processes) isolate(by any, name string, w ways) {
	p.node(name).door.network.partition(by, w)
	for _, r := range p.routes {
		switch name {
		case r.to:
			r.way.network.partition(by, w)
		case r.from:
			r.way.network.partition(by, w.turned())
		}
	}
}

// stepDown asks a leader to step down, through the server's API. There is nothing to heal.
type stepDown struct {
	run  *run
	what string // see scenarios.StepDownConsumer
	hit  string // who led
}

func (f *stepDown) String() string { return scenarios.DoStepDown + " " + f.what }

func (f *stepDown) inject(*worker) bool {
	target := map[string]string{
		scenarios.TargetConsumer: scenarios.TargetLeader, scenarios.TargetStream: scenarios.TargetStreamLeader,
		scenarios.TargetMeta: scenarios.TargetMetaLeader,
	}[f.what]
	name, err := f.run.nodeOf(target)
	if err != nil {
		return false
	}
	f.hit = name
	switch f.what {
	case scenarios.TargetMeta:
		return f.run.processes().stepDownMeta() == nil
	case scenarios.TargetStream:
		return command(f.run.nc, f.run.site.api+"STREAM.LEADER.STEPDOWN."+f.run.site.stream) == nil
	}
	for _, shard := range f.run.site.shards() {
		if command(f.run.nc, f.run.site.api+"CONSUMER.LEADER.STEPDOWN."+f.run.site.stream+"."+consumerOf(shard)) != nil {
			return false
		}
	}
	return true
}

// explain names the server that led, and what.
func (f *stepDown) explain(e *history.Event) { e.Target, e.Reason = f.hit, f.what }

func (f *stepDown) heal(*worker) bool { return false }

// nodeOf is the node that a target means now.
func (r *run) nodeOf(target string) (name string, err error) {
	err = r.insist(func(context.Context) error {
		name, err = r.lookUp(target)
		return err
	})
	return name, err
}

func (r *run) lookUp(target string) (string, error) {
	switch target {
	case scenarios.TargetMetaLeader:
		return r.processes().metaLeader()
	case scenarios.TargetStreamLeader:
		stream, err := r.watcher.stream()
		if err != nil {
			return "", err
		}
		return stream.Cluster.leader()
	case scenarios.TargetLeader, scenarios.TargetFollower:
		consumer, err := r.watcher.consumer(r.site.shards()[0])
		if err != nil {
			return "", err
		}
		if target == scenarios.TargetLeader {
			return consumer.Cluster.leader()
		}
		followers := consumer.Cluster.followers()
		if len(followers) == 0 {
			return "", passing("the consumer has no follower")
		}
		return slices.Min(followers), nil
	}
	return target, nil
}
