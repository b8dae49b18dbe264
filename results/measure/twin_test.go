package measure_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// The twins answer the hardest questions a second time, straight from the words of their definitions: they look at
// every tick of a history, and at each of them read all events up to it anew.

const (
	tick  = 5e6
	ticks = 140
)

// trial is a random history as it is made.
type trial struct {
	*rapid.T
	events  []history.Event
	at      int64
	stored  uint64
	gen     uint32
	open    map[uint64]*attempt // by sequence; the newest delivery
	dead    map[string]bool
	frozen  map[string]int32
	faults  int32
	settled map[uint64]bool // acked or given up
}

type attempt struct {
	worker        string
	delivery, gen uint32
	begun, ended  bool
}

func (r *trial) add(e history.Event) {
	e.At = r.at
	r.events = append(r.events, e)
}

// randomHistory draws a history of three workers. Killed workers stay dead, and what is acked does not come again.
func randomHistory(t *rapid.T) []history.Event {
	r := &trial{T: t, gen: 1, open: map[uint64]*attempt{}, dead: map[string]bool{}, frozen: map[string]int32{}, settled: map[uint64]bool{}}
	r.configure()
	disturb := rapid.IntRange(0, ticks/2).Draw(t, "disturb")
	calm := rapid.SampledFrom([]int{2, 6}).Draw(t, "calm")
	for i := range ticks {
		r.at = int64(i) * tick
		if i == disturb {
			r.add(history.Event{Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseDisturb})
		}
		for range rapid.IntRange(-calm, 3).Draw(t, "actions") {
			r.act()
		}
	}
	r.at = ticks * tick
	r.add(history.Event{Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseEnd, Reason: "drained"})
	history.Order(r.events)
	return r.events
}

func (r *trial) configure() {
	limit := rapid.IntRange(1, 4).Draw(r.T, "limit")
	r.add(history.Event{Actor: history.Watcher, Kind: history.Config,
		Consumer: fmt.Appendf(nil, `{"priority_policy":"pinned_client","max_ack_pending":%d}`, limit)})
}

func (r *trial) act() {
	seq := rapid.Uint64Range(1, max(r.stored, 1)).Draw(r.T, "seq")
	worker := fmt.Sprintf("w%d", rapid.IntRange(1, 3).Draw(r.T, "worker"))
	switch rapid.IntRange(0, 13).Draw(r.T, "action") {
	case 0, 1, 2:
		r.stored++
		r.add(history.Event{Actor: "publisher-1", Kind: history.Stored, Op: r.stored, Seq: r.stored})
	case 3, 4, 5:
		r.deliver(seq, worker)
	case 6, 7, 8:
		r.begin(seq)
	case 9, 10:
		r.end(seq)
	case 11:
		r.settle(seq)
	case 12:
		r.disrupt(worker)
	case 13:
		if rapid.IntRange(0, 3).Draw(r.T, "rare") == 0 {
			r.configure()
		}
	}
}

func (r *trial) deliver(seq uint64, worker string) {
	if seq > r.stored || r.dead[worker] || r.settled[seq] {
		return
	}
	if rapid.Bool().Draw(r.T, "repin") {
		r.gen++
	}
	gen := rapid.Uint32Range(max(r.gen, 2)-1, r.gen).Draw(r.T, "gen")
	a := &attempt{worker: worker, delivery: 1, gen: gen}
	if before := r.open[seq]; before != nil {
		a.delivery = before.delivery + 1
		if before.begun && !before.ended && before.worker == worker {
			return
		}
	}
	r.open[seq] = a
	r.add(history.Event{Actor: worker, Kind: history.Deliver, Seq: seq, Delivery: a.delivery, Gen: a.gen})
}

func (r *trial) begin(seq uint64) {
	if a := r.open[seq]; a != nil && !a.begun && !r.dead[a.worker] {
		a.begun = true
		r.add(history.Event{Actor: a.worker, Kind: history.Begin, Seq: seq, Delivery: a.delivery, Gen: a.gen})
	}
}

func (r *trial) end(seq uint64) {
	if a := r.open[seq]; a != nil && a.begun && !a.ended && !r.dead[a.worker] {
		a.ended = true
		r.add(history.Event{Actor: a.worker, Kind: history.End, Seq: seq, Delivery: a.delivery, Outcome: history.OK})
	}
}

func (r *trial) settle(seq uint64) {
	a := r.open[seq]
	if a == nil || r.settled[seq] || r.frozen[a.worker] != 0 {
		return
	}
	r.settled[seq] = true
	if r.dead[a.worker] {
		r.add(history.Event{Actor: history.Watcher, Kind: history.MaxDeliveries, Seq: seq})
		return
	}
	r.add(history.Event{Actor: a.worker, Kind: history.Ack, Seq: seq, Delivery: a.delivery})
}

