package scenarios

import (
	"reflect"
	"slices"
	"time"
)

// Explore is the menu from which pindrop explore draws the faults of a run, on top of the scenario's own.
type Explore struct {
	// Fewest faults of one run.
	Min int `json:"min" default:"1" min:"0" max:"100"`
	// Most faults of one run.
	Max int `json:"max" default:"5" min:"1" max:"100"`
	// What may be drawn; left out, all that the scenario's servers and workers can be broken by.
	Menu []Offer `json:"menu,omitempty"`
}

// Offer is a part of the menu: every kind with every target that goes with it is one dish, and all dishes of a menu are drawn
// alike.
type Offer struct {
	// Kinds of faults.
	Do Menu `json:"do"`
	// Whom they may hit, as for faults; left out, whoever each kind can hit.
	Target []string `json:"target,omitempty"`
	// Of isolate, partition and split: both, in, out; left out, any of them.
	Way []string `json:"way,omitempty"`
	// Of kill_server, restart_server and power_loss: what the disk does meanwhile; left out, nothing.
	Damage *Damage `json:"damage,omitempty"`
	// Of slow_link and slow_routes: added to everything that crosses, one way; left out, and without a jitter, 500ms.
	Latency Duration `json:"latency,omitempty" max:"1h"`
	// Of slow_link and slow_routes: up to this much is added to the latency.
	Jitter Duration `json:"jitter,omitempty" max:"1h"`
	// When they fire at the earliest, from the start of disturb.
	From Duration `json:"from,omitempty"`
	// When they fire at the latest; left out, nine tenths into disturb.
	To Duration `json:"to,omitempty"`
	// How long they last at least; left out, 1s.
	ForMin Duration `json:"for_min,omitempty" min:"1ms"`
	// How long they last at most; left out, 15s.
	ForMax Duration `json:"for_max,omitempty" min:"1ms"`
}

// Dish is one kind of fault with one target, as it may be drawn.
type Dish struct {
	Fault          // without times
	From, To       Duration
	ForMin, ForMax Duration // 0: it does not heal
}

const (
	dishForMin = Duration(time.Second)
	dishForMax = Duration(15 * time.Second)
	dishSlower = Duration(500 * time.Millisecond)
)

// Explored is the scenario's menu with everything filled in: how many faults a run has, and what they may be.
func (s *Scenario) Explored() (least, most int, dishes []Dish) {
	e := Explore{Min: 1, Max: 5}
	if s.Explore != nil {
		e = *s.Explore
	}
	offers := e.Menu
	if len(offers) == 0 {
		offers = s.offers()
	}
	for i := range offers {
		dishes = append(dishes, s.dishes(&offers[i])...)
	}
	return e.Min, e.Max, dishes
}

// offers is the menu of a scenario that has none: all that breaks, and heals by itself or is over at once.
func (s *Scenario) offers() []Offer {
	all := []Offer{{Do: Menu{DoKill, DoFreeze, DoPartition, DoDisconnect}}}
	if s.Server.Nodes > 1 {
		all = append(all, Offer{Do: Menu{DoKillServer, DoRestartServer, DoIsolate, DoLameDuck, DoPowerLoss, DoSplit, DoReset}}, Offer{Do: Menu{DoStepDown}})
	} else {
		all = append(all, Offer{Do: Menu{DoRestart, DoSlow}})
	}
	return append(all, Offer{Do: Menu{DoUnpin}})
}

// dishes are those of an offer that the scenario can have.
func (s *Scenario) dishes(o *Offer) []Dish {
	var all []Dish
	for _, do := range o.Do {
		for _, target := range s.targetsOf(do, o.Target) {
			for _, way := range waysOf(do, o.Way) {
				d := Dish{Fault: Fault{At: new(Duration), Do: Menu{do}, Target: target, Way: way, Damage: o.Damage}, From: o.From, To: o.To}
				if kindOf(do).slowsNetwork() {
					if d.Latency, d.Jitter = o.Latency, o.Jitter; d.Jitter == 0 {
						fill(&d.Latency, dishSlower)
					}
				}
				if d.To == 0 {
					d.To = max(o.From, s.Phases.Disturb*9/10)
				}
				if kindOf(do).heals {
					d.ForMin, d.ForMax = o.ForMin, o.ForMax
					fill(&d.ForMin, min(dishForMin, s.Phases.Disturb))
					fill(&d.ForMax, max(dishForMax, d.ForMin))
					d.ForMax = max(d.ForMin, d.ForMax)
				}
				if s.has(d.Fault) == nil {
					all = append(all, d)
				}
			}
		}
	}
	return all
}

