package laws

import (
	"fmt"
	"math"
	"slices"
	"time"

	"pindrop/scenarios"
)

// Load is what comes against what the workers can do, at one moment.
type Load struct {
	// Rate of arrivals, messages per second.
	Rate float64
	// Capacity is what the workers do at most, messages per second. Retries of failed handlers are taken off.
	Capacity float64
	// Ratio of the two: from 1 on the backlog grows.
	Ratio float64
	// At is when it begins, from the start of disturb; in the warm-up it is negative.
	At time.Duration
}

// Utilisation is the worst load of a scenario: λ × h / handlers, with rate λ, mean service h and handlers = Σ workers ×
// concurrency, or what the downstream of a group (pool) allows. Arrivals and services may change over time. Of a pinned
// consumer one worker works, and the weakest may be it.
//
// Not ok: nothing comes, there is no worker, or handling takes no time. An upper bound of what workers do: they are as
// many as they ever get, start at once, and never wait for messages, which fetch does at the end of each batch.
func Utilisation(s *scenarios.Scenario) (Load, bool) {
	worst := Load{}
	s = busiest(s)
	for _, at := range moments(s) {
		l := loadAt(s, at)
		if l.Ratio > worst.Ratio {
			worst = l
		}
	}
	return worst, worst.Ratio > 0
}

func loadAt(s *scenarios.Scenario, at time.Duration) Load {
	l := Load{Rate: rateAt(s, at), Capacity: capacityAt(s, at), At: at}
	if len(s.Workers) > 0 {
		l.Ratio = l.Rate / l.Capacity // 0 where handling takes no time
	}
	return l
}

// moments are the times, from the start of disturb, from which arrivals or services may be different.
func moments(s *scenarios.Scenario) []time.Duration {
	all := []time.Duration{0}
	if s.Phases.Warmup > 0 {
		all = append(all, -s.Phases.Warmup.D())
	}
	for i := range s.Publishers {
		at := time.Duration(0)
		for _, stage := range s.Publishers[i].Shape {
			all = append(all, at)
			at += stage.For.D()
		}
	}
	for i := range s.Workers {
		at := time.Duration(0)
		for _, step := range s.Workers[i].Service.Steps {
			all = append(all, at)
			at += step.For.D()
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return slices.DeleteFunc(all, func(at time.Duration) bool { return at >= s.Phases.Disturb.D() })
}

// rateAt is what all publishers send, messages per second.
func rateAt(s *scenarios.Scenario, at time.Duration) float64 {
	sum := 0.0
	for i := range s.Publishers {
		p := &s.Publishers[i]
		rate, from := p.Rate, time.Duration(0)
		for _, stage := range p.Shape {
			if at < from {
				break
			}
			rate, from = stage.Rate, from+stage.For.D()
		}
		sum += float64(p.Count) * float64(rate)
	}
	return sum
}

// capacityAt is what the workers do at most, messages per second: +Inf where handling takes no time, 0 without workers.
func capacityAt(s *scenarios.Scenario, at time.Duration) float64 {
	sum, weakest := 0.0, math.Inf(1)
	for i := range s.Workers {
		w := &s.Workers[i]
		one := handlers(w, 1) / effort(s, w, at)
		sum += handlers(w, most(s, w)) / effort(s, w, at)
		weakest = min(weakest, one)
	}
	if pinned(s) && len(s.Workers) > 0 {
		return weakest
	}
	return sum
}

// handlers is how many of n workers' handlers can work at once.
func handlers(w *scenarios.Workers, n int) float64 {
	all := n * w.Concurrency
	if w.Service.Pool > 0 {
		all = min(all, w.Service.Pool)
	}
	return float64(all)
}

// effort is how many seconds of a handler a message takes, all attempts together.
func effort(s *scenarios.Scenario, w *scenarios.Workers, at time.Duration) float64 {
	return partAt(&w.Service, at).Average().Seconds() * attempts(s, w)
}

// attempts is how often a message is handled on average: with error rate e it is 1 + e + e² + …, up to max_deliver.
func attempts(s *scenarios.Scenario, w *scenarios.Workers) float64 {
	e := w.Errors.Rate
	if e == 0 || w.Errors.Do == scenarios.ErrorTerm || !explicit(s) {
		return 1
	}
	switch k := float64(s.Consumer.MaxDeliver); {
	case e == 1 && k > 0:
		return k
	case k > 0:
		return (1 - math.Pow(e, k)) / (1 - e)
	}
	return 1 / (1 - e) // +Inf if all fail
}

// partAt is the service at a time; before disturb it is that of the first step.
func partAt(service *scenarios.Service, at time.Duration) *scenarios.Distribution {
	list := parts(service)
	for i, step := range service.Steps[:len(list)-1] {
		if at < step.For.D() {
			return list[i]
		}
		at -= step.For.D()
	}
	return list[len(list)-1]
}

// parts are the distributions of a service, one after the other; one at least.
func parts(service *scenarios.Service) []*scenarios.Distribution {
	if len(service.Steps) == 0 {
		return []*scenarios.Distribution{&service.Distribution}
	}
	var list []*scenarios.Distribution
	for i := range service.Steps {
		list = append(list, &service.Steps[i].Service)
	}
	return list
}

// checkOverload names the moment from which more comes than is done, and the worst one. A few messages in all that are
// worked off within the run are no overload, however fast they come.
func checkOverload(s *scenarios.Scenario) []breach {
	worst, ok := Utilisation(s)
	if !ok || worst.Ratio < 1 || workedOff(s, worst.Capacity) {
		return nil
	}
	first := worst
	for _, at := range moments(s) {
		if l := loadAt(s, at); l.Ratio >= 1 {
			first = l
			break
		}
	}
	who := "the workers do"
	if pinned(s) {
		who = "the holder of the pin does"
	}
	says := fmt.Sprintf("more comes than is done: %s/s come and %s at most %s/s, a utilisation of %s",
		number(first.Rate), who, number(first.Capacity), number(first.Ratio))
	if len(moments(s)) > 1 {
		says = fmt.Sprintf("from %v of disturb on %s", scenarios.Duration(first.At), says)
	}
	if first.At != worst.At {
		says += fmt.Sprintf(", and from %v on %s/s come and at most %s/s are done, a utilisation of %s",
			scenarios.Duration(worst.At), number(worst.Rate), number(worst.Capacity), number(worst.Ratio))
	}
	return []breach{{paths: append([]string{"publishers"}, pathsOf(s, "service", "count", "concurrency")...), says: says + ", so no limit helps"}}
}

// workedOff reports whether every publisher stops after its total, and the workers do all of those messages within the
// time in which publishers publish.
func workedOff(s *scenarios.Scenario, capacity float64) bool {
	all := 0.0
	for i := range s.Publishers {
		p := &s.Publishers[i]
		if p.Total == 0 && (p.Rate > 0 || len(p.Shape) > 0) {
			return false
		}
		all += float64(p.Count) * float64(p.Total)
	}
	return all <= capacity*(s.Phases.Warmup+s.Phases.Disturb).D().Seconds()
}
