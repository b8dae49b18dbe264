package main

import (
	"sync"

	"pindrop/scenarios"
	"pindrop/sim"
)

// watching is who watches a run on the real clock: the live view, or lines where there is no terminal, and the metrics.
// End is called when the run is over; once more does nothing. Invite is told where somebody may look in; nil: nobody may. Its logs are followed, which costs a processor about a tenth of a microsecond for each
// event, only for somebody who shows what is counted in them.
func (a *app) watching(plan *scenarios.Plan, clock scenarios.Clock, o runOptions, p *progress) (w sim.Watch, invite func(url string), end func()) {
	if clock != scenarios.ClockReal {
		return sim.Watch{}, nil, sync.OnceFunc(p.close)
	}
	show, end := p.watch, p.close
	if view := a.liveOn(plan, clock, o); view != nil {
		show, end, w.Counts = view.show, view.close, true
	}
	if o.open {
		show, invite = a.inviting(show, end)
	}
	w.Tell = show
	if m := a.metrics; m != nil {
		m.begin(plan)
		w.Counts = true
		w.Tell = func(s sim.Snapshot) {
			m.see(s)
			show(s)
		}
		hide := end
		end = func() {
			hide()
			m.end()
		}
	}
	return w, invite, sync.OnceFunc(end)
}
