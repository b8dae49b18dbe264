package measure_test

import (
	"fmt"
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// drawn is a series as "at ms: value" steps.
func drawn(f *measure.Findings, name string) string {
	var steps []string
	for _, s := range f.Series {
		for i := range s.At {
			if s.Name == name {
				steps = append(steps, fmt.Sprintf("%d:%v", s.At[i]/1e6, s.V[i]))
			}
		}
	}
	return strings.Join(steps, " ")
}

// TestSlotsOfADistantWorker: 200 ms away, a worker that never has more than one message keeps the server at its limit.
func TestSlotsOfADistantWorker(t *testing.T) {
	f := measured(t, `{"max_ack_pending":2}`, `
		0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3
		0 publisher-1 stored op=4 seq=4; 0 publisher-1 stored op=5 seq=5
		0 w1 connect delay=200000000
		300 w1 deliver seq=1 delivery=1; 310 w1 ack seq=1; 320 w1 deliver seq=2 delivery=1; 330 w1 ack seq=2
		710 w1 deliver seq=3 delivery=1; 720 w1 ack seq=3; 730 w1 deliver seq=4 delivery=1; 740 w1 ack seq=4
		1120 w1 deliver seq=5 delivery=1; 1130 w1 ack seq=5
		1500 watcher sample; 1600 runner phase phase=end`)
	if got, want := drawn(f, "ack_pending"), "100:1 120:2 510:2 530:2 920:2 940:1 1330:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
	checkMetric(t, f, "ack_pending.max", 2)
	checkMetric(t, f, "cliff.count", 1)
	checkMetric(t, f, "cliff.total", 0.8) // 5 is sent at 920 ms, and nothing waits any more
	checkMetric(t, f, "cliff.danger", 0.82)
	if p := premise(f, "samples and events agree"); !p.OK {
		t.Error(p.Got)
	}
}

// TestSlotsOverASlowLink: from 1 s to 3 s a worker that is 100 ms away is 500 ms away. What it sent before the heal floors what
// it sends then (3450); and a delivery that the slow link may have held up (message 5: it left from 2800 to 3200) left before
// another worker's next one.
func TestSlotsOverASlowLink(t *testing.T) {
	f := measured(t, plain, `
		0 w1 connect delay=100000000; 0 w2 connect
		900 w1 deliver seq=1 delivery=1 cseq=1; 950 w1 ack seq=1
		1000 nemesis fault fault=1 do=slow_link target=w1 delay=400000000
		1600 w1 deliver seq=2 delivery=1 cseq=2; 1650 w1 ack seq=2
		2900 w1 deliver seq=3 delivery=1 cseq=3; 2900 w2 deliver seq=6 delivery=1 cseq=6
		2950 w1 ack seq=3; 2950 w1 deliver seq=4 delivery=1 cseq=4; 2950 w2 ack seq=6
		3000 nemesis heal fault=1
		3010 w1 ack seq=4; 3300 w1 deliver seq=5 delivery=1 cseq=5; 3400 w1 ack seq=5
		5000 runner phase phase=end`)
	if got, want := drawn(f, "ack_pending"), "800:1 1050:0 1100:1 2150:0 2400:1 2450:2 2900:4 2950:3 3450:1 3500:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
	if f.Faults[0].Slower != 4e8 {
		t.Errorf("the fault adds %d ns, want 400 ms", f.Faults[0].Slower)
	}
}

// TestAckAndRedeliveryPassEachOther: the ack frees the message for good, though it left before the redelivery came.
func TestAckAndRedeliveryPassEachOther(t *testing.T) {
	f := measured(t, plain, `
		0 w1 connect delay=100000000; 0 w2 connect delay=100000000; 200 w1 deliver seq=1 delivery=1
		1150 w1 ack seq=1; 1200 w2 deliver seq=1 delivery=2; 1300 w2 ack seq=1; 2000 runner phase phase=end`)
	if got, want := drawn(f, "ack_pending"), "100:1 1250:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
}

// cutOffDrill: w1 is cut off from 1 s to 6 s. Message 2 was on its way to it, and goes on to w2 after the ack wait;
// message 4 as well, but w2's message 5 shows when it must have left.
const cutOffDrill = `
	0 w1 deliver seq=1 delivery=1 cseq=1; 500 w1 ack seq=1
	1000 nemesis fault fault=1 do=partition target=w1
	1500 w2 deliver seq=3 delivery=1 cseq=3; 1600 w2 ack seq=3; 2000 w2 deliver seq=5 delivery=1 cseq=5; 2100 w2 ack seq=5
	2400 w2 deliver seq=2 delivery=2 cseq=6; 2450 w2 ack seq=2; 2900 w2 deliver seq=4 delivery=2 cseq=7; 2950 w2 ack seq=4
	6000 nemesis heal fault=1; 6000 w1 deliver seq=2 delivery=1 cseq=2; 6000 w1 deliver seq=4 delivery=1 cseq=4
	6010 w1 ack seq=2; 6020 w1 ack seq=4; 8000 runner phase phase=end`

// TestDeliveriesHeldBack: what a partition kept from a worker until it had come again elsewhere explains the redelivery,
// and holds its slot from when it must have left.
func TestDeliveriesHeldBack(t *testing.T) {
	f := measured(t, plain, cutOffDrill)
	for _, r := range f.Redeliveries {
		if r.Mechanism != "ack_wait" || r.Root != "fault 1" || r.Owner != "another" || r.From != "w1" {
			t.Errorf("%+v, want ack_wait of fault 1, from w1 to another", r)
		}
	}
	if len(f.Redeliveries) != 2 {
		t.Errorf("%d redeliveries, want 2", len(f.Redeliveries))
	}
	want := "0:1 500:0 1500:2 1600:1 2000:3 2100:2 2450:1 2950:0"
	if got := drawn(f, "ack_pending"); got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
	warning := "for 1 s between 1 s and 2 s ack pending may be up to 1 higher than shown"
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], warning) {
		t.Errorf("warnings %q, want …%s", f.Warnings, warning)
	}
}

