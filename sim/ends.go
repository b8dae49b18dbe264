package sim

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"pindrop/redact"
	"pindrop/results/history"
	"pindrop/scenarios"
)

// ending is how a run comes to its end.
type ending struct {
	cause  string // one of package history's
	reason string // the same in words
}

var (
	drained     = ending{history.CauseDrained, "drained"}
	interrupted = ending{history.CauseInterrupted, "interrupted"}
)

// endMax is longer than all that anybody waits for who ends in order: answers of a server that has no leader.
const endMax = leaderlessMax + 2*apiTimeout

// overdue is the end of a run in which somebody who has to end does not. What they use stays as it is.
func (r *run) overdue(who string) ending {
	r.stuck = true
	if r.around.stays != nil {
		r.around.stays()
	}
	return ending{history.CauseDeadline, fmt.Sprintf("%s did not end within %s", who, r.endMax)}
}

// end stops the workers, asks the server for the last state, and closes the history.
func (r *run) end(e ending) {
	for _, w := range r.order {
		if l := w.current(); l != nil && l.die() {
			w.stopped(w.number(), history.StopEnded)
		}
	}
	if left := r.lives.wait(r.endMax); left != "" {
		late := r.overdue(left)
		e = ending{late.cause, late.reason + "; before that: " + e.reason}
	}
	r.settle()
	if e.cause == history.CauseServerGone && r.whose() != "" {
		r.ended(e) // nobody is there to ask
		return
	}
	if err := r.watcher.final(); err != nil {
		e.reason += "; no last state: " + redact.Text(err.Error())
	}
	if r.ctx.Err() != nil && r.publishing.wait(0) != "" { // what they wait for is a server that stands still
		r.kill()
		r.publishing.wait(giveUpMax)
	}
	if r.failure() != nil && !history.CutShort(e.cause) { // somebody died while the last state was asked for
		died := r.cut()
		e = ending{died.cause, died.reason + "; before that: " + e.reason}
	}
	r.ended(e)
}

// tearDown closes what setUp opened.
func (r *run) tearDown() error {
	var closing errands
	closing.Go(history.Runner, r.hangUp)
	if r.stuck {
		closing.wait(giveUpMax)
		return r.site.rec.close()
	}
	closing.wait(r.endMax)
	var all []error
	for _, w := range r.order {
		all = append(all, w.close())
	}
	if r.takeBoard != nil {
		all = append(all, r.takeBoard())
	}
	if r.site.rec != nil {
		all = append(all, r.site.rec.close())
	}
	return errors.Join(all...)
}

// hangUp closes the run's own connections.
func (r *run) hangUp() {
	for _, p := range r.publishers {
		p.nc.Close()
	}
	if r.watcher != nil {
		r.watcher.nc.Close()
	}
	if r.nc != nil {
		r.nc.Close()
	}
}

// ended writes down the end. Of a run that ends early, nothing follows: what is still on its way has not happened.
func (r *run) ended(e ending) {
	r.enter(&history.Event{Kind: history.Phase, Phase: history.PhaseEnd, Do: e.cause, Reason: e.reason})
	if r.ctx.Err() != nil {
		_ = r.site.rec.close() // the errors are told when the run is torn down
	}
}

// deathSettle is how long it may take until pindrop knows that a process has ended.
const deathSettle = time.Second

// unbegun is the end of a run whose set-up failed. Where the run was interrupted, or a part of it died, that is its outcome:
// the history has it even if nothing else was recorded.
func (r *run) unbegun(logs string, last *pulse, err error) error {
	if r.clock == scenarios.ClockReal { // whoever asks a dead server hears of that before its death is known
		select {
		case <-r.ctx.Done():
		case <-time.After(deathSettle):
		}
	}
	if r.ctx.Err() == nil {
		return errors.Join(err, r.tearDown())
	}
	if r.site.rec == nil {
		if r.site.rec, err = newRecorder(logs, last); err != nil {
			return err
		}
	}
	if r.log == nil {
		r.log = r.site.rec.open(history.Runner, "")
	}
	r.ended(r.cut())
	return r.tearDown()
}

// fail ends the run, which cannot go on. Once it is interrupted, nobody asks why.
func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() == nil || len(r.failures) > 0 && r.around.life.Err() == nil {
		r.failures = append(r.failures, fmt.Errorf("%s: %w", r.when(), err))
		r.stop()
	}
}

// when is this instant, for people.
func (r *run) when() string {
	if r.begun.Load() {
		return fmt.Sprintf("%.3f s after the start", time.Duration(r.site.rec.now()).Seconds())
	}
	return fmt.Sprintf("during the set-up, %.3f s after its start", time.Since(r.scene.begun).Seconds())
}

// failure is why the run cannot go on; nil where it can, or is interrupted.
func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.failures...)
}

// cut is the end of a run that ends early.
func (r *run) cut() ending {
	err := r.failure()
	if err == nil {
		return interrupted
	}
	return ending{cmp.Or(Cause(err), history.CauseFailed), redact.Text(err.Error())}
}
