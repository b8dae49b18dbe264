package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pindrop/results/history"
)

// The history of a run as big as one likes, and as real ones are: ten workers on a plain consumer, each message published,
// stored, delivered, begun, ended and acked, a sample each 100 ms, pulls, and every two seconds a worker that is killed with
// messages in its buffer, which come again after the ack wait. It is arithmetic: nothing runs.
const (
	loadWorkers  = 10
	loadEvery    = 100e3 // a message each
	loadService  = 700e3
	loadAckWait  = 1e9
	loadKills    = 2e9
	loadDown     = 500e6
	loadSamples  = 100e6
	eventsOfEach = 6.03 // events a message
)

// loader makes such a history.
type loader struct {
	logs    map[string]*history.Log
	memory  map[string][]byte
	workers [loadWorkers]loadWorker
	lost    []loadDelivery // will come again, by time
	firsts  []int64
	acks    []int64
	cseq    uint64
}

// loadWorker is busy until an instant, and down until another.
type loadWorker struct {
	busy, down  int64
	incarnation int32
}

// loadDelivery is a message that reaches a worker at an instant.
type loadDelivery struct {
	at     int64
	seq    uint64
	number uint32
}

// writeLoad writes logs of about as many events into dir.
func writeLoad(tb testing.TB, dir string, events int) {
	tb.Helper()
	l := &loader{logs: map[string]*history.Log{}, memory: map[string][]byte{}}
	messages := int(float64(events) / eventsOfEach)
	end := int64(messages) * loadEvery
	l.begin(end)
	kill := nextKill(0, end)
	for i := range messages {
		at, seq := int64(i)*loadEvery, uint64(i+1)
		if at >= kill {
			l.kill(at)
			kill = nextKill(kill, end)
		}
		l.redeliver(at)
		l.add("publisher-1", "", &history.Event{At: at, Kind: history.Publish, Op: seq, Due: at, Key: fmt.Sprintf("k%d", i%64), Size: 128})
		l.add("publisher-1", history.Answers, &history.Event{At: at + 30e3, Kind: history.Stored, Op: seq, Seq: seq, Key: fmt.Sprintf("k%d", i%64)})
		l.deliver(loadDelivery{at + 50e3, seq, 1}, kill)
	}
	l.redeliver(never)
	l.finish(end+3*loadAckWait, messages)
	for name, log := range l.logs {
		if err := log.Close(); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".log"), l.memory[name], 0o666); err != nil {
			tb.Fatal(err)
		}
	}
}

func (l *loader) add(actor, writer string, e *history.Event) {
	name := actor + "." + writer
	log := l.logs[name]
	if log == nil {
		memory := history.InMemory()
		log = history.NewLog(actor, writer, func(used, size int) (buf []byte, err error) {
			l.memory[name], err = memory(used, size)
			return l.memory[name], err
		})
		l.logs[name] = log
	}
	log.Append(e)
}

func (l *loader) begin(end int64) {
	l.add(history.Watcher, "", &history.Event{Kind: history.Config, Stream: []byte(`{"retention":"limits"}`),
		Consumer: []byte(`{"ack_policy":"explicit","ack_wait":1000000000,"max_ack_pending":1000,"max_deliver":-1}`)})
	for i := range l.workers {
		l.workers[i].incarnation = 1
		l.add(history.Host, "", &history.Event{Kind: history.Start, Worker: loadName(i), Incarnation: 1})
		l.add(loadName(i), history.WireIn, &history.Event{Kind: history.Connect})
	}
	l.add(history.Runner, "", &history.Event{Kind: history.Phase, Phase: history.PhaseWarmup})
	l.add(history.Runner, "", &history.Event{At: min(1e9, end/10), Kind: history.Phase, Phase: history.PhaseDisturb})
	l.add(history.Runner, "", &history.Event{At: end, Kind: history.Phase, Phase: history.PhaseHeal})
	l.add(history.Runner, "", &history.Event{At: end, Kind: history.Phase, Phase: history.PhaseDrain})
}

func loadName(i int) string { return fmt.Sprintf("w%d", i+1) }

// never is the instant of what does not happen.
const never = int64(1) << 62

// nextKill is the instant of the kill after another one; the last messages are spared.
func nextKill(at, end int64) int64 {
	if at += loadKills; at < end-2*loadAckWait {
		return at
	}
	return never
}

