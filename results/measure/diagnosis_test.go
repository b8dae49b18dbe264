package measure_test

import (
	"fmt"
	"strings"
	"testing"

	"pindrop/results/measure"
)

const limit2 = `{"ack_wait":1000000000,"max_ack_pending":2}`

// stored is n messages at 0.
func stored(n int) string {
	text := ""
	for i := 1; i <= n; i++ {
		text += fmt.Sprintf("0 publisher-1 stored op=%d seq=%d;", i, i)
	}
	return text
}

// work is a message that a worker handles at a time, delivered the moment before.
func work(w string, seq, from, to int) string {
	return fmt.Sprintf("%d %s deliver seq=%d delivery=1; %d %s begin seq=%d delivery=1; %d %s end seq=%d outcome=ok; %d %s ack seq=%d;",
		from, w, seq, from, w, seq, to, w, seq, to, w, seq)
}

func TestDiagnosis(t *testing.T) {
	for _, c := range []struct{ name, cause, consumer, script, says string }{
		{"a limit", "limit", limit2, stored(3) + `0 w1 pull batch=10; 0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1
			100 w1 begin seq=1 delivery=1; 200 w1 end seq=1 outcome=ok; 300 w1 ack seq=1; 300 w1 deliver seq=3 delivery=1; 400 watcher pinned`,
			"ack pending stood at a limit of 2 for 0.3 s"},
		{"workers that are slow for a while", "slow", limit2, stored(3) + `0 w1 pull batch=10; 0 w1 deliver seq=2 delivery=1;` + work("w1", 1, 0, 100) +
			`100 w1 begin seq=2 delivery=1; 100 w1 deliver seq=3 delivery=1; 200 w1 end seq=2 outcome=ok; 200 w1 ack seq=2
			200 w1 begin seq=3 delivery=1; 300 w1 end seq=3 outcome=ok; 300 w1 ack seq=3; 900 watcher pinned`,
			"stood at a limit of 2 for 0.1 s while new messages waited, and they were in service 100.0 % of that time"},
		{"slow workers", "slow", limit2, stored(4) + `0 w1 pull batch=10; 0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1
			0 w1 begin seq=1 delivery=1; 95 w1 end seq=1 outcome=ok; 95 w1 ack seq=1; 95 w1 deliver seq=3 delivery=1; 95 w1 begin seq=2 delivery=1; 100 watcher pinned`,
			"40.0/s came in, they can handle 10.0/s"},
		{"acks that are missing", "acks", limit2, stored(3) + `0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 begin seq=1 delivery=1
			9 w1 end seq=1 outcome=ignored; 9 w1 begin seq=2 delivery=1; 20 w1 end seq=2 outcome=ok; 20 w1 ack seq=2; 900 watcher pinned`,
			"1 of 2 deliveries ended without an answer"},
		{"a takeover", "takeover", pinned, stored(2) + `0 w1 deliver seq=1 delivery=1 gen=1; 0 w1 begin seq=1 delivery=1 gen=1
			0 watcher pinned; 800 watcher unpinned reason=timeout; 900 watcher pinned
			10 nemesis fault fault=1 do=kill target=w1; 900 w2 begin seq=2 delivery=1 gen=2; 910 w2 end seq=2 outcome=ok; 910 w2 ack seq=2`,
			"the longest took 0.89 s (from w1 to w2, fault 1)"},
		{"an overlap", "overlap", pinned, `0 w1 begin seq=1 delivery=1 gen=1; 50 w2 begin seq=2 delivery=1 gen=2; 90 w2 end seq=2; 100 w1 end seq=1`,
			"w1 and w2 had messages in service at once for 0.04 s (cause: expiry)"},
		{"nothing", "none", plain, `0 w1 begin seq=1 delivery=1; 50 w1 end seq=1 outcome=ok; 100 watcher pinned`,
			"No limit held the work up: 1 messages handled, the workers' handlers in service 50.0 % of the time, ack pending at most 1."},
		{"nothing, without acks", "none", `{"ack_policy":"none"}`, `0 w1 begin seq=1 delivery=1; 50 w1 end seq=1 outcome=ok; 100 watcher pinned`,
			"in service 50.0 % of the time."},
		{"nothing, without a limit", "none", `{"max_ack_pending":-1}`, `0 w1 begin seq=1 delivery=1; 50 w1 end seq=1 outcome=ok; 100 watcher pinned`,
			"ack pending at most 1 without a limit."},
		{"all came in before, and is being done", "none", plain, stored(2) + `10 runner phase phase=disturb;` + work("w1", 1, 10, 50) +
			work("w1", 2, 50, 90) + `100 watcher final; 100 runner phase phase=end reason=drained`,
			"No limit held the work up"},
		{"one of two handlers is always free", "none", plain, stored(4) + `0 w1 deliver seq=2 delivery=1; 0 w1 begin seq=2 delivery=1; 5 w1 end seq=2 outcome=ok; 5 w1 ack seq=2;` +
			work("w1", 1, 0, 30) + work("w1", 3, 30, 60) + work("w1", 4, 60, 99) + `100 watcher pinned`,
			"in service 52.0 % of the time"},
		{"a freeze took the time", "absent", plain, stored(3) + work("w1", 1, 0, 20) + `20 w1 deliver seq=2 delivery=1; 20 w1 begin seq=2 delivery=1
			20 nemesis fault fault=1 do=freeze target=w1; 90 nemesis heal fault=1; 100 watcher pinned`,
			"w1, the only worker, was not there"},
		{"a frozen worker holds the slots", "stuck", limit2, stored(3) + `0 w1 pull batch=10; 0 w2 pull batch=10
			0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 begin seq=1 delivery=1
			10 nemesis fault fault=1 do=freeze target=w1; 900 nemesis heal fault=1; 910 w1 end seq=1 outcome=ok; 910 w1 ack seq=1
			910 w2 deliver seq=3 delivery=1; 920 w2 begin seq=3 delivery=1; 930 w2 end seq=3 outcome=ok; 930 w2 ack seq=3; 940 watcher pinned`,
			"ack pending stalled at a limit of 2 for 0.91 s while new messages waited, and for 0.89 s of that at least half of it was messages sent to w1,"},
		{"a dead worker holds the slots", "stuck", limit2, stored(3) + `0 w1 pull batch=10; 0 w2 pull batch=10
			0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 begin seq=1 delivery=1
			10 nemesis fault fault=1 do=restart target=w1; 20 host start worker=w1 incarnation=2
			1000 w2 deliver seq=1 delivery=2; 1000 w2 begin seq=1 delivery=2; 1010 w2 end seq=1 outcome=ok; 1010 w2 ack seq=1
			1010 w2 deliver seq=3 delivery=1; 1020 watcher pinned`,
			"sent to w1, frozen, dead or cut off"},
		{"buffers too deep for the ack wait", "ack_wait", plain, `
			0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 begin seq=1 delivery=1; 900 w1 end seq=1 outcome=ok; 900 w1 ack seq=1
			900 w1 begin seq=2 delivery=1; 1000 w1 deliver seq=2 delivery=2; 1800 w1 end seq=2 delivery=1 outcome=ok; 1800 w1 ack seq=2
			1800 w1 begin seq=2 delivery=2; 2700 w1 end seq=2 delivery=2 outcome=ok; 2700 w1 ack seq=2; 2700 watcher pinned`,
			"33.3 % of the work was done twice: 1 deliveries came after the ack wait (1 s), since messages wait longer than that in the workers' buffers"},
		{"handlers too slow for the ack wait", "ack_wait", plain, `
			0 w1 deliver seq=1 delivery=1; 0 w1 begin seq=1 delivery=1; 1000 w1 deliver seq=1 delivery=2; 1200 w1 end seq=1 delivery=1 outcome=ok; 1200 w1 ack seq=1
			1200 w1 begin seq=1 delivery=2; 2400 w1 end seq=1 delivery=2 outcome=ok; 2400 w1 ack seq=1; 2400 watcher pinned`,
			"50.0 % of the work was done twice: 1 deliveries came after the ack wait (1 s), since handlers take longer than that"},
		{"messages that came to no good end", "casualties", plain, stored(2) + `0 publisher-1 refused op=9; 0 w1 begin seq=1 delivery=1; 5 w1 end seq=1 outcome=term
			5 w1 begin seq=2 delivery=1; 50 watcher max_deliveries seq=2; 100 watcher pinned`,
			"Not every message was handled: of the messages 1 refused when they were published, 1 given up after too many deliveries, 1 terminated by a worker."},
		{"a limit, and a loss", "limit", limit2, stored(4) + `0 w1 pull batch=10; 0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1
			300 w1 ack seq=1; 300 w1 deliver seq=3 delivery=1; 400 w1 ack seq=2; 400 w1 ack seq=3; 500 watcher final`,
			" Besides, of the messages 1 lost."},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := measured(t, c.consumer, c.script).Diagnosis
			if d.Cause != c.cause || !strings.Contains(d.Text, c.says) {
				t.Errorf("%s: %s\nwant %s: …%s…", d.Cause, d.Text, c.cause, c.says)
			}
		})
	}
}

// TestNoDiagnosisOfNoExperiment: whatever a run looks like that broke a premise, it shows nothing.
func TestNoDiagnosisOfNoExperiment(t *testing.T) {
	const slow = `0 w1 pull batch=10; 0 w1 deliver seq=1 delivery=1; 0 w1 begin seq=1 delivery=1; 100 runner phase phase=end reason=interrupted`
	d := measured(t, plain, stored(4)+slow).Diagnosis
	if d.Cause != "none" || d.Text != "No diagnosis: the premise that the run is complete is broken (interrupted)." {
		t.Errorf("%s: %s", d.Cause, d.Text)
	}
	d = measure.All(script(t, limit2, stored(4)+strings.ReplaceAll(slow, "interrupted", "drained")+`; 100 watcher final pending=3`), measure.Asked{}).Diagnosis
	if d.Cause != "none" || d.Text != "No diagnosis: the premise that all work was drained is broken (3 pending, 0 ack pending (drained))." {
		t.Errorf("%s: %s", d.Cause, d.Text)
	}
}
