package report

import (
	"fmt"
	"strconv"

	"pindrop/results"
	"pindrop/results/measure"
)

// newStudy is a study with everything that does not depend on what was tried.
func newStudy(name, command string, repeat int) results.Study {
	return results.Study{
		Format: results.Format, Scenario: name, Doc: "The pinned worker is killed in its fourth message.", Arg: name,
		Clock: "virtual", Seed: 1, Repeat: repeat, Complete: true, Started: "2026-03-01T02:00:00Z",
		Command:  "pindrop " + command + " --clock virtual --seed 1 --repeat " + strconv.Itoa(repeat),
		Versions: results.Versions{Pindrop: "v0.1.0", NATSServer: "2.15.2", NATSGo: "1.55.0", Go: "go1.26.0"},
		Machine:  results.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		YAML:     "name: " + name + "\nconsumer: {max_ack_pending: 100}\npublishers: []\nworkers: []\nphases: {disturb: 10s}\n",
	}
}

// probes are runs with seeds from 1 on, of which each adds a little to a metric.
func probes(repeat int, verdict measure.Verdict, metrics map[string]float64, wobble float64) []results.Probe {
	var out []results.Probe
	for k := range repeat {
		p := results.Probe{Seed: uint64(k + 1), Verdict: verdict, Reason: "9 premises held, 5 expectations met", Metrics: map[string]float64{}}
		if verdict != measure.Pass {
			p.Reason = "not as expected: overlap.count == 0 (overlap.count = 10)"
		}
		for name, v := range metrics {
			p.Metrics[name] = v * (1 + wobble*float64(k))
		}
		out = append(out, p)
	}
	return out
}

func broken(p []results.Probe) []results.Probe {
	for i := range p {
		p[i].Verdict, p[i].Reason, p[i].Broken = measure.Unknown, "broken premise: rate reached", []string{"rate reached: got 3/s, wanted 16/s"}
	}
	return p
}

// curveSweep goes along one logarithmic axis: a rate that rises and stays, a metric that ends to apply, a point at which a
// premise broke, one at which it broke in one run, and one that was not run.
func curveSweep() *results.Sweep {
	s := &results.Sweep{
		Study: newStudy("ack-pending-cliff", "sweep ack-pending-cliff --vary consumer.max_ack_pending=3..5000:7:log", 3),
		Axes:  []results.Axis{{Path: "consumer.max_ack_pending", Values: []string{"3", "10", "35", "130", "430", "1500", "5000"}, Log: true}},
		Show:  []string{"cliff.first", "handled.rate", "lost.count", "cliff.total", "overlap.total"},
	}
	for i, v := range s.Axes[0].Values {
		p := results.Point{Values: []string{v}}
		m := map[string]float64{"lost.count": 0, "handled.rate": min(900+200*float64(i*i), 2993), "cliff.total": max(4-float64(i), 0)}
		if i < 3 {
			m["cliff.first"] = 0.4 * float64(i+1)
		}
		verdict := measure.Pass
		if i < 2 {
			verdict = measure.Fail
		}
		if i < 6 {
			p.Probes = probes(3, verdict, m, 0.04)
		}
		s.Points = append(s.Points, p)
	}
	s.Points[2].Probes = broken(s.Points[2].Probes)
	broken(s.Points[4].Probes[2:])
	s.Complete = false
	return s
}

// gridSweep goes over a grid of axes, the first of which are given.
func gridSweep(axes ...results.Axis) *results.Sweep {
	s := &results.Sweep{Study: newStudy("kill-mid-batch", "sweep kill-mid-batch --vary …", 2), Axes: axes,
		Show: []string{"takeover.fault.max", "overlap.total", "redelivery.count"}}
	points := []results.Point{{}}
	for _, a := range axes {
		var next []results.Point
		for _, p := range points {
			for _, v := range a.Values {
				next = append(next, results.Point{Values: append(append([]string{}, p.Values...), v)})
			}
		}
		points = next
	}
	for i := range points {
		m := map[string]float64{"takeover.fault.max": 0.8 + 0.35*float64(i%9), "redelivery.count": float64(7 * (i / 3))}
		if i%4 != 3 {
			m["overlap.total"] = float64(i % 5)
		}
		verdict := []measure.Verdict{measure.Pass, measure.Pass, measure.Fail, measure.Unknown}[i%4]
		points[i].Probes = probes(2, verdict, m, 0.01)
	}
	points[len(points)/2].Probes = broken(points[len(points)/2].Probes)
	s.Points = points
	return s
}

var (
	batches  = results.Axis{Path: "workers.batch", Values: []string{"10", "1", "50"}}
	timeouts = results.Axis{Path: "consumer.priority_timeout", Values: []string{"1s", "2500ms", "4s"}}
	policies = results.Axis{Path: "consumer.priority_policy", Values: []string{"pinned_client", "overflow"}}
)

