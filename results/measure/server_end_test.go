package measure_test

import (
	"fmt"
	"testing"

	"pindrop/results/measure"
)

// virtual begins a history of one server on the virtual clock, whose end of every link was watched.
const virtual = `0 runner phase phase=backlog do=virtual count=1; 0 runner phase phase=disturb; `

// A term is an ack: with ack policy all it frees everything up to its message (nats-server consumer.go, processTermLocked).
func TestTermFreesAllBefore(t *testing.T) {
	f := measured(t, `{"ack_policy":"all","max_ack_pending":5}`, virtual+`
		10 w1 deliver seq=1 delivery=1 cseq=1; 10 w1 sent seq=1 delivery=1 cseq=1; 10 w1 deliver seq=2 delivery=1 cseq=2
		10 w1 sent seq=2 delivery=1 cseq=2; 30 w1 term seq=2 delivery=1; 40 w1 reached seq=2 delivery=1 outcome=term
		50 watcher sample cseq=2 stamp=50ms; 60 runner phase phase=end do=drained`)
	if got, want := drawn(f, "ack_pending"), "10:2 40:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
	if p := premise(f, "samples and events agree"); !p.OK || f.ServerView != measure.Exact {
		t.Errorf("the view is %s: %s", f.ServerView, p.Got)
	}
}

// With ack policy all, an ack of an older delivery frees nothing once one of a later delivery has come: the server goes by its own count
// of deliveries.
func TestOlderAckFreesNothing(t *testing.T) {
	f := measured(t, `{"ack_policy":"all"}`, virtual+`
		10 w1 deliver seq=1 delivery=1 cseq=1; 10 w1 sent seq=1 delivery=1 cseq=1; 10 w1 deliver seq=2 delivery=1 cseq=2
		10 w1 sent seq=2 delivery=1 cseq=2; 20 w2 deliver seq=1 delivery=2 cseq=3; 20 w2 sent seq=1 delivery=2 cseq=3
		30 w2 reached seq=1 delivery=2 cseq=3 outcome=ok; 40 w1 reached seq=2 delivery=1 cseq=2 outcome=ok
		50 watcher sample cseq=3 ack_pending=1 ack_floor=1 stamp=50ms; 60 runner phase phase=end do=not_drained`)
	if got, want := drawn(f, "ack_pending"), "10:2 30:1"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
}

// A delivery of no interest is counted by the server and passes no wire: the next one that does shows that there was one. A sample
// that counts more than that contradicts.
func TestDeliveryOfNoInterest(t *testing.T) {
	for counted, ok := range map[int]bool{1: true, 2: true, 3: false} {
		f := measured(t, plain, virtual+fmt.Sprintf(`
			10 w1 deliver seq=1 delivery=1 cseq=1; 10 w1 sent seq=1 delivery=1 cseq=1; 20 w1 nak seq=1 delivery=1
			20 w1 reached seq=1 delivery=1 outcome=nak; 20 w1 disconnect
			30 watcher sample cseq=%d ack_pending=1 stamp=30ms
			50 w2 deliver seq=1 delivery=2 cseq=3; 50 w2 sent seq=1 delivery=2 cseq=3; 55 w2 ack seq=1 delivery=2
			55 w2 reached seq=1 delivery=2 outcome=ok; 60 watcher final cseq=3 stamp=60ms; 60 runner phase phase=end do=drained`, counted))
		if p := premise(f, "samples and events agree"); p.OK != ok {
			t.Errorf("counted %d: ok %v, want %v: %s", counted, p.OK, ok, p.Got)
		}
	}
}

