package measure_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

func TestFaultFinding(t *testing.T) {
	f := measured(t, drillConsumer, drill)
	want := measure.Fault{ID: 1, Do: "freeze", Target: "w1", Span: measure.Span{From: 100e6, To: 1200e6}, Healed: true,
		Holder: true, Held: 1, Begun: 1, Nth: 2}
	if len(f.Faults) != 1 || f.Faults[0] != want {
		t.Errorf("faults %+v, want %+v", f.Faults, want)
	}
	takeover := measure.Takeover{FaultID: 1, FaultAt: 100e6, LastPull: 0, Repinned: 1150e6, BeginAt: 1150e6,
		From: "w1", To: "w2", FromFault: 1050e6, FromPull: 1150e6}
	if len(f.Takeovers) != 1 || f.Takeovers[0] != takeover {
		t.Errorf("takeovers %+v, want %+v", f.Takeovers, takeover)
	}
}

func TestOverlapCauses(t *testing.T) {
	for cause, event := range map[string]string{
		"expiry": ``,
		"fault":  `20 nemesis fault fault=7 do=slow target=w1`,
		"unpin":  `20 watcher unpinned reason=admin`,
		"leader": `50 watcher leader target=n2`,
	} {
		f := measured(t, pinned, `0 w1 begin seq=1 delivery=1 gen=1; 50 w2 begin seq=2 delivery=1 gen=2; 90 w2 end seq=2; 100 w1 end seq=1;`+event)
		if len(f.Overlaps) != 1 || f.Overlaps[0].Cause != cause || (f.Overlaps[0].FaultID == 7) != (cause == "fault") {
			t.Errorf("overlaps %+v, want the cause %s", f.Overlaps, cause)
		}
	}
	f := measured(t, pinned, `0 w1 begin seq=1 delivery=1 gen=1; 40 nemesis fault fault=3 do=unpin target=pinned
		50 w2 begin seq=2 delivery=1 gen=2; 60 nemesis fault fault=4 do=freeze target=w1; 90 w2 end seq=2; 100 w1 end seq=1`)
	if o := f.Overlaps[0]; o.Cause != "unpin" || o.FaultID != 3 {
		t.Errorf("%+v, want the unpin of fault 3: the freeze came after the pin had moved", o)
	}
}

// TestAFaultEndsWithTheReturn: a worker that was killed and came back overlaps later on for another reason.
func TestAFaultEndsWithTheReturn(t *testing.T) {
	f := measured(t, pinned, `0 w1 begin seq=9 delivery=1 gen=1; 1 nemesis fault fault=1 do=kill target=w1; 2 host start worker=w1 incarnation=2
		10 w1 begin seq=1 delivery=1 gen=2; 50 w2 begin seq=2 delivery=1 gen=3; 90 w2 end seq=2; 100 w1 end seq=1`)
	if len(f.Overlaps) != 1 || f.Overlaps[0].Cause != "expiry" || f.Faults[0].To != 2e6 || f.Faults[0].Healed {
		t.Errorf("overlaps %+v, faults %+v: want an expiry, and a fault over at 2 ms", f.Overlaps, f.Faults)
	}
}

// TestLanesStaySmall: spans too close for a drawing are merged, and cover the same time.
func TestLanesStaySmall(t *testing.T) {
	var events []history.Event
	for i := range int64(10_000) {
		events = append(events,
			history.Event{At: i * 1e6, Actor: "w1", Kind: history.Begin, Seq: uint64(i + 1), Delivery: 1},
			history.Event{At: i*1e6 + 5e5, Actor: "w1", Kind: history.End, Seq: uint64(i + 1), Delivery: 1, Outcome: history.OK})
	}
	service := measure.All(events, measure.Asked{}).Lanes[0].Service
	if len(service) != 1 || service[0] != (measure.Span{From: 0, To: 9999e6 + 5e5}) {
		t.Errorf("%d spans, first %+v", len(service), service[0])
	}
}

func TestOddValuesAreWarnedOf(t *testing.T) {
	f := measured(t, plain, `1 watcher config stream=[]`)
	if len(f.Warnings) != 1 || !strings.HasPrefix(f.Warnings[0], "the stream configuration at 0.001 s cannot be read") {
		t.Errorf("warnings %q", f.Warnings)
	}
}

