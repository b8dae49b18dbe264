package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/results/history"
)

// presence is what a run on servers that are not pindrop's has beside the load: it answers whether the run lives, and watches
// whether the servers do.
type presence struct {
	run   *run
	owner Owner
	nc    *nats.Conn
	over  chan struct{}
	done  sync.WaitGroup
	ended atomic.Bool
}

// errOverran is the cause of the end of a run that takes longer than its streams say: from then on they may be removed.
var errOverran = errors.New("the run has taken longer than the time for which it owns its streams, which was until")

const (
	presencePing = 500 * time.Millisecond
	presenceBack = 250 * time.Millisecond // before it connects again
	silentMax    = 2 * time.Second        // for how long servers may be silent before the history says so
)

// goneMax is for how long servers may be silent before the run ends; a test waits less.
var goneMax = 5 * time.Second

// attend makes the presence of a run.
func (r *run) attend(e *external) (*presence, error) {
	p := &presence{run: r, owner: e.owner, over: make(chan struct{})}
	nc, err := connect("presence", anyOf(e), append(e.options(),
		nats.CustomReconnectDelay(func(int) time.Duration { return presenceBack }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { p.disconnected() }),
	)...)
	if err != nil {
		return nil, err
	}
	p.nc = nc
	answer, err := json.Marshal(p.owner)
	if err == nil {
		_, err = nc.Subscribe(lifeSubject(p.owner.Run), func(m *nats.Msg) { _ = m.Respond(answer) }) // who asked asks again
	}
	if err == nil {
		err = nc.FlushTimeout(apiTimeout)
	}
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("answer on %s: %w", lifeSubject(p.owner.Run), err)
	}
	p.done.Go(p.watch)
	return p, nil
}

// watch ends the run when the servers are gone, and when its own time is over. The time is that of the host's clock: a
// monotonic one stands still while a machine sleeps.
func (p *presence) watch() {
	last, told := time.Now(), false
	for {
		select {
		case <-p.over:
			return
		case <-time.After(presencePing):
		}
		if p.nc.FlushTimeout(presencePing) == nil {
			last, told = time.Now(), false
		}
		silent := time.Since(last)
		switch {
		case !time.Now().Round(0).Before(p.owner.Until):
			p.run.fail(fmt.Errorf("%w: %s", errOverran, p.owner.Until.Format(time.RFC3339)))
			return
		case silent >= goneMax:
			p.run.fail(fmt.Errorf("%w: no answer for %v", ErrServersGone, silent.Round(100*time.Millisecond)))
			return
		case silent >= silentMax && !told:
			told = true
			p.away(last, "no answer")
		}
	}
}

// disconnected writes down that the servers closed the connection, or that it broke.
func (p *presence) disconnected() {
	if !p.ended.Load() {
		p.away(time.Now(), "a connection was lost")
	}
}

func (p *presence) away(since time.Time, why string) {
	if w := p.run.watcher; w != nil && p.run.begun.Load() {
		p.run.site.rec.write(w.log, &history.Event{Kind: history.Away, Stamp: int64(since.Sub(p.run.site.rec.origin)), Reason: why})
	}
}

// leave ends it.
func (p *presence) leave() {
	p.ended.Store(true)
	close(p.over)
	p.done.Wait()
	p.nc.Close()
}
