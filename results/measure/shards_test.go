package measure_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// twoShards are two pinned consumers with three workers: w1 has both pins, is killed at 300 ms, and loses the first to w2
// and the second to w3, which comes late. The backlog of the second reaches its limit.
const twoShards = `
	0 watcher config shard=1 consumer={"priority_policy":"pinned_client","ack_wait":1000000000,"max_ack_pending":10}
	0 watcher config shard=2 consumer={"priority_policy":"pinned_client","ack_wait":1000000000,"max_ack_pending":1}
	0 runner phase phase=disturb
	0 host start worker=w1 incarnation=1; 1 host start worker=w2 incarnation=1; 350 host start worker=w3 incarnation=1
	1 w1 pull shard=1 batch=4; 1 w1 pull shard=2 batch=4
	10 publisher-1 publish op=1 due=10ms key=a shard=1; 10 publisher-1 stored op=1 seq=1 key=a shard=1
	10 publisher-1 publish op=2 due=10ms key=b shard=2; 10 publisher-1 stored op=2 seq=2 key=b shard=2
	10 publisher-1 publish op=3 due=10ms key=b shard=2; 10 publisher-1 stored op=3 seq=3 key=b shard=2
	100 w1 deliver seq=1 delivery=1 cseq=1 gen=1 shard=1; 100 w1 begin seq=1 delivery=1 gen=1 shard=1
	100 w1 deliver seq=2 delivery=1 cseq=1 gen=1 shard=2; 100 w1 begin seq=2 delivery=1 gen=1 shard=2
	100 watcher pinned shard=1; 100 watcher pinned shard=2
	200 w1 end seq=1 delivery=1 outcome=ok shard=1; 200 w1 ack seq=1 delivery=1 shard=1
	220 publisher-1 publish op=4 due=220ms key=a shard=1; 220 publisher-1 stored op=4 seq=4 key=a shard=1
	300 nemesis fault fault=1 do=kill target=w1
	500 watcher unpinned reason=timeout shard=1; 500 watcher pinned shard=1
	700 watcher unpinned reason=timeout shard=2; 700 watcher pinned shard=2
	500 w2 deliver seq=4 delivery=1 cseq=2 gen=2 shard=1; 500 w2 begin seq=4 delivery=1 gen=2 shard=1
	600 w2 end seq=4 delivery=1 outcome=ok shard=1; 600 w2 ack seq=4 delivery=1 shard=1
	1100 w3 deliver seq=2 delivery=2 cseq=2 gen=2 shard=2; 1100 w3 begin seq=2 delivery=2 gen=2 shard=2
	1200 w3 end seq=2 delivery=2 outcome=ok shard=2; 1200 w3 ack seq=2 delivery=2 shard=2
	1200 w3 deliver seq=3 delivery=1 cseq=3 gen=2 shard=2; 1200 w3 begin seq=3 delivery=1 gen=2 shard=2
	1300 w3 end seq=3 delivery=1 outcome=ok shard=2; 1300 w3 ack seq=3 delivery=1 shard=2
	1500 runner phase phase=heal
	1600 watcher final cseq=2 stored=4 shard=1; 1600 watcher final cseq=3 stored=4 shard=2
	1700 runner phase phase=end reason=drained`

// What one consumer does is never mixed with what another does, and who owns what is counted for the living.
func TestTwoShards(t *testing.T) {
	f := measured(t, plain, twoShards)
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %+v", p)
		}
	}
	for name, want := range (wanted{
		"pin.count": 4, "overlap.count": 0, "takeover.fault.count": 2, "takeover.fault.p50": 0.2, "takeover.fault.max": 0.8,
		"takeover.pull.max": 1.099, "gap.max": 0.8, "gap.total": 0.37 + 0.89, "redelivery.count": 1, "delivered.count": 5,
		"ack_pending.max": 1, "cliff.count": 1, "cliff.total": 1.1, "cliff.first": 0.1, "held.at_fault": 1,
		"owned.before.max": 2, "owned.before.min": 0, "owned.max": 1, "owned.min": 1, "handled.count": 4, "lost.count": 0,
	}) {
		checkMetric(t, f, name, want)
	}
	owners := []string{}
	for _, c := range f.Consumers {
		owners = append(owners, fmt.Sprintf("%d: %s, %s; %v", c.Shard, c.Before, c.Owner, c.Metrics["delivered.count"]))
	}
	if diff := cmp.Diff([]string{"1: w1, w2; 2", "2: w1, w3; 3"}, owners); diff != "" {
		t.Error(diff)
	}
	if fault := f.Faults[0]; !fault.Holder || fault.Owned != 2 || fault.Held != 1 {
		t.Errorf("the fault is %+v, want one that hit the holder of two pins with one message", fault)
	}
	if diff := cmp.Diff([]measure.Pin{{Shard: 1, Spans: ms(100, 300)}, {Shard: 2, Spans: ms(100, 300)}}, f.Lanes[0].Pins); diff != "" {
		t.Error(diff)
	}
}

func ms(from, to int64) []measure.Span { return []measure.Span{{From: from * 1e6, To: to * 1e6}} }

// A premise that one consumer breaks is broken, and says whose it is.
func TestShardsBreakPremises(t *testing.T) {
	f := measured(t, plain, strings.Replace(twoShards, "final cseq=3", "final cseq=3 ack_pending=20", 1))
	for _, name := range []string{"samples and events agree", "drained"} {
		if p := premise(f, name); p.OK || !strings.HasPrefix(p.Got, "consumer 2: ") {
			t.Errorf("%s: %+v, want it broken by consumer 2", name, p)
		}
	}
	if f.Diagnosis.Cause != "none" || !strings.HasPrefix(f.Diagnosis.Text, "No diagnosis") {
		t.Errorf("diagnosed %+v in spite of that", f.Diagnosis)
	}
}

