package results

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pindrop/results/measure"
)

// Group is runs of one scenario on one clock: one side of a [Comparison].
type Group struct {
	Name      string            `json:"name"` // what the user called it
	Scenario  string            `json:"scenario"`
	Clock     string            `json:"clock"`
	Engine    string            `json:"engine"`
	Server    string            `json:"server"`
	Command   string            `json:"command"` // of the first run
	Versions  Versions          `json:"versions"`
	Machine   Machine           `json:"machine"`
	YAML      string            `json:"yaml"`
	Runs      []Repeat          `json:"runs"`
	Failed    map[string]int    `json:"failed"`          // valid runs in which an expectation did not hold, of every expectation
	Latencies []measure.Latency `json:"latencies"`       // of the run in the middle by the 99th percentile of responses
	Middle    uint64            `json:"middle"`          // its seed
	Mixed     []string          `json:"mixed,omitempty"` // what is not the same in all runs
}

// Add adds a run.
func (g *Group) Add(r *Record, dir string) {
	if len(g.Runs) == 0 {
		g.Scenario, g.Clock, g.Engine, g.Server, g.Command = r.Scenario, r.Clock, r.Engine, r.Server, r.Command
		g.Versions, g.Machine, g.YAML, g.Failed = r.Versions, r.Machine, r.YAML, map[string]int{}
	}
	for what, differs := range map[string]bool{
		"scenario": r.Scenario != g.Scenario, "clock": r.Clock != g.Clock, "settings": r.YAML != g.YAML, "versions": r.Versions != g.Versions,
		"machine": r.Machine != g.Machine,
	} {
		if differs && !slices.Contains(g.Mixed, what) {
			g.Mixed = append(g.Mixed, what)
			slices.Sort(g.Mixed)
		}
	}
	g.Runs = append(g.Runs, RepeatOf(r, dir))
	if len(r.Invalid()) > 0 {
		return
	}
	for _, e := range r.Expect {
		if e.Verdict == measure.Fail {
			g.Failed[e.Expr]++
		} else {
			g.Failed[e.Expr] += 0
		}
	}
}

// GroupOf is a run with its repeats as one side of a comparison. Of the repeats only the run itself tells which of its
// expectations failed.
func GroupOf(r *Record, name string) Group {
	g := Group{Name: name, Latencies: r.Findings.Latencies, Middle: r.Seed}
	g.Add(r, name)
	if len(r.Repeats) > 1 {
		g.Runs = r.Repeats
	}
	return g
}

// MiddleRun is the index of the valid run whose responses are in the middle: what one run is to show for all. It is -1
// where there is none.
func (g *Group) MiddleRun() int {
	var valid []int
	for i, t := range g.Runs {
		if len(t.Broken) == 0 {
			valid = append(valid, i)
		}
	}
	if len(valid) == 0 {
		return -1
	}
	slices.SortStableFunc(valid, func(a, b int) int {
		const middle = "latency.response.p99"
		return cmp.Compare(g.Runs[a].Metrics[middle], g.Runs[b].Metrics[middle])
	})
	return valid[(len(valid)-1)/2]
}

// Valid is how many runs were valid experiments.
func (g *Group) Valid() int {
	n := 0
	for _, t := range g.Runs {
		if len(t.Broken) == 0 {
			n++
		}
	}
	return n
}

