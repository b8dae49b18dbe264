package measure_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// five messages: 1 handled, 2 handled and not acked, 3 delivered, 4 and 5 waiting.
const five = `
	0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3
	0 publisher-1 stored op=4 seq=4; 0 publisher-1 stored op=5 seq=5
	5 w1 deliver seq=1 delivery=1; 5 w1 begin seq=1 delivery=1; 10 w1 end seq=1 outcome=ok; 10 w1 ack seq=1
	15 w1 deliver seq=2 delivery=1; 15 w1 begin seq=2 delivery=1; 20 w1 end seq=2 outcome=ok
	25 w1 deliver seq=3 delivery=1;`

func TestConservation(t *testing.T) {
	for _, c := range []struct {
		name, consumer, script string
		wanted                 wanted
	}{
		{"all that waits is there", plain, five + `90 watcher final pending=2 ack_pending=2`,
			wanted{"stored.count": 5, "handled.count": 2, "waiting.count": 3, "lost.count": 0, "removed.count": 0}},
		{"one is lost", plain, five + `90 watcher final pending=1 ack_pending=2`, wanted{"waiting.count": 2, "lost.count": 1}},
		{"what a handler has not acked hides no loss", plain, five + `30 w1 end seq=3; 90 watcher final pending=1 ack_pending=2`,
			wanted{"waiting.count": 2, "lost.count": 1}},
		{"without the server's last word nothing is lost", plain, five,
			wanted{"stored.count": 5, "handled.count": 2, "waiting.count": "absent", "lost.count": "absent", "removed.count": "absent"}},
		{"nor after an interruption", plain, five + `90 watcher final; 90 runner phase phase=end reason=interrupted`,
			wanted{"waiting.count": 0, "lost.count": "absent"}},
		{"acked early and at work when the run ended", plain, five + `30 w1 begin seq=3 delivery=1; 30 w1 ack seq=3; 90 watcher final pending=2 ack_pending=1`,
			wanted{"waiting.count": 3, "lost.count": 0}},
		{"the same, and the end is written down", plain, five + `30 w1 begin seq=3 delivery=1; 30 w1 ack seq=3
			80 host stop worker=w1 incarnation=1 reason=ended; 90 watcher final pending=2 ack_pending=1`,
			wanted{"waiting.count": 3, "lost.count": 0}},
		{"a purge removes", plain, five + `40 nemesis fault fault=1 do=purge target=stream; 50 w1 begin seq=3 delivery=1; 60 w1 end seq=3 outcome=ok
			90 watcher final`,
			wanted{"handled.count": 3, "removed.count": 2, "waiting.count": 0, "lost.count": 0, "backlog.max": 5}},
		{"a stream with a limit removes", plain, five + `90 watcher config stream={"max_bytes":2}; 91 watcher final ack_pending=2 stored=3`,
			wanted{"removed.count": 2, "waiting.count": 1, "lost.count": 0}},
		{"a stream that becomes smaller removes", plain, five + `40 watcher config stream={"max_msgs":1}; 91 watcher final pending=1 stored=1`,
			wanted{"handled.count": 2, "removed.count": 2, "waiting.count": 1, "lost.count": 0, "backlog.max": 5}},
		{"the stream says that it removed", plain, five + `40 watcher terminated seq=3 reason=x; 90 watcher final pending=2 ack_pending=1`,
			wanted{"terminated.count": 1, "waiting.count": 2, "lost.count": 0}},
		{"never stored, yet delivered", plain, `0 publisher-1 unknown op=1; 5 w1 deliver seq=1 delivery=1; 5 w1 begin seq=1 delivery=1; 9 w1 end seq=1 outcome=ok; 9 watcher final`,
			wanted{"stored.count": 1, "handled.count": 1, "lost.count": 0}},
		{"given up, and handled all the same", plain, five + `30 watcher max_deliveries seq=3; 31 w1 begin seq=3 delivery=1; 40 w1 end seq=3 outcome=ok; 90 watcher final pending=2 ack_pending=1`,
			wanted{"handled.count": 3, "given_up.count": 0, "lost.count": 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkAll(t, measured(t, c.consumer, c.script), c.wanted)
		})
	}
}

func TestRemovedByTheStream(t *testing.T) {
	events := script(t, plain, five+`40 watcher terminated seq=3; 90 watcher final pending=2 ack_pending=1`)
	for i := range events {
		if events[i].Kind == history.Terminated {
			events[i].Reason = "Unacknowledged message was deleted"
		}
	}
	f := measure.All(events, measure.Asked{})
	checkMetric(t, f, "removed.count", 1)
	checkMetric(t, f, "terminated.count", 0)
	checkMetric(t, f, "lost.count", 0)
}

