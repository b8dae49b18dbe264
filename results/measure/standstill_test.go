package measure_test

import (
	"strconv"
	"strings"
	"testing"
)

// awayScript: a message every 100 ms, handled at once. n1 is killed at 1 s and comes back at 2 s: until 3 s nothing that is
// published is stored, and nobody has work. One message is acked in vain, and comes again after its ack wait.
func awayScript() string {
	var s strings.Builder
	s.WriteString("0 watcher leader worker=n1;")
	for i := range 50 {
		at := 100 * i
		n := strconv.Itoa(i + 1)
		s.WriteString(strconv.Itoa(at) + " publisher-1 publish op=" + n + " due=" + strconv.Itoa(at*1e6) + ";")
		switch {
		case at >= 1000 && at < 3000:
			s.WriteString(strconv.Itoa(at+1) + " publisher-1 refused op=" + n + ";")
		default:
			seq := i + 1
			if at >= 3000 {
				seq -= 20
			}
			q := strconv.Itoa(seq)
			s.WriteString(strconv.Itoa(at+5) + " publisher-1 stored op=" + n + " seq=" + q + ";" + strconv.Itoa(at+6) + " w1 deliver seq=" + q + " delivery=1;" +
				strconv.Itoa(at+6) + " w1 begin seq=" + q + " delivery=1;" + strconv.Itoa(at+16) + " w1 end seq=" + q + " delivery=1 outcome=ok;" +
				strconv.Itoa(at+16) + " w1 ack seq=" + q + " delivery=1;")
		}
		switch at {
		case 1000:
			s.WriteString("1002 nemesis fault fault=1 do=kill_server target=n1;")
		case 2000:
			s.WriteString("2002 nemesis heal fault=1 target=n1;")
		case 4900:
			s.WriteString("4990 w2 deliver seq=10 delivery=2; 4990 w2 begin seq=10 delivery=2; 4995 w2 end seq=10 delivery=2 outcome=ok;" +
				"4995 w2 ack seq=10 delivery=2; 5990 watcher final; 6000 runner phase phase=end")
		}
	}
	return s.String()
}

// A stream that takes nothing has not come back, however little waits: neither what was published meanwhile, nor the time
// without work, nor what came again is passed over.
func TestServersThatAreAway(t *testing.T) {
	f := measured(t, `{"ack_policy":"explicit","ack_wait":4000000000}`, awayScript())
	checkMetric(t, f, "gap.max", 0)                // nothing waited
	checkMetric(t, f, "publish.outage.max", 2.005) // from the message of 1000 to the answer to that of 3000
	checkMetric(t, f, "publish.outage.total", 2.005)
	checkMetric(t, f, "publish.refused", 20)
	if got := f.Metrics["recovery.max"]; got < 0.9 || got > 1.1 {
		t.Errorf("recovery.max %v, want about the second from the heal to the next message", got)
	}
	x := f.Faults[0]
	if x.Idle.From != 1002e6 || x.Idle.To != 3006e6 || x.Next != "w1" {
		t.Errorf("nobody worked from %d to %d, then %q; want from the fault at 1002 ms until w1 began at 3006 ms", x.Idle.From, x.Idle.To, x.Next)
	}
	if len(f.Redeliveries) != 1 || f.Redeliveries[0].Mechanism != "ack_wait" || f.Redeliveries[0].Root != "fault 1" {
		t.Errorf("%+v, want one after the ack wait, because of fault 1: its ack was lost", f.Redeliveries)
	}
	if f.Diagnosis.Cause != "servers" || !strings.Contains(f.Diagnosis.Text, "no publish was acknowledged for 2.005 s") {
		t.Errorf("diagnosis %+v", f.Diagnosis)
	}
}

// What came again after its ack wait though nobody had acked it is no server's fault.
func TestRedeliveryOfWhatWasNotAcked(t *testing.T) {
	script := strings.Replace(awayScript(), "916 w1 ack seq=10 delivery=1;", "", 1)
	f := measured(t, `{"ack_policy":"explicit","ack_wait":4000000000}`, script)
	if len(f.Redeliveries) != 1 || f.Redeliveries[0].Root != "none" {
		t.Errorf("%+v, want one without a fault behind it", f.Redeliveries)
	}
}

// A publisher that had no answer does not take its message out of the latencies, if the final stream says which it was; if
// nothing does, a warning says how many are not there.
func TestPublishesWithoutAnAnswer(t *testing.T) {
	const script = `0 publisher-1 publish op=1 due=0; 100 publisher-1 publish op=2 due=100000000; 105 publisher-1 stored op=2 seq=2
		110 w1 deliver seq=2 delivery=1; 110 w1 begin seq=2 delivery=1; 120 w1 end seq=2 delivery=1 outcome=ok; 120 w1 ack seq=2 delivery=1
		500 publisher-1 unknown op=1; 900 w1 deliver seq=1 delivery=1; 900 w1 begin seq=1 delivery=1
		910 w1 end seq=1 delivery=1 outcome=ok; 910 w1 ack seq=1 delivery=1; 1000 runner phase phase=end; `
	f := measured(t, plain, script)
	checkMetric(t, f, "latency.response.max", 0.02)
	if all := strings.Join(f.Warnings, "; "); !strings.Contains(all, "1 messages were handled whose publishers had no answer") {
		t.Errorf("warnings: %s", all)
	}
	f = measured(t, plain, script+"1001 watcher entry target=n1 seq=1 worker=publisher-1 op=1; 1001 watcher entry target=n1 seq=2 worker=publisher-1 op=2")
	checkMetric(t, f, "latency.response.max", 0.91)
	checkMetric(t, f, "latency.queue.max", 0.005) // when it was stored is not known
	if all := strings.Join(f.Warnings, "; "); strings.Contains(all, "no answer") {
		t.Errorf("warnings: %s", all)
	}
}

// Handlers that take no time work at each instant in which they begin.
func TestServersThatAreAwayFromInstantHandlers(t *testing.T) {
	script := strings.NewReplacer("16 w1 end", "06 w1 end", "16 w1 ack", "06 w1 ack").Replace(awayScript())
	f := measured(t, `{"ack_policy":"explicit","ack_wait":4000000000}`, script)
	if x := f.Faults[0]; x.Idle.From != 1002e6 || x.Idle.To != 3006e6 || x.Next != "w1" {
		t.Errorf("nobody worked from %d to %d, then %q; want from the fault at 1002 ms until w1 began at 3006 ms", x.Idle.From, x.Idle.To, x.Next)
	}
}