// TestPercentilesAreNearestRanks: of 156 values, 155 are 99.4 % and 154 only 98.7 %.
func TestPercentilesAreNearestRanks(t *testing.T) {
	var events []history.Event
	for i := int64(1); i <= 156; i++ {
		op := uint64(i)
		events = append(events, history.Event{Actor: "publisher-1", Kind: history.Publish, Op: op, At: 1},
			history.Event{Actor: "publisher-1", Kind: history.Stored, Op: op, Seq: op, At: i * 1e9})
	}
	f := measure.All(number(events), measure.Asked{})
	for name, want := range map[string]float64{"p50": 78, "p90": 141, "p99": 155, "p999": 156, "max": 156} {
		if got := f.Metrics["latency.store."+name]; got != want {
			t.Errorf("latency.store.%s = %v, want %v", name, got, want)
		}
	}
	for _, p := range f.Latencies[0].Points {
		if p.Percentile == 97.5 && p.Value != 153e9 || p.Percentile == 0 && p.Value != 1e9 {
			t.Errorf("the point at %v %% is %v, want 153 s at 97.5 %% and 1 s at 0 %%", p.Percentile, p.Value)
		}
	}
}

// TestMixedAcks: only what was confirmed waits for the confirmation.
func TestMixedAcks(t *testing.T) {
	f := measured(t, plain, `0 publisher-1 publish op=1 due=0ms; 0 publisher-1 publish op=2 due=0ms
		0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 w1 deliver seq=1 delivery=1; 0 w2 deliver seq=2 delivery=1
		10 w1 ack seq=1; 16 w1 acked seq=1; 30 w2 ack seq=2`)
	checkMetric(t, f, "latency.response.p50", 0.016)
	checkMetric(t, f, "latency.response.max", 0.03)
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "1 messages with the confirmed ack, those of 1 with") {
		t.Errorf("warnings %q", f.Warnings)
	}
	last := f.Latencies[len(f.Latencies)-1]
	if last.Name != "response" || last.Count != 2 || last.Label != "due → ack confirmed, or sent where none was confirmed" {
		t.Errorf("%s of %d messages, %s", last.Name, last.Count, last.Label)
	}
}

func TestRedeliveryFindings(t *testing.T) {
	for _, c := range []struct {
		name, consumer, script string
		mechanism, root, owner string
	}{
		{"backoff", `{"ack_wait":9000000000,"backoff":[100000000,500000000]}`, `0 w1 deliver seq=1 delivery=1; 100 w1 deliver seq=1 delivery=2`, "ack_wait", "none", "same"},
		{"backoff's last step stays", `{"backoff":[100000000]}`, `0 w1 deliver seq=1 delivery=7; 100 w2 deliver seq=1 delivery=8`, "ack_wait", "none", "another"},
		{"progress restarts the wait", plain, `0 w1 deliver seq=1 delivery=1; 500 w1 progress seq=1; 1000 w2 deliver seq=1 delivery=2`, "unknown", "none", "another"},
		{"a little early on its way", plain, `0 w1 deliver seq=1 delivery=1; 960 w2 deliver seq=1 delivery=2`, "ack_wait", "none", "another"},
		{"too early", plain, `0 w1 deliver seq=1 delivery=1; 940 w2 deliver seq=1 delivery=2`, "unknown", "none", "another"},
		{"no interest", plain, `0 w1 deliver seq=1 delivery=1; 5 nemesis fault fault=1 do=kill target=w1; 10 w2 deliver seq=1 delivery=2`, "no_interest", "fault 1", "another"},
		{"connection lost", plain, `0 w1 deliver seq=1 delivery=1; 5 w1 disconnect; 10 w2 deliver seq=1 delivery=2`, "no_interest", "none", "another"},
		{"of another worker", plain, `0 w1 deliver seq=1 delivery=1; 5 w2 disconnect; 10 w2 deliver seq=1 delivery=2`, "unknown", "none", "another"},
		{"leader", plain, `0 w1 deliver seq=1 delivery=1; 5 watcher leader target=n2; 10 w2 deliver seq=1 delivery=2`, "server", "none", "another"},
		{"server fault", plain, `0 w1 deliver seq=1 delivery=1; 5 nemesis fault fault=2 do=restart_server target=n1; 10 w1 deliver seq=1 delivery=2`, "server", "fault 2", "same"},
		{"the first one died unseen", plain, `0 nemesis fault fault=1 do=kill target=w1; 10 w2 deliver seq=1 delivery=2`, "no_interest", "none", "unknown"},
		{"the first one was not seen", plain, `10 w2 deliver seq=1 delivery=2`, "unknown", "none", "unknown"},
		{"the fault came after the message was done", plain, `0 w1 begin seq=1 delivery=1; 5 w1 end seq=1 outcome=ok; 9 nemesis fault fault=1 do=freeze target=w1; 1000 w2 deliver seq=1 delivery=2`, "ack_wait", "none", "another"},
		{"the partition lasted until it began", plain, `1 nemesis fault fault=1 do=partition target=w1; 5 w1 deliver seq=1 delivery=1; 9 nemesis heal fault=1; 1005 w2 deliver seq=1 delivery=2`, "ack_wait", "fault 1", "another"},
	} {
		f := measured(t, c.consumer, c.script)
		r := f.Redeliveries[len(f.Redeliveries)-1]
		if r.Mechanism != c.mechanism || r.Root != c.root || r.Owner != c.owner {
			t.Errorf("%s: %+v, want %s, %s, %s", c.name, r, c.mechanism, c.root, c.owner)
		}
	}
}