// targetsOf are the targets of a kind that a menu names, or that there are: of workers each one, so that all are drawn alike.
func (s *Scenario) targetsOf(do string, named []string) []string {
	if len(named) > 0 {
		return named
	}
	c := checker{Scenario: s}
	switch kindOf(do).hits {
	case hitsWorkers:
		if do == DoUnpin {
			return []string{TargetPinned}
		}
		workers := s.WorkerNames()
		if s.hasHolder() {
			workers = append(workers, TargetPinned)
		}
		return workers
	case hitsNode, hitsRoutes, hitsLeader:
		return c.targets(&Fault{Do: Menu{do}})
	}
	return []string{""}
}

func waysOf(do string, named []string) []string {
	switch {
	case !kindOf(do).hasWay():
		return []string{""}
	case len(named) > 0:
		return named
	}
	return []string{WayBoth, WayIn, WayOut}
}

// has says why the scenario, on the virtual clock, cannot have a fault; nil if it can.
func (s *Scenario) has(f Fault) error {
	with := *s
	with.Clock = ClockVirtual
	with.Faults = []Fault{f}
	with.completeFault(&with.Faults[0])
	with.places = places{"faults.0.target": {}}
	c := checker{Scenario: &with, mistakes: &mistakes{}}
	c.checkFaults()
	c.checkServers()
	if err := c.err(); err != nil {
		return err
	}
	return Unsupported(&with)
}

// checkExplore checks the menu as it stands.
func (c *checker) checkExplore() {
	e := c.Explore
	if e == nil {
		return
	}
	if e.Max < e.Min {
		c.errorf("explore.max", "max must be at least min (%d), got %d", e.Min, e.Max)
	}
	for i := range e.Menu {
		o, path := &e.Menu[i], itemPath("explore.menu", i)
		switch {
		case len(o.Do) == 0:
			c.errorf(path, "an offer needs do: one of a list of faults")
			continue
		case o.Do.some(func(k faultKind) bool { return k.do == DoScale || k.do == DoUpdate }):
			c.errorf(path+".do", "do: scale and update need what a menu cannot say; give them as faults")
		case o.To > 0 && o.To < o.From, o.From >= c.Phases.Disturb, o.To >= c.Phases.Disturb:
			c.errorf(path+".to", "from and to must be in order, and before disturb ends at %s", c.Phases.Disturb)
		case o.ForMax > 0 && o.ForMax < o.ForMin:
			c.errorf(path+".for_max", "for_max must be at least for_min (%s), got %s", o.ForMin, o.ForMax)
		}
		for _, way := range o.Way {
			if !slices.Contains([]string{WayBoth, WayIn, WayOut}, way) {
				c.errorf(path+".way", "way: expected both, in or out; got %q", way)
			}
		}
		c.checkDishes(o, path)
	}
}

// checkDishes refuses what the menu names and the scenario cannot have.
func (c *checker) checkDishes(o *Offer, path string) {
	for _, do := range o.Do {
		for _, target := range o.Target {
			if err := c.has(Fault{At: new(Duration), Do: Menu{do}, Target: target, Way: waysOf(do, o.Way)[0], Damage: o.Damage}); err != nil {
				c.errorf(path, "%s of %s: %s", do, target, firstOf(err))
				return
			}
		}
	}
	if len(c.dishes(o)) == 0 {
		c.errorf(path+".do", "do: nothing of this can happen to the scenario on the virtual clock")
	}
}

// firstOf is the first mistake, without its place, which is no place of the file.
func firstOf(err error) string {
	if list, ok := err.(ErrorList); ok && len(list) > 0 {
		return list[0].Msg
	}
	return err.Error()
}

// FaultsText is a list of faults as a scenario writes it on one line, for --set.
func FaultsText(faults []Fault) string {
	if len(faults) == 0 {
		return "[]"
	}
	return encode(reflect.ValueOf(faults)).flow()
}
