package sim

import (
	"context"
	"testing"
	"time"

	"pindrop/scenarios"
)

// threeNodes are a run's servers with nothing behind them but the ways between them.
func threeNodes() (*run, *processes) {
	p := &processes{}
	for i := range 3 {
		p.nodes = append(p.nodes, &node{name: nodeName(i), door: &proxy{network: newWire()}})
	}
	for _, from := range p.nodes {
		for _, to := range p.nodes {
			if from != to {
				p.routes = append(p.routes, route{from.name, to.name, &proxy{network: newWire()}})
			}
		}
	}
	return &run{ctx: context.Background(), server: p}, p
}

// shutOf is what is shut on the way from one node to another, as from>to says it: "" is nothing, > what it sends, < what
// comes back, = both.
func shutOf(p *processes) map[string]string {
	all := map[string]string{}
	for _, r := range p.routes {
		text := map[ways]string{{true, false}: ">", {false, true}: "<", {true, true}: "="}[r.way.network.shut()]
		if text != "" {
			all[r.from+text+r.to] = text
		}
	}
	return all
}

// A split shuts the routes between its sides and no others, and leaves clients alone.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		target, way, hit string
		want             []string
	}{
		{"n1", scenarios.WayBoth, "n1 / n2 n3", []string{"n1=n2", "n2=n1", "n1=n3", "n3=n1"}},
		{"n1 / n2", scenarios.WayBoth, "n1 / n2", []string{"n1=n2", "n2=n1"}},
		{"n1 n2 / n3", scenarios.WayBoth, "n1 n2 / n3", []string{"n1=n3", "n3=n1", "n2=n3", "n3=n2"}},
		{"n1 / n2 / n3", scenarios.WayBoth, "n1 / n2 / n3", []string{"n1=n2", "n2=n1", "n1=n3", "n3=n1", "n2=n3", "n3=n2"}},
		{"n1 / n2", scenarios.WayOut, "n1 / n2", []string{"n1>n2", "n2<n1"}}, // nothing that n1 sends arrives, on either of the two ways
		{"n1 / n2", scenarios.WayIn, "n1 / n2", []string{"n1<n2", "n2>n1"}},
	} {
		r, p := threeNodes()
		f := newServerFault(r, &scenarios.FaultPlan{Do: scenarios.DoSplit, Target: c.target, Way: c.way}).(*splitServers)
		if !f.inject(nil) || f.hit != c.hit {
			t.Errorf("%s: it hit %q, want %q", c.target, f.hit, c.hit)
		}
		got := shutOf(p)
		for _, want := range c.want {
			if got[want] == "" {
				t.Errorf("%s, %s: %s is open", c.target, c.way, want)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s, %s: shut are %v, want %v", c.target, c.way, got, c.want)
		}
		for _, n := range p.nodes {
			if n.door.network.held() {
				t.Errorf("%s: clients of %s are cut off", c.target, n.name)
			}
		}
		if f.heal(nil); len(shutOf(p)) != 0 {
			t.Errorf("%s: after healing %v is shut", c.target, shutOf(p))
		}
	}
}

// A way that two faults have shut is open when both have healed.
func TestFaultsOverlap(t *testing.T) {
	r, p := threeNodes()
	one := newServerFault(r, &scenarios.FaultPlan{Do: scenarios.DoSplit, Target: "n1", Way: scenarios.WayBoth})
	two := newServerFault(r, &scenarios.FaultPlan{Do: scenarios.DoIsolate, Target: "n2", Way: scenarios.WayBoth})
	one.inject(nil)
	two.inject(nil)
	one.heal(nil)
	if got := shutOf(p); len(got) != 4 || got["n1=n2"] == "" || got["n2=n3"] == "" {
		t.Errorf("with n2 isolated %v is shut", got)
	}
	two.heal(nil)
	if got := shutOf(p); len(got) != 0 {
		t.Errorf("after both have healed %v is shut", got)
	}
}

// Slow routes slow the routes between sides down, also when two faults do, and end.
func TestSlowRoutesFault(t *testing.T) {
	r, p := threeNodes()
	slow := func(target string, by time.Duration) fault {
		return newServerFault(r, &scenarios.FaultPlan{Do: scenarios.DoSlowRoutes, Target: target, Latency: scenarios.Duration(by), Jitter: scenarios.Duration(by) / 2})
	}
	one, two := slow("n1", 100*time.Millisecond), slow("n1 / n2", 20*time.Millisecond)
	one.inject(nil)
	two.inject(nil)
	want := func(n1n2, n1n3, n2n3 time.Duration) {
		t.Helper()
		for _, w := range p.routes {
			expected := map[string]time.Duration{"n1n2": n1n2, "n2n1": n1n2, "n1n3": n1n3, "n3n1": n1n3, "n2n3": n2n3, "n3n2": n2n3}[w.from+w.to]
			seen := map[time.Duration]bool{}
			for at := range int64(100) {
				w.way.network.now = func() int64 { return at * 10e6 }
				got := w.way.network.delay(true)
				if seen[got] = true; got < expected || got > expected*3/2 {
					t.Errorf("from %s to %s it takes %v, want %v and up to half as much more", w.from, w.to, got, expected)
				}
			}
			if (len(seen) > 10) != (expected > 0) {
				t.Errorf("from %s to %s there are %d different delays", w.from, w.to, len(seen))
			}
		}
	}
	want(120*time.Millisecond, 100*time.Millisecond, 0)
	one.heal(nil)
	want(20*time.Millisecond, 0, 0)
	two.heal(nil)
	want(0, 0, 0)
}

// A server that comes back finds its ways as broken as they were.
func TestInherit(t *testing.T) {
	older, newer := newWire(), newWire()
	older.partition("one", ways{toServer: true})
	older.slowDown(7, 4)
	newer.inherit(older)
	older.partition("one", ways{})
	if newer.shut() != (ways{toServer: true}) || newer.latency() != 7 || newer.shakier.Load() != 4 {
		t.Errorf("it has %+v, %v and %v of jitter", newer.shut(), newer.latency(), newer.shakier.Load())
	}
}
