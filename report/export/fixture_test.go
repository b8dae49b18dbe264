package export

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// golden compares with a file under testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s differs; review it and run the test with -rewrite (-want +got):\n%s", path, diff)
	}
}

// drill is a run of testdata/drill.yaml, of which testdata/drill.jsonl is the history: pindrop run drill.yaml, then pindrop
// history --json. It is measured once for all tests, which change copies only.
var drill = sync.OnceValues(func() (Run, error) {
	s, err := loadDrill()
	if err != nil {
		return Run{}, err
	}
	lines, err := os.Open("testdata/drill.jsonl")
	if err != nil {
		return Run{}, err
	}
	defer lines.Close()
	h, err := results.ReadJSONL(lines)
	if err != nil {
		return Run{}, err
	}
	r, err := record(s, h)
	return Run{Record: r, History: h}, err
})

func loadDrill() (*scenarios.Scenario, error) {
	text, err := os.ReadFile("testdata/drill.yaml")
	if err != nil {
		return nil, err
	}
	return scenarios.Load("drill.yaml", text, nil)
}

func record(s *scenarios.Scenario, h *history.History) (*results.Record, error) {
	var expect []*results.Expectation
	for _, e := range s.Expect {
		compiled, err := results.CompileExpectation(e.Expr, results.NewVocabulary(s.Settings()))
		if err != nil {
			return nil, err
		}
		expect = append(expect, compiled)
	}
	digest, err := results.Digest(h)
	if err != nil {
		return nil, err
	}
	return results.New(results.Input{
		Scenario: s.Name, Doc: s.Doc, Complete: true, Clock: "virtual", Engine: "native", Server: "embedded", Host: "goroutine",
		Seed: 1, Digest: digest, Events: h.Len(), Started: "2026-03-01T02:00:00Z",
		Command:  "pindrop run drill.yaml --clock virtual --seed 1",
		Versions: results.Versions{Pindrop: "v0.1.0", NATSServer: "2.15.2", NATSGo: "1.55.0", Go: "go1.26.0"},
		Machine:  results.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		YAML:     string(s.YAML()), Findings: *measure.Stream(h.Events(), measure.Asked{Faults: 1, Held: []int32{1}, Due: 32}),
		Expect: expect,
	}), nil
}

// theDrill is the drill, whose record may be changed as far as its own fields go.
func theDrill(t *testing.T) Run {
	t.Helper()
	r, err := drill()
	if err != nil {
		t.Fatal(err)
	}
	own := *r.Record
	return Run{&own, r.History}
}

// seeded is the drill as a run with another seed, of which some metrics are others.
func seeded(t *testing.T, seed uint64, factor float64) Run {
	t.Helper()
	r := theDrill(t)
	r.Record.Seed = seed
	metrics := map[string]float64{}
	for name, v := range r.Record.Metrics {
		metrics[name] = v
		if m, _ := measure.Lookup(name); m.Unit == "s" {
			metrics[name] = v * factor
		}
	}
	r.Record.Metrics = metrics
	return r
}

