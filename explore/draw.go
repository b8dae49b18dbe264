// Package explore looks for runs that break a law: it draws faults by seed, says what a run has broken, and makes what was
// found as small as it gets.
//
// The path: [Draw] makes a [Case] of a scenario and a seed; [Case.Sets] are the overrides that make the scenario that case;
// whoever runs it hands over a probe, of which [Breaches] are what it broke; [Shrink] makes the case smaller for as long as it
// breaks the same. Nothing here runs anything: Shrink is handed a function that does.
package explore

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"pindrop/scenarios"
)

// Case is a concrete experiment: what a seed has drawn, or what is left of it.
type Case struct {
	Seed     uint64
	Faults   []scenarios.Fault // those of the scenario and those drawn, each with its time, by time
	Disturb  scenarios.Duration
	Converge scenarios.Duration
	Rates    []scenarios.Rate // of the groups of publishers; 0: the group has another way to say when it publishes
	Backlogs []int            // the same
}

// convergeDefault is for scenarios that do not ask for convergence.
const convergeDefault = scenarios.Duration(60 * time.Second)

// Draw draws faults from the scenario's menu. It depends on the scenario and the seed only.
func Draw(s *scenarios.Scenario, seed uint64) Case {
	c := Case{
		Seed: seed, Faults: slices.Clone(s.Faults), Disturb: s.Phases.Disturb, Converge: s.Phases.Converge,
	}
	if c.Converge == 0 {
		c.Converge = convergeDefault
	}
	for _, p := range s.Publishers {
		c.Rates, c.Backlogs = append(c.Rates, p.Rate), append(c.Backlogs, p.Backlog)
	}
	least, most, dishes := s.Explored()
	if len(dishes) == 0 {
		return c
	}
	// A generator of its own, and apart from those of the plan, which the same seed makes.
	random := rand.New(rand.NewPCG(seed, 0x6578706c6f7265))
	for range least + random.IntN(most-least+1) {
		c.Faults = append(c.Faults, draw(&dishes[random.IntN(len(dishes))], random))
	}
	slices.SortStableFunc(c.Faults, func(a, b scenarios.Fault) int { return cmp.Compare(at(&a), at(&b)) })
	return c
}

// draw draws the times of a fault, in whole milliseconds.
func draw(d *scenarios.Dish, random *rand.Rand) scenarios.Fault {
	f := d.Fault
	when := between(d.From, d.To, random)
	f.At = &when
	f.For = 0
	if d.ForMin > 0 {
		f.For = between(d.ForMin, d.ForMax, random)
	}
	return f
}

func between(from, to scenarios.Duration, random *rand.Rand) scenarios.Duration {
	const grain = scenarios.Duration(time.Millisecond)
	if to-from < grain {
		return from
	}
	return from + scenarios.Duration(random.Int64N(int64((to-from)/grain)+1))*grain
}

// at is when a fault fires; one that waits for an event comes first.
func at(f *scenarios.Fault) scenarios.Duration {
	if f.At == nil {
		return -1
	}
	return *f.At
}

// Sets are the overrides that make the scenario the case.
func (c *Case) Sets() []string {
	sets := []string{
		"explore=null", "phases.disturb=" + c.Disturb.String(), "phases.converge=" + c.Converge.String(),
		"faults=" + scenarios.FaultsText(c.Faults),
	}
	for i := range c.Rates {
		if c.Rates[i] > 0 {
			sets = append(sets, fmt.Sprintf("publishers.%d.rate=%s", i, c.Rates[i]))
		}
		if c.Backlogs[i] > 0 {
			sets = append(sets, "publishers."+strconv.Itoa(i)+".backlog="+strconv.Itoa(c.Backlogs[i]))
		}
	}
	return sets
}

// Smaller tells what is left of a case that was drawn, for people: its faults, and what else is not as it was.
func (c *Case) Smaller(drawn *Case) string {
	parts := []string{c.String()}
	differs := func(what string, is, was any) {
		if is != was {
			parts = append(parts, fmt.Sprintf("%s %v instead of %v", what, is, was))
		}
	}
	differs("disturb", c.Disturb, drawn.Disturb)
	for i := range c.Rates {
		differs(fmt.Sprintf("publishers.%d.rate", i), c.Rates[i], drawn.Rates[i])
		differs(fmt.Sprintf("publishers.%d.backlog", i), c.Backlogs[i], drawn.Backlogs[i])
	}
	return strings.Join(parts, ", ")
}

// String tells the faults in their order, for people.
func (c *Case) String() string { return scenarios.FaultsText(c.Faults) }
