package export

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// benchLine is one run as a line of benchmark results: lines of one name are repeats, of which benchstat makes intervals.
type benchLine struct {
	name    string // without Benchmark in front
	seed    uint64
	clock   string
	metrics map[string]float64
	broken  []string // premises: the line is left out
	config  []setting
}

// setting is a line of configuration. Of lines that differ in one benchstat makes different tables.
type setting struct{ key, value string }

// benchNote stands above the lines of a virtual clock.
const benchNote = "virtual clock: rates are per second of virtual time and no machine's speed"

func writeBench(w io.Writer, runs []Run, _ Options) error {
	var lines []benchLine
	for _, r := range runs {
		rec := r.Record
		broken := rec.Broken()
		if !rec.Complete {
			broken = append(broken, rec.Reason)
		}
		lines = append(lines, benchLine{
			name: benchName(rec.Scenario, nil, rec.Clock), seed: rec.Seed, clock: rec.Clock, metrics: rec.Metrics, broken: broken,
			config: benchConfig(rec.Scenario, rec.Clock, rec.Versions, rec.Machine,
				setting{"engine", rec.Engine}, setting{"server", rec.Server}),
		})
	}
	return writeLines(w, lines)
}

func benchSweep(w io.Writer, s *results.Sweep) error {
	return writeLines(w, probeLines(&s.Study, sweepProbes(s)))
}

func benchTuning(w io.Writer, t *results.Tuning) error {
	return writeLines(w, probeLines(&t.Study, tuningProbes(t)))
}

// probeLines are the lines of a study; what was varied is part of their names.
func probeLines(s *results.Study, probes []probe) []benchLine {
	config := benchConfig(s.Scenario, s.Clock, s.Versions, s.Machine)
	var lines []benchLine
	for _, p := range probes {
		own := config
		if p.clock != s.Clock {
			own = benchConfig(s.Scenario, p.clock, s.Versions, s.Machine)
		}
		lines = append(lines, benchLine{
			name: benchName(s.Scenario, p.varied, p.clock), seed: p.Seed, clock: p.clock, metrics: p.Metrics,
			broken: p.Broken, config: own,
		})
	}
	return lines
}

// benchName is the name of a benchmark with its parts. The clock comes last: a name that ended in -8, as a scenario's may,
// would be read as that of a run on 8 processors.
func benchName(scenario string, varied []setting, clock string) string {
	name := "Run/scenario=" + word(scenario)
	for _, v := range varied {
		name += "/" + word(v.key) + "=" + word(v.value)
	}
	return name + "/clock=" + word(clock) + "-clock"
}

// word is a text as a part of a name, where blanks and slashes would end it.
func word(s string) string {
	if s == "" {
		return "none"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-:%,", r) {
			return r
		}
		return '_'
	}, clean(s))
}

// benchConfig is what a reader must know of a line. On the virtual clock the machine makes no difference.
func benchConfig(scenario, clock string, v results.Versions, m results.Machine, more ...setting) []setting {
	config := append([]setting{
		{"scenario", scenario}, {"pindrop", v.Pindrop}, {"nats-server", v.NATSServer}, {"nats.go", v.NATSGo}, {"go", v.Go},
		{"clock", clock},
	}, more...)
	if clock == string(scenarios.ClockVirtual) {
		return append(config, setting{"note", benchNote})
	}
	return append(config, setting{"goos", m.OS}, setting{"goarch", m.Arch}, setting{"cpus", strconv.Itoa(m.CPUs)}, setting{"note", ""})
}

// writeLines writes the lines of each configuration together, with the seeds of all of them as one setting: in a table of
// its own each, repeats could not be compared.
func writeLines(w io.Writer, lines []benchLine) error {
	out := bufio.NewWriter(w)
	writeUnits(out, lines)
	shown := map[string]string{}
	for len(lines) > 0 {
		config := lines[0].config
		of := slices.DeleteFunc(slices.Clone(lines), func(l benchLine) bool { return !slices.Equal(l.config, config) })
		lines = slices.DeleteFunc(lines, func(l benchLine) bool { return slices.Equal(l.config, config) })
		for _, s := range append(slices.Clone(config), setting{"seeds", seedsOf(of)}) {
			if value := clean(s.value); shown[s.key] != value {
				fmt.Fprintln(out, strings.TrimRight(s.key+": "+value, " "))
				shown[s.key] = value
			}
		}
		for _, l := range of {
			writeLine(out, l)
		}
	}
	return out.Flush()
}

// seedsOf lists the seeds of lines: 1-10, or 1,4,7.
func seedsOf(lines []benchLine) string {
	var seeds []uint64
	for _, l := range lines {
		seeds = append(seeds, l.seed)
	}
	slices.Sort(seeds)
	seeds = slices.Compact(seeds)
	var parts []string
	for i := 0; i < len(seeds); {
		end := i
		for end+1 < len(seeds) && seeds[end+1] == seeds[end]+1 {
			end++
		}
		part := strconv.FormatUint(seeds[i], 10)
		if end > i {
			part += "-" + strconv.FormatUint(seeds[end], 10)
		}
		parts = append(parts, part)
		i = end + 1
	}
	return strings.Join(parts, ",")
}

// writeLine writes one run. One that was no valid experiment is told in a line that no reader takes for a result.
func writeLine(out io.Writer, l benchLine) {
	if len(l.broken) > 0 {
		fmt.Fprintf(out, "# left out: %s, seed %d: %s\n", l.name, l.seed, clean(strings.Join(l.broken, "; ")))
		return
	}
	fmt.Fprintf(out, "Benchmark%s 1", l.name)
	for _, m := range measure.Table {
		if v, ok := l.metrics[m.Name]; ok && benchUnit(m, l.clock) != "" {
			fmt.Fprintf(out, " %s %s", strconv.FormatFloat(v, 'g', -1, 64), benchUnit(m, l.clock))
		}
	}
	fmt.Fprintln(out)
}

// writeUnits says of each unit that occurs which way is better.
func writeUnits(out io.Writer, lines []benchLine) {
	told := map[string]bool{}
	for _, m := range measure.Table {
		for _, l := range lines {
			unit := benchUnit(m, l.clock)
			if _, ok := l.metrics[m.Name]; !ok || unit == "" || told[unit] || m.Better == "" || len(l.broken) > 0 {
				continue
			}
			told[unit] = true
			fmt.Fprintf(out, "Unit %s better=%s\n", unit, m.Better)
		}
	}
}

// benchUnit is a metric with its unit. A rate on the virtual clock has a unit of its own, so that nobody's table puts it
// beside one in real time. Codes are no quantities: they have none.
func benchUnit(m measure.Metric, clock string) string {
	switch {
	case m.Unit == "s":
		return m.Name + "-sec"
	case m.Unit == "/s" && clock == string(scenarios.ClockVirtual):
		return m.Name + "-msg/virtual-sec"
	case m.Unit == "/s":
		return m.Name + "-msg/sec"
	case m.Unit == "ratio":
		return m.Name + "-ratio"
	case m.Unit == "code":
		return ""
	}
	return m.Name
}
