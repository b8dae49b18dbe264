package scenarios

import (
	"slices"
	"testing"
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