// TestSamplesDateDeliveries: what nothing but samples tells of lies between the last that did not count it and the first
// that did, so that the cliff behind a frozen worker is one while it lasts.
func TestSamplesDateDeliveries(t *testing.T) {
	f := measured(t, `{"max_ack_pending":2,"ack_wait":9000000000}`, `
		0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3; 0 publisher-1 stored op=4 seq=4
		0 w1 deliver seq=1 delivery=1 cseq=1; 50 w1 ack seq=1; 50 nemesis fault fault=1 do=freeze target=w1
		100 watcher sample cseq=1; 200 watcher sample cseq=3 ack_pending=2; 4000 watcher sample cseq=3 ack_pending=2
		4000 nemesis heal fault=1; 4000 w1 deliver seq=2 delivery=1 cseq=2; 4000 w1 deliver seq=3 delivery=1 cseq=3
		4010 w1 ack seq=2; 4010 w1 deliver seq=4 delivery=1 cseq=4; 4020 w1 ack seq=3; 4030 w1 ack seq=4; 5000 runner phase phase=end`)
	if got, want := drawn(f, "ack_pending"), "0:1 50:0 200:2 4010:2 4020:1 4030:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
	checkMetric(t, f, "cliff.total", 3.81)
	checkMetric(t, f, "cliff.stall.max", 3.81)
	if len(f.Warnings) != 0 {
		t.Errorf("warnings %q", f.Warnings)
	}
}

