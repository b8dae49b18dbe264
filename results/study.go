package results

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
)

// The files of a study's directory, beside [ReportFile] and [ScenarioFile].
const (
	SweepFile  = "sweep.json"
	TuningFile = "tuning.json"
	ProbesFile = "probes.jsonl" // of a study that goes on, or was interrupted: a probe on each line
)

// Study is what a sweep and a tuning have in common: many runs of variations of one scenario.
type Study struct {
	Format   int      `json:"format"`
	Scenario string   `json:"scenario"`
	Doc      string   `json:"doc"`
	Arg      string   `json:"arg"`              // the scenario as the user named it
	Sets     []string `json:"sets"`             // overrides that all probes share
	Server   []string `json:"server,omitempty"` // the flags that name the servers of its runs on the real clock, without user and password
	YAML     string   `json:"yaml"`             // the scenario with every default, before it was varied
	Clock    string   `json:"clock"`
	Seed     uint64   `json:"seed"`   // of the first probe of each variation
	Repeat   int      `json:"repeat"` // probes of each variation; each uses the next seed
	Complete bool     `json:"complete"`
	Started  string   `json:"started"` // RFC 3339, UTC
	Command  string   `json:"command"` // repeats it
	Versions Versions `json:"versions"`
	Machine  Machine  `json:"machine"`
}

// Probe is one run of a study: a variation of its scenario, and what was measured.
type Probe struct {
	Set       []string           `json:"set"` // overrides, "path=value"
	Seed      uint64             `json:"seed"`
	Clock     string             `json:"clock,omitempty"`     // another than that of the study
	Verdict   measure.Verdict    `json:"verdict"`             // of the scenario's expectations; "" before the run
	Reason    string             `json:"reason"`              // what the verdict rests on
	Broken    []string           `json:"broken,omitempty"`    // premises: with one, the metrics are of no valid experiment
	Undrained bool               `json:"undrained,omitempty"` // the one broken premise is that work was left after the drain
	Diagnosis measure.Diagnosis  `json:"diagnosis"`
	Metrics   map[string]float64 `json:"metrics"`

	// Of an exploration, which keeps neither metrics nor a diagnosis:
	Laws    []safety.Judgement `json:"laws,omitempty"`
	Loss    *measure.Loss      `json:"loss,omitempty"`
	Failed  []string           `json:"failed,omitempty"`  // expectations
	Cut     bool               `json:"cut,omitempty"`     // it was ended before its end
	Digest  string             `json:"digest,omitempty"`  // of its history
	Leaders []string           `json:"leaders,omitempty"` // of its consumers, one after the other
	Lasted  float64            `json:"lasted,omitempty"`  // seconds of its own time

	Settings map[string]float64 `json:"-"` // of the scenario with the overrides, as for [NewVocabulary]
}

// Key is what tells a probe from the others of its study.
func (t *Probe) Key() string {
	return strings.Join(t.Set, "\n") + "\n" + strconv.FormatUint(t.Seed, 10) + t.Clock
}

// Axis is a setting that a sweep varies, and the values that it takes.
type Axis struct {
	Path   string   `json:"path"`
	Values []string `json:"values"`
	Log    bool     `json:"log"` // the values are evenly spread by their logarithm
}

// Point is one variation of a sweep.
type Point struct {
	Values []string `json:"values"` // one of each axis
	Probes []Probe  `json:"probes"` // none where the sweep was interrupted before it
}

// Spread is a metric over the probes of one variation.
type Spread struct {
	Median, Min, Max float64
	Count            int // probes in which the metric applies and no premise is broken; the others are left out
}

// Spread gathers a metric as it is shown; false where no probe has it.
func (p *Point) Spread(metric string) (Spread, bool) { return ShownOf(p.Probes, metric) }

// ShownOf is [SpreadOf] for a reader. Where no probe is a valid experiment, it has the rates of those that are none only
// because work was left after the drain: rates are those of the fault phase, which was over by then.
func ShownOf(probes []Probe, metric string) (Spread, bool) {
	s, ok := SpreadOf(probes, metric)
	if ok || metric != "handled.rate" && metric != "published.rate" {
		return s, ok
	}
	left := slices.DeleteFunc(slices.Clone(probes), func(t Probe) bool { return !t.Undrained })
	for i := range left {
		left[i].Broken = nil
	}
	return SpreadOf(left, metric)
}

