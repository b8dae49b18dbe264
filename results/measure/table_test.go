package measure_test

import (
	"reflect"
	"slices"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// drill is a pinned run with a kill, in which nearly everything happens that can be measured.
const drill = `
	0 runner phase phase=disturb; 0 host start worker=w1 incarnation=1; 0 host start worker=w2 incarnation=1; 0 w1 pull batch=4
	0 publisher-1 publish op=1 due=0ms key=a; 0 publisher-1 stored op=1 seq=1 key=a
	0 publisher-1 publish op=2 due=0ms key=a; 0 publisher-1 stored op=2 seq=2 key=a
	0 publisher-1 publish op=3 due=0ms key=b; 0 publisher-1 stored op=3 seq=3 key=b
	0 w1 deliver seq=1 delivery=1 cseq=1 gen=1; 0 w1 deliver seq=2 delivery=1 cseq=2 gen=1
	0 watcher pinned; 1150 watcher unpinned reason=timeout; 1150 watcher pinned
	0 w1 begin seq=1 delivery=1 gen=1; 50 w1 end seq=1 delivery=1 outcome=ok; 50 w1 ack seq=1 delivery=1; 51 w1 acked seq=1 delivery=1
	60 w1 begin seq=2 delivery=1 gen=1; 100 nemesis fault fault=1 do=freeze target=w1
	1150 w2 deliver seq=2 delivery=2 cseq=3 gen=2; 1150 w2 begin seq=2 delivery=2 gen=2; 1200 nemesis heal fault=1
	1250 w2 end seq=2 delivery=2 outcome=ok; 1250 w2 ack seq=2 delivery=2; 1251 w2 acked seq=2 delivery=2
	1300 w1 end seq=2 delivery=1 outcome=ok; 1300 w1 ack seq=2 delivery=1
	1400 w2 deliver seq=3 delivery=1 cseq=4 gen=2; 1400 w2 begin seq=3 delivery=1 gen=2
	1450 w2 end seq=3 delivery=1 outcome=ok; 1450 w2 ack seq=3 delivery=1; 1451 w2 acked seq=3 delivery=1
	0 w1 read seq=1 delivery=1 key=a; 50 w1 effect seq=1 delivery=1 key=a outcome=applied revision=1
	1500 watcher write worker=w1 seq=1 delivery=1 cseq=1 key=a revision=1 count=1 sum=1
	1500 runner phase phase=heal; 1500 watcher sample; 1500 watcher check outcome=critical; 1500 watcher final cseq=4 count=1; 1600 runner phase phase=end reason=drained`

// A worker is cut off, and the server notices.
const silence = `0 runner phase phase=disturb; 10 nemesis fault fault=1 do=partition target=w1; 30 host dropped worker=w1
	50 nemesis heal fault=1 do=partition target=w1; 60 runner phase phase=end reason=drained`

// Servers are asked what they have.
const converging = `0 runner phase phase=disturb; 10 runner phase phase=converge; 20 watcher converged outcome=ok
	30 watcher replica do=stream target=n1; 60 runner phase phase=end reason=drained`

// A server forgets a message that it had acknowledged.
const forgotten = `0 runner phase phase=disturb; 0 publisher-1 publish op=1 due=0ms key=a; 1 publisher-1 stored op=1 seq=1 key=a
	10 nemesis fault fault=1 do=power_loss target=n1; 20 nemesis heal fault=1 do=power_loss target=n1
	30 publisher-1 publish op=2 due=30ms key=a; 31 publisher-1 stored op=2 seq=1 key=a
	50 watcher final seq=1; 60 runner phase phase=end reason=drained`

const drillConsumer = `{"priority_policy":"pinned_client","ack_wait":1000000000,"max_ack_pending":2}`

func TestTableIsComplete(t *testing.T) {
	emitted := map[string]bool{}
	for _, c := range []struct{ consumer, script string }{
		{drillConsumer, drill}, {`{"max_ack_pending":2}`, drill}, {plain, calmAndStorm}, {plain, twoShards},
		{plain, twoServers}, {`{"inactive_threshold":1000000000}`, drill}, {plain, withSelf(400)}, {plain, silence}, {plain, converging}, {plain, forgotten},
		{`{"deliver_policy":"new"}`, drill},
		{plain, timed("1000 watcher timing do=pressure; 2000 watcher timing do=pressure count=1")},
	} {
		for name := range measured(t, c.consumer, c.script).Metrics {
			emitted[name] = true
			if _, ok := measure.Lookup(name); !ok {
				t.Errorf("%s is measured and not in the table", name)
			}
		}
	}
	seen := map[string]bool{}
	for _, m := range measure.Table {
		if !emitted[m.Name] {
			t.Errorf("%s is in the table and never measured", m.Name)
		}
		if seen[m.Name] || m.Doc == "" || !slices.Contains([]string{"s", "count", "ratio", "/s", "code", "cores", "B"}, m.Unit) ||
			!slices.Contains([]string{"lower", "higher", ""}, m.Better) {
			t.Errorf("%+v: twice, without a doc, or of no known unit or direction", m)
		}
		seen[m.Name] = true
	}
	if _, ok := measure.Lookup("overlap"); ok {
		t.Error("Lookup finds what is no metric")
	}
}

func TestMeasuringTwiceGivesTheSame(t *testing.T) {
	events := script(t, drillConsumer, drill)
	first := measure.All(events, measure.Asked{})
	shuffled := slices.Clone(events)
	slices.Reverse(shuffled)
	if second := measure.All(shuffled, measure.Asked{}); !reflect.DeepEqual(first, second) {
		t.Errorf("a history out of order was not put into it:\n%+v\n%+v", first, second)
	}
}

func TestNothingToMeasure(t *testing.T) {
	f := measure.All(nil, measure.Asked{})
	if len(f.Metrics) != 0 || len(f.Premises) != 0 {
		t.Errorf("an empty history has metrics %v, premises %v", f.Metrics, f.Premises)
	}
	f = measure.All([]history.Event{{Kind: history.Begin, Actor: "w1", Seq: 1}}, measure.Asked{})
	if len(f.Warnings) != 1 {
		t.Errorf("warnings %q, want one on the missing configuration", f.Warnings)
	}
}
