package measure_test

import (
	"fmt"

	"pgregory.net/rapid"

	"pindrop/results/history"
)

// The random histories on which the measurements and their twin must agree.

const (
	tick  = 5e6
	ticks = 140 // of the longest history
)

// randomHistories is how many there are. They take seconds: nothing in them is longer than it must be.
const randomHistories = 10_000

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
	policy  string
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
	r.policy = rapid.SampledFrom([]string{"pinned_client", "pinned_client", "none"}).Draw(t, "policy")
	length := rapid.SampledFrom([]int{ticks / 5, ticks / 2, ticks}).Draw(t, "ticks")
	r.configure()
	disturb := rapid.IntRange(0, length/2).Draw(t, "disturb")
	heal := rapid.IntRange(disturb+1, 2*length).Draw(t, "heal")
	calm := rapid.SampledFrom([]int{2, 6}).Draw(t, "calm")
	for i := range length {
		r.at = int64(i) * tick
		switch i {
		case disturb:
			r.add(history.Event{Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseDisturb})
		case heal:
			r.add(history.Event{Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseHeal})
		}
		for range rapid.IntRange(-calm, 3).Draw(t, "actions") {
			r.act()
		}
	}
	r.at = int64(length) * tick
	r.add(history.Event{Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseEnd, Reason: "drained"})
	history.Order(r.events)
	return r.events
}

func (r *trial) configure() {
	limit := rapid.IntRange(1, 4).Draw(r.T, "limit")
	r.add(history.Event{Actor: history.Watcher, Kind: history.Config,
		Consumer: fmt.Appendf(nil, `{"priority_policy":%q,"max_ack_pending":%d}`, r.policy, limit)})
}

func (r *trial) act() {
	seq := rapid.Uint64Range(1, max(r.stored, 1)).Draw(r.T, "seq")
	worker := fmt.Sprintf("w%d", rapid.IntRange(1, 3).Draw(r.T, "worker"))
	switch rapid.IntRange(0, 14).Draw(r.T, "action") {
	case 0, 1, 2:
		r.publish()
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
		if !r.dead[worker] {
			r.add(history.Event{Actor: worker, Kind: history.Pull, Batch: 10})
		}
	case 14:
		if rapid.IntRange(0, 3).Draw(r.T, "rare") == 0 {
			r.configure()
		}
	}
}

func (r *trial) publish() {
	r.stored++
	key := rapid.SampledFrom([]string{"", "a", "a", "b"}).Draw(r.T, "key")
	late := rapid.Int64Range(0, 3).Draw(r.T, "late")
	r.add(history.Event{Actor: "publisher-1", Kind: history.Publish, Op: r.stored, Due: r.at - late*tick, Key: key})
	r.add(history.Event{Actor: "publisher-1", Kind: history.Stored, Op: r.stored, Seq: r.stored, Key: key})
}

func (r *trial) deliver(seq uint64, worker string) {
	if seq > r.stored || r.dead[worker] || r.settled[seq] {
		return
	}
	if rapid.Bool().Draw(r.T, "repin") {
		r.gen++
	}
	gen := rapid.Uint32Range(max(r.gen, 2)-1, r.gen).Draw(r.T, "gen")
	if r.policy == "none" {
		gen = 0
	}
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
		outcome := rapid.SampledFrom([]history.Outcome{history.OK, history.OK, history.OK, history.Ignored}).Draw(r.T, "outcome")
		r.add(history.Event{Actor: a.worker, Kind: history.End, Seq: seq, Delivery: a.delivery, Outcome: outcome})
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
