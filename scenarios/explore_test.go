package scenarios

import (
	"slices"
	"testing"
	"time"
)

// The menu of a cluster has all that breaks servers on the virtual clock, and that of a single server none of it.
func TestMenuIsWhatCanBreak(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
		not  []string
	}{
		{"server: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\npublishers: []\nworkers: [{}]\n",
			[]string{DoKill, DoFreeze, DoPartition, DoDisconnect, DoKillServer, DoRestartServer, DoIsolate, DoLameDuck, DoPowerLoss, DoSplit, DoReset, DoStepDown},
			[]string{DoFreezeServer, DoUnpin, DoPurge}},
		{"publishers: []\nworkers: [{}]\n", []string{DoKill, DoFreeze, DoPartition, DoDisconnect, DoRestart, DoSlow}, []string{DoKillServer, DoStepDown}},
	} {
		s, err := Load("a.yaml", []byte(c.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _, dishes := s.Explored()
		has := func(do string) bool {
			return slices.ContainsFunc(dishes, func(d Dish) bool { return d.Do.has(do) })
		}
		for _, do := range c.want {
			if !has(do) {
				t.Errorf("%s is not on the menu", do)
			}
		}
		for _, do := range c.not {
			if has(do) {
				t.Errorf("%s is on the menu", do)
			}
		}
	}
}

// What makes a network slow is on the menu where it is asked for by name, and by how much need not be said.
func TestSlowNetworksAreAskedForByName(t *testing.T) {
	const cluster = "clock: virtual\nserver: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\npublishers: []\nworkers: [{name: w}]\n"
	for _, c := range []struct {
		offer           string
		latency, jitter time.Duration
	}{
		{"", 500 * time.Millisecond, 0},
		{", latency: 2s, jitter: 1s", 2 * time.Second, time.Second},
		{", jitter: 1s", 0, time.Second},
	} {
		s := mustLoad(t, cluster+"explore: {menu: [{do: [slow_link, slow_routes, kill]"+c.offer+"}]}\n")
		_, _, dishes := s.Explored()
		slow := 0
		for _, d := range dishes {
			if d.Do.has(DoKill) {
				if d.Latency != 0 || d.Jitter != 0 {
					t.Errorf("a kill comes with latency %s, jitter %s", d.Latency, d.Jitter)
				}
				continue
			}
			slow++
			if d.Latency.D() != c.latency || d.Jitter.D() != c.jitter {
				t.Errorf("%s %s: latency %s, jitter %s, want %s, %s", d.Do, c.offer, d.Latency, d.Jitter, c.latency, c.jitter)
			}
			again, err := Load("a.yaml", []byte(cluster), []string{"faults=" + FaultsText([]Fault{d.Fault})})
			if err != nil || again.Faults[0].Latency != d.Latency || again.Faults[0].Jitter != d.Jitter {
				t.Errorf("%s does not read back (%v)", FaultsText([]Fault{d.Fault}), err)
			}
		}
		if slow < 2 {
			t.Errorf("%d dishes make a network slow", slow)
		}
	}
}

// Damage is on the menu where it is asked for by name, with what it can happen to, and nowhere else.
func TestDamageIsAskedForByName(t *testing.T) {
	const cluster = "clock: virtual\nserver: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\npublishers: []\nworkers: [{}]\n"
	s := mustLoad(t, cluster)
	_, _, dishes := s.Explored()
	if slices.ContainsFunc(dishes, func(d Dish) bool { return d.Damage != nil }) {
		t.Error("damage is on a menu that nobody wrote")
	}
	s = mustLoad(t, cluster+"explore: {menu: [{do: [kill_server, power_loss], target: [n1, n2], damage: {do: truncate, file: raft_log}}]}\n")
	_, _, dishes = s.Explored()
	if len(dishes) != 4 {
		t.Fatalf("%d dishes, want 4", len(dishes))
	}
	for _, d := range dishes {
		if d.Damage == nil || *d.Damage != (Damage{DamageTruncate, FileRaftLog}) {
			t.Errorf("%s of %s comes with damage %+v", d.Do, d.Target, d.Damage)
		}
	}
	text := FaultsText([]Fault{dishes[0].Fault})
	again, err := Load("a.yaml", []byte(cluster), []string{"faults=" + text})
	if err != nil || again.Faults[0].Damage == nil || *again.Faults[0].Damage != *dishes[0].Damage {
		t.Errorf("%s reads back as %+v (%v)", text, again, err)
	}
}
