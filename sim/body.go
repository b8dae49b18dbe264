package sim

import (
	"errors"
	"path/filepath"
	"slices"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// body is what works under a worker's name, in whatever process: what its lives have in common.
type body struct {
	site    *site
	plan    *scenarios.WorkerPlan
	spec    *scenarios.Workers
	in      *history.Log // wire, arriving
	body    *history.Log
	out     *history.Log   // wire, leaving
	network *network       // between the body and the server; nil: it is pindrop's other end that has one, or nobody
	pool    chan struct{}  // places in the downstream that its group shares; nil: no limit
	wals    map[int32]*wal // its own logs, one for each consumer; nil: it keeps none
	guard   guard          // of what its handlers write, where there is a state
}

func newBody(s *site, plan *scenarios.WorkerPlan, network *network, pool chan struct{}) *body {
	spec := &s.plan.Scenario.Workers[plan.Group]
	return &body{
		site: s, plan: plan, spec: spec,
		in:      s.rec.open(plan.Name, history.WireIn),
		body:    s.rec.open(plan.Name, history.Body),
		out:     s.rec.open(plan.Name, history.WireOut),
		network: network,
		pool:    pool,
		wals:    s.newWALs(plan, spec),
		guard:   newGuard(spec.Guard),
	}
}

// newWALs are a worker's own logs, nil where it keeps none.
func (s *site) newWALs(plan *scenarios.WorkerPlan, spec *scenarios.Workers) map[int32]*wal {
	if spec.Ack != scenarios.AckWAL {
		return nil
	}
	wals := map[int32]*wal{}
	for _, shard := range s.shards() {
		wals[shard] = &wal{}
		if s.disk {
			wals[shard].path = filepath.Join(s.rec.dir, plan.Name+"."+consumerOf(shard)+walSuffix)
		}
	}
	return wals
}

// timersLate reports whether the worker's timers are made to be late: on the virtual clock, which never is by itself.
func (b *body) timersLate() bool { return b.site.virtual && b.spec.Timers == scenarios.TimersLate }

// acksFirst reports whether a message is as good as acknowledged before its work: then it cannot be handed back.
func (b *body) acksFirst() bool {
	return slices.Contains([]string{scenarios.AckEarly, scenarios.AckWAL, scenarios.AckNone}, b.spec.Ack)
}

// close ends the worker's own logs. It returns every error that they had.
func (b *body) close() error {
	var all []error
	for _, log := range b.wals {
		all = append(all, log.close())
	}
	return errors.Join(all...)
}