// Each thing that a sample tells is held against the account, to the instant.
func TestSamplesContradictExactly(t *testing.T) {
	const script = `
		10 publisher-1 stored op=1 seq=1; 10 publisher-1 stored op=2 seq=2; 10 publisher-1 stored op=3 seq=3
		20 w1 deliver seq=1 delivery=1 cseq=1; 20 w1 sent seq=1 delivery=1 cseq=1; 20 w1 deliver seq=2 delivery=1 cseq=2
		20 w1 sent seq=2 delivery=1 cseq=2; 30 w1 ack seq=1 delivery=1; 30 w1 reached seq=1 delivery=1 outcome=ok
		40 watcher sample %s stamp=40ms; 60 w1 ack seq=2 delivery=1; 60 w1 reached seq=2 delivery=1 outcome=ok
		60 w1 deliver seq=3 delivery=1 cseq=3; 60 w1 sent seq=3 delivery=1 cseq=3; 70 w1 ack seq=3 delivery=1
		70 w1 reached seq=3 delivery=1 outcome=ok; 80 runner phase phase=end do=drained`
	for said, ok := range map[string]bool{
		"cseq=2 ack_pending=1 pending=1 ack_floor=1": true,
		"cseq=2 ack_pending=2 pending=1 ack_floor=1": false,
		"cseq=2 ack_pending=1 pending=2 ack_floor=1": false,
		"cseq=1 ack_pending=1 pending=1 ack_floor=1": false,
		"cseq=2 ack_pending=1 pending=1 ack_floor=2": false,
	} {
		if p := premise(measured(t, plain, virtual+fmt.Sprintf(script, said)), "samples and events agree"); p.OK != ok {
			t.Errorf("%s: ok %v, want %v: %s", said, p.OK, ok, p.Got)
		}
	}
}

// On the real clock a sample need not agree to the instant, but with what the events around it allow.
func TestSamplesContradictRoughly(t *testing.T) {
	const script = `0 runner phase phase=backlog do=real count=1; 0 runner phase phase=disturb
		10 publisher-1 stored op=1 seq=1; 10 publisher-1 stored op=2 seq=2; 10 publisher-1 stored op=3 seq=3
		20 w1 deliver seq=1 delivery=1 cseq=1; 20 w1 sent seq=1 delivery=1 cseq=1
		5000 watcher sample %s stamp=5000ms; 9000 w1 ack seq=1 delivery=1; 9000 w1 reached seq=1 delivery=1 outcome=ok
		9000 w1 deliver seq=2 delivery=1 cseq=2; 9000 w1 sent seq=2 delivery=1 cseq=2; 9500 runner phase phase=end do=not_drained`
	for said, ok := range map[string]bool{
		"cseq=1 ack_pending=1 pending=2": true,
		"cseq=1 ack_pending=2 pending=2": false,
		"cseq=1 ack_pending=1 pending=3": false,
		"cseq=2 ack_pending=1 pending=2": false,
	} {
		if p := premise(measured(t, plain, fmt.Sprintf(script, said)), "samples and events agree"); p.OK != ok {
			t.Errorf("%s: ok %v, want %v: %s", said, p.OK, ok, p.Got)
		}
	}
}

// A limit that is reached while nothing waits, and messages that wait while it is not reached, are no cliff: dips are joined once both
// were so at one time.
func TestLimitInPieces(t *testing.T) {
	const script = `
		0 publisher-1 stored op=1 seq=1; 0 w1 deliver seq=1 delivery=1 cseq=1; 0 w1 sent seq=1 delivery=1 cseq=1
		50 w1 ack seq=1 delivery=1; 50 w1 reached seq=1 delivery=1 outcome=ok
		%s publisher-1 stored op=2 seq=2; 80 w1 deliver seq=2 delivery=1 cseq=2; 80 w1 sent seq=2 delivery=1 cseq=2
		140 w1 ack seq=2 delivery=1; 140 w1 reached seq=2 delivery=1 outcome=ok; 500 runner phase phase=end do=drained`
	f := measured(t, `{"max_ack_pending":1}`, virtual+fmt.Sprintf(script, "60"))
	checkMetric(t, f, "cliff.count", 0)
	checkMetric(t, f, "cliff.limited", 0)
	f = measured(t, `{"max_ack_pending":1}`, virtual+fmt.Sprintf(script, "40")) // it waits for 10 ms at the limit, and for 30 ms in a dip
	checkMetric(t, f, "cliff.count", 1)
	checkMetric(t, f, "cliff.limited", 0.01)
	checkMetric(t, f, "cliff.total", 0.04)
}

