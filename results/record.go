// Package results keeps what was measured: the record of a run, its place on disk, and the judgement of its
// expectations.
//
// The path: a history is measured (package measure); [New] puts findings, plan and provenance into a [Record] and judges
// it; a [Store] writes record, history and scenario into a run directory, and reads them back for reports made later.
package results

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
)

// Format is the version of the record's layout.
const Format = 1

// Record is one run: what was asked, what was measured, and what it was judged to be. A report needs nothing else.
type Record struct {
	Format   int             `json:"format"`
	Scenario string          `json:"scenario"`
	Doc      string          `json:"doc"`
	Verdict  measure.Verdict `json:"verdict"`
	Reason   string          `json:"reason"` // what the verdict rests on, in words
	Complete bool            `json:"complete"`
	Clock    string          `json:"clock"`           // virtual, real
	Engine   string          `json:"engine"`          // native, guest
	Server   string          `json:"server"`          // embedded, process, external
	Nodes    int             `json:"nodes,omitempty"` // of pindrop's own; 0: an older record does not say
	Host     string          `json:"host"`            // of the workers: goroutine, process, or both with a comma between; "" without workers
	Seed     uint64          `json:"seed"`
	Digest   string          `json:"digest"` // of the history
	Events   int             `json:"events"`
	Started  string          `json:"started"` // RFC 3339, UTC
	Command  string          `json:"command"` // repeats the run
	Versions Versions        `json:"versions"`
	Machine  Machine         `json:"machine"`
	Plan     json.RawMessage `json:"plan"`
	YAML     string          `json:"yaml"` // the scenario with every default

	Premises []measure.Premise  `json:"premises"`
	Expect   []Judged           `json:"expect"`
	Metrics  map[string]float64 `json:"metrics"`
	Findings measure.Findings   `json:"findings"` // without metrics, premises, series, warnings: those stand beside it
	Series   []measure.Series   `json:"series"`
	Warnings []string           `json:"warnings"`
	Other    *Agreement         `json:"agreement,omitempty"` // with the same plan on the other clock
	Beside   *Beside            `json:"beside,omitempty"`    // that run, as far as a page shows it
	Repeats  []Repeat           `json:"repeats,omitempty"`   // every run of the same command on the same clock, this one among them
}

// Versions of everything that was involved.
type Versions struct {
	Pindrop    string `json:"pindrop"`
	NATSServer string `json:"nats_server"`
	NATSGo     string `json:"nats_go"`
	Go         string `json:"go"`
	Guest      string `json:"guest,omitempty"` // id of the guest that ran it; "" where none did
}

// Machine is where it ran.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
}

// Input is what a record is made of. Fields that [Record] has too mean the same here.
type Input struct {
	Scenario, Doc               string
	Complete                    bool // the run came to its end; the zero value makes an incomplete record, which is unknown
	Clock, Engine, Server, Host string
	Nodes                       int
	Seed                        uint64
	Digest                      string
	Events                      int
	Started, Command            string
	Versions                    Versions
	Machine                     Machine
	Plan                        json.RawMessage
	YAML                        string
	Findings                    measure.Findings
	Expect                      []*Expectation
	Warnings                    []string // about the run; those of the findings follow them
}

// New judges a run and makes its record. It changes nothing of what it is given.
func New(in Input) *Record {
	r := &Record{
		Format: Format, Scenario: in.Scenario, Doc: in.Doc, Complete: in.Complete,
		Clock: in.Clock, Engine: in.Engine, Server: in.Server, Nodes: in.Nodes, Host: in.Host,
		Seed: in.Seed, Digest: in.Digest, Events: in.Events, Started: in.Started, Command: in.Command,
		Versions: in.Versions, Machine: in.Machine, Plan: in.Plan, YAML: in.YAML,
		Premises: list(in.Findings.Premises),
		Findings: withoutNulls(in.Findings),
		Warnings: append(list(in.Warnings), in.Findings.Warnings...),
	}
	var dropped []string
	r.Metrics, dropped = finiteMetrics(in.Findings.Metrics)
	r.Warnings = append(r.Warnings, dropped...)
	r.Series, dropped = finiteSeries(in.Findings.Series)
	r.Warnings = append(r.Warnings, dropped...)
	r.Expect = make([]Judged, len(in.Expect))
	for i, e := range in.Expect {
		r.Expect[i] = e.Judge(r.Metrics)
	}
	r.Verdict, r.Reason = r.judge()
	if r.KnownLoss() {
		r.Reason = fmt.Sprintf("known loss: %s; %s", r.Findings.Loss, r.Reason)
	}
	return r
}

// list is a copy of items that JSON writes as [] where it is empty: readers iterate over it without looking first.
func list[T any](items []T) []T { return append([]T{}, items...) }

