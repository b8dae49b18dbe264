package sim

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"pindrop/results/history"
	"pindrop/sim/assertion"
)

// hearsay writes down what the servers of a run, or of this process, assert about themselves. Servers start before the history does: what
// they say until then waits, and its events carry as a stamp when it was said.
type hearsay struct {
	mu      sync.Mutex
	rec     *recorder // nil: there is no history yet
	logs    map[string]*history.Log
	waiting []spoken
}

type spoken struct {
	at     time.Time
	server string // whose log it goes to
	e      history.Event
}

// waitingMax bounds what waits for a history that may never begin.
const waitingMax = 1000

// listen listens to a life of a server.
func (x *hearsay) listen(server string, number int32) *assertion.Server {
	if assertion.Linked() {
		x.hear(server, &history.Event{Kind: history.Assertion, Do: history.AssertionsHeard, Target: server, Incarnation: number})
	}
	return assertion.NewServer(server, func(e *history.Event) {
		e.Incarnation = number
		x.hear(server, e)
	})
}

func (x *hearsay) hear(server string, e *history.Event) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.rec != nil:
		x.rec.write(x.log(server), e)
	case len(x.waiting) < waitingMax:
		x.waiting = append(x.waiting, spoken{time.Now(), server, *e})
	}
}

// log is the log of a server: one for each, so that servers that speak in one instant do not change the order.
func (x *hearsay) log(server string) *history.Log {
	l, ok := x.logs[server]
	if !ok {
		l = x.rec.open(history.Watcher, server)
		x.logs[server] = l
	}
	return l
}

// begin writes down what has waited, and from now on everything at once.
func (x *hearsay) begin(rec *recorder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.rec, x.logs = rec, map[string]*history.Log{}
	for i := range x.waiting {
		w := &x.waiting[i]
		w.e.Stamp = int64(w.at.Sub(rec.origin))
		rec.write(x.log(w.server), &w.e)
	}
	x.waiting = nil
}

// hearing is what a process that is a server is told, on its standard input, once there is a history: where it writes to.
type hearing struct {
	Logs   string `json:"logs"`
	Origin int64  `json:"origin"` // of the run, in monotonic time
}

// follow waits for that.
func (x *hearsay) follow(in io.Reader) {
	var o hearing
	if err := json.NewDecoder(in).Decode(&o); err == nil { // any error is the end of the one who tells
		x.begin(joinRecorder(o.Logs, o.Origin))
	}
}

// listen has the history of the run take in what its servers assert: of those in this process, and of those that are this program in
// processes of their own.
func (r *run) listen() {
	r.ears.begin(r.site.rec)
	p := r.processes()
	if p == nil || p.inside() || p.binary != "" {
		return
	}
	p.hearing = &hearing{Logs: r.site.rec.dir, Origin: r.site.rec.sharedOrigin()}
	for _, n := range p.nodes {
		n.tell(p.hearing)
	}
}

// tell tells the process of a server something; one that has ended is told nothing.
func (n *node) tell(o *hearing) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p, ok := n.life.(*serverProcess); ok && o != nil {
		_ = json.NewEncoder(p.in).Encode(o) // the end of its process is told by that itself
	}
}
