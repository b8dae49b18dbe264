package sim

import (
	"cmp"
	"slices"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// routesFault is a fault of the routes between sides of servers. Which servers a target means is seen when the fault fires;
// the history names them.
type routesFault struct {
	serverFault
	sides [][]string // that were hit
}

// take finds out which servers are on which side; false if that cannot be done, or nobody is on one of them. One side alone
// stands against all others. A server that two words mean is on the side that is named first.
func (f *routesFault) take() bool {
	p := f.run.processes()
	if p == nil {
		return false
	}
	f.sides = nil
	var taken []string
	for _, words := range scenarios.Sides(f.target) {
		var side []string
		for _, word := range words {
			name, err := f.run.nodeOf(word)
			if err != nil {
				return false
			}
			if !slices.Contains(taken, name) {
				side, taken = append(side, name), append(taken, name)
			}
		}
		f.sides = append(f.sides, side)
	}
	if len(f.sides) == 1 {
		var others []string
		for _, n := range p.nodes {
			if !slices.Contains(taken, n.name) {
				others = append(others, n.name)
			}
		}
		f.sides = append(f.sides, others)
	}
	f.hit = scenarios.SidesText(f.sides)
	return !slices.ContainsFunc(f.sides, func(side []string) bool { return len(side) == 0 })
}

// side is the number of the side that a server is on, -1 if it is on none.
func (f *routesFault) side(name string) int {
	return slices.IndexFunc(f.sides, func(side []string) bool { return slices.Contains(side, name) })
}

// between calls do for every way from one side to another.
func (f *routesFault) between(do func(n *network, from, to int)) {
	for _, r := range f.run.processes().routes {
		if from, to := f.side(r.from), f.side(r.to); from >= 0 && to >= 0 && from != to {
			do(r.way.network, from, to)
		}
	}
}

// splitServers makes black holes of the routes between sides, or one direction of them. Clients stay with the servers that they
// reach. Nobody is told.
type splitServers struct {
	routesFault
	way string // see scenarios.WayBoth
}

// explain names the sides, and says which way is closed.
func (f *splitServers) explain(e *history.Event) {
	f.routesFault.explain(e)
	e.Reason = cmp.Or(f.way, scenarios.WayBoth)
}

func (f *splitServers) String() string { return f.do + " " + f.way }

func (f *splitServers) inject(*worker) bool {
	if !f.take() {
		return false
	}
	f.part(cutOff(f.way).turned())
	return true
}

func (f *splitServers) heal(*worker) bool {
	f.part(ways{})
	return true
}

// part makes black holes of what goes to the first side, as if that were the server, and of what comes from it; between two
// others, of everything.
func (f *splitServers) part(w ways) {
	f.between(func(n *network, from, to int) {
		if from == 0 {
			n.partition(f, w.turned())
			return
		}
		n.partition(f, w)
	})
}

// resetRoutes breaks the connections between sides at once, with a reset. The servers make them again. There is nothing to heal.
type resetRoutes struct{ routesFault }

func (f *resetRoutes) inject(*worker) bool {
	if !f.take() {
		return false
	}
	f.between(func(n *network, _, _ int) { n.each((*link).cut) })
	return true
}

func (f *resetRoutes) heal(*worker) bool { return false }

// slowRoutes makes everything that crosses between sides take longer.
type slowRoutes struct {
	routesFault
	latency, jitter time.Duration // more, one way
}

// explain names the sides, and says by how much, on average.
func (f *slowRoutes) explain(e *history.Event) {
	f.routesFault.explain(e)
	e.Delay = int64(f.latency + f.jitter/2)
}

func (f *slowRoutes) inject(*worker) bool {
	if !f.take() {
		return false
	}
	f.between(func(n *network, _, _ int) { n.slowDown(f.latency, f.jitter) })
	return true
}

func (f *slowRoutes) heal(*worker) bool {
	f.between(func(n *network, _, _ int) { n.slowDown(-f.latency, -f.jitter) })
	return true
}
