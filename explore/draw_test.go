package explore_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pindrop/explore"
	"pindrop/scenarios"
)

func load(t interface{ Fatal(...any) }, text string, sets ...string) *scenarios.Scenario {
	s, err := scenarios.Load("drawn.yaml", []byte(text), sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const cluster = `
server: {nodes: 3}
clock: virtual
stream: {storage: file, num_replicas: 3}
consumer: {priority_policy: pinned_client, priority_groups: [g], priority_timeout: 5s}
publishers: [{rate: 10/s}]
workers: [{name: w, count: 2, expires: 2s, batch: 5}]
phases: {disturb: 20s}
`

const menu = cluster + `
explore:
  min: 2
  max: 4
  menu:
    - {do: [kill_server, isolate], target: [leader, n2], way: [in], from: 3s, to: 9s, for_min: 2s, for_max: 4s}
    - {do: step_down, target: [meta], to: 1s}
`

// What is drawn is on the menu, within its bounds, a function of the seed, and a scenario that can be run.
func TestDraw(t *testing.T) {
	for _, text := range []string{menu, cluster, "publishers: [{backlog: 9}]\nworkers: [{}]\n"} {
		s := load(t, text)
		least, most, dishes := s.Explored()
		rapid.Check(t, func(t *rapid.T) {
			seed := rapid.Uint64().Draw(t, "seed")
			c := explore.Draw(s, seed)
			if !reflect.DeepEqual(c, explore.Draw(s, seed)) {
				t.Fatal("two draws of one seed differ")
			}
			if n := len(c.Faults); n < least || n > most {
				t.Fatalf("%d faults drawn, from %d to %d allowed", n, least, most)
			}
			for i := range c.Faults {
				if !slices.ContainsFunc(dishes, func(d scenarios.Dish) bool { return serves(&d, &c.Faults[i]) }) {
					t.Fatalf("%s is not on the menu", scenarios.FaultsText(c.Faults[i:i+1]))
				}
			}
			drawn := load(t, text, c.Sets()...)
			if got, want := scenarios.FaultsText(drawn.Faults), len(c.Faults); len(drawn.Faults) != want {
				t.Fatalf("the scenario has %s, want %d faults", got, want)
			}
			if err := scenarios.Unsupported(drawn); err != nil || drawn.Phases.Converge == 0 || drawn.Explore != nil {
				t.Fatalf("the drawn scenario is not as it should be: %v", err)
			}
		})
	}
}

// serves reports whether a fault is what a dish of the menu allows.
func serves(d *scenarios.Dish, f *scenarios.Fault) bool {
	return slices.Equal(d.Do, f.Do) && d.Target == f.Target && d.Way == f.Way && d.From <= *f.At && *f.At <= d.To &&
		d.ForMin <= f.For && f.For <= d.ForMax
}

// Each dish of a menu comes to the table, and different seeds draw different cases.
func TestDrawIsWide(t *testing.T) {
	s := load(t, menu)
	_, _, dishes := s.Explored()
	if len(dishes) != 5 {
		t.Fatalf("%d dishes, want 2 faults of 2 targets, and one more", len(dishes))
	}
	seen, cases := map[int]bool{}, map[string]bool{}
	for seed := range uint64(100) {
		c := explore.Draw(s, seed)
		cases[c.String()] = true
		for i := range c.Faults {
			seen[slices.IndexFunc(dishes, func(d scenarios.Dish) bool { return serves(&d, &c.Faults[i]) })] = true
		}
	}
	if len(seen) != len(dishes) || len(cases) < 99 {
		t.Errorf("100 seeds drew %d of %d dishes, and %d different cases", len(seen), len(dishes), len(cases))
	}
}