// SpreadOf gathers a metric over probes; false where none has it. The median of an even number is the lower of the two
// in the middle: a value that was measured.
func SpreadOf(probes []Probe, metric string) (Spread, bool) {
	var values []float64
	for i := range probes {
		if v, ok := probes[i].Metrics[metric]; ok && len(probes[i].Broken) == 0 {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Spread{}, false
	}
	slices.Sort(values)
	n := len(values)
	return Spread{Median: values[(n-1)/2], Min: values[0], Max: values[n-1], Count: n}, true
}

// Sweep is a grid of variations and what was measured at each of its points.
type Sweep struct {
	Study
	Axes   []Axis   `json:"axes"`
	Show   []string `json:"show"`   // metrics that tables and charts show, the most telling first
	Points []Point  `json:"points"` // the last axis changes fastest
}

// WriteStudy writes a study's JSON file, SweepFile or TuningFile.
func (r *Run) WriteStudy(name string, study any) error {
	return r.Write(name, func(w io.Writer) error { return EncodeStudy(w, study) })
}

// EncodeStudy writes a sweep or a tuning as JSON. It returns the writer's first error.
func EncodeStudy(w io.Writer, study any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(study)
}

// StudyFiles are the results of studies: a directory with one of them is that of a study, not of a run.
var StudyFiles = []string{SweepFile, TuningFile, ExploreFile}

// Has reports whether the directory holds a file of this name.
func (r *Run) Has(name string) bool { return exists(r.Path(name)) }

// Sweep reads the sweep of a directory.
func (r *Run) Sweep() (*Sweep, error) {
	s := &Sweep{}
	return s, r.readStudy(SweepFile, s, &s.Study, s.check)
}

// probesMax is how many probes a study has at most.
const probesMax = 1_000_000

// check refuses points that are not on the axes.
func (s *Sweep) check() error {
	for i := range s.Points {
		if err := onAxes(s.Axes, s.Points[i].Values); err != nil {
			return fmt.Errorf("points.%d: %w", i, err)
		}
	}
	return nil
}

// onAxes refuses a place that has not one value of each axis.
func onAxes(axes []Axis, values []string) error {
	if len(values) != len(axes) {
		return fmt.Errorf("found %d values; expected one of each of %d axes", len(values), len(axes))
	}
	for i, a := range axes {
		if !slices.Contains(a.Values, values[i]) {
			return fmt.Errorf("found value %q; the axis %s does not have it", scenarios.Brief(values[i], shownMax), scenarios.Brief(a.Path, shownMax))
		}
	}
	return nil
}

// readStudy reads a study's file into value, of which study is a part, and checks it.
func (r *Run) readStudy(name string, value any, study *Study, check func() error) error {
	text, err := ReadFile(r.Path(name))
	if err != nil {
		return fmt.Errorf("read study: %w", err)
	}
	if err := decodeBounded(text, value); err != nil {
		return fmt.Errorf("%s: %w", r.Path(name), err)
	}
	if study.Format != Format {
		return fmt.Errorf("%s: found format %d; this pindrop reads format %d", r.Path(name), study.Format, Format)
	}
	if study.Repeat < 0 || study.Repeat > probesMax {
		return fmt.Errorf("%s: repeat is %d; expected at most %d", r.Path(name), study.Repeat, probesMax)
	}
	if err := check(); err != nil {
		return fmt.Errorf("%s: %w", r.Path(name), err)
	}
	return nil
}

// ProbeLog keeps probes while a study goes on, so that nothing is lost if it is interrupted.
type ProbeLog struct {
	file *os.File
}

// OpenProbes opens the log of a study's directory, and reads the probes that are in it already. A last line that was
// cut off is dropped.
func (r *Run) OpenProbes() (*ProbeLog, []Probe, error) {
	path := r.Path(ProbesFile)
	text, err := ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read probes: %w", err)
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	var probes []Probe
	lines := bufio.NewScanner(bytes.NewReader(whole))
	lines.Buffer(nil, len(whole)+1)
	for n := 1; lines.Scan(); n++ {
		var t Probe
		if err := decodeBounded(lines.Bytes(), &t); err != nil {
			return nil, nil, fmt.Errorf("%s: line %d: %w", path, n, err)
		}
		probes = append(probes, t)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, nil, fmt.Errorf("open probes: %w", err)
	}
	_, seekErr := file.Seek(int64(len(whole)), io.SeekStart)
	if err := errors.Join(file.Truncate(int64(len(whole))), seekErr); err != nil {
		return nil, nil, fmt.Errorf("open probes: %w", errors.Join(err, file.Close()))
	}
	return &ProbeLog{file}, probes, nil
}

// Add appends a probe.
func (l *ProbeLog) Add(t *Probe) error {
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("write probe: %w", err)
	}
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write probe: %w", err)
	}
	return nil
}

// Close closes the log.
func (l *ProbeLog) Close() error { return l.file.Close() }
