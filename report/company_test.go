package report

import (
	"math/rand/v2"

	"pindrop/results"
	"pindrop/results/measure"
)

// inCompany is the kill drill as one of eight runs, and with the same plan on the real clock beside it.
func inCompany() *results.Record {
	r := killDrill()
	other := killDrill()
	other.Clock = "real"
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range other.Findings.Lanes {
		for _, spans := range [][]measure.Span{other.Findings.Lanes[i].Service, other.Findings.Lanes[i].Redelivered} {
			for j := range spans {
				spans[j].From += rng.Int64N(3 * ms)
				spans[j].To += 3 * ms
			}
		}
	}
	for i := range other.Findings.Phases {
		other.Findings.Phases[i].To += 700 * ms
	}
	other.Metrics["takeover.fault.max"], other.Metrics["handled.rate"] = 1.93, 15.91
	r.Other, r.Beside = results.Agree(r, other), results.BesideOf(other, "20260301-020001")
	for seed := range uint64(8) {
		t := results.RepeatOf(r, "20260301-02000"+string(rune('0'+seed)))
		t.Seed, t.Metrics = seed+1, map[string]float64{}
		for name, v := range r.Metrics {
			t.Metrics[name] = v
		}
		if seed > 0 {
			t.Digest = "sha256:other" + string(rune('0'+seed))
			t.Metrics["takeover.fault.max"] = 1.85 + 0.15*rng.Float64()
			t.Metrics["latency.response.p99"] = 9.9 + 0.4*rng.Float64()
			t.Metrics["backlog.max"] = float64(28 + rng.IntN(6))
		}
		if seed == 4 {
			t.Verdict, t.Reason = measure.Fail, "not as expected: takeover.fault.max <= priority_timeout + 100ms"
			t.Metrics["takeover.fault.max"] = 2.31
		}
		if seed == 6 {
			t.Verdict, t.Reason, t.Broken = measure.Unknown, "broken premise: drained", []string{"drained"}
		}
		r.Repeats = append(r.Repeats, t)
	}
	return r
}
