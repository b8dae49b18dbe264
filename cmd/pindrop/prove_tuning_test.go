//go:build prove

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strconv"
	"testing"

	"pindrop/report"
	"pindrop/results"
	"pindrop/scenarios"
	"pindrop/tune"
)

const tuningDoc = "../../docs/tuning.md"

// tuningIntro stands in front of what was measured.
const tuningIntro = `# How the limit is found

` + "`pindrop tune`" + ` answers the question with which most people come: what should max_ack_pending be? It runs the scenario against
the real server on the virtual clock, without a limit first, then over a ladder of limits, then closer and closer around
the edges, and says which limits meet every goal, which to take, and what breaks outside. Below are the built-in
workloads, each tuned as its command says, beside what people work out on paper: ✓ where every goal holds at that limit
when it is run, ✗ where one does not.

A goal that is named must hold with each seed. Where none is, as here, limits are compared with a run without one, and runs
have their luck: a goal holds where it does with most seeds. Around the edges, where seeds disagree, limits are run with
more of them, four at a time, until one answer leads by four or --repeat is reached. Ten tunings of orders, ledger, crash
and bursts, each with other seeds, recommend neighbouring round numbers at most (` + "`-run TuningRepeats`" + `).

At none of the limits that the rules give do all goals hold. Little's law gives what is in service on average; it leaves no room for chance, bursts, or a
worker that died with messages in its buffer. The rule of thumb counts pulls, and a pull brings many messages.

Rates on the virtual clock are arithmetic of the declared service times: they say what a limit does to a workload, not
how fast a machine is. Made by ` + "`go test -tags prove ./cmd/pindrop -run TuningDocument -rewrite`" + `.

`

// tuning runs pindrop tune and returns what it found.
func tuning(t *testing.T, args ...string) *results.Tuning {
	t.Helper()
	var out bytes.Buffer
	if code := pindrop(append([]string{"tune", "--json", "--out", t.TempDir()}, args...), &out, io.Discard); code > 2 {
		t.Fatalf("%v: exit code %d", args, code)
	}
	found := &results.Tuning{}
	if err := json.Unmarshal(out.Bytes(), found); err != nil {
		t.Fatal(err)
	}
	return found
}

// The document says what tuning finds today; one recommendation is confirmed on the real clock.
func TestTuningDocument(t *testing.T) {
	var tunings []*results.Tuning
	for _, name := range scenarios.Workloads() {
		args := []string{name}
		if name == "far" {
			args = append(args, "--confirm", "real")
		}
		found := tuning(t, args...)
		if found.Verdict != results.TuningFound {
			t.Errorf("%s: %s: %s", name, found.Verdict, found.Reason)
		}
		for _, c := range found.Confirm {
			if !c.Agrees {
				t.Errorf("%s: on the %s clock %d came out otherwise: %+v", name, c.Clock, c.Limit, c.Failed)
			}
		}
		for _, r := range found.Rules {
			if r.OK {
				t.Errorf("%s: every goal holds at what %s says, %d: the introduction says otherwise", name, r.Name, r.Limit)
			}
		}
		tunings = append(tunings, found)
	}
	var b bytes.Buffer
	b.WriteString(tuningIntro)
	if err := report.TuningMarkdown(&b, tunings); err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(tuningDoc, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(tuningDoc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, b.Bytes()) {
		t.Errorf("%s is not what was found; run with -rewrite and look at the difference", tuningDoc)
	}
}

// Ten seeds lead to recommendations that are one step of round numbers from their median, at most.
func TestTuningRepeats(t *testing.T) {
	for _, name := range []string{"orders", "ledger", "crash", "bursts"} {
		t.Run(name, func(t *testing.T) {
			var advised []int64
			for seed := 1; seed <= 10; seed++ {
				advised = append(advised, tuning(t, name, "--seed", strconv.Itoa(100*seed)).Advised)
			}
			slices.Sort(advised)
			median := advised[len(advised)/2]
			steps := tune.RoundNumbers(1, 10*median)
			at, exact := slices.BinarySearch(steps, median)
			if !exact || advised[0] < steps[max(at-1, 0)] || advised[len(advised)-1] > steps[at+1] {
				t.Errorf("ten seeds recommend %v", advised)
			}
			t.Logf("ten seeds recommend %v", advised)
		})
	}
}
