// Package results keeps what was measured: the record of a run, its place on disk, and the judgement of its
// expectations.
//
// The path: a history is measured (package measure); [New] puts findings, plan and provenance into a [Record] and judges
// it; a [Store] writes record, history and scenario into a run directory, and reads them back for reports made later.
package results

import (
	"encoding/json"

	"pindrop/results/measure"
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
	Clock    string          `json:"clock"`  // virtual, real
	Engine   string          `json:"engine"` // native
	Server   string          `json:"server"` // embedded
	Host     string          `json:"host"`   // goroutine
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
}

// Judged is an expectation and what became of it.
type Judged struct {
	Expr    string          `json:"expr"`
	Verdict measure.Verdict `json:"verdict"`
	OK      bool            `json:"ok"`
	Got     string          `json:"got"` // the values of the metrics in it
	Why     string          `json:"why,omitempty"`
}

// Versions of everything that was involved.
type Versions struct {
	Pindrop    string `json:"pindrop"`
	NATSServer string `json:"nats_server"`
	NATSGo     string `json:"nats_go"`
	Go         string `json:"go"`
}

// Machine is where it ran.
type Machine struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
}

// Agreement compares two records of one plan, metric by metric.
type Agreement struct {
	Clocks  [2]string  `json:"clocks"`
	OK      bool       `json:"ok"`
	Metrics []Compared `json:"metrics"`
}

// Compared is one metric on both clocks.
type Compared struct {
	Metric string     `json:"metric"`
	Values [2]float64 `json:"values"`
	Within string     `json:"within"` // the tolerance: "50 ms or 2 %", "exactly", "" where clocks may differ
	OK     bool       `json:"ok"`
}
