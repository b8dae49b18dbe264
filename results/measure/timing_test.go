package measure_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/measure"
)

// timed is a run whose fault phase is from 0 to 10 s, with what else happens in it.
func timed(what string) string {
	return "0 runner phase phase=disturb; 0 watcher timing do=watched delay=50ms;" + what +
		"; 10000 runner phase phase=heal; 12000 runner phase phase=end reason=drained"
}

// A part that stands still without being asked for it, a clock that jumps, and a machine that has no time break the premise, which
// says who, from when, and for how long. What a fault asks for does not, and neither does what any machine shows.
func TestTimeWasKept(t *testing.T) {
	const (
		freeze       = "2000 nemesis fault fault=1 do=freeze target=w1; 5000 nemesis heal fault=1 target=w1;"
		freezeServer = "2000 nemesis fault fault=1 do=freeze_server target=n1; 5000 nemesis heal fault=1 target=n1;"
	)
	for _, c := range []struct{ name, what, got string }{
		{"nobody", "", ""},
		{"pindrop", "5000 watcher timing do=late stamp=2000ms delay=3s", "pindrop stood still from 2 s on for 3 s"},
		{"at the bound", "5000 watcher timing do=late stamp=2000ms delay=1s", "pindrop stood still from 2 s on for 1 s"},
		{"below it", "5000 watcher timing do=late stamp=2000ms delay=999ms", ""},
		{"after the fault phase", "11900 watcher timing do=late stamp=10900ms delay=1s", "pindrop stood still from 10.9 s on for 1 s"},
		{"a worker", "5000 watcher timing do=late worker=w2 incarnation=1 stamp=2000ms delay=3s", "w2 stood still from 2 s on for 3 s"},
		{"a server", "5000 watcher timing do=late target=n1 stamp=2000ms delay=3s", "server n1 stood still from 2 s on for 3 s"},
		{"told again and again", "3000 watcher timing do=late worker=w2 stamp=2000ms delay=1s; 4000 watcher timing do=late worker=w2 stamp=2000ms delay=2s",
			"w2 stood still from 2 s on for 2 s, and no fault"},
		{"twice", "4000 watcher timing do=late worker=w2 stamp=2000ms delay=1s; 8000 watcher timing do=late worker=w2 stamp=6000ms delay=2s",
			"w2 stood still from 2 s on for 1 s, from 6 s on for 2 s, and no fault"},
		{"everybody", "5000 watcher timing do=late stamp=2000ms delay=3s; 5000 watcher timing do=late worker=w1 stamp=2010ms delay=3s",
			"pindrop stood still from 2 s on for 3 s, and no fault had asked for that; w1 stood still from 2.01 s on for 3 s"},

		{"a worker that was frozen", freeze + "5000 watcher timing do=late worker=w1 stamp=1990ms delay=3040ms", ""},
		{"another worker meanwhile", freeze + "5000 watcher timing do=late worker=w2 stamp=1990ms delay=3040ms", "w2 stood still from 1.99 s on for 3.04 s"},
		{"and for longer than it was frozen", freeze + "7000 watcher timing do=late worker=w1 stamp=2010ms delay=4990ms", "w1 stood still from 5 s on for 2 s"},
		{"pindrop while a worker was frozen", freeze + "5000 watcher timing do=late stamp=2000ms delay=3s", "pindrop stood still"},
		{"a server that was frozen", freezeServer + "5000 watcher timing do=late target=n1 stamp=1990ms delay=3040ms", ""},
		{"another server meanwhile", freezeServer + "5000 watcher timing do=late target=n2 stamp=1990ms delay=3040ms", "server n2 stood still"},
		{"a server that pindrop did not hear", "5000 watcher timing do=late stamp=2000ms delay=3s; 5000 watcher timing do=late target=n1 stamp=1980ms delay=3s",
			"pindrop stood still from 2 s on for 3 s, and no fault had asked for that"},
		{"a server that pindrop did not hear all the time", "4000 watcher timing do=late stamp=2500ms delay=500ms; 5000 watcher timing do=late target=n1 stamp=2000ms delay=3s",
			"server n1 stood still from 2 s on for 2.5 s"},

		{"late again and again", strings.Repeat("5000 watcher timing do=late stamp=STAMPms delay=900ms;", 6), "pindrop was late for 5.4 s of the 10 s of the fault phase"},
		{"not that often", strings.Repeat("5000 watcher timing do=late stamp=STAMPms delay=830ms;", 6), ""},
		{"not in the fault phase again", strings.Repeat("5000 watcher timing do=late stamp=900STAMPms delay=900ms;", 6), ""},

		{"sleep", "5000 watcher timing do=suspended stamp=2000ms delay=20s", "the machine slept for 20 s, from 2 s on"},
		{"hardly any sleep", "5000 watcher timing do=suspended stamp=2000ms delay=99ms", ""},
		{"forward", "5000 watcher timing do=stepped stamp=2000ms delay=100ms", "the wall clock was set forward by 0.1 s at 2 s"},
		{"back", "5000 watcher timing do=stepped stamp=2000ms delay=-3600s", "the wall clock was set back by 3600 s at 2 s"},
		{"hardly set", "5000 watcher timing do=stepped stamp=2000ms delay=99ms; 6000 watcher timing do=stepped stamp=3000ms delay=-99ms", ""},

		{"no time at all", "1000 watcher timing do=pressure key=machine; 9000 watcher timing do=pressure key=machine count=8s sum=4s",
			"all tasks waited for a processor for 50 % of the fault phase"},
		{"busy", "1000 watcher timing do=pressure key=machine; 9000 watcher timing do=pressure key=machine count=8s sum=3990ms", ""},
		{"not in the fault phase", "1000 watcher timing do=pressure key=machine; 9000 watcher timing do=pressure key=machine; 11900 watcher timing do=pressure key=machine count=9s sum=9s", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			what := c.what
			for i := range strings.Count(what, "STAMP") {
				what = strings.Replace(what, "STAMP", fmt.Sprint(1000+1000*i), 1)
			}
			p := premise(measured(t, plain, timed(what)), measure.PremiseTime)
			if p.Name == "" || p.OK != (c.got == "") || !strings.HasPrefix(p.Got, c.got) {
				t.Errorf("got %v, %q; want %q", p.OK, p.Got, c.got)
			}
			if c.name == "a server that pindrop did not hear" && strings.Contains(p.Got, "n1") {
				t.Errorf("a server is accused: %s", p.Got)
			}
		})
	}
	if p := premise(measured(t, plain, drill), measure.PremiseTime); p.Name != "" {
		t.Errorf("judged where nobody looked: %+v", p)
	}
}