// TestHeldByTheOnlyWorker: with nobody else to tell by, a redelivery that was held back together with the delivery before
// it is explained as well.
func TestHeldByTheOnlyWorker(t *testing.T) {
	f := measured(t, plain, `0 nemesis fault fault=1 do=freeze target=w1; 5000 nemesis heal fault=1
		5000 w1 deliver seq=1 delivery=1 cseq=1; 5000 w1 deliver seq=1 delivery=2 cseq=2; 5010 w1 ack seq=1`)
	if r := f.Redeliveries[0]; r.Mechanism != "ack_wait" || r.Root != "fault 1" || r.Owner != "same" {
		t.Errorf("%+v, want ack_wait of fault 1 to the same worker", r)
	}
}

// TestSamplesWhileHeld: the server may count what it sent to a held worker, and no more than that.
func TestSamplesWhileHeld(t *testing.T) {
	const script = `
		0 w1 pull batch=2; 1000 nemesis fault fault=1 do=partition target=w1; 3000 watcher sample ack_pending=%d
		6000 nemesis heal fault=1; 6000 w1 deliver seq=1 delivery=1 cseq=1; 6000 w1 deliver seq=2 delivery=1 cseq=2
		6010 w1 ack seq=1; 6020 w1 ack seq=2; 8000 runner phase phase=end`
	for pending, ok := range map[int]bool{0: true, 2: true, 3: false} {
		p := premise(measured(t, plain, fmt.Sprintf(script, pending)), "samples and events agree")
		if p.OK != ok {
			t.Errorf("the server said %d, 2 were on their way: ok: %v, got %s", pending, p.OK, p.Got)
		}
	}
}

// TestAcksHeldBack: an ack that is under way when its link is cut off arrives at the heal, and never if the worker dies
// before.
func TestAcksHeldBack(t *testing.T) {
	const script = `0 w1 connect delay=100000000; 200 w1 deliver seq=1 delivery=1; 950 w1 ack seq=1
		1000 nemesis fault fault=1 do=partition target=w1; `
	for end, want := range map[string]string{
		`3000 nemesis heal fault=1`:                    "100:1 3000:0",
		`3000 nemesis fault fault=2 do=kill target=w1`: "100:1",
		``: "100:1",
	} {
		if got := drawn(measured(t, plain, script+end+`; 4000 runner phase phase=end`), "ack_pending"); got != want {
			t.Errorf("%s: ack pending %s, want %s", end, got, want)
		}
	}
}

// TestALostEventStillShows: samples may be late, but not for ever.
func TestALostEventStillShows(t *testing.T) {
	for at, ok := range map[int64]bool{900: true, 1200: false} {
		f := measured(t, plain, fmt.Sprintf(`0 w1 deliver seq=1 delivery=1; 100 w1 ack seq=1; %d watcher sample ack_pending=1`, at))
		if p := premise(f, "samples and events agree"); p.OK != ok {
			t.Errorf("a sample of 1 at %d ms: ok: %v, got %s", at, p.OK, p.Got)
		}
	}
}

// TestLateAnswersExplainNothing: a nak that left after the message had come again is not why it did.
func TestLateAnswersExplainNothing(t *testing.T) {
	for _, answer := range []history.Kind{history.Nak, history.Progress} {
		f := measured(t, plain, `0 w1 deliver seq=1 delivery=1; 1000 w2 deliver seq=1 delivery=2; 1200 w1 `+string(answer)+` seq=1 delivery=1`)
		if r := f.Redeliveries[0]; r.Mechanism != "ack_wait" {
			t.Errorf("%s: %+v, want ack_wait", answer, r)
		}
	}
}

// TestAPurgeKeepsWhatItMust: only what comes before the sequence gives its slot back.
func TestAPurgeKeepsWhatItMust(t *testing.T) {
	f := measured(t, plain, `0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 deliver seq=3 delivery=1
		100 nemesis fault fault=1 do=purge target=stream seq=3; 200 w1 ack seq=3; 300 runner phase phase=end`)
	if got, want := drawn(f, "ack_pending"), "0:3 100:1 200:0"; got != want {
		t.Errorf("ack pending %s, want %s", got, want)
	}
}
