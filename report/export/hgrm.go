package export

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// ticksPerHalf is how many percentiles are printed in each half of the distance to 100 %, as other tools do.
const ticksPerHalf = 5

// Percentiles is one percentile file that can be made of a run.
type Percentiles struct {
	Name string // of the file: response.hgrm, response.during.hgrm
	run  Run
	of   measure.Times
}

// AllPercentiles are the percentile files of a run: one for each latency, and for response and queue one for each phase of
// the faults.
func AllPercentiles(r Run) []Percentiles {
	var all []Percentiles
	for _, t := range r.detail().Times() {
		all = append(all, Percentiles{strings.TrimSuffix(t.Latency+"."+t.Phase, ".") + ".hgrm", r, t})
	}
	return all
}

// Write writes the file. It returns the writer's first error.
func (p Percentiles) Write(w io.Writer) error {
	values := make([]int64, len(p.of.Values))
	for i, v := range p.of.Values {
		values[i] = v.Value
	}
	slices.Sort(values)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)")
	writePercentiles(out, values)
	mean, deviation := moments(values)
	fmt.Fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", mean/1e6, deviation/1e6)
	fmt.Fprintf(out, "#[Max     = %12.6f, Total count    = %12d]\n", float64(values[len(values)-1])/1e6, len(values))
	fmt.Fprintf(out, "# %s\n", p.title())
	return out.Flush()
}

// title says what is in the file.
func (p Percentiles) title() string {
	r := p.run.Record
	label := ""
	for _, l := range r.Findings.Latencies {
		if l.Name == p.of.Latency {
			label = ", " + l.Label
		}
	}
	when := ""
	if p.of.Phase != "" {
		when = ", " + p.of.Phase + " the faults"
	}
	return clean(fmt.Sprintf("%s: %s%s%s, in ms; %s clock, seed %d", r.Scenario, p.of.Latency, label, when, r.Clock, r.Seed))
}

// writePercentiles writes a line for each percentile: its value in ms, and how many values are no greater. Each is the
// nearest rank of the rising values, exactly what the report says: a histogram's buckets would be off by their width.
func writePercentiles(out io.Writer, rising []int64) {
	n := len(rising)
	for level := 0.0; ; {
		rank := max(int(math.Ceil(level*float64(n)/100)), 1)
		value := rising[rank-1]
		upTo, _ := slices.BinarySearch(rising, value+1)
		fmt.Fprintf(out, "%12.6f %2.12f %10d %14.2f\n", float64(value)/1e6, level/100, upTo, 1/(1-level/100))
		if upTo == n {
			fmt.Fprintf(out, "%12.6f %2.12f %10d\n", float64(value)/1e6, 1.0, n)
			return
		}
		// 10 % a step up to 50 %, 5 % up to 75 %, and so on: each half of what remains takes ticksPerHalf steps.
		halves := math.Floor(math.Log2(100 / (100 - level)))
		level += 100 / (ticksPerHalf * math.Pow(2, halves+1))
	}
}

// moments are the mean and the standard deviation of the whole population.
func moments(values []int64) (mean, deviation float64) {
	for _, v := range values {
		mean += float64(v) / float64(len(values))
	}
	for _, v := range values {
		deviation += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
	}
	return mean, math.Sqrt(deviation)
}

func writeHGRM(w io.Writer, runs []Run, o Options) error {
	latency := o.Latency
	if latency == "" {
		latency = "response"
	}
	all := AllPercentiles(runs[0])
	for _, p := range all {
		if p.of.Latency == latency && p.of.Phase == o.Phase {
			return p.Write(w)
		}
	}
	return noTimes(runs[0].Record, latency, o.Phase, all)
}

// noTimes says what the run has instead.
func noTimes(r *results.Record, latency, phase string, all []Percentiles) error {
	wanted := strings.TrimSuffix(latency+"."+phase, ".")
	if len(all) == 0 {
		return fmt.Errorf("%s has no %s times, nor any other", clean(r.Scenario), wanted)
	}
	var have []string
	for _, p := range all {
		have = append(have, strings.TrimSuffix(p.Name, ".hgrm"))
	}
	return fmt.Errorf("%s has no %s times; nearest: %s (of %s)", clean(r.Scenario), wanted,
		scenarios.Nearest(wanted, have), strings.Join(have, ", "))
}