// A delivery that left the server and never arrived, though nothing had happened to its worker, is one that somebody overlooked.
func TestVanishedDelivery(t *testing.T) {
	const script = `
		10 w1 sent seq=1 delivery=1 cseq=1; 20 w1 deliver seq=2 delivery=1 cseq=2; 20 w1 sent seq=2 delivery=1 cseq=2
		%s5000 w1 reached seq=2 delivery=1 outcome=ok; 6000 watcher final cseq=2 ack_pending=1 stamp=6000ms; 6000 runner phase phase=end do=not_drained`
	for fault, ok := range map[string]bool{"": false, "500 nemesis fault fault=1 do=kill target=w1 incarnation=1; ": true} {
		if p := premise(measured(t, plain, virtual+fmt.Sprintf(script, fault)), "every delivery was seen"); p.OK != ok {
			t.Errorf("%q: ok %v, want %v: %s", fault, p.OK, ok, p.Got)
		}
	}
}

// A start of an instant comes before the fault that names its incarnation, and behind one that names an older one.
func TestStartAndFaultInOneInstant(t *testing.T) {
	const script = `
		0 host start worker=w1 incarnation=1; 0 w1 connect; 0 w1 pull batch=2; 10 w1 deliver seq=1 delivery=1; 10 w1 begin seq=1 delivery=1
		100 host stop worker=w1 incarnation=1 reason=drained
		200 nemesis fault fault=1 do=%s target=w1 incarnation=%d; 200 host start worker=w1 incarnation=2
		200 w1 connect; 200 w1 deliver seq=2 delivery=1; 200 w1 begin seq=2 delivery=1; 400 runner phase phase=end`
	for named, held := range map[int]int{1: 0, 2: 1} {
		f := measured(t, plain, fmt.Sprintf(script, "kill", named))
		if f.Faults[0].Held != held {
			t.Errorf("a kill of incarnation %d caught %d messages, want %d", named, f.Faults[0].Held, held)
		}
	}
}

// What a publisher far away hears late waits from when the server has it.
func TestPersistedBeforeHeard(t *testing.T) {
	f := measured(t, plain, virtual+`
		0 publisher-1 publish op=1 due=0; 500 publisher-1 persisted op=1 seq=1; 700 w1 deliver seq=1 delivery=1 cseq=1
		700 w1 sent seq=1 delivery=1 cseq=1; 700 w1 begin seq=1 delivery=1; 1000 publisher-1 stored op=1 seq=1; 1100 w1 end seq=1 delivery=1 outcome=ok
		1100 w1 ack seq=1 delivery=1; 1100 w1 reached seq=1 delivery=1 outcome=ok; 1200 runner phase phase=end do=drained`)
	checkMetric(t, f, "latency.store.p50", 1.0)
	checkMetric(t, f, "latency.queue.p50", 0.2)
	checkMetric(t, f, "gap.max", 0.2)
	checkMetric(t, f, "backlog.max", 1)
}

// A delivery that died on its way is the one before a redelivery: that comes because its worker was killed, after the ack wait; and
// until then its slot is stuck.
func TestDeadDeliveryComesAgain(t *testing.T) {
	f := measured(t, `{"ack_wait":2000000000,"max_ack_pending":1}`, virtual+`
		0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 w1 connect delay=100000000; 0 w2 connect
		1000 w1 sent seq=1 delivery=1 cseq=1; 1050 nemesis fault fault=1 do=kill target=w1 incarnation=1
		3000 w2 deliver seq=1 delivery=2 cseq=2; 3000 w2 sent seq=1 delivery=2 cseq=2; 3010 w2 ack seq=1 delivery=2
		3010 w2 reached seq=1 delivery=2 outcome=ok; 3010 w2 deliver seq=2 delivery=1 cseq=3; 3010 w2 sent seq=2 delivery=1 cseq=3
		3020 w2 ack seq=2 delivery=1; 3020 w2 reached seq=2 delivery=1 outcome=ok; 4000 runner phase phase=end do=drained`)
	if r := f.Redeliveries[0]; r.Mechanism != "ack_wait" || r.Root != "fault 1" || r.From != "w1" {
		t.Errorf("%+v, want ack_wait of fault 1, from w1", r)
	}
	checkMetric(t, f, "cliff.stall.max", 2.01)
	if f.Diagnosis.Cause != measure.CauseStuck {
		t.Errorf("diagnosis %+v, want %s", f.Diagnosis, measure.CauseStuck)
	}
}

