package measure_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
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

// One server, two workers of which one is killed, and pindrop itself, on two cores: what they use is told apart, and together.
// The twin of this adds up the steps of every process as a person would.
const threeKinds = `
	0 runner phase phase=disturb
	0 watcher usage count=1000000000 sum=1 size=2; 0 watcher usage worker=w1 incarnation=1 count=0 sum=1; 0 watcher usage worker=w2 incarnation=1 count=0 sum=1
	0 watcher usage target=n1 incarnation=1 count=0 sum=7
	1000 watcher usage count=SELFms sum=1 size=2; 1000 watcher usage worker=w1 incarnation=1 count=300000000 sum=9999; 1000 watcher usage worker=w2 incarnation=1 count=100000000 sum=1
	1000 watcher usage target=n1 incarnation=1 count=500000000 sum=7
	2000 watcher usage count=TWICEms sum=1 size=2; 2000 watcher usage worker=w1 incarnation=2 count=200000000 sum=1
	2000 watcher usage worker=w2 incarnation=1 count=200000000 sum=1; 2000 watcher usage target=n1 incarnation=1 count=1000000000 sum=7
	2500 runner phase phase=heal; 3000 watcher usage count=99000000000 sum=1 size=2; 4000 runner phase phase=end reason=drained`

// withSelf is threeKinds where pindrop itself uses so many ms of CPU time in a second.
func withSelf(ms int) string {
	return strings.NewReplacer("SELFms", strconv.Itoa((1000+ms)*1e6), "TWICEms", strconv.Itoa((1000+2*ms)*1e6)).Replace(threeKinds)
}

func TestUsageOfEachKind(t *testing.T) {
	for _, c := range []struct {
		self    int // CPU time of pindrop itself, in a second, in ms
		harness float64
		warns   bool
	}{{400, 0.4, false}, {1040, 1.04, false}, {1060, 1.06, true}} {
		f := measured(t, plain, withSelf(c.self))
		// w1 0.3 s and w2 0.2 s, the server 1 s, in 2 s.
		for name, want := range map[string]float64{
			"client.cpu.mean": 0.25, "server.cpu.mean": 0.5, "harness.cpu.mean": c.harness, "machine.cpu.share": (0.75 + c.harness) / 2,
			"server.rss.max": 7,
		} {
			if got := f.Metrics[name]; math.Abs(got-want) > 1e-9 {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		if said := strings.Join(f.Warnings, "; "); strings.Contains(said, "the machine was the limit") != c.warns {
			t.Errorf("with %v of 2 cores used the warnings are %q", 0.75+c.harness, said)
		}
	}
}

// The measurements of random looks are what adding up all steps of all processes gives.
func TestUsageAgreesWithItsTwin(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		type process struct{ role, name string }
		processes := []process{{"harness", ""}, {"client", "w1"}, {"client", "w2"}, {"server", "n1"}, {"server", "n2"}}
		used, number := map[process]int{}, map[process]int{}
		script, steps, first, last := "500 runner phase phase=disturb;", map[string]int{}, map[string]int{}, map[string]int{}
		before := map[process]int{} // the time of the last look at the process in its life, in disturb
		for at := 0; at < 4000; at += 250 {
			for _, p := range processes {
				if p.role != "harness" && rapid.IntRange(0, 5).Draw(t, "dies") == 0 {
					number[p]++
					used[p] = 0
					delete(before, p)
				}
				step := rapid.IntRange(0, 200).Draw(t, "step")
				used[p] += step
				if rapid.IntRange(0, 3).Draw(t, "unseen") == 0 {
					used[p] -= step
					continue
				}
				field := map[string]string{"harness": "size=4", "client": "worker=" + p.name, "server": "target=" + p.name}[p.role]
				script += fmt.Sprintf("%d watcher usage %s incarnation=%d count=%d sum=5;", at, field, number[p], used[p]*1e6)
				if at < 500 || at >= 3000 {
					continue
				}
				if _, seen := before[p]; seen {
					steps[p.role] += step
				}
				before[p] = at
				if _, seen := first[p.role]; !seen {
					first[p.role] = at
				}
				last[p.role] = at
			}
		}
		script += "3000 runner phase phase=heal; 4000 runner phase phase=end reason=drained"
		f := measured(outer, plain, script)
		all := 0
		for role, metric := range map[string]string{"server": "server.cpu.mean", "client": "client.cpu.mean", "harness": "harness.cpu.mean"} {
			got, ok := f.Metrics[metric]
			length := last[role] - first[role]
			if ok != (length > 0) || ok && math.Abs(got-float64(steps[role])/float64(length)) > 1e-9 {
				t.Fatalf("%s is %v (%v), want %d ms in %d ms\n%s", metric, got, ok, steps[role], length, script)
			}
			if length > 0 {
				all += steps[role]
			}
		}
		if length := last["harness"] - first["harness"]; length > 0 {
			if got := f.Metrics["machine.cpu.share"]; math.Abs(got-float64(all)/float64(length)/4) > 1e-9 {
				t.Fatalf("machine.cpu.share is %v, want %d ms in %d ms of 4 cores", got, all, length)
			}
		}
	})
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