// One consumer that bears a number is measured as one that bears none.
func TestOneShard(t *testing.T) {
	ofRuns := []history.Kind{history.Start, history.Stop, history.Fault, history.Heal, history.Phase, history.Connect, history.Disconnect}
	for _, c := range []struct{ consumer, script string }{
		{drillConsumer, drill}, {`{"max_ack_pending":2}`, drill}, {plain, calmAndStorm},
	} {
		single := script(t, c.consumer, c.script)
		one := slices.Clone(single)
		for i := range one {
			if !slices.Contains(ofRuns, one[i].Kind) {
				one[i].Shard = 1
			}
		}
		want, got := measure.All(single, measure.Asked{}), measure.All(one, measure.Asked{})
		maps.DeleteFunc(got.Metrics, func(name string, _ float64) bool { return strings.HasPrefix(name, "owned.") })
		for i := range got.Lanes {
			got.Lanes[i].Pins = nil
		}
		for i := range got.Premises {
			got.Premises[i].Got = strings.ReplaceAll(got.Premises[i].Got, "consumer 1: ", "")
			got.Premises[i].Wanted = strings.ReplaceAll(got.Premises[i].Wanted, "consumer 1: ", "")
		}
		options := []cmp.Option{
			cmpopts.IgnoreFields(measure.Findings{}, "Consumers", "Diagnosis"), cmpopts.IgnoreFields(measure.Fault{}, "Owned", "Nth"),
			cmpopts.IgnoreFields(measure.Overlap{}, "Shard"), cmpopts.IgnoreFields(measure.Takeover{}, "Shard"),
			cmpopts.IgnoreFields(measure.Gap{}, "Shard"), cmpopts.IgnoreFields(measure.Cliff{}, "Shard"), cmpopts.EquateEmpty(),
		}
		if diff := cmp.Diff(want, got, options...); diff != "" {
			t.Error(diff)
		}
		if want.Diagnosis.Cause != got.Diagnosis.Cause {
			t.Errorf("diagnosed %s, want %s", got.Diagnosis.Cause, want.Diagnosis.Cause)
		}
	}
}

// parted draws a history for each of several consumers, whose workers and messages are theirs alone, and all of them as
// one history. Phases are the same in all.
func parted(t *rapid.T) (singles [][]history.Event, together []history.Event) {
	shared := []history.Event{
		{At: 20 * tick, Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseDisturb},
		{At: ticks * tick, Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseEnd, Reason: "drained"},
	}
	together = slices.Clone(shared)
	for shard := range int32(rapid.IntRange(1, 3).Draw(t, "consumers")) {
		single := slices.Clone(shared)
		for _, e := range randomHistory(t) {
			if e.Kind == history.Phase {
				continue
			}
			if e.Kind != history.Fault && e.Kind != history.Heal {
				e.Shard = shard + 1
			}
			relabel(&e, shard)
			together = append(together, e)
			e.Shard = 0
			single = append(single, e)
		}
		history.Order(single)
		singles = append(singles, single)
	}
	history.Order(together)
	return singles, together
}

// relabel gives workers, messages and faults of each consumer names of their own.
func relabel(e *history.Event, shard int32) {
	const apart = 1000
	mine := func(name string) string {
		if strings.HasPrefix(name, "w") && name != history.Watcher {
			return string(rune('a'+shard)) + name
		}
		return name
	}
	e.Actor, e.Target = mine(e.Actor), mine(e.Target)
	if e.Seq > 0 {
		e.Seq += uint64(shard) * apart
	}
	if e.Op > 0 {
		e.Op += uint64(shard) * apart
	}
	if e.Fault > 0 {
		e.Fault += shard * apart
	}
}

// Consumers whose workers and messages are their own are, together, what they are alone: each metric is what its rule
// makes of the single ones.
func TestShardsAreWhatTheyAreAlone(t *testing.T) {
	sums := []string{"handled.count", "stored.count", "duplicate.count", "duplicate.concurrent", "overlap.same_message", "published.count"}
	rapid.Check(t, func(t *rapid.T) {
		singles, together := parted(t)
		want := map[string]float64{}
		var takeovers []measure.Takeover
		rules := map[string]string{"held.max": "highest", "held.at_fault": "highest"}
		for _, m := range measure.Table {
			if rule := m.Together(); rule != "" {
				rules[m.Name] = rule
			}
		}
		for _, name := range sums {
			rules[name] = "sum"
		}
		for _, single := range singles {
			alone := measure.All(single, measure.Asked{})
			takeovers = append(takeovers, alone.Takeovers...)
			for name, rule := range rules {
				if v, ok := alone.Metrics[name]; ok {
					before, there := want[name]
					want[name] = joined(rule, before, v, there)
				}
			}
		}
		got := measure.All(together, measure.Asked{})
		for name := range rules {
			w, there := want[name]
			if g, ok := got.Metrics[name]; ok != there || diff(g, w) > 1e-9 {
				t.Fatalf("%s is %v (present: %v), of the consumers alone %v (present: %v)", name, g, ok, w, there)
			}
		}
		if len(got.Takeovers) != len(takeovers) || len(got.Consumers) != len(singles) {
			t.Fatalf("%d takeovers of %d consumers, want %d of %d", len(got.Takeovers), len(got.Consumers), len(takeovers), len(singles))
		}
	})
}

func joined(rule string, before, v float64, there bool) float64 {
	switch {
	case !there:
		return v
	case rule == "highest":
		return max(before, v)
	case rule == "lowest":
		return min(before, v)
	}
	return before + v
}

func diff(a, b float64) float64 { return max(a-b, b-a) }