// The mechanism of a redelivery is the server's: a nak counts once the server has it, and progress restarts the wait when it does.
func TestMechanismAtTheServer(t *testing.T) {
	const script = `
		0 w1 connect delay=100000000; 100 w1 deliver seq=1 delivery=1 cseq=1; 0 w1 sent seq=1 delivery=1 cseq=1
		%s; 1500 w2 deliver seq=1 delivery=2 cseq=2; 1500 w2 sent seq=1 delivery=2 cseq=2; 2000 runner phase phase=end do=drained`
	for between, want := range map[string]string{
		"1450 w1 nak seq=1 delivery=1; 1550 w1 reached seq=1 delivery=1 outcome=nak":           "ack_wait", // it came too late
		"1300 w1 nak seq=1 delivery=1; 1400 w1 reached seq=1 delivery=1 outcome=nak":           "nak",
		"800 w1 progress seq=1 delivery=1; 900 w1 reached seq=1 delivery=1 outcome=extended":   "unknown", // the wait is not over
		"1350 w1 progress seq=1 delivery=1; 1600 w1 reached seq=1 delivery=1 outcome=extended": "ack_wait",
	} {
		f := measured(t, `{"ack_wait":1000000000}`, virtual+fmt.Sprintf(script, between))
		if r := f.Redeliveries[0]; r.Mechanism != want {
			t.Errorf("%s: %s, want %s", between, r.Mechanism, want)
		}
	}
}

// A server that lost its latest state sends messages as new ones again, and wants others acked again that were.
func TestServerForgets(t *testing.T) {
	f := measured(t, plain, virtual+`
		0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3
		100 w1 deliver seq=1 delivery=1 cseq=1; 100 w1 sent seq=1 delivery=1 cseq=1; 110 w1 ack seq=1 delivery=1
		110 w1 reached seq=1 delivery=1 outcome=ok; 120 w1 deliver seq=2 delivery=1 cseq=2; 120 w1 sent seq=2 delivery=1 cseq=2
		130 w1 ack seq=2 delivery=1; 130 w1 reached seq=2 delivery=1 outcome=ok
		200 nemesis fault fault=1 do=kill_server target=n1; 500 nemesis heal fault=1 do=kill_server target=n1
		600 watcher sample cseq=1 ack_pending=1 pending=2
		900 w1 deliver seq=1 delivery=2 cseq=2; 900 w1 sent seq=1 delivery=2 cseq=2; 910 w1 ack seq=1 delivery=2
		910 w1 reached seq=1 delivery=2 outcome=ok; 920 w1 deliver seq=2 delivery=1 cseq=3; 920 w1 sent seq=2 delivery=1 cseq=3
		930 w1 ack seq=2 delivery=1; 930 w1 reached seq=2 delivery=1 outcome=ok; 940 w1 deliver seq=3 delivery=1 cseq=4
		940 w1 sent seq=3 delivery=1 cseq=4; 950 w1 ack seq=3 delivery=1; 950 w1 reached seq=3 delivery=1 outcome=ok
		1000 runner phase phase=end do=drained`)
	if got, want := drawn(f, "ack_pending"), "100:1 110:0 120:1 130:0 200:1 900:1 910:0 920:1 930:0 940:1 950:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
	if got, want := drawn(f, "backlog"), "0:3 100:2 120:1 600:2 920:1 940:0"; got != want {
		t.Errorf("backlog %s, want %s", got, want)
	}
	if f.ServerView != measure.Bounded {
		t.Errorf("the view is %s, want %s", f.ServerView, measure.Bounded)
	}
}