// TestRemovedWithoutAWord: nothing says when the stream removed two of the waiting messages, and so nothing what waited.
func TestRemovedWithoutAWord(t *testing.T) {
	unknown := wanted{"backlog.max": "absent", "gap.total": "absent", "cliff.total": "absent"}
	const removed = `1 watcher sample pending=3; 30 watcher sample pending=1 ack_pending=2; 91 watcher final ack_pending=2 stored=3`
	f := measured(t, plain, five+`0 watcher config stream={"max_bytes":2};`+removed)
	checkMetric(t, f, "removed.count", 2)
	checkAll(t, f, unknown)
	if len(f.Warnings) != 1 || !strings.Contains(f.Warnings[0], "removed messages by its max_bytes") {
		t.Errorf("warnings %q, want one on the messages removed", f.Warnings)
	}
	f = measured(t, plain, five+`0 watcher config stream={"max_bytes":2}; 1 watcher sample pending=3; 91 watcher final pending=2 ack_pending=2 stored=5`)
	checkMetric(t, f, "backlog.max", 5)
	if len(f.Warnings) != 0 {
		t.Errorf("warnings %q, and nothing was removed", f.Warnings)
	}
}

// TestRemovedInTime: what a limit removes waits until then, and no longer.
func TestRemovedInTime(t *testing.T) {
	const stored = `0 publisher-1 stored op=1 seq=1; 1 publisher-1 stored op=2 seq=2; 3 publisher-1 stored op=3 seq=3
		40 w1 deliver seq=3 delivery=1; 40 w1 begin seq=3 delivery=1; 50 w1 end seq=3 outcome=ok; 50 w1 ack seq=3;`
	for _, c := range []struct {
		stream, retention, final string
		wanted                   wanted
	}{
		{`"max_msgs":2`, "limits", "stored=2", wanted{"backlog.max": 2, "removed.count": 1, "gap.total": 0.04, "lost.count": 1}},
		{`"max_msgs":1`, "limits", "stored=1", wanted{"backlog.max": 1, "removed.count": 2, "lost.count": 0}},
		{`"max_msgs":1,"discard":"new"`, "limits", "stored=3", wanted{"backlog.max": 3, "removed.count": 0, "lost.count": 2}},
		{`"max_msgs":3`, "limits", "stored=3", wanted{"backlog.max": 3, "removed.count": 0, "lost.count": 2}},
		{`"max_age":20000000`, "limits", "stored=0", wanted{"backlog.max": 3, "removed.count": 2, "gap.total": 0.023, "lost.count": 0}},
		{`"max_msgs":2`, "workqueue", "stored=0", wanted{"backlog.max": "absent", "gap.total": "absent"}},
	} {
		t.Run(c.stream+" "+c.retention, func(t *testing.T) {
			checkAll(t, measured(t, plain, `-1 watcher config stream={`+c.stream+`,"retention":"`+c.retention+`"};`+stored+`91 watcher final `+c.final), c.wanted)
		})
	}
}

// TestConservationLaw: whatever happens and whatever the server says at the end, the sum is right.
func TestConservationLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := append(randomHistory(t), history.Event{
			At: ticks * tick, Actor: history.Watcher, Kind: history.Final,
			Pending:    rapid.Int64Range(0, 9).Draw(t, "pending"),
			AckPending: rapid.Int64Range(0, 9).Draw(t, "ack pending"),
		})
		m := measure.All(events, measure.Asked{}).Metrics
		sum := m["handled.count"] + m["given_up.count"] + m["terminated.count"] + m["removed.count"] + m["waiting.count"] + m["lost.count"]
		if m["stored.count"] != sum || m["lost.count"] < 0 || m["waiting.count"] < 0 {
			t.Errorf("stored %v, accounted for %v: %v", m["stored.count"], sum, m)
		}
	})
}

// A stream removes two messages that are ack pending, which it tells, and two that were never delivered, which it does not:
// four were removed, and no sentence gives another number.
func TestRemovedIsOneNumber(t *testing.T) {
	events := script(t, plain, five+`26 w1 deliver seq=4 delivery=1; 40 watcher terminated seq=3; 40 watcher terminated seq=4
		50 publisher-1 stored op=6 seq=6; 90 watcher config stream={"max_age":1}; 91 watcher final`)
	for i := range events {
		if events[i].Kind == history.Terminated {
			events[i].Reason = "Unacknowledged message was deleted"
		}
	}
	f := measure.All(events, measure.Asked{})
	checkMetric(t, f, "handled.count", 2)
	checkMetric(t, f, "removed.count", 4)
	checkMetric(t, f, "lost.count", 0)
	if !strings.Contains(f.Diagnosis.Text, "4 removed by the stream") {
		t.Errorf("the diagnosis says %q", f.Diagnosis.Text)
	}
	for _, w := range f.Warnings {
		if strings.Contains(w, "the stream removed") && strings.ContainsAny(w, "0123456789") {
			t.Errorf("%q gives a number of its own", w)
		}
	}
}
