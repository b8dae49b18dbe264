package sim

import (
	"context"
	"os"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// The test binary runs virtual plans in children of itself, as pindrop does.
func TestMain(m *testing.M) {
	if IsChild() {
		os.Exit(Child(os.Stdin, os.Stdout, os.Stderr))
	}
	if os.Getenv(orphanEnv) != "" {
		os.Exit(orphan())
	}
	os.Exit(m.Run())
}

// wallLimit ends a virtual run that hangs; none of them comes near it.
const wallLimit = 5 * time.Minute

// planOf makes a plan of a built-in scenario, or of YAML text, with overrides.
func planOf(t testing.TB, scenario string, seed uint64, sets ...string) *scenarios.Plan {
	t.Helper()
	text, builtin := scenarios.Builtin(scenario)
	if !builtin {
		text = []byte(scenario)
	}
	s, err := scenarios.Load("test.yaml", text, sets)
	if err != nil {
		t.Fatal(err)
	}
	return s.Plan(seed)
}

// dirs are folders that go away with the test.
func dirs(t testing.TB) Dirs {
	dir := t.TempDir()
	return Dirs{Logs: dir + "/logs", Store: dir + "/store", Servers: dir + "/servers"}
}

// onVirtual runs a plan on the virtual clock.
func onVirtual(t testing.TB, plan *scenarios.Plan) []history.Event {
	t.Helper()
	d := dirs(t)
	if err := Virtual(context.Background(), plan, d, wallLimit, func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	return readLogs(t, d)
}

// readLogs reads what a run has recorded.
func readLogs(t testing.TB, d Dirs) []history.Event {
	t.Helper()
	h, _, err := ReadLogs(d.Logs)
	if err != nil {
		t.Fatal(err)
	}
	return h.Slice()
}

// measured runs a scenario on the virtual clock and measures it; its premises must hold.
func measured(t testing.TB, scenario string, seed uint64, sets ...string) *measure.Findings {
	t.Helper()
	f := measure.All(onVirtual(t, planOf(t, scenario, seed, sets...)), measure.Asked{})
	for _, p := range f.Premises {
		if !p.OK {
			t.Fatalf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	return f
}