func sweeps() map[string]*results.Sweep {
	return map[string]*results.Sweep{
		"sweep-curve": curveSweep(), "sweep-heat": gridSweep(batches, timeouts), "sweep-facets": gridSweep(policies, batches, timeouts),
		"sweep-names": gridSweep(policies), "sweep-hostile": hostileSweep(),
	}
}

func hostileSweep() *results.Sweep {
	s := gridSweep(results.Axis{Path: attack, Values: []string{attack, "1"}}, results.Axis{Path: attack, Values: []string{"2", attack}},
		results.Axis{Path: attack, Values: []string{attack, "3"}})
	harm(&s.Study)
	s.Show = append(s.Show, attack)
	for i := range s.Points {
		for k := range s.Points[i].Probes {
			p := &s.Points[i].Probes[k]
			p.Reason, p.Broken, p.Metrics[attack] = attack, nil, float64(i)
			p.Verdict = measure.Verdict(attack)
		}
	}
	return s
}

// harm puts the attack into every text of a study that a user, a server or a file can choose.
func harm(s *results.Study) {
	for _, text := range []*string{&s.Scenario, &s.Doc, &s.Arg, &s.YAML, &s.Clock, &s.Started, &s.Command, &s.Versions.Pindrop,
		&s.Versions.NATSServer, &s.Versions.NATSGo, &s.Versions.Go, &s.Machine.OS, &s.Machine.Arch} {
		*text = attack
	}
	s.Sets = []string{attack}
}

// tuned is a tuning with everything that one can have.
func tuned() *results.Tuning {
	t := &results.Tuning{
		Study: newStudy("kill-mid-batch", "tune kill-mid-batch --goal 'held.at_fault <= 5'", 3),
		Goals: []results.Goal{
			{Expr: "held.at_fault <= 5", Side: "upper"}, {Expr: "19 <= calm.handled.rate", Side: "lower"},
			{Expr: "calm.latency.response.p99 <= 110% * free.latency.response.p99 + 1ms", Preset: true, Side: "always"},
			{Expr: "takeover.fault.max <= 2500ms", Side: "always"},
		},
		Question: results.Question{Kind: "limit", Text: "The limit decides: without one there are up to 17 messages ack pending, and the workers keep up."},
		Reach:    17, Knee: 3, Advised: 4, Verdict: results.TuningFound,
		Low:    results.Edge{Limit: 3, Beyond: 2, Failed: []results.Failed{{Goal: 1, Seed: 1, Got: "calm.handled.rate is 16/s"}}},
		High:   results.Edge{Limit: 5, Beyond: 6, Failed: []results.Failed{{Goal: 0, Seed: 2, Got: "held.at_fault is 6"}}},
		Reason: "Set max_ack_pending to 4. Every goal holds from 3 to 5; 4 leaves 33 % above what the work needs.",
		Why:    []string{"Below 3: at 2, 19 <= calm.handled.rate does not hold: calm.handled.rate is 16/s."},
		Rules: []results.Estimate{
			{Name: "Little's law", Limit: 3, Formula: "16/s × 0.156 s", OK: true},
			{Name: "workers × batch", Limit: 30, Formula: "3 × 10", Failed: []results.Failed{{Goal: 0, Seed: 1, Got: "held.at_fault is 7"}}},
			{Name: "server default", Limit: 1000, Formula: "the limit where none is asked for"},
			{Name: "spare", Formula: "rate × spare"},
		},
	}
	at := func(limit float64, verdict measure.Verdict) (calm, faults []results.Probe) {
		held := min(limit, 7)
		calm = probes(3, verdict, map[string]float64{"handled.rate": min(8*limit, 20), "latency.response.p99": 9.86, "overlap.total": 0}, 0.002)
		faults = probes(3, verdict, map[string]float64{"handled.rate": min(7*limit, 19.1), "latency.response.p99": max(20-limit, 11.7),
			"held.at_fault": held, "redelivery.count": held, "takeover.fault.max": 1.84, "overlap.total": 0}, 0.002)
		return calm, faults
	}
	calm, faults := at(100, measure.Pass)
	t.Free, t.Loose = calm, faults
	for _, limit := range []int64{1, 2, 3, 4, 5, 6, 8, 17} {
		tried := results.Tried{Limit: limit, OK: limit >= 3 && limit <= 5}
		tried.Calm, tried.Faults = at(float64(limit), measure.Pass)
		if limit < 3 {
			tried.Failed = []results.Failed{{Goal: 1, Seed: 1, Got: fmt.Sprintf("calm.handled.rate is %d/s", 8*limit)}}
		} else if limit > 5 {
			tried.Failed = []results.Failed{{Goal: 0, Seed: 2, Got: fmt.Sprintf("held.at_fault is %d", min(limit, 7))}}
		}
		t.Limits = append(t.Limits, tried)
	}
	t.Limits[0].Faults = broken(t.Limits[0].Faults)
	t.Levers = []results.Lever{{Goal: 0, Set: "workers.batch=5", Met: true, Got: "held.at_fault is 5"}, {Goal: 3, Set: "consumer.priority_timeout=1s", Got: "takeover.fault.max is 2.6 s"}}
	t.Also = []results.Axis{batches}
	for i, v := range batches.Values {
		variant := results.Variant{Values: []string{v}, Limit: int64(i + 3), OK: i < 2, Front: i == 0}
		variant.Calm, variant.Faults = at(float64(i+2), measure.Pass)
		t.Variants = append(t.Variants, variant)
	}
	t.Confirm = []results.Confirmed{{Limit: 4, Clock: "real", OK: true, Agrees: true, Calm: calm, Faults: faults},
		{Limit: 2, Clock: "real", Failed: t.Low.Failed, Agrees: false}}
	return t
}

