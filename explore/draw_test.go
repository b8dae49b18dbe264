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

// What is left of a case says what else was made smaller than its faults, and nothing where nothing was.
func TestSmaller(t *testing.T) {
	s, err := scenarios.Load("a.yaml", []byte("publishers: [{rate: 20/s, backlog: 40}, {rate: 5/s}]\nworkers: [{name: w}]\nphases: {disturb: 20s}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	drawn := explore.Draw(s, 1)
	left := drawn
	left.Faults = drawn.Faults[:1]
	if got, want := left.Smaller(&drawn), scenarios.FaultsText(left.Faults); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	left.Disturb, left.Rates, left.Backlogs = drawn.Disturb/2, slices.Clone(drawn.Rates), []int{10, 0}
	left.Rates[0] /= 2
	want := scenarios.FaultsText(left.Faults) + ", disturb 10s instead of 20s, publishers.0.rate 10/s instead of 20/s, publishers.0.backlog 10 instead of 40"
	if got := left.Smaller(&drawn); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
