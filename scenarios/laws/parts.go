package laws

import (
	"fmt"
	"math"
	"slices"

	"pindrop/scenarios"
)

// Of several consumers each is a world of its own: it has its keys' arrivals, its limit, its pin and its waiting pulls, and
// each worker has a loop and handlers of its own for it. So every law is asked of each consumer with its part. What the
// consumers share (the pool of a downstream, a worker's connection) can only make things worse, and is left out.

// part is what a consumer, counted from 1, is to its workers: the scenario with that consumer alone. Keys are used in turn
// and dealt out in turn, so its share of the arrivals is that of its keys.
func part(s *scenarios.Scenario, consumer int) *scenarios.Scenario {
	n := s.Consumer.Count
	if n <= 1 {
		return s
	}
	one := *s
	one.Consumer.Count = 1
	one.Publishers = slices.Clone(s.Publishers)
	for i := range one.Publishers {
		p := &one.Publishers[i]
		own := (p.Keys + n - consumer) / n // of the keys 0, 1, … those that are consumer − 1 modulo n
		share := scenarios.Rate(float64(own) / float64(p.Keys))
		p.Rate *= share
		p.Total = int(math.Ceil(float64(p.Total) * float64(share)))
		p.Shape = slices.Clone(p.Shape)
		for k := range p.Shape {
			p.Shape[k].Rate *= share
		}
	}
	return &one
}

// busiest is the part of the consumer with most arrivals: the first, since keys are dealt out from there.
func busiest(s *scenarios.Scenario) *scenarios.Scenario { return part(s, 1) }

// checkParts asks a law of each consumer. What is the same of several is said once.
func checkParts(law Law, s *scenarios.Scenario) []breach {
	n := s.Consumer.Count
	if n <= 1 {
		return law.check(s)
	}
	var found []breach
	of := map[string]int{} // consumers, by what is said of them
	for consumer := 1; consumer <= n; consumer++ {
		for _, b := range law.check(part(s, consumer)) {
			if of[b.says]++; of[b.says] == 1 {
				found = append(found, b)
			}
		}
	}
	for i := range found {
		who := fmt.Sprintf("at %d of %d consumers", of[found[i].says], n)
		if of[found[i].says] == n {
			who = fmt.Sprintf("at each of %d consumers", n)
		}
		found[i].says = who + ": " + found[i].says
	}
	return found
}