// withoutNulls is the findings as a record keeps them.
func withoutNulls(f measure.Findings) measure.Findings {
	f.Metrics, f.Premises, f.Series, f.Warnings = nil, nil, nil, nil // they stand beside the findings
	f.Phases, f.Faults, f.Overlaps = list(f.Phases), list(f.Faults), list(f.Overlaps)
	f.Takeovers, f.Gaps, f.Cliffs = list(f.Takeovers), list(f.Gaps), list(f.Cliffs)
	f.Redeliveries, f.Worst, f.Latencies = list(f.Redeliveries), list(f.Worst), list(f.Latencies)
	f.Phased, f.Shares, f.Lanes = list(f.Phased), list(f.Shares), list(f.Lanes)
	return f
}

// finiteMetrics keeps the metrics that are numbers, and says which were not: a record that could not be written for
// the sake of one value would lose the whole run.
func finiteMetrics(metrics map[string]float64) (kept map[string]float64, dropped []string) {
	kept = map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if v := metrics[name]; finite(v) {
			kept[name] = v
		} else {
			dropped = append(dropped, fmt.Sprintf("metric %s was left out: it came out as %v", name, v))
		}
	}
	return kept, dropped
}

// finiteSeries leaves out every series with a value that is not a number.
func finiteSeries(series []measure.Series) (kept []measure.Series, dropped []string) {
	kept = []measure.Series{}
	for _, s := range series {
		bad := slices.IndexFunc(s.V, func(v float64) bool { return !finite(v) })
		if bad < 0 {
			kept = append(kept, s)
			continue
		}
		dropped = append(dropped, fmt.Sprintf("series %s was left out: its value %d is %v", s.Name, bad, s.V[bad]))
	}
	return kept, dropped
}

// judge gives the verdict and what it rests on. A run that was no experiment says nothing about its expectations, so
// premises come first.
func (r *Record) judge() (measure.Verdict, string) {
	if !r.Complete {
		return measure.Unknown, "the run did not come to its end" + r.cut()
	}
	if broken := safety.Accused(r.Findings.Laws); len(broken) > 0 { // whatever else the run was
		return measure.Fail, fmt.Sprintf("breaks the law %s: %s", broken[0].Law, broken[0].Text)
	}
	if l := r.Findings.Loss; l != nil && !l.Known {
		return measure.Fail, fmt.Sprintf("lost: %s, and nothing that is documented explains it", l)
	}
	if broken := r.Broken(); len(broken) > 0 {
		return measure.Unknown, "broken premise: " + strings.Join(broken, "; ")
	}
	if failed := r.expectations(measure.Fail); len(failed) > 0 {
		return measure.Fail, "not as expected: " + strings.Join(failed, "; ")
	}
	if unknown := r.expectations(measure.Unknown); len(unknown) > 0 {
		return measure.Unknown, "cannot be judged: " + strings.Join(unknown, "; ")
	}
	premises := fmt.Sprintf("%s held", scenarios.Counted(len(r.Premises), "premise"))
	if len(r.Expect) == 0 {
		return measure.Pass, premises + ", nothing was expected"
	}
	return measure.Pass, fmt.Sprintf("%s, %s met", premises, scenarios.Counted(len(r.Expect), "expectation"))
}

// KnownLoss reports whether messages that the server had acknowledged are gone, for a reason that is documented. The run's verdict
// is then that of its expectations, and is never told without the loss.
func (r *Record) KnownLoss() bool { return r.Findings.Loss != nil && r.Findings.Loss.Known }

// cut is why the run was cut short, as far as it says so.
func (r *Record) cut() string {
	for _, p := range r.Findings.Phases {
		if p.Name == history.PhaseEnd && p.Reason != "" {
			return ": " + p.Reason
		}
	}
	return ""
}

// Broken says of each premise that does not hold what was there instead.
func (r *Record) Broken() []string { return brokenPremises(r.Premises) }

// Undrained reports whether the one premise that does not hold is that all work was drained.
func (r *Record) Undrained() bool {
	broken := slices.DeleteFunc(slices.Clone(r.Premises), func(p measure.Premise) bool { return p.OK })
	return len(broken) == 1 && broken[0].Name == measure.PremiseDrained
}

func brokenPremises(premises []measure.Premise) []string {
	var broken []string
	for _, p := range premises {
		if !p.OK {
			broken = append(broken, fmt.Sprintf("%s (got %s, wanted %s)", p.Name, p.Got, p.Wanted))
		}
	}
	return broken
}

// expectations lists those with a verdict, each with its values or the reason.
func (r *Record) expectations(v measure.Verdict) []string {
	var listed []string
	for _, j := range r.Expect {
		if j.Verdict != v {
			continue
		}
		detail := j.Got
		if j.Why != "" {
			detail = j.Why
		}
		listed = append(listed, fmt.Sprintf("%s (%s)", j.Expr, detail))
	}
	return listed
}

// ExitCode is the exit code of a process that reports the verdict: 0 pass, 1 fail, 2 everything else.
func ExitCode(v measure.Verdict) int {
	switch v {
	case measure.Pass:
		return 0
	case measure.Fail:
		return 1
	}
	return 2
}
