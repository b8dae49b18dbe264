package export

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// probe is one run of a study with what was varied for it.
type probe struct {
	*results.Probe
	varied []setting
	clock  string
}

// sweepProbes are the runs of a sweep, point by point.
func sweepProbes(s *results.Sweep) []probe {
	var all []probe
	for i := range s.Points {
		var varied []setting
		for k, v := range s.Points[i].Values {
			varied = append(varied, setting{s.Axes[k].Path, v})
		}
		for k := range s.Points[i].Probes {
			all = append(all, probe{&s.Points[i].Probes[k], varied, s.Clock})
		}
	}
	return all
}

const (
	limitPath = "consumer.max_ack_pending"
	noLimit   = "-1"
)

// tuningProbes are the runs of a tuning: without a limit, then by rising limit, then with other settings, then those that
// confirm it.
func tuningProbes(t *results.Tuning) []probe {
	var all []probe
	add := func(probes []results.Probe, arm, clock, limit string, more ...setting) {
		for i := range probes {
			varied := append([]setting{{"arm", arm}, {limitPath, limit}}, more...)
			all = append(all, probe{&probes[i], varied, clock})
		}
	}
	add(t.Free, results.ArmFree, t.Clock, noLimit)
	add(t.Loose, results.ArmFaults, t.Clock, noLimit)
	for i := range t.Limits {
		l := &t.Limits[i]
		add(l.Calm, results.ArmCalm, t.Clock, strconv.FormatInt(l.Limit, 10))
		add(l.Faults, results.ArmFaults, t.Clock, strconv.FormatInt(l.Limit, 10))
	}
	for i := range t.Variants {
		v := &t.Variants[i]
		var more []setting
		for k, value := range v.Values {
			more = append(more, setting{t.Also[k].Path, value})
		}
		add(v.Calm, results.ArmCalm, t.Clock, strconv.FormatInt(v.Limit, 10), more...)
		add(v.Faults, results.ArmFaults, t.Clock, strconv.FormatInt(v.Limit, 10), more...)
	}
	for i := range t.Confirm {
		c := &t.Confirm[i]
		add(c.Calm, results.ArmCalm, c.Clock, strconv.FormatInt(c.Limit, 10))
		add(c.Faults, results.ArmFaults, c.Clock, strconv.FormatInt(c.Limit, 10))
	}
	return all
}

func sweepCSV(w io.Writer, s *results.Sweep) error { return probesCSV(w, &s.Study, sweepProbes(s)) }

func tuningCSV(w io.Writer, t *results.Tuning) error { return probesCSV(w, &t.Study, tuningProbes(t)) }

// probesCSV writes a row for each run of a study: what was varied, the verdict, and every metric that applies to any of
// them. A metric that does not apply is an empty cell.
func probesCSV(w io.Writer, s *results.Study, probes []probe) error {
	paths, metrics := columnsOf(probes)
	head := []string{"scenario", "clock", "seed"}
	for _, p := range paths {
		head = append(head, cell(p))
	}
	head = append(append(head, "verdict", "broken"), metrics...)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(head); err != nil {
		return err
	}
	for _, p := range probes {
		row := []string{cell(s.Scenario), cell(p.clock), strconv.FormatUint(p.Seed, 10)}
		for _, path := range paths {
			row = append(row, cell(p.of(path)))
		}
		row = append(row, cell(string(p.Verdict)), cell(strings.Join(p.Broken, "; ")))
		for _, m := range metrics {
			text := ""
			if v, ok := p.Metrics[m]; ok {
				text = strconv.FormatFloat(v, 'g', -1, 64)
			}
			row = append(row, text)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// of is the value of a setting that was varied; "" where it was not.
func (p probe) of(path string) string {
	for _, v := range p.varied {
		if v.key == path {
			return v.value
		}
	}
	return ""
}

// columnsOf are the settings that were varied and the metrics that apply to any of the runs.
func columnsOf(probes []probe) (paths, metrics []string) {
	applies := map[string]bool{}
	for _, p := range probes {
		for _, v := range p.varied {
			if !slices.Contains(paths, v.key) {
				paths = append(paths, v.key)
			}
		}
		for name := range p.Metrics {
			applies[name] = true
		}
	}
	for _, m := range measure.Table {
		if applies[m.Name] {
			metrics = append(metrics, m.Name)
		}
	}
	return paths, metrics
}
