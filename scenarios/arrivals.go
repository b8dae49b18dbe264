package scenarios

import (
	"math"
	"math/rand/v2"
	"time"
)

// Arrivals tells when the messages of one publisher are due. It is arithmetic without a clock.
//
// The rates of warm-up and shape make a function Λ(t), the number of messages due until t; it is a line within each
// stage. Message i is due where Λ reaches its position. Constant arrivals stand at φ, φ+1, φ+2, …, where φ is the
// position of the first; in a Poisson process the distances are exponential with mean 1 (a process of changing rate is
// one of rate 1 seen through Λ). So nothing accumulates, and changes of rate need no special care:
//
//	Λ │              ╱
//	  │          ╱          due = the stage's start + (position − Λ at its start) / its rate
//	  │   ______╱
//	  │ ╱
//	  └─────────────── t
type Arrivals struct {
	rates    rates
	end      time.Duration // of disturb
	first    float64       // position of the first message
	position float64       // of the next message
	index    int           // of the next message
	total    int           // 0: no limit
	random   *rand.Rand    // nil for constant arrivals
}

// NewArrivals gives the arrivals of one publisher, from the start of its work to the end of disturb. They do not
// include the backlog.
func NewArrivals(p Publishers, plan PublisherPlan, phases Phases) *Arrivals {
	a := &Arrivals{rates: p.rates(phases), end: (phases.Warmup + phases.Disturb).D(), total: p.Total}
	a.first = a.rates.until(plan.Phase.D())
	a.position = a.first
	if p.Arrival == ArrivalPoisson {
		a.random = rand.New(rand.NewPCG(plan.Seed, mix(plan.Seed+golden)))
	}
	return a
}

// Next is when the next message is due, from the start of the publisher's work. Due times never fall. Not ok: there
// are no more.
func (a *Arrivals) Next() (due time.Duration, ok bool) {
	if a.total > 0 && a.index >= a.total {
		return 0, false
	}
	due, ok = a.rates.reach(a.position)
	if !ok || due >= a.end {
		return 0, false
	}
	a.index++
	if a.random == nil {
		a.position = a.first + float64(a.index)
	} else {
		a.position += a.random.ExpFloat64()
	}
	return due, true
}

// rates is Λ: stages of one rate each, the first from 0, the last without end.
type rates []stage

type stage struct {
	from   time.Duration
	before float64 // Λ at its start
	rate   float64 // messages per nanosecond
}

// rates are those of the warm-up, then of the shape.
func (p *Publishers) rates(phases Phases) rates {
	all := rates{{rate: float64(p.Rate) / float64(time.Second)}}
	at := phases.Warmup.D()
	for _, s := range p.Shape {
		all = append(all, stage{from: at, before: all.until(at), rate: float64(s.Rate) / float64(time.Second)})
		at += s.For.D()
	}
	return all
}

// until is Λ at a time.
func (r rates) until(t time.Duration) float64 {
	i := len(r) - 1
	for i > 0 && r[i].from > t {
		i--
	}
	return r[i].before + float64(t-r[i].from)*r[i].rate
}

// reach is the first time at which Λ is at a position above 0, which it may never be.
func (r rates) reach(position float64) (time.Duration, bool) {
	i := len(r) - 1
	for i > 0 && r[i].before >= position {
		i--
	}
	after := math.Round((position - r[i].before) / r[i].rate) // +Inf without a rate, which the bound refuses; 0/0 is NaN
	if !(after < float64(durationMax)) {
		return 0, false
	}
	return r[i].from + time.Duration(after), true
}

// phase draws when a publisher's first message is due. Constant arrivals begin anywhere within the first interval, at
// nanoseconds, so that no two planned events share an instant; a Poisson process begins with one of its intervals.
func (p *Publishers) phase(r *rand.Rand, phases Phases) Duration {
	position := 1 - r.Float64() // not 0: the first instant belongs to the workers
	if p.Arrival == ArrivalPoisson {
		position = r.ExpFloat64()
	}
	at, ok := p.rates(phases).reach(position)
	if !ok {
		return phases.Warmup + phases.Disturb // there is no first message
	}
	return max(Duration(at), 1)
}
