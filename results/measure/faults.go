package measure

import (
	"slices"

	"pindrop/results/history"
)

// The faults that measurements tell apart. Every other one is a fault of the run as a whole.
const (
	doKill          = "kill"
	doRestart       = "restart"
	doFreeze        = "freeze"
	doPartition     = "partition"
	doDisconnect    = "disconnect"
	doDrain         = "drain"
	doSlow          = "slow"
	doSlowLink      = "slow_link"
	doUnpin         = "unpin"
	doPurge         = "purge"
	doPause         = "pause"
	doStepDown      = "step_down"
	doKillServer    = "kill_server"
	doRestartServer = "restart_server"
	doIsolate       = "isolate"
	doFreezeServer  = "freeze_server"
	doLameDuck      = "lame_duck"
	doPowerLoss     = "power_loss"
	doSplit         = "split"
	doReset         = "reset"
	doSlowRoutes    = "slow_routes"
	doDiskFull      = "disk_full"
	doIOError       = "io_error"
)

// The ways that a partition closes when it does not close both.
const (
	wayIn  = "in"  // what goes to the worker
	wayOut = "out" // what it sends
)

// Stops reports whether a kind of fault keeps its target from taking new work.
func Stops(do string) bool {
	return slices.Contains([]string{doKill, doRestart, doFreeze, doPartition, doDisconnect, doDrain}, do)
}

// severs reports whether what is on its way between the target and the server may be lost.
func severs(do string) bool {
	return slices.Contains([]string{doKill, doRestart, doPartition, doDisconnect}, do)
}

// endsByReturn reports whether a fault is over once its worker is back.
func endsByReturn(do string) bool {
	return slices.Contains([]string{doKill, doRestart, doDrain, doDisconnect}, do)
}

// hitsServer reports whether a fault is one of the servers.
func hitsServer(do string) bool {
	return slices.Contains([]string{
		doStepDown, doKillServer, doRestartServer, doIsolate, doFreezeServer, doLameDuck, doPowerLoss,
		doSplit, doReset, doSlowRoutes, doDiskFull, doIOError,
	}, do)
}

// fault is an injected fault with what was true when it hit.
type fault struct {
	Fault
	worker      int32 // -1: it hit no worker
	incarnation int32
	gen         uint32 // of the holder that it hit
	lastPull    int64  // of the worker; never
	kept        uint64 // of a purge: the first sequence that is still there; 0: not known
	over        int64  // when it no longer kept its worker, or its worker's incarnation was no more; never
	way         string // of a partition: both, wayIn or wayOut; "": not known
	settled     bool
}

// meetFault notes a fault; it takes effect at the end of its instant.
func (b *books) meetFault(e *history.Event) {
	f := fault{Fault: Fault{ID: e.Fault, Do: e.Do, Target: e.Target, Shard: e.Shard, Span: Span{e.At, never}}, worker: -1, kept: e.Seq, over: never}
	if e.Do == doPowerLoss {
		f.Lost, f.Undone, f.Open = e.Reason, e.Count, e.Pending
	}
	if e.Do == doPartition {
		f.way = e.Reason
	}
	f.Pinless = e.Do == doDrain && e.Outcome == history.Ignored
	if e.Do == doSlowLink || e.Do == doSlowRoutes {
		f.Slower = e.Delay
	}
	if Stops(e.Do) || e.Do == doSlow || e.Do == doSlowLink {
		f.worker = b.worker(e.Target)
	}
	b.faults = append(b.faults, f)
}

// damage notes what a fault did to a file.
func (b *books) damage(e *history.Event) {
	i := slices.IndexFunc(b.faults, func(f fault) bool { return f.ID == e.Fault && f.Target == e.Target })
	if i >= 0 {
		b.faults[i].Damage = e.Do + ": " + e.Reason
	}
}

// act lets faults, heals, starts and stops take effect, in the order of [history.Acts].
func (b *books) act(acts []history.Event) {
	for i := range acts {
		switch e := &acts[i]; e.Kind {
		case history.Fault:
			b.strike(e)
		case history.Damage:
			b.damage(e)
		case history.Heal:
			b.mend(e)
		default:
			b.renew(e)
		}
	}
}

// purge empties the stream below a sequence: nothing waits there any more. Below 0 is everything.
func (b *books) purge(at int64, below uint64) {
	b.purgedBelow = below
	kept := int32(-1)
	if below > 0 {
		kept = b.message(below)
	}
	b.turned(at, purged, kept)
}

// strike notes what a fault hit, and does it.
func (b *books) strike(e *history.Event) {
	i := int32(slices.IndexFunc(b.faults, func(f fault) bool { return !f.settled && f.ID == e.Fault && f.Target == e.Target }))
	f := &b.faults[i]
	f.settled = true
	if f.Do == doPurge {
		b.purge(f.From, f.kept)
	}
	if b.lives != nil && forgets(f.Do) {
		b.turned(f.From, forgot, 0)
	}
	if f.worker < 0 {
		return
	}
	w, at := b.workers[f.worker], f.From
	f.incarnation, f.lastPull = w.incarnation, w.lastPull
	for _, d := range b.holding(w) {
		f.Held++
		if b.deliveries[d].begun != never {
			f.Begun++
		}
	}
	if f.Begun > 0 {
		f.Nth = b.tenures[w.tenure].begins
	}
	f.Holder, f.gen = b.holds(f.worker)
	if severs(f.Do) {
		b.riskAcks(w, at)
	}
	switch f.Do {
	case doKill, doRestart:
		b.cutOff(w, at)
		w.fall(at)
	case doFreeze:
		b.freeze(w, i, at)
	case doPartition:
		for _, r := range w.barriers(f.way) {
			r.raise(i, at)
		}
	case doSlowLink:
		w.way.slow(i, at, f.Slower)
	}
}