// victim is the worker that is killed at an instant.
func victim(at int64) int { return int(at/loadKills) % loadWorkers }

// kill cuts a worker off; it comes back after a while.
func (l *loader) kill(at int64) {
	i, id := victim(at), int32(at/loadKills)
	w := &l.workers[i]
	w.down, w.busy = at+loadDown, at+loadDown
	w.incarnation++
	l.add(history.Nemesis, "", &history.Event{At: at, Kind: history.Fault, Fault: id, Do: "kill", Target: loadName(i)})
	l.add(history.Host, "", &history.Event{At: at, Kind: history.Stop, Worker: loadName(i), Incarnation: w.incarnation - 1, Reason: history.StopKilled})
	l.add(loadName(i), history.WireIn, &history.Event{At: at, Kind: history.Disconnect})
	l.add(history.Nemesis, "", &history.Event{At: w.down, Kind: history.Heal, Fault: id, Do: "kill", Target: loadName(i)})
	l.add(history.Host, "", &history.Event{At: w.down, Kind: history.Start, Worker: loadName(i), Incarnation: w.incarnation})
	l.add(loadName(i), history.WireIn, &history.Event{At: w.down, Kind: history.Connect})
}

// deliver hands a delivery to the next worker that is up. If the worker is killed before it is done, the message comes
// again.
func (l *loader) deliver(d loadDelivery, kill int64) {
	i := int(l.cseq) % loadWorkers
	for l.workers[i].down > d.at {
		i = (i + 1) % loadWorkers
	}
	w := &l.workers[i]
	l.cseq++
	name, killed := loadName(i), never
	if kill != never && victim(kill) == i {
		killed = kill
	}
	if d.number == 1 {
		l.firsts = append(l.firsts, d.at)
	}
	l.add(name, history.WireIn, &history.Event{At: d.at, Kind: history.Deliver, Seq: d.seq, Delivery: d.number, ConsumerSeq: l.cseq})
	begun := max(d.at+10e3, w.busy)
	ended := begun + loadService + int64(d.seq%7)*20e3
	w.busy = ended
	if begun < killed {
		l.add(name, history.Body, &history.Event{At: begun, Kind: history.Begin, Seq: d.seq, Delivery: d.number})
	}
	if ended >= killed {
		l.lost = append(l.lost, loadDelivery{d.at + loadAckWait, d.seq, d.number + 1})
		return
	}
	l.add(name, history.Body, &history.Event{At: ended, Kind: history.End, Seq: d.seq, Delivery: d.number, Outcome: history.OK})
	l.add(name, history.WireOut, &history.Event{At: ended, Kind: history.Ack, Seq: d.seq, Delivery: d.number})
	if l.cseq%100 == 0 {
		l.add(name, history.WireOut, &history.Event{At: ended, Kind: history.Pull, Batch: 100, Expires: 30e9})
	}
	l.acks = append(l.acks, ended)
}

// redeliver delivers again what is due until an instant.
func (l *loader) redeliver(until int64) {
	slices.SortFunc(l.lost, func(a, b loadDelivery) int { return cmp.Compare(a.at, b.at) })
	for len(l.lost) > 0 && l.lost[0].at <= until {
		d := l.lost[0]
		if until != never {
			d.at = until + 10e3 // what an actor writes rises
		}
		l.lost = l.lost[1:]
		l.deliver(d, never)
	}
}

// finish writes the samples and the end.
func (l *loader) finish(end int64, messages int) {
	slices.Sort(l.firsts)
	slices.Sort(l.acks)
	pending := func(at int64) int64 {
		sent, _ := slices.BinarySearch(l.firsts, at)
		acked, _ := slices.BinarySearch(l.acks, at)
		return int64(sent - acked)
	}
	for at := int64(loadSamples); at < end; at += loadSamples {
		l.add(history.Watcher, "", &history.Event{At: at, Kind: history.Sample, AckPending: pending(at), Waiting: loadWorkers})
	}
	l.add(history.Watcher, "", &history.Event{At: end, Kind: history.Final, ConsumerSeq: l.cseq, AckFloor: uint64(messages), Stored: int64(messages)})
	l.add(history.Runner, "", &history.Event{At: end, Kind: history.Phase, Phase: history.PhaseEnd, Reason: "drained"})
}
