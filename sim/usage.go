package sim

import (
	"os"
	"runtime"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// usageEvery is how often the watcher looks at what the processes of the run use.
const usageEvery = time.Second

// usage is what a process has used.
type usage struct {
	cpu      time.Duration // so far, user and system
	resident int64         // bytes, now
}

// usagePer is how much later, for each worker that is a process, the watcher looks again: with a thousand of them looking
// itself takes time.
const usagePer = 2 * time.Millisecond

// usageUntil writes down what the processes of the run use, again and again, until stop is closed: servers, workers, and
// pindrop itself, with what is inside it. On the virtual clock the processor's time says nothing.
func (w *watcher) usageUntil(stop <-chan struct{}) {
	if w.run.clock != scenarios.ClockReal {
		return
	}
	ticker := time.NewTicker(usageEvery + time.Duration(len(w.run.order))*usagePer)
	defer ticker.Stop()
	for {
		w.usageOfAll()
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

// usageOfAll looks at every process once.
func (w *watcher) usageOfAll() {
	look := func(pid int, e history.Event) {
		if u, ok := usageOf(pid); ok {
			e.Kind, e.Count, e.Sum = history.Usage, int64(u.cpu), uint64(u.resident)
			w.run.site.rec.write(w.log, &e)
		}
	}
	look(os.Getpid(), history.Event{Size: int32(cores())})
	for _, one := range w.run.order {
		if p, ok := one.current().(*process); ok {
			look(p.cmd.Process.Pid, history.Event{Worker: one.plan.Name, Incarnation: p.number})
		}
	}
	if p := w.run.processes(); p != nil {
		for _, n := range p.nodes {
			if pid, number, ok := n.process(); ok {
				look(pid, history.Event{Target: n.name, Incarnation: number})
			}
		}
	}
}

// cores are how many processors this process and those that it starts may use together: Go counts the limits of a container
// as well, unless somebody has told it how many to take.
func cores() int {
	if os.Getenv("GOMAXPROCS") != "" {
		return runtime.NumCPU()
	}
	return runtime.GOMAXPROCS(0)
}

// meet writes down which servers there are, and their version.
func (w *watcher) meet() {
	for _, s := range w.run.server.versions() {
		w.run.site.rec.write(w.log, &history.Event{Kind: history.Usage, Target: s.name, Reason: s.version})
	}
}

// version is what a server says of itself.
type version struct{ name, version string }