// holds reports whether a worker is the holder, and under which generation. The holder before this instant counts as
// well: a fault may have moved the pin within it.
func (b *books) holds(w int32) (bool, uint32) {
	name := b.workers[w].name
	switch {
	case b.policy == policyPrioritized:
		return b.leads(w), 0
	case name == b.pins.Holder():
		return true, b.pins.Gen()
	case name == b.holderBefore:
		return true, b.genBefore
	}
	return false, 0
}

// leads reports whether a worker is of the highest level in service. Where nobody is, it is the worker that would be
// served first; of several equals, the last one that was.
func (b *books) leads(w int32) bool {
	idle := b.serving.last() == 0
	candidate := func(i int32) bool {
		worker := b.workers[i]
		return worker.serving > 0 || idle && worker.downFrom == never && (worker.lastPull != never || b.lastBegun == i)
	}
	if !candidate(w) {
		return false
	}
	for i := range int32(len(b.workers)) {
		higher := b.workers[i].level < b.workers[w].level
		equal := b.workers[i].level == b.workers[w].level && idle && b.lastBegun == i && i != w
		if candidate(i) && (higher || equal) {
			return false
		}
	}
	return true
}

// mend ends the faults that a heal names.
func (b *books) mend(e *history.Event) {
	for i := range b.faults {
		f := &b.faults[i]
		if f.Healed || f.ID != e.Fault || e.Target != "" && e.Target != f.Target {
			continue
		}
		f.Healed, f.To = true, e.At
		if f.worker < 0 {
			continue
		}
		if f.over == never {
			f.over = e.At
		}
		w := b.workers[f.worker]
		b.thaw(w, e.At, int32(i))
		w.way.mend(int32(i), e.At)
		for _, r := range w.barriers(f.way) {
			r.lower(int32(i), e.At)
		}
	}
}

func (b *books) freeze(w *worker, f int32, at int64) {
	if len(w.freezes) == 0 {
		w.frozenFrom = at
		b.working.add(at, -int64(w.serving))
		b.toggles = append(b.toggles, toggle{at: at, worker: b.names[w.name], frozen: true})
	}
	w.freezes = append(w.freezes, f)
}

func (b *books) thaw(w *worker, at int64, faults ...int32) {
	if len(w.freezes) == 0 {
		return
	}
	faults = slices.Clone(faults)
	w.freezes = slices.DeleteFunc(w.freezes, func(f int32) bool { return slices.Contains(faults, f) })
	if len(w.freezes) == 0 {
		w.frozen = append(w.frozen, Span{w.frozenFrom, at})
		b.working.add(at, int64(w.serving))
		b.toggles = append(b.toggles, toggle{at: at, worker: b.names[w.name]})
	}
}

// renew lets a worker start or stop. Whatever the incarnation before held is gone.
func (b *books) renew(e *history.Event) {
	i := b.worker(e.Worker)
	w := b.workers[i]
	if e.Incarnation != 0 && e.Incarnation < w.incarnation {
		return
	}
	if e.Reason == history.StopEnded {
		b.keepBusy(w)
	}
	b.cutOff(w, e.At)
	if e.Kind == history.Stop {
		b.cuts = append(b.cuts, cut{Span{e.At, e.At}, i})
		if e.Reason != history.StopEnded {
			w.fall(e.At)
		}
		return
	}
	w.incarnation = max(e.Incarnation, 1)
	if w.started == never {
		w.started = e.At
	}
	b.comeBack(i, e.At, true)
}

// comeBack ends what kept a worker away, also where no heal says so: it connects, or is started. One that drains may connect once more
// before it leaves.
func (b *books) comeBack(w int32, at int64, started bool) {
	b.workers[w].up(at)
	for i := range b.faults {
		f := &b.faults[i]
		if f.worker != w || !f.settled || !endsByReturn(f.Do) || f.Do == doDrain && !started {
			continue
		}
		if f.over == never {
			f.over = at
		}
		if f.To == never {
			f.To = at
		}
	}
}

// outlived ends what kept a worker's incarnation that is no more.
func (b *books) outlived(w *worker, at int64) {
	for i := range b.faults {
		f := &b.faults[i]
		if f.worker >= 0 && b.workers[f.worker] == w && f.over == never && (f.Do == doFreeze || f.Do == doSlow) && f.settled {
			f.over = at
		}
	}
}

// grip is the time in which a fault kept its worker, or its worker was gone by it.
func (f *fault) grip() Span {
	if f.over == never {
		return f.Span
	}
	return Span{f.From, f.over}
}

func (w *worker) fall(at int64) {
	if w.downFrom == never {
		w.downFrom = at
	}
}

func (w *worker) up(at int64) {
	if w.downFrom == never {
		return
	}
	w.down = append(w.down, Span{w.downFrom, at})
	w.downFrom = never
}