func TestLanes(t *testing.T) {
	f := measured(t, pinned, `
		0 w10 begin seq=1 delivery=1 gen=1; 10 w10 end seq=1; 10 w10 begin seq=2 delivery=1 gen=1; 20 w10 end seq=2
		30 w10 begin seq=3 delivery=1 gen=1; 40 nemesis fault fault=1 do=freeze target=w10; 50 w2 begin seq=4 delivery=1 gen=2
		60 nemesis heal fault=1; 70 w10 end seq=3; 80 w2 end seq=4; 80 w2 begin seq=2 delivery=2 gen=2; 90 w2 end seq=2
		95 nemesis fault fault=2 do=kill target=w2; 100 runner phase phase=end`)
	span := func(from, to int64) measure.Span { return measure.Span{From: from * 1e6, To: to * 1e6} }
	want := []measure.Lane{
		{Worker: "w2", Pinned: []measure.Span{span(50, 95)}, Service: []measure.Span{span(50, 80)},
			Redelivered: []measure.Span{span(80, 90)}, Down: []measure.Span{span(95, 100)}},
		{Worker: "w10", Pinned: []measure.Span{span(0, 50)}, Service: []measure.Span{span(0, 20), span(30, 50)},
			Stale: []measure.Span{span(50, 70)}, Frozen: []measure.Span{span(40, 60)}},
	}
	if !reflect.DeepEqual(f.Lanes, want) {
		t.Errorf("lanes %+v\nwant  %+v", f.Lanes, want)
	}
	shares := []measure.Share{
		{Worker: "w2", Delivered: 2, Busy: 0.4, HeldMax: 1, Generation: 1},
		{Worker: "w10", Delivered: 3, Busy: 0.4, HeldMax: 1, Generation: 1},
	}
	if !reflect.DeepEqual(f.Shares, shares) {
		t.Errorf("shares %+v\nwant   %+v", f.Shares, shares)
	}
}

// TestSpikesSurvive: of many thousand steps a few thousand are drawn, the one spike among them.
func TestSpikesSurvive(t *testing.T) {
	var events []history.Event
	for i := range int64(20_000) {
		seq := uint64(i + 1)
		events = append(events,
			history.Event{At: i * 1e6, Actor: "w1", Kind: history.Deliver, Seq: seq, Delivery: 1},
			history.Event{At: i*1e6 + 5e5, Actor: "w1", Kind: history.Ack, Seq: seq, Delivery: 1})
		if i == 12_345 {
			events = append(events, history.Event{At: i*1e6 + 1e5, Actor: "w2", Kind: history.Deliver, Seq: 1e6, Delivery: 1},
				history.Event{At: i*1e6 + 2e5, Actor: "w2", Kind: history.Ack, Seq: 1e6, Delivery: 1})
		}
	}
	history.Order(events)
	f := measure.All(events, measure.Asked{})
	i := slices.IndexFunc(f.Series, func(s measure.Series) bool { return s.Name == "ack_pending" })
	s := f.Series[i]
	if len(s.At) > 3000 || len(s.At) != len(s.V) || slices.Max(s.V) != 2 || s.V[len(s.V)-1] != 0 || !slices.IsSorted(s.At) {
		t.Errorf("%d points, highest %v, last %v", len(s.At), slices.Max(s.V), s.V[len(s.V)-1])
	}
	for _, s := range f.Series {
		if s.Name == "delivered" && (len(s.At) < 200 || len(s.At) > 201 || s.V[10] != 1000) {
			t.Errorf("delivered: %d buckets, %v/s in one, want 200 and 1000/s", len(s.At), s.V[10])
		}
	}
}

func TestWorstMessagesTellTheirStory(t *testing.T) {
	f := measured(t, drillConsumer, drill)
	if len(f.Worst) != 3 || f.Worst[0].Seq != 2 || f.Worst[1].Seq != 3 || f.Worst[2].Seq != 1 {
		t.Fatalf("worst %+v, want messages 2 (two deliveries), 3 (late), 1", f.Worst)
	}
	var lines []string
	for _, s := range f.Worst[0].Story {
		lines = append(lines, fmt.Sprintf("%d %s %s", s.At/1e6, s.Who, s.What))
	}
	want := []string{
		"0 publisher-1 published, 0 s after it was due", "0 publisher-1 stored", "0 w1 delivery 1 arrived, pin 1",
		"60 w1 began on delivery 1, pin 1", "1150 w2 delivery 2 arrived, pin 2", "1150 w2 began on delivery 2, pin 2",
		"1250 w2 ended: ok", "1250 w2 sent the ack", "1251 w2 got the ack confirmed", "1300 w1 ended: ok", "1300 w1 sent the ack",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("story\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}
