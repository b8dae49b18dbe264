package laws

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/scenarios"
)

var rewrite = flag.Bool("rewrite", false, "write docs/laws.md instead of comparing it")

const introduction = `# Laws

What can be said about settings before anything runs. ` + "`pindrop run`" + ` warns of each law that a scenario breaks, and runs it all
the same. Made from the table in ` + "`scenarios/laws/laws.go`" + `.

A law speaks of undisturbed running on links without latency, in the mean where service times vary, with one slow
message (the 99th percentile) at the end. It is silent where it cannot be sure, so a scenario without warnings is not a
safe one. Each is a prediction that a test puts to the real server on the virtual clock: with settings just outside the
law the harm is there, just inside it is not.

Of several consumers (` + "`consumer.count`" + `) each is checked by itself: with the arrivals of its keys, and a loop and handlers of
each worker for it. The warning says at how many of them it is so.

| symbol | meaning |
|---|---|
| λ | arrivals of all publishers, messages per second |
| h | service: how long a handler works on a message; where it fails now and then, on all attempts |
| c | handlers of a worker that work at once: concurrency, or its part of a ` + "`pool`" + ` |
| handlers | Σ workers × c; of a pinned consumer those of one worker |
| batch, threshold | of a worker's pulls: nats.go asks again once fewer than threshold are left, by default ⌈batch / 2⌉; fetch has none |
| held | what a worker holds at most: batch for fetch, and for consume and messages with one handler; several handlers or a queue add queue + concurrency; ` + "`ack: batch`" + ` adds batch − 1 |

`

func document() string {
	var b strings.Builder
	b.WriteString(introduction)
	b.WriteString("| law | broken where | what happens |\n|---|---|---|\n")
	for _, l := range All {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", l.ID, l.ID, l.Formula, l.Meaning)
	}
	for _, l := range All {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n- broken where: %s\n- applies to: %s\n- source: %s\n- drill: `pindrop %s %s`\n",
			l.ID, l.Meaning, l.Formula, l.Applies, l.Source, runner(l.Drill), l.Drill)
	}
	return b.String()
}

// runner is the command that runs a drill: a claim with all its arms.
func runner(drill string) string {
	if slices.Contains(scenarios.Claims(), drill) {
		return "claims"
	}
	return "run"
}

// docs/laws.md is the table of laws, for people.
func TestLawsAreDocumented(t *testing.T) {
	const file = "../../docs/laws.md"
	if *rewrite {
		if err := os.WriteFile(file, []byte(document()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(document(), string(written)); diff != "" {
		t.Fatalf("docs/laws.md is not the table; run this test with -rewrite:\n%s", diff)
	}
}

// Every law says all that there is to say, and its drill is a scenario of ours that breaks it, as it stands or in one of
// the arms of its claim.
func TestDrills(t *testing.T) {
	ids := map[string]bool{}
	for _, law := range All {
		if ids[law.ID] || slices.Contains([]string{law.ID, law.Formula, law.Meaning, law.Applies, law.Source}, "") {
			t.Errorf("the law %q has a part that is missing, or the name of another", law.ID)
		}
		ids[law.ID] = true
		text, ok := scenarios.Builtin(law.Drill)
		if !ok {
			t.Errorf("law %s: there is no scenario %s", law.ID, law.Drill)
			continue
		}
		base := load(t, string(text))
		arms := [][]string{nil}
		if base.Claim != nil {
			for _, arm := range base.Claim.Arms {
				arms = append(arms, arm.Set)
			}
		}
		if !slices.ContainsFunc(arms, func(sets []string) bool { return broken(load(t, string(text), sets...), law.ID) != nil }) {
			t.Errorf("law %s: its drill %s does not break it", law.ID, law.Drill)
		}
	}
}

// What is meant to be steady breaks no law.
func TestSteadyIsSafe(t *testing.T) {
	text, _ := scenarios.Builtin("steady")
	if found := Check(load(t, string(text))); found != nil {
		t.Errorf("got %v, want nothing", found)
	}
}

func load(t *testing.T, text string, sets ...string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Load("a.yaml", []byte(text), sets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// broken is the finding of a law, nil if it is not broken.
func broken(s *scenarios.Scenario, law string) *Finding {
	for _, f := range Check(s) {
		if f.Law.ID == law {
			return &f
		}
	}
	return nil
}