// values of a metric in the valid runs to which it applies, ascending.
func (g *Group) values(metric string) []float64 {
	values := []float64{}
	for _, t := range g.Runs {
		if v, ok := t.Metrics[metric]; ok && len(t.Broken) == 0 {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

// differences are what a reader must know before trusting a comparison. Machines make no difference on the virtual clock.
func differences(base, today *Group) []Difference {
	out := []Difference{}
	add := func(what, a, b string) {
		if a != b {
			out = append(out, Difference{what, a, b})
		}
	}
	add("scenario", base.Scenario, today.Scenario)
	add("clock", base.Clock, today.Clock)
	add("server", base.Server, today.Server)
	add("pindrop", base.Versions.Pindrop, today.Versions.Pindrop)
	add("nats-server", base.Versions.NATSServer, today.Versions.NATSServer)
	add("nats.go", base.Versions.NATSGo, today.Versions.NATSGo)
	add("Go", base.Versions.Go, today.Versions.Go)
	if today.Clock != "virtual" {
		add("machine", fmt.Sprintf("%s/%s, %d CPUs", base.Machine.OS, base.Machine.Arch, base.Machine.CPUs),
			fmt.Sprintf("%s/%s, %d CPUs", today.Machine.OS, today.Machine.Arch, today.Machine.CPUs))
	}
	return append(out, settingDifferences(base.YAML, today.YAML)...)
}

// settingDifferences are the lines of the scenarios that are not in both, side by side where they begin with the same key.
func settingDifferences(base, today string) []Difference {
	a, b := strings.Split(strings.TrimSpace(base), "\n"), strings.Split(strings.TrimSpace(today), "\n")
	gone := slices.DeleteFunc(slices.Clone(a), func(l string) bool { return slices.Contains(b, l) })
	come := slices.DeleteFunc(slices.Clone(b), func(l string) bool { return slices.Contains(a, l) })
	key := func(line string) string {
		name, _, _ := strings.Cut(strings.TrimLeft(line, " -"), ":")
		return name
	}
	value := func(line string) string {
		_, v, _ := strings.Cut(line, ":")
		return strings.TrimSpace(v)
	}
	var out []Difference
	for _, line := range gone {
		d := Difference{What: "setting " + key(line), Base: value(line)}
		if i := slices.IndexFunc(come, func(l string) bool { return key(l) == key(line) }); i >= 0 {
			d.New = value(come[i])
			come = slices.Delete(come, i, i+1)
		}
		out = append(out, d)
	}
	for _, line := range come {
		out = append(out, Difference{What: "setting " + key(line), New: value(line)})
	}
	return out
}

// keptOf counts the failures of every expectation that both sides have.
func keptOf(base, today *Group) []Kept {
	out := []Kept{}
	for expr, n := range today.Failed {
		if before, ok := base.Failed[expr]; ok {
			out = append(out, Kept{expr, before, n})
		}
	}
	slices.SortFunc(out, func(a, b Kept) int { return strings.Compare(a.Expr, b.Expr) })
	return out
}

// OpenAll finds the runs that a path stands for: one run by its directory or its record.json, or all of a directory of
// runs, the oldest first, or of a directory that holds one such directory.
func OpenAll(path string) ([]*Run, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() || (&Run{Dir: path}).begun() {
		run, err := Open(path)
		if err != nil {
			return nil, err
		}
		return []*Run{run}, nil
	}
	runs, err := runsIn(path)
	if err != nil || len(runs) > 0 {
		return runs, err
	}
	scenarios, err := ScenariosIn(path)
	switch {
	case err != nil:
		return nil, err
	case len(scenarios) == 0:
		return nil, fmt.Errorf("open runs: no run in %s; expected a run, a directory of runs, or one with a single scenario in it", path)
	case len(scenarios) > 1:
		return nil, fmt.Errorf("open runs: %s holds %d scenarios; expected one of them: %s", path, len(scenarios), filepath.Join(path, scenarios[0]))
	}
	return runsIn(filepath.Join(path, scenarios[0]))
}

// ScenariosIn are the names of the directories of a store that hold runs or studies.
func ScenariosIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		all, err := In(filepath.Join(dir, e.Name()))
		if err == nil && len(all) > 0 {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// In lists the runs and studies of a scenario's directory, the oldest first.
func In(dir string) ([]*Run, error) {
	return listIn(dir, func(r *Run) bool { return r.begun() || slices.ContainsFunc(StudyFiles, r.Has) })
}
