package results

import "pindrop/results/measure"

// Repeat is one of several runs of a scenario that one command made on one clock, each with a seed of its own.
type Repeat struct {
	Dir     string             `json:"dir"` // name of the run's directory, beside that of the record
	Seed    uint64             `json:"seed"`
	Verdict measure.Verdict    `json:"verdict"`
	Reason  string             `json:"reason"`           // what the verdict rests on
	Broken  []string           `json:"broken,omitempty"` // premises, or why the run is incomplete: its metrics are left out of spreads
	Digest  string             `json:"digest"`
	Metrics map[string]float64 `json:"metrics"`
}

// RepeatOf is what the other runs of a command tell of a run.
func RepeatOf(r *Record, dir string) Repeat {
	return Repeat{Dir: dir, Seed: r.Seed, Verdict: r.Verdict, Reason: r.Reason, Broken: r.Invalid(), Digest: r.Digest, Metrics: r.Metrics}
}

// Invalid says why the metrics of a run are those of no valid experiment; nil where they are.
func (r *Record) Invalid() []string {
	broken := r.Broken()
	if !r.Complete {
		broken = append(broken, r.Reason)
	}
	return broken
}

// Spread gathers a metric over the run's repeats, itself among them; false where it has none, or none to which the metric
// applies.
func (r *Record) Spread(metric string) (Spread, bool) {
	return SpreadOf(probesOf(r.Repeats), metric)
}

func probesOf(repeats []Repeat) []Probe {
	probes := make([]Probe, len(repeats))
	for i, t := range repeats {
		probes[i] = Probe{Seed: t.Seed, Verdict: t.Verdict, Reason: t.Reason, Broken: t.Broken, Metrics: t.Metrics}
	}
	return probes
}