func (r *trial) disrupt(worker string) {
	if r.dead[worker] {
		return
	}
	if id := r.frozen[worker]; id != 0 {
		delete(r.frozen, worker)
		r.add(history.Event{Actor: history.Nemesis, Kind: history.Heal, Fault: id})
		return
	}
	r.faults++
	do := rapid.SampledFrom([]string{"kill", "freeze", "freeze", "disconnect"}).Draw(r.T, "do")
	switch do {
	case "kill":
		r.dead[worker] = true
	case "freeze":
		r.frozen[worker] = r.faults
	}
	r.add(history.Event{Actor: history.Nemesis, Kind: history.Fault, Fault: r.faults, Do: do, Target: worker})
}

// twin reads a history at instants.
type twin []history.Event

// service is a message in service.
type service struct {
	worker string
	gen    uint32
}

// inService: begun, not ended, and its worker not killed since.
func (h twin) inService(at int64) []service {
	var running []service
	for _, b := range h {
		if b.Kind != history.Begin || b.At > at {
			continue
		}
		over := false
		for _, e := range h {
			ended := e.Kind == history.End && e.Actor == b.Actor && e.Seq == b.Seq && e.Delivery == b.Delivery
			killed := e.Kind == history.Fault && e.Do == "kill" && e.Target == b.Actor && e.At >= b.At
			over = over || e.At <= at && (ended || killed)
		}
		if !over {
			running = append(running, service{b.Actor, b.Gen})
		}
	}
	return running
}

// frozen: a freeze that has neither healed nor been followed by a kill.
func (h twin) frozen(worker string, at int64) bool {
	frozen := false
	for _, f := range h {
		if f.At > at || f.Kind != history.Fault || f.Do != "freeze" || f.Target != worker {
			continue
		}
		over := false
		for _, e := range h {
			over = over || e.At <= at && (e.Kind == history.Heal && e.Fault == f.Fault ||
				e.Kind == history.Fault && e.Do == "kill" && e.Target == worker)
		}
		frozen = frozen || !over
	}
	return frozen
}

// working: somebody is in service who is not frozen.
func (h twin) working(at int64) bool {
	return slices.ContainsFunc(h.inService(at), func(s service) bool { return !h.frozen(s.worker, at) })
}

func (h twin) has(kind history.Kind, seq uint64, at int64) bool {
	for _, e := range h {
		if e.Kind == kind && e.Seq == seq && e.At <= at {
			return true
		}
	}
	return false
}

// queue is what waits to be delivered, and what is ack pending.
func (h twin) queue(at int64) (waiting, pending int) {
	for _, e := range h {
		if e.Kind != history.Stored || e.At > at {
			continue
		}
		switch {
		case !h.has(history.Deliver, e.Seq, at):
			waiting++
		case !h.has(history.Ack, e.Seq, at) && !h.has(history.MaxDeliveries, e.Seq, at):
			pending++
		}
	}
	return waiting, pending
}

func (h twin) limit(at int64) (limit int) {
	for _, e := range h {
		if e.Kind == history.Config && e.At <= at {
			_, _ = fmt.Sscanf(string(e.Consumer), `{"priority_policy":"pinned_client","max_ack_pending":%d}`, &limit)
		}
	}
	return limit
}

func (h twin) disturb() int {
	for _, e := range h {
		if e.Phase == history.PhaseDisturb {
			return int(e.At / tick)
		}
	}
	return 0
}

// runs are the lengths of the runs of true, in ticks, and their starts.
func runs(v []bool) (lengths, starts []int) {
	for i := 0; i < len(v); i++ {
		start := i
		for i < len(v) && v[i] {
			i++
		}
		if i > start {
			lengths, starts = append(lengths, i-start), append(starts, start)
		}
	}
	return lengths, starts
}

// bridged fills the runs of false shorter than 100 ms between two of true.
func bridged(v []bool) []bool {
	filled := append([]bool(nil), v...)
	for i := range v {
		for j := i + 2; v[i] && j < len(v) && (j-i-1)*tick < 100e6; j++ {
			for k := i; v[j] && k < j; k++ {
				filled[k] = true
			}
		}
	}
	return filled
}

func total(lengths []int, least int) (sum, longest float64) {
	ns := 0
	most := 0
	for _, n := range lengths {
		if n*tick >= least {
			ns += n * tick
			most = max(most, n*tick)
		}
	}
	return float64(ns) / 1e9, float64(most) / 1e9
}

