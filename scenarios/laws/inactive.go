package laws

import (
	"fmt"
	"slices"
	"time"

	"pindrop/scenarios"
)

// inactiveJitter is what the server adds to inactive_threshold at most (updateInactiveThreshold in server/consumer.go).
const inactiveJitter = time.Second

func checkInactive(s *scenarios.Scenario) []breach {
	limit := s.Consumer.InactiveThreshold
	if limit == 0 || len(s.Workers) == 0 {
		return nil
	}
	from, longest := absence(s)
	least := limit + inactiveJitter
	if slices.ContainsFunc(s.Plan(1).Faults, func(f scenarios.FaultPlan) bool { return f.Do == scenarios.DoKill }) {
		// What a killed worker held keeps the consumer until its ack wait is over; then it is due again, for as long once more.
		least += 2 * ackWait(s, 0)
	}
	if longest < least {
		return nil
	}
	return []breach{{
		paths: []string{"consumer.inactive_threshold", "faults"},
		says: fmt.Sprintf("consumer.inactive_threshold %v is over while no worker is there: from %v of disturb on there is none for %v, and the server removes the consumer",
			scenarios.Duration(limit), scenarios.Duration(from), scenarios.Duration(longest)),
	}}
}

// away is a time without a worker, from the start of disturb.
type away struct{ from, to time.Duration }

// absence is the longest planned time without any worker: all are killed or drained, or have not started. What the seed draws
// counts where it is so with several seeds.
func absence(s *scenarios.Scenario) (from, longest time.Duration) {
	for seed := uint64(1); seed <= 3; seed++ {
		at, length := absenceIn(s.Plan(seed))
		if seed == 1 || length < longest {
			from, longest = at, length
		}
	}
	return from, longest
}

func absenceIn(p *scenarios.Plan) (from, longest time.Duration) {
	phases := p.Scenario.Phases
	end := (phases.Disturb + phases.Drain).D()
	all := []away{{-phases.Warmup.D(), end}}
	for i := range p.Workers {
		w := &p.Workers[i]
		if w.Spare {
			continue
		}
		gone := []away{{-phases.Warmup.D(), (w.Start - phases.Warmup).D()}}
		for k := range p.Faults {
			f := &p.Faults[k]
			hit := slices.Contains([]string{w.Name, p.Scenario.Workers[w.Group].Name, scenarios.TargetAll}, f.Target)
			switch {
			case f.At == nil || !hit:
			case f.Do == scenarios.DoDrain:
				gone = append(gone, away{f.At.D(), end}) // it does not come back
			case f.Do == scenarios.DoKill && f.For > 0:
				gone = append(gone, away{f.At.D(), (*f.At + f.For).D()})
			case f.Do == scenarios.DoKill:
				gone = append(gone, away{f.At.D(), phases.Disturb.D()}) // it comes back when all heals
			}
		}
		all = both(all, gone)
	}
	for _, a := range all {
		if a.to-a.from > longest {
			from, longest = a.from, a.to-a.from
		}
	}
	return from, longest
}

// both are the times that lie in one of each.
func both(a, b []away) []away {
	var found []away
	for _, x := range a {
		for _, y := range b {
			if from, to := max(x.from, y.from), min(x.to, y.to); from < to {
				found = append(found, away{from, to})
			}
		}
	}
	return found
}