// unmet is a tuning without an answer.
func unmet() *results.Tuning {
	t := tuned()
	t.Verdict, t.Advised, t.Knee, t.Why, t.Rules, t.Also, t.Variants, t.Confirm = results.TuningUnmet, 0, 0, nil, nil, nil, nil, nil
	t.Reason = "No limit meets every goal."
	t.Low, t.High = results.Edge{Limit: 6, Beyond: 5}, results.Edge{Limit: 5, Beyond: 6}
	t.Goals[3].Side, t.Goals[3].Best = "never", "takeover.fault.max is 2.6 s at 3"
	return t
}

func hostileTuning() *results.Tuning {
	t := tuned()
	harm(&t.Study)
	for _, text := range []*string{&t.Question.Text, &t.Reason, &t.Why[0], &t.Goals[2].Expr, &t.Goals[3].Best, &t.Rules[0].Name, &t.Rules[0].Formula,
		&t.Rules[1].Failed[0].Got, &t.Levers[0].Set, &t.Levers[0].Got, &t.Confirm[0].Clock, &t.Limits[0].Failed[0].Got, &t.Low.Failed[0].Got,
		&t.Variants[0].Values[0], &t.Question.Kind, &t.Goals[2].Side} {
		*text = attack
	}
	t.Also = []results.Axis{{Path: attack, Values: []string{attack}}}
	return t
}

func tunings() map[string]*results.Tuning {
	return map[string]*results.Tuning{"tuning": tuned(), "tuning-unmet": unmet(), "tuning-hostile": hostileTuning()}
}

// explored is an exploration that has found one law broken and one expectation, with a run that came to no verdict.
func explored() *results.Exploration {
	e := &results.Exploration{
		Study: newStudy("explore-r3", "explore explore-r3 --seeds 100", 1), Seeds: 100, Engine: "guest", Jobs: 2, Run: 12, Ended: "what was found",
		Wall: 61.4, Virtual: 410, Histories: 12, Elections: 5, Faults: 40, None: 1, Broken: 2,
		Losses: results.Losses{Runs: 2, Messages: 1042, Refs: []string{"nats-server#7564"}},
		Assertions: []results.AssertionCount{
			{Message: "Raft response term mismatch", Kind: "always_or_unreachable", Runs: 10, Held: 10},
			{Message: "WAL truncate lost commits", Kind: "unreachable", Runs: 2, Calls: 3, Known: 2, Seeds: []uint64{4, 9}},
			{Message: "Two & new", Kind: "always", Runs: 1, Calls: 1, Broken: 1, Seeds: []uint64{7}},
		},
		Laws:    []results.LawCount{{Law: "write_lost", Held: 8, Broken: 1, Known: 2}, {Law: "acked_redelivered", Held: 8, Excused: 2, Open: 1, Why: []results.Unjudged{{Seed: 5, Reason: "no replica was read"}}}},
		Expect:  []results.LawCount{{Law: "lost.count == 0", Held: 11, Broken: 1}},
		Nothing: []results.Unjudged{{Seed: 7, Reason: "5m of real time went by"}},
		Found: []results.Found{
			{
				Seed: 3, What: "write_lost", Text: "stream sequence 12 was acknowledged, and no replica has it", Digest: "5a5a", Runs: 31,
				Drawn:  &results.Drawn{Text: "stream sequence 480 was acknowledged, and no replica has it", Digest: "c3c3"},
				Faults: "[{at: 3s, do: kill_server, target: n1, for: 2s}, {at: 5s, do: split}]", Shrunk: "[{at: 3s, do: kill_server, target: n1}], disturb 10s instead of 30s",
				Dir:     "results/explore-r3/20260301-020000/found/explore-r3/20260301-020107",
				Command: "pindrop run results/explore-r3/20260301-020000/found/explore-r3/20260301-020107/scenario.yaml --seed 3 --engine guest",
			},
			{Seed: 9, What: "lost.count == 0", Text: "lost.count = 1", Digest: "a5a5", Faults: "[{at: 1s, do: kill, target: <b>w1</b>}]"},
		},
	}
	e.Command = "pindrop explore explore-r3 --seeds 100"
	return e
}
