package results

import (
	"slices"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// Beside is what the page of a run shows of the run of the same plan on the other clock: lanes, faults, ack pending and
// backlog over time, and latencies. Everything else is in that run's own record.
type Beside struct {
	Dir       string             `json:"dir"` // name of that run's directory, beside that of the record
	Clock     string             `json:"clock"`
	Verdict   measure.Verdict    `json:"verdict"`
	Digest    string             `json:"digest"`
	Phases    []measure.Phase    `json:"phases"`
	Faults    []measure.Fault    `json:"faults"`
	Lanes     []measure.Lane     `json:"lanes"`
	Series    []measure.Series   `json:"series"`
	Latencies []measure.Latency  `json:"latencies"`
	Grain     int64              `json:"grain"` // nanoseconds: spans that are nearer to each other are joined, 0: none are
	Policy    string             `json:"policy"`
	Consumers []measure.Consumer `json:"consumers,omitempty"`
}

// besideSteps is into how many parts the time of a run is divided for the page of another: about the pixels of a chart.
const besideSteps = 1500

// BesideOf is what another run's page shows of a run.
func BesideOf(r *Record, dir string) *Beside {
	b := &Beside{Dir: dir, Clock: r.Clock, Verdict: r.Verdict, Digest: r.Digest, Phases: r.Findings.Phases, Faults: r.Findings.Faults,
		Latencies: r.Findings.Latencies, Policy: r.Findings.Policy, Consumers: r.Findings.Consumers}
	grain := lengthOf(r) / besideSteps
	for _, l := range r.Findings.Lanes {
		for _, spans := range []*[]measure.Span{&l.Pinned, &l.Service, &l.Redelivered, &l.Stale, &l.Down, &l.Frozen} {
			*spans = b.coarser(*spans, grain)
		}
		l.Pins = slices.Clone(l.Pins)
		for i := range l.Pins {
			l.Pins[i].Spans = b.coarser(l.Pins[i].Spans, grain)
		}
		b.Lanes = append(b.Lanes, l)
	}
	for _, s := range r.Series {
		if s.Name == "ack_pending" || s.Name == "backlog" {
			b.Series = append(b.Series, b.thinner(s, grain))
		}
	}
	return b
}

// lengthOf is how long a run took on its clock, in nanoseconds.
func lengthOf(r *Record) int64 {
	var last int64
	for _, p := range r.Findings.Phases {
		if p.Name != history.PhaseEnd {
			last = max(last, p.To)
		}
	}
	return last
}

// coarser joins spans of which a chart would not show the pause between them, where there are so many that it matters.
func (b *Beside) coarser(spans []measure.Span, grain int64) []measure.Span {
	if len(spans) <= besideSteps {
		return spans
	}
	b.Grain = grain
	var out []measure.Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.From-out[n-1].To < grain {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// thinner keeps of all steps within a grain the first, the lowest, the highest and the last.
func (b *Beside) thinner(s measure.Series, grain int64) measure.Series {
	if len(s.At) <= 4*besideSteps || grain <= 0 {
		return s
	}
	b.Grain = grain
	out := measure.Series{Name: s.Name, Unit: s.Unit}
	for i := 0; i < len(s.At); {
		lo, hi, j := i, i, i+1
		for ; j < len(s.At) && s.At[j]/grain == s.At[i]/grain; j++ {
			if s.V[j] < s.V[lo] {
				lo = j
			}
			if s.V[j] > s.V[hi] {
				hi = j
			}
		}
		keep := []int{i, lo, hi, j - 1}
		slices.Sort(keep)
		for _, k := range slices.Compact(keep) {
			out.At, out.V = append(out.At, s.At[k]), append(out.V, s.V[k])
		}
		i = j
	}
	return out
}
