package export

import (
	"cmp"
	"fmt"
	"slices"

	"pindrop/results/measure"
)

// spot is where a delivery is drawn: a slice of a thread. tid 0: nowhere.
type spot struct {
	tid int
	at  int64
}

// workers draws each worker: what it handled, what never began, its pins and its absences; and the arrows between.
func (t *tracer) workers() {
	byWorker := map[string][]int{}
	for i, d := range t.deliveries {
		byWorker[d.Worker] = append(byWorker[d.Worker], i)
	}
	spots := make([]spot, len(t.deliveries))
	for _, w := range t.d.Workers() {
		first := t.services(w.Worker, byWorker[w.Worker], spots)
		t.unbegun(w.Worker, byWorker[w.Worker], spots)
		t.states(w.Worker, first)
	}
	t.arrows(spots)
}

// services draws the handlers of a worker on as few threads as no two of them overlap on, and gives the first thread.
func (t *tracer) services(worker string, deliveries []int, spots []spot) (first int) {
	begun := slices.DeleteFunc(slices.Clone(deliveries), func(i int) bool { return t.deliveries[i].Service.From < 0 })
	slices.SortStableFunc(begun, func(i, j int) int {
		return cmp.Compare(t.deliveries[i].Service.From, t.deliveries[j].Service.From)
	})
	first = t.thread(worker)
	tids, ends := []int{first}, []int64{-1}
	for _, i := range begun {
		d := &t.deliveries[i]
		k := slices.IndexFunc(ends, func(end int64) bool { return end <= d.Service.From })
		if k < 0 {
			k = len(ends)
			tids, ends = append(tids, t.thread(fmt.Sprintf("%s, handler %d", worker, k+1))), append(ends, 0)
		}
		ends[k] = d.Service.To
		spots[i] = spot{tids[k], d.Service.From}
		t.slice(tids[k], "service", serviceName(d), d.Service, serviceArgs(d))
	}
	return first
}

func serviceName(d *measure.Delivery) string {
	if d.Number > 1 {
		return fmt.Sprintf("#%d, delivery %d", d.Seq, d.Number)
	}
	return fmt.Sprintf("#%d", d.Seq)
}

func serviceArgs(d *measure.Delivery) map[string]any {
	args := map[string]any{"seq": d.Seq, "delivery": d.Number, "waited_in_client_us": micros(d.Service.From - d.Arrived)}
	if d.Gen > 0 {
		args["pin"] = d.Gen
	}
	if d.Shard > 0 {
		args["consumer"] = d.Shard
	}
	args["outcome"] = string(d.Outcome)
	if d.Outcome == "" {
		args["outcome"] = "never ended"
	}
	return args
}

// unbegun draws deliveries that no handler ever began: a mark at each instant at which some arrived.
func (t *tracer) unbegun(worker string, deliveries []int, spots []spot) {
	tid := 0
	for from := 0; from < len(deliveries); {
		at := t.deliveries[deliveries[from]].Arrived
		var seqs []uint64
		to := from
		for ; to < len(deliveries) && t.deliveries[deliveries[to]].Arrived == at; to++ {
			if i := deliveries[to]; t.deliveries[i].Service.From < 0 {
				if tid == 0 {
					tid = t.thread(worker + ", delivered and never begun")
				}
				seqs, spots[i] = append(seqs, t.deliveries[i].Seq), spot{tid, at}
			}
		}
		if len(seqs) > 0 {
			t.slice(tid, "unbegun", fmt.Sprintf("%d never begun", len(seqs)), measure.Span{From: at, To: at}, map[string]any{"seqs": seqs})
		}
		from = to
	}
}

// states draws when a worker held the pin, was frozen, or was not there.
func (t *tracer) states(worker string, tid int) {
	for _, l := range t.Record.Findings.Lanes {
		if l.Worker != worker {
			continue
		}
		for _, pin := range l.Pins {
			for _, s := range pin.Spans {
				t.async(tid, "pin", fmt.Sprintf("%s: pin of consumer %d", worker, pin.Shard), s, nil)
			}
		}
		for _, state := range []struct {
			cat, name string
			spans     []measure.Span
		}{{"pin", "pin", l.Pinned}, {"frozen", "frozen", l.Frozen}, {"down", "down", l.Down}} {
			if state.cat == "pin" && len(l.Pins) > 0 {
				continue // they stand there one by one
			}
			for _, s := range state.spans {
				t.async(tid, state.cat, worker+": "+state.name, s, nil)
			}
		}
	}
}

// arrows lead from each delivery to the message's next one.
func (t *tracer) arrows(spots []spot) {
	for i, d := range t.deliveries {
		if d.Before < 0 || spots[i].tid == 0 || spots[d.Before].tid == 0 {
			continue
		}
		t.ids++
		e := traceEvent{Name: "redelivery", Cat: "redelivery", Ph: "s", Pid: t.pid, ID: fmt.Sprintf("%d.%d", t.pid, t.ids)}
		from, to := e, e
		from.Tid, from.Ts = spots[d.Before].tid, instant(spots[d.Before].at)
		to.Ph, to.BP, to.Tid, to.Ts = "f", "e", spots[i].tid, instant(spots[i].at)
		t.events = append(t.events, from, to)
	}
}