// render is what a format makes of its input.
func render(t *testing.T, name string, in Input, o Options) []byte {
	t.Helper()
	f, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b, in, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// twoClocks is the drill with how well it agrees with the other clock.
func twoClocks(t *testing.T, name, within string) Run {
	t.Helper()
	r := theDrill(t)
	r.Record.Other = &results.Agreement{Clocks: [2]string{"virtual", "real"}, Metrics: []results.Compared{
		{Metric: name, Values: [2]float64{0.873, 0.99}, Within: within},
		{Metric: "pin.count", Values: [2]float64{2, 2}, Within: "exactly", OK: true},
		{Metric: "lost.count", Values: [2]float64{0, 0}, Missing: "real", Within: "exactly"},
		{Metric: "handled.rate", Values: [2]float64{9, 8}, OK: true},
	}}
	return r
}

func of(runs ...Run) Input { return Input{Runs: runs} }

func probesOf(seeds int, verdict measure.Verdict, metrics map[string]float64) []results.Probe {
	var list []results.Probe
	for i := range seeds {
		own := map[string]float64{}
		for name, v := range metrics {
			own[name] = v * (1 + 0.01*float64(i))
		}
		list = append(list, results.Probe{Seed: uint64(i + 1), Verdict: verdict, Reason: "9 premises held", Metrics: own})
	}
	return list
}

func newStudy(command string) results.Study {
	return results.Study{
		Format: results.Format, Scenario: "kill-drill", Doc: "The pinned worker is killed.", Arg: "drill.yaml", Clock: "virtual",
		Seed: 1, Repeat: 2, Complete: true, Started: "2026-03-01T02:00:00Z", Command: command,
		Versions: results.Versions{Pindrop: "v0.1.0", NATSServer: "2.15.2", NATSGo: "1.55.0", Go: "go1.26.0"},
		Machine:  results.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
	}
}

// aSweep has a point that passes, one that fails, one whose premise broke in a run, and one that was not run.
func aSweep() *results.Sweep {
	s := &results.Sweep{
		Study: newStudy("pindrop sweep drill.yaml --vary workers.batch=1,5,10,50 --repeat 2"),
		Axes:  []results.Axis{{Path: "workers.batch", Values: []string{"1", "5", "10", "50"}}},
		Show:  []string{"takeover.fault.max", "handled.rate", "overlap.total"},
	}
	for i, v := range s.Axes[0].Values[:3] {
		m := map[string]float64{"takeover.fault.max": 0.8 + 0.1*float64(i), "handled.rate": 8 + float64(i), "lost.count": 0}
		s.Points = append(s.Points, results.Point{Values: []string{v}, Probes: probesOf(2, measure.Pass, m)})
	}
	for k := range s.Points[1].Probes {
		s.Points[1].Probes[k].Verdict, s.Points[1].Probes[k].Reason = measure.Fail, "not as expected: lost.count == 0 (lost.count = 1)"
	}
	p := &s.Points[2].Probes[1]
	p.Verdict, p.Reason, p.Broken = measure.Unknown, "broken premise: drained", []string{"drained (got 3 waiting, wanted none)"}
	s.Points = append(s.Points, results.Point{Values: []string{"50"}})
	s.Complete = false
	return s
}

func aTuning() *results.Tuning {
	t := &results.Tuning{
		Study:    newStudy("pindrop tune drill.yaml --goal 'held.at_fault <= 3'"),
		Goals:    []results.Goal{{Expr: "held.at_fault <= 3", Side: "upper"}, {Expr: "takeover.fault.max <= 0.1", Side: "never", Best: "takeover.fault.max is 0.87 s at 3"}},
		Question: results.Question{Kind: "limit", Text: "The limit decides."},
		Reach:    8, Low: results.Edge{Limit: 2, Beyond: 1}, High: results.Edge{Limit: 3, Beyond: 4}, Knee: 2, Advised: 3,
		Verdict: results.TuningFound, Reason: "Set max_ack_pending to 3.", Why: []string{"Above 3: at 4, held.at_fault is 4."},
		Also: []results.Axis{{Path: "workers.batch", Values: []string{"5"}}},
	}
	m := map[string]float64{"held.at_fault": 3, "handled.rate": 9}
	t.Free, t.Loose = probesOf(2, measure.Pass, m), probesOf(2, measure.Fail, m)
	for _, limit := range []int64{2, 3, 4} {
		l := results.Tried{Limit: limit, OK: limit < 4, Calm: probesOf(1, measure.Pass, m), Faults: probesOf(2, measure.Pass, m)}
		if !l.OK {
			l.Failed = []results.Failed{{Goal: 0, Seed: 2, Got: "held.at_fault is 4"}}
		}
		t.Limits = append(t.Limits, l)
	}
	t.Variants = []results.Variant{{Values: []string{"5"}, Limit: 3, OK: true, Front: true, Calm: probesOf(1, measure.Pass, m)}}
	t.Confirm = []results.Confirmed{{Limit: 3, Clock: "real", OK: true, Agrees: true, Calm: probesOf(1, measure.Pass, m)},
		{Limit: 2, Clock: "real", Failed: []results.Failed{{Goal: 0, Seed: 1, Got: "held.at_fault is 4"}}}}
	return t
}

// attack would run a formula, a script, a table cell, or a command, or break out of whatever it stands in.
const attack = "=cmd|' /C calc'!A0\"'><script>x</script>|`*_[a](b)\x1b[2J\u202e\x00\r\n## head\n\xff{{.}}</testsuite>]]>\t,@all"

// hostile carries the attack in every text that a user, a server or a file can choose, whatever begins a formula.
func hostile(t *testing.T) Run {
	t.Helper()
	r := theDrill(t).Record
	f := r.Findings
	f.Faults = append([]measure.Fault{}, f.Faults...)
	f.Takeovers = append([]measure.Takeover{}, f.Takeovers...)
	f.Lanes = append([]measure.Lane{}, f.Lanes...)
	f.Phases = append([]measure.Phase{}, f.Phases...)
	f.Latencies = append([]measure.Latency{}, f.Latencies...)
	r.Premises = append([]measure.Premise{}, r.Premises...)
	r.Expect = append([]results.Judged{}, r.Expect...)
	for i := range f.Latencies {
		f.Latencies[i].Label = attack
	}
	for i := range f.Phases {
		f.Phases[i].Name, f.Phases[i].Reason = attack, attack
	}
	for _, s := range []*string{&r.Scenario, &r.Doc, &r.Reason, &r.Clock, &r.Engine, &r.Server, &r.Host, &r.Digest, &r.Started, &r.Command,
		&r.Versions.Pindrop, &r.Versions.NATSServer, &r.Versions.NATSGo, &r.Versions.Go, &r.Machine.OS, &r.Machine.Arch,
		&r.Premises[0].Name, &r.Premises[0].Got, &r.Premises[0].Wanted, &r.Expect[0].Expr, &r.Expect[0].Got, &r.Expect[1].Expr, &r.Expect[1].Why,
		&f.Policy, &f.Diagnosis.Text, &f.Lanes[0].Worker, &f.Faults[0].Do, &f.Faults[0].Target, &f.Takeovers[0].From, &f.Takeovers[0].To} {
		*s = attack
	}
	r.Findings, r.Warnings = f, []string{attack}
	h := &history.History{}
	for e := range theDrill(t).History.Events() {
		if e.Actor == "w1" || e.Actor == "publisher-1" {
			e.Actor += attack
		}
		h.Append(e)
	}
	return Run{r, h}
}

func hostileSweep() *results.Sweep {
	s := aSweep()
	for _, text := range []*string{&s.Scenario, &s.Doc, &s.Arg, &s.Clock, &s.Command, &s.Versions.Pindrop, &s.Axes[0].Path, &s.Points[0].Values[0],
		&s.Points[0].Probes[0].Reason, &s.Points[1].Probes[0].Reason, &s.Points[2].Probes[1].Broken[0]} {
		*text = attack
	}
	s.Points[0].Probes[0].Verdict = measure.Verdict(attack)
	s.Show = append(s.Show, attack)
	return s
}

func hostileTuning() *results.Tuning {
	t := aTuning()
	for _, text := range []*string{&t.Scenario, &t.Doc, &t.Clock, &t.Command, &t.Versions.Pindrop, &t.Goals[0].Expr, &t.Goals[1].Best, &t.Question.Text,
		&t.Reason, &t.Why[0], &t.Also[0].Path, &t.Variants[0].Values[0], &t.Confirm[1].Clock, &t.Confirm[1].Failed[0].Got, &t.Limits[2].Failed[0].Got} {
		*text = attack
	}
	return t
}

// inputs are all kinds of input, by a name for files.
func inputs(t *testing.T) map[string]Input {
	t.Helper()
	return map[string]Input{
		"drill":   of(theDrill(t)),
		"clocks":  of(twoClocks(t, "takeover.fault.max", "50 ms or 2 %")),
		"repeats": of(seeded(t, 1, 1), seeded(t, 2, 1.02), seeded(t, 3, 0.99)),
		"sweep":   {Sweep: aSweep()},
		"tuning":  {Tuning: aTuning()},
	}
}

func hostiles(t *testing.T) map[string]Input {
	t.Helper()
	return map[string]Input{"run": of(hostile(t)), "clocks": of(twoClocks(t, attack, attack)), "sweep": {Sweep: hostileSweep()}, "tuning": {Tuning: hostileTuning()}}
}

// each calls test for every format with every input that it takes.
func each(t *testing.T, all map[string]Input, test func(t *testing.T, f Format, name string, in Input)) {
	t.Helper()
	for _, f := range Formats {
		for name, in := range all {
			if f.Check(in) == nil {
				t.Run(fmt.Sprintf("%s of %s", f.Name, name), func(t *testing.T) { test(t, f, name, in) })
			}
		}
	}
}
