package sim

import (
	"time"

	"pindrop/results/history"
)

// usageEvery is how often the watcher looks at what the servers' processes use.
const usageEvery = time.Second

// usage is what a process has used.
type usage struct {
	cpu      time.Duration // so far, user and system
	resident int64         // bytes, now
}

// usageUntil writes down what the servers use, again and again, until stop is closed. Servers inside pindrop cannot be told
// from it, and of others nothing is known.
func (w *watcher) usageUntil(stop <-chan struct{}) {
	p := w.run.processes()
	if p == nil {
		return
	}
	ticker := time.NewTicker(usageEvery)
	defer ticker.Stop()
	for {
		for _, n := range p.nodes {
			if pid, number, ok := n.process(); ok {
				if u, ok := usageOf(pid); ok {
					w.run.site.rec.write(w.log, &history.Event{
						Kind: history.Usage, Target: n.name, Incarnation: number, Count: int64(u.cpu), Sum: uint64(u.resident),
					})
				}
			}
		}
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

// meet writes down which servers there are, and their version.
func (w *watcher) meet() {
	for _, s := range w.run.server.versions() {
		w.run.site.rec.write(w.log, &history.Event{Kind: history.Usage, Target: s.name, Reason: s.version})
	}
}

// version is what a server says of itself.
type version struct{ name, version string }
