package scenarios

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// mustLoad loads a scenario that must be right.
func mustLoad(t testing.TB, text string, sets ...string) *Scenario {
	t.Helper()
	s, err := Load("test.yaml", []byte(text), sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const pinned = `
consumer: {priority_policy: pinned_client, priority_groups: [jobs]}
publishers: [{count: 3, backlog: 8, rate: 10/s}, {rate: 1/s, arrival: poisson}]
workers: [{name: a, count: 3}, {name: b, count: 2, start: 5s}, {name: c}]
`

// One scenario and one seed make one plan, to the byte; another seed makes another.
func TestPlanIsAFunctionOfTheSeed(t *testing.T) {
	bytesOf := func(seed uint64) string {
		b, err := json.Marshal(mustLoad(t, everything).Plan(seed))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if diff := cmp.Diff(bytesOf(7), bytesOf(7)); diff != "" {
		t.Error(diff)
	}
	if bytesOf(7) == bytesOf(8) {
		t.Error("seeds 7 and 8 make the same plan")
	}
}

// Adding a worker and a fault leaves the choices about everything else as they were.
func TestPlanChoicesAreIndependent(t *testing.T) {
	s := mustLoad(t, pinned, "faults=[{at: 1s, do: [kill, freeze], target: any}]")
	small := s.Plan(1)
	s.Workers[2].Count++
	s.Faults = append(s.Faults, Fault{On: &Trigger{Kind: "begin", N: 1, Of: "any"}, Times: 1, Do: Menu{DoKill}, Target: TargetAll})
	large := s.Plan(1)
	if diff := cmp.Diff(small.Publishers, large.Publishers); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(small.Workers, large.Workers[:len(small.Workers)]); diff != "" {
		t.Error(diff)
	}
	if small.SampleAt != large.SampleAt || small.Faults[0].Do != large.Faults[0].Do {
		t.Error("a new worker and a new fault changed the first sample or the first fault")
	}
}

func TestPlanPublishers(t *testing.T) {
	s := mustLoad(t, pinned)
	plan := s.Plan(3)
	var names []string
	var shares []int
	for _, p := range plan.Publishers {
		names, shares = append(names, p.Name), append(shares, p.Share)
	}
	if diff := cmp.Diff([]string{"publisher-1", "publisher-2", "publisher-3", "publisher-4"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{3, 3, 2, 0}, shares); diff != "" {
		t.Errorf("shares of a backlog of 8: %s", diff)
	}
	for _, p := range plan.Publishers[:3] {
		if p.Phase < 1 || p.Phase > Duration(100*time.Millisecond) {
			t.Errorf("%s begins at %s, want within its first interval of 100ms", p.Name, p.Phase)
		}
	}
}

// Workers start a millisecond apart, nearly: the seed adds up to half of one.
func TestPlanWorkers(t *testing.T) {
	s := mustLoad(t, pinned)
	nominal := map[string]Duration{
		"a1": 0, "a2": 1e6, "a3": 2e6, "b1": 5e9, "b2": 5e9 + 1e6, "c1": 5e9 + 2e6,
	}
	starts := map[Duration]bool{}
	for seed := range uint64(50) {
		for _, w := range s.Plan(seed).Workers {
			late := w.Start - nominal[w.Name]
			if late < 0 || late >= startSpread || w.Name == "b1" && late != 0 {
				t.Fatalf("seed %d: %s starts at %s, want %s and up to %s more", seed, w.Name, w.Start, nominal[w.Name], startSpread)
			}
			starts[w.Start] = true
		}
	}
	if len(starts) < 200 {
		t.Errorf("50 seeds gave only %d different starts of 6 workers", len(starts))
	}
}

func TestPlanFaults(t *testing.T) {
	s := mustLoad(t, pinned, `faults=[
		{every: 10s, do: kill, for: 1s},
		{on: begin#4 of pinned, times: 2, do: slow},
		{at: 1s, every: 2s, times: 3, do: drain, target: a},
		{on: ack of c, do: disconnect}, {on: end of b2, do: freeze}]`)
	type row struct {
		ID         int
		At         string
		On         string
		Do, Target string
		For        Duration
		Factor     float64
	}
	var got []row
	for _, f := range s.Plan(1).Faults {
		r := row{ID: f.ID, Do: f.Do, Target: f.Target, For: f.For, Factor: f.Factor}
		if f.At != nil {
			r.At = f.At.String()
		}
		if f.On != nil {
			r.On = f.On.String()
		}
		got = append(got, r)
	}
	want := []row{
		{ID: 1, At: "10s", Do: "kill", Target: "pinned", For: Duration(time.Second)},
		{ID: 2, At: "20s", Do: "kill", Target: "pinned", For: Duration(time.Second)},
		{ID: 3, On: "begin#4 of pinned", Do: "slow", Target: "pinned", Factor: 10},
		{ID: 4, On: "begin#4 of pinned", Do: "slow", Target: "pinned", Factor: 10},
		{ID: 5, At: "1s", Do: "drain", Target: "a"},
		{ID: 6, At: "3s", Do: "drain", Target: "a"},
		{ID: 7, At: "5s", Do: "drain", Target: "a"},
		{ID: 8, On: "ack#1 of c", Do: "disconnect"},
		{ID: 9, On: "end#1 of b2", Do: "freeze", Target: "b2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Menus and any are drawn for each occurrence: over many, everything comes up, and what a kind has no use for is gone.
func TestPlanMenus(t *testing.T) {
	s := mustLoad(t, pinned, "faults=[{every: 100ms, do: [kill, slow, drain], for: 10ms, factor: 3, unpin: true, target: any}]")
	kinds, targets := map[string]int{}, map[string]int{}
	for _, f := range s.Plan(1).Faults {
		kinds[f.Do]++
		targets[f.Target]++
		if f.For > 0 != (f.Do != DoDrain) || f.Factor > 0 != (f.Do == DoSlow) || f.Unpin != (f.Do == DoDrain) {
			t.Errorf("fault %d: %+v has something that %s has no use for, or lacks something", f.ID, f, f.Do)
		}
	}
	if diff := cmp.Diff([]string{"drain", "kill", "slow"}, slices.Sorted(maps.Keys(kinds))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(s.WorkerNames(), slices.Sorted(maps.Keys(targets))); diff != "" {
		t.Error(diff)
	}
	for name, n := range kinds {
		if n < 70 || n > 130 {
			t.Errorf("%s came up %d times of 299, want about a third", name, n)
		}
	}
}

func TestPlanSample(t *testing.T) {
	s := mustLoad(t, pinned, "sample.every=1ms")
	for seed := range uint64(100) {
		if at := s.Plan(seed).SampleAt; at <= 0 || at >= s.Sample.Every {
			t.Fatalf("seed %d: first sample at %s, want between 0 and %s", seed, at, s.Sample.Every)
		}
	}
	if at := mustLoad(t, pinned, "sample=off").Plan(1).SampleAt; at != 0 {
		t.Errorf("first sample at %s, want none", at)
	}
}

// Nothing that a plan puts at a time shares its instant with something else.
func TestPlanInstantsDiffer(t *testing.T) {
	s := mustLoad(t, pinned, "publishers.0.count=50", "workers.a.count=50")
	for seed := range uint64(20) {
		plan := s.Plan(seed)
		seen := map[Duration]string{plan.SampleAt: "the first sample"}
		note := func(at Duration, who string) {
			if other, taken := seen[at]; taken {
				t.Errorf("seed %d: %s and %s both at %s", seed, who, other, at)
			}
			seen[at] = who
		}
		for _, p := range plan.Publishers {
			note(p.Phase, p.Name)
		}
		for _, w := range plan.Workers {
			note(w.Start, w.Name)
		}
	}
}