// What is on its way is not locked: an answer of any kind from when it leaves, whatever becomes of its worker meanwhile. What a
// partition keeps is locked while it does so, and what it lets through is not.
func TestOnItsWay(t *testing.T) {
	const one = `0 publisher-1 stored op=1 seq=1; 10 w1 sent seq=1 delivery=1 cseq=1; 30 w1 deliver seq=1 delivery=1 cseq=1; 30 w1 begin seq=1 delivery=1;`
	const slow = `0 publisher-1 stored op=1 seq=1; 10 w1 sent seq=1 delivery=1 cseq=1; 60 w1 deliver seq=1 delivery=1 cseq=1; 60 w1 begin seq=1 delivery=1
		70 w1 end seq=1 outcome=ok; 70 w1 ack seq=1 delivery=1; 70 w1 reached seq=1 delivery=1 outcome=ok`
	const ack = `40 w1 end seq=1 outcome=ok; 40 w1 ack seq=1 delivery=1;`
	for _, c := range []struct {
		name, script string
		locked       float64
	}{
		{"an ack", one + ack + `80 w1 reached seq=1 delivery=1 outcome=ok`, 0},
		{"a term", one + `40 w1 end seq=1 outcome=term; 40 w1 term seq=1 delivery=1; 80 w1 reached seq=1 delivery=1 outcome=term`, 0},
		{"a nak, and then it is delayed", one + `40 w1 end seq=1 outcome=nak; 40 w1 nak seq=1 delivery=1; 80 w1 reached seq=1 delivery=1 outcome=nak
			100 w1 sent seq=1 delivery=2 cseq=2; 100 w1 deliver seq=1 delivery=2 cseq=2; 100 w1 begin seq=1 delivery=2`, 0.02},
		{"an ack of a worker that dies", one + ack + `50 nemesis fault fault=1 do=kill target=w1; 80 w1 reached seq=1 delivery=1 outcome=ok`, 0},
		{"an ack of a worker that freezes", one + ack + `50 nemesis fault fault=1 do=freeze target=w1; 80 w1 reached seq=1 delivery=1 outcome=ok`, 0},
		{"an ack that never arrives", one + ack + `50 nemesis fault fault=1 do=kill target=w1`, 0.08},
		{"an ack that a partition keeps", one + ack + `50 nemesis fault fault=1 do=partition target=w1 reason=both; 70 nemesis heal fault=1
			80 w1 reached seq=1 delivery=1 outcome=ok`, 0.02},
		{"an ack that a partition lets through", one + ack + `50 nemesis fault fault=1 do=partition target=w1 reason=in; 70 nemesis heal fault=1
			80 w1 reached seq=1 delivery=1 outcome=ok`, 0},
		{"a delivery that a partition keeps", `20 nemesis fault fault=1 do=partition target=w1 reason=in; 50 nemesis heal fault=1;` + slow, 0.03},
		{"a delivery that a partition lets through", `20 nemesis fault fault=1 do=partition target=w1 reason=out; 50 nemesis heal fault=1;` + slow, 0},
		{"an old history does not say which way", `20 nemesis fault fault=1 do=partition target=w1; 50 nemesis heal fault=1;` + slow, 0.03},
		{"two partitions, one in each way", `20 nemesis fault fault=1 do=partition target=w1 reason=in; 30 nemesis fault fault=2 do=partition target=w1 reason=out
			40 nemesis heal fault=1; 50 nemesis heal fault=2;` + slow, 0.02},
		{"a delivery to the next incarnation, in a partition that goes on", `5 nemesis fault fault=1 do=partition target=w1 reason=in
			7 nemesis fault fault=2 do=kill target=w1 incarnation=1; 8 host start worker=w1 incarnation=2; 50 nemesis heal fault=1;` + slow, 0.04},
		{"two partitions in one way", `20 nemesis fault fault=1 do=partition target=w1 reason=in; 30 nemesis fault fault=2 do=partition target=w1 reason=both
			40 nemesis heal fault=1; 50 nemesis heal fault=2;` + slow, 0.03},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkMetric(t, measured(t, plain, virtual+c.script+`; 120 runner phase phase=end do=drained`), "gap.locked", c.locked)
		})
	}
}

// A new message ends a stall, also if it is refused and sent again in the same instant, and only the second delivery arrives.
func TestSentTwiceInOneInstant(t *testing.T) {
	f := measured(t, `{"max_ack_pending":1}`, virtual+`
		0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3
		0 w1 sent seq=1 delivery=1 cseq=1; 0 w1 deliver seq=1 delivery=1 cseq=1
		200 w1 ack seq=1 delivery=1; 200 w1 reached seq=1 delivery=1 outcome=ok; 200 w2 sent seq=2 delivery=2 cseq=3
		200 w2 deliver seq=2 delivery=2 cseq=3; 200 w1 sent seq=2 delivery=1 cseq=2; 200 w1 reached seq=2 delivery=1 outcome=nak
		500 runner phase phase=end do=not_drained`)
	checkAll(t, f, wanted{"cliff.total": 0.5, "cliff.stall.max": 0.3, "cliff.stall.total": 0.5})
}
