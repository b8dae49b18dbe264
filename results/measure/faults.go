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
	named       int32 // the incarnation that the history names; 0: none
	incarnation int32
	gen         uint32 // of the holder that it hit
	lastPull    int64  // of the worker; never
	kept        uint64 // of a purge: the first sequence that is still there; 0: not known
	way         string // of a partition: both, wayIn or wayOut; "": not known
	settled     bool
}

func (b *books) observeRun(e *history.Event) {
	switch e.Kind {
	case history.Fault:
		f := fault{Fault: Fault{ID: e.Fault, Do: e.Do, Target: e.Target, Shard: e.Shard, Span: Span{e.At, never}}, worker: -1, kept: e.Seq, named: e.Incarnation}
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
		b.actions = append(b.actions, action{worker: f.worker, fault: int32(len(b.faults))})
		b.faults = append(b.faults, f)
	case history.Damage:
		i := slices.IndexFunc(b.faults, func(f fault) bool { return f.ID == e.Fault && f.Target == e.Target })
		if i >= 0 {
			b.faults[i].Damage = e.Do + ": " + e.Reason
		}
	case history.Heal:
		heal := *e
		b.actions = append(b.actions, action{worker: -1, heal: &heal})
	case history.Phase:
		b.enter(e)
	}
}

// action is something of an instant that takes effect once all else of the instant is written down: a fault, a heal, or a worker that
// starts or stops.
type action struct {
	worker int32 // -1: none, or a heal
	fault  int32 // of neither
	heal   *history.Event
	renew  *renewal
}

// settle lets the actions of an instant take effect. Nobody saw in which order things happened within one instant, so there is one
// rule, which the driver of a run keeps:
//
//  1. What publishers, workers and servers do comes first: the nemesis acts when all else of the instant has settled.
//  2. Faults and heals follow in the order in which the nemesis numbered them.
//  3. A start comes before the first of them that names its incarnation, and else behind them, as stops do.
//  4. What a worker does from a connect on is its new incarnation's, if it starts in that instant ([books.settleWorker]).
func (b *books) settle() {
	for i := range b.actions {
		b.act(&b.actions[i])
	}
	b.actions = b.actions[:0]
}

// settleWorker lets what concerns one worker take effect in the middle of an instant, up to its last start.
func (b *books) settleWorker(w int32) {
	last := -1
	for i, a := range b.actions {
		if a.renew != nil && a.renew.start && a.worker == w {
			last = i
		}
	}
	var left []action
	for i := range b.actions {
		if a := b.actions[i]; a.worker == w && i <= last {
			b.act(&a)
		} else {
			left = append(left, a)
		}
	}
	b.actions = left
}

func (b *books) act(a *action) {
	switch {
	case a.renew != nil:
		b.renew(*a.renew)
	case a.heal != nil:
		b.mend(a.heal)
	default:
		b.strike(a.fault)
	}
}

// renewing puts a start or a stop among the actions of its instant.
func (b *books) renewing(r renewal) {
	at := len(b.actions)
	if r.start && r.incarnation > 0 {
		met := func(a action) bool {
			return a.renew == nil && a.heal == nil && a.worker == r.worker && b.faults[a.fault].named >= r.incarnation
		}
		if i := slices.IndexFunc(b.actions, met); i >= 0 {
			at = i
		}
	}
	b.actions = slices.Insert(b.actions, at, action{worker: r.worker, renew: &r})
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
func (b *books) strike(i int32) {
	f := &b.faults[i]
	if f.settled {
		return
	}
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
func (b *books) renew(r renewal) {
	w := b.workers[r.worker]
	if r.incarnation != 0 && r.incarnation < w.incarnation {
		return
	}
	if r.reason == history.StopEnded {
		b.keepBusy(w)
	}
	b.cutOff(w, r.at)
	if !r.start {
		b.cuts = append(b.cuts, cut{Span{r.at, r.at}, r.worker})
		if r.reason != history.StopEnded {
			w.fall(r.at)
		}
		return
	}
	w.incarnation = max(r.incarnation, 1)
	if w.started == never {
		w.started = r.at
	}
	b.comeBack(r.worker, r.at)
}

// comeBack ends what kept a worker away, also where no heal says so.
func (b *books) comeBack(w int32, at int64) {
	b.workers[w].up(at)
	for i := range b.faults {
		f := &b.faults[i]
		if f.worker == w && f.settled && f.To == never && endsByReturn(f.Do) {
			f.To = at
		}
	}
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