func expect(t *rapid.T, f *measure.Findings, wanted map[string]float64) {
	t.Helper()
	for name, want := range wanted {
		if got, ok := f.Metrics[name]; !ok || got != want {
			t.Errorf("%s = %v (present: %v), the twin says %v", name, got, ok, want)
		}
	}
}

func TestOverlapTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := randomHistory(t)
		h := twin(events)
		pairs := map[[2]uint32]int{}
		all, awake := 0, 0
		for i := h.disturb(); i < ticks; i++ {
			at := int64(i) * tick
			seen := map[[2]uint32]bool{}
			someAwake := false
			for _, a := range h.inService(at) {
				for _, b := range h.inService(at) {
					if a.gen < b.gen && a.worker != b.worker {
						seen[[2]uint32{a.gen, b.gen}] = true
						someAwake = someAwake || !h.frozen(a.worker, at) && !h.frozen(b.worker, at)
					}
				}
			}
			for p := range seen {
				pairs[p]++
			}
			if len(seen) > 0 {
				all++
			}
			if someAwake {
				awake++
			}
		}
		longest := 0
		for _, n := range pairs {
			longest = max(longest, n)
		}
		expect(t, measure.All(events, measure.Asked{}), map[string]float64{
			"overlap.count":  float64(len(pairs)),
			"overlap.total":  float64(all*tick) / 1e9,
			"overlap.max":    float64(longest*tick) / 1e9,
			"overlap.frozen": float64((all-awake)*tick) / 1e9,
		})
	})
}

func TestGapTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := randomHistory(t)
		h := twin(events)
		if !h.has(history.Stored, 1, ticks*tick) {
			t.Skip("nothing was stored")
		}
		gap, locked := make([]bool, ticks), make([]bool, ticks)
		for i := h.disturb(); i < ticks; i++ {
			waiting, pending := h.queue(int64(i) * tick)
			idle := !h.working(int64(i) * tick)
			gap[i] = idle && waiting > 0
			locked[i] = idle && waiting == 0 && pending > 0
		}
		lengths, _ := runs(gap)
		sum, longest := total(lengths, 10e6)
		lengths, _ = runs(locked)
		lockedSum, _ := total(lengths, 10e6)
		expect(t, measure.All(events, measure.Asked{}), map[string]float64{
			"gap.total": sum, "gap.max": longest, "gap.locked": lockedSum,
		})
	})
}

func TestCliffTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := randomHistory(t)
		h := twin(events)
		if !h.has(history.Stored, 1, ticks*tick) {
			t.Skip("nothing was stored")
		}
		atLimit, danger, from := make([]bool, ticks+1), make([]bool, ticks), h.disturb()
		most := 0
		for i := range ticks + 1 {
			_, pending := h.queue(int64(i) * tick)
			limit := h.limit(int64(i) * tick)
			atLimit[i] = pending >= limit
			if i >= from && i < ticks {
				danger[i] = float64(pending) >= 0.8*float64(limit)
				most = max(most, pending)
			}
		}
		cliff := bridged(atLimit)[:ticks]
		for i := range cliff {
			waiting, _ := h.queue(int64(i) * tick)
			cliff[i] = cliff[i] && waiting > 0
		}
		cliff = bridged(cliff)
		for i := range from {
			cliff[i] = false
		}
		lengths, starts := runs(cliff)
		sum, longest := total(lengths, 0)
		var pauses []int
		for k, start := range starts {
			pause := 0
			for i := start; i < start+lengths[k]; i++ {
				if h.fresh(int64(i) * tick) {
					pauses, pause = append(pauses, pause), 0
				}
				pause++
			}
			pauses = append(pauses, pause)
		}
		stalled, stall := total(pauses, 100e6)
		dangers, _ := runs(danger)
		dangerSum, _ := total(dangers, 0)
		wanted := map[string]float64{
			"cliff.count": float64(len(starts)), "cliff.total": sum, "cliff.max": longest,
			"cliff.stall.total": stalled, "cliff.stall.max": stall, "cliff.danger": dangerSum,
		}
		if len(starts) > 0 {
			wanted["cliff.first"] = float64((starts[0]-from)*tick) / 1e9
		}
		f := measure.All(events, measure.Asked{})
		if _, delivered := f.Metrics["ack_pending.max"]; delivered {
			wanted["ack_pending.max"] = float64(most)
		} else {
			delete(wanted, "cliff.danger")
		}
		expect(t, f, wanted)
	})
}

// fresh reports whether a message was delivered for the first time at an instant.
func (h twin) fresh(at int64) bool {
	for _, e := range h {
		if e.Kind == history.Deliver && e.At == at && !h.has(history.Deliver, e.Seq, at-1) {
			return true
		}
	}
	return false
}