func TestTimingMetrics(t *testing.T) {
	got := measured(t, plain, timed(`1000 watcher usage count=0 sum=1 size=2; 9000 watcher usage count=1s sum=1 size=2
		1000 watcher timing do=pressure key=machine count=5s; 9000 watcher timing do=pressure key=machine count=11s
		3000 watcher timing do=late stamp=2000ms delay=40ms; 4000 watcher timing do=late worker=w1 stamp=3000ms delay=70ms
		5000 watcher timing do=stepped stamp=5000ms delay=20ms; 6000 watcher timing do=stepped stamp=6000ms delay=-30ms
		7000 watcher timing do=suspended stamp=7000ms delay=50ms; 8000 watcher timing do=suspended stamp=8000ms delay=60ms`))
	for name, want := range map[string]float64{"late.max": 0.07, "clock.step.max": 0.03, "suspended.total": 0.11, "machine.cpu.pressure": 0.75} {
		if math.Abs(got.Metrics[name]-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, got.Metrics[name], want)
		}
	}
	if p := premise(got, measure.PremiseTime); !strings.HasPrefix(p.Got, "the machine slept for 0.11 s, from 7 s on") {
		t.Errorf("two short sleeps: %+v", p)
	}
	if !strings.Contains(strings.Join(got.Warnings, " "), "75 % of the fault phase tasks waited for a processor") {
		t.Errorf("the warnings are %q", got.Warnings)
	}
}

// The twin of lateness counts, instant by instant, as a person would.
func TestTwinOfLateness(outer *testing.T) {
	rapid.Check(outer, func(t *rapid.T) {
		script, longest := "", 0
		var frozen, own [100]bool // in steps of 100 ms
		for at := rapid.IntRange(0, 20).Draw(t, "first"); at < 80; at += rapid.IntRange(1, 30).Draw(t, "pause") {
			to := min(at+rapid.IntRange(1, 20).Draw(t, "freeze"), 95)
			script += fmt.Sprintf("%d nemesis fault fault=%d do=freeze target=w1; %d nemesis heal fault=%d target=w1;", at*100, at+1, to*100, at+1)
			for ; at < to; at++ {
				frozen[at] = true
			}
		}
		for _, who := range []string{"", "worker=w1", "target=n1"} { // pindrop first: servers are not accused while it is late itself
			for at := rapid.IntRange(0, 20).Draw(t, "late"); at < 80; {
				to := min(at+rapid.IntRange(1, 15).Draw(t, "length"), 95)
				script += fmt.Sprintf("%d watcher timing do=late %s stamp=%dms delay=%dms;", to*100, who, at*100, (to-at)*100)
				lost := 0
				for i := at; i < to; i++ {
					switch {
					case who == "":
						own[i] = true
					case who == "worker=w1" && frozen[i], who == "target=n1" && own[i]:
						continue
					}
					lost++
				}
				longest = max(longest, lost)
				at = to + rapid.IntRange(1, 30).Draw(t, "rest")
			}
		}
		f := measured(outer, plain, timed(script))
		if got := f.Metrics["late.max"]; math.Abs(got-float64(longest)/10) > 1e-9 {
			t.Fatalf("late.max is %v, want %d00 ms\n%s", got, longest, script)
		}
	})
}
