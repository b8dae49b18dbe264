package measure_test

import (
	"strings"
	"testing"
)

// n1 uses half a core for two seconds, is killed, and comes back as another process, whose count begins anew; n2 uses a
// quarter of one. What was used between the processes nobody knows.
const twoServers = `
	0 watcher usage target=n1 reason=2.15.2; 0 watcher usage target=n2 reason=2.15.2; 0 runner phase phase=disturb
	0 watcher usage target=n1 incarnation=1 count=7000000000 sum=9000; 0 watcher usage target=n2 incarnation=1 count=0 sum=2000
	2000 watcher usage target=n1 incarnation=1 count=8000000000 sum=5000; 2000 watcher usage target=n2 incarnation=1 count=500000000 sum=2000
	4000 watcher usage target=n1 incarnation=2 count=100000000 sum=1000; 4000 watcher usage target=n2 incarnation=1 count=1000000000 sum=2000
	5000 runner phase phase=heal; 6000 runner phase phase=end reason=drained`

func TestUsage(t *testing.T) {
	got := measured(t, plain, twoServers).Metrics
	if cpu, rss := got["server.cpu.mean"], got["server.rss.max"]; cpu != 0.5 || rss != 9000 {
		t.Errorf("%v cores and %v bytes, want (1 + 1) s of CPU time in 4 s, and 9000 bytes", cpu, rss)
	}
	for name := range measured(t, plain, calmAndStorm).Metrics {
		if strings.HasPrefix(name, "server.") {
			t.Errorf("%s is measured where nobody looked", name)
		}
	}
}

// A server that crashes forgets an ack that it had confirmed, and some of its deliveries: their numbers come again.
const crashed = `
	0 publisher-1 publish op=1 due=0ms key=a; 0 publisher-1 stored op=1 seq=1 key=a
	0 publisher-1 publish op=2 due=0ms key=a; 0 publisher-1 stored op=2 seq=2 key=a
	0 runner phase phase=disturb
	0 w1 deliver seq=1 delivery=1 cseq=1; 0 w1 begin seq=1 delivery=1; 10 w1 end seq=1 delivery=1 outcome=ok
	10 w1 ack seq=1 delivery=1; 11 w1 acked seq=1 delivery=1
	20 w1 deliver seq=2 delivery=1 cseq=2; 100 nemesis FAULT
	2900 watcher sample ack_pending=1 cseq=1
	3000 w1 deliver seq=1 delivery=2 cseq=2; 3000 w1 begin seq=1 delivery=2; 3010 w1 end seq=1 delivery=2 outcome=ok
	3010 w1 ack seq=1 delivery=2; 3011 w1 acked seq=1 delivery=2
	3020 w1 deliver seq=2 delivery=1 cseq=3; 3020 w1 begin seq=2 delivery=1; 3030 w1 end seq=2 delivery=1 outcome=ok
	3030 w1 ack seq=2 delivery=1; 3031 w1 acked seq=2 delivery=1
	5000 runner phase phase=heal; 5000 watcher final cseq=3; 6000 runner phase phase=end reason=drained`

func TestForgottenAcks(t *testing.T) {
	f := measured(t, plain, strings.Replace(crashed, "FAULT", "fault fault=1 do=kill_server target=n1", 1))
	if got := f.Metrics["redelivery.acked"]; got != 1 {
		t.Errorf("%v confirmed acks were forgotten, want 1", got)
	}
	if p := premise(f, "every delivery was seen"); !p.OK || !strings.Contains(p.Got, "1 numbers were given twice") {
		t.Errorf("every delivery was seen: %+v", p)
	}
	if p := premise(f, "samples and events agree"); !p.OK || !strings.Contains(p.Got, "up to 1 acks and 2 deliveries") {
		t.Errorf("samples and events agree: %+v", p)
	}
}
