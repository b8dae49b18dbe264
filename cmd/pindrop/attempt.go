package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/sim"
)

// deadlineDefault is how much real time one run on the virtual clock has. It takes seconds, on a busy machine perhaps a minute.
const deadlineDefault = 5 * time.Minute

// attempt is one run of a plan on one clock.
type attempt struct {
	plan  *scenarios.Plan
	clock scenarios.Clock
	dirs  sim.Dirs
	limit time.Duration // of real time, on the virtual clock
	tell  sim.Progress
	watch sim.Watch // on the real clock, instead of tell; nobody: tell

	access sim.Access
	guest  *sim.Guest // that runs the plan on the virtual clock; nil: a process does
}

// errTooEarly is the error of a run that was ended before there was anything to measure.
var errTooEarly = errors.New("before anything was recorded")

// run runs the plan and reads what was recorded. A run that was ended before its end has the reason in cut, and in its
// history.
func (t attempt) run(ctx context.Context) (h *history.History, cut string, err error) {
	switch {
	case t.clock == scenarios.ClockVirtual && t.guest != nil:
		err = sim.InGuest(ctx, *t.guest, t.plan, t.dirs, t.limit, t.tell)
	case t.clock == scenarios.ClockVirtual:
		err = sim.Virtual(ctx, t.plan, t.dirs, t.limit, t.tell)
	case t.watch.Tell != nil:
		err = sim.RealWatched(ctx, t.plan, t.dirs, t.access, t.watch)
	default:
		err = sim.RealAt(ctx, t.plan, t.dirs, t.access, t.tell)
	}
	cut = cutShort(ctx, err)
	if err != nil && cut == "" {
		return nil, "", err
	}
	h, err = sim.ReadLogs(t.dirs.Logs)
	if err != nil && cut != "" {
		return nil, "", errors.Join(fmt.Errorf("%s %w", cut, errTooEarly), ctx.Err())
	}
	if err != nil {
		return nil, "", err
	}
	if cut == "" {
		cut = gone(h)
	}
	return ended(h, cut), cut, nil
}

// gone is the reason of a run that ended early because a server did not come back; "" where all did.
func gone(h *history.History) string {
	for e := range h.Events() {
		if e.Kind == history.Phase && e.Phase == history.PhaseEnd && strings.HasPrefix(e.Reason, sim.ErrServerGone.Error()) {
			return e.Reason
		}
	}
	return ""
}

// apart is the run in a directory of its own, which it removes, and what was measured of it.
func (t attempt) apart(ctx context.Context, dir string) (h *history.History, f *measure.Findings, cut string, err error) {
	t.dirs = sim.Dirs{Logs: filepath.Join(dir, "logs"), Store: filepath.Join(dir, "store")}
	h, cut, err = t.run(ctx)
	if err := errors.Join(err, os.RemoveAll(dir), ctx.Err()); err != nil {
		return nil, nil, cut, err
	}
	return h, measure.Stream(h.Events(), asked(t.plan, cut == "")), cut, nil
}

// cutShort says in words why a run was ended before its end; "" where it was not.
func cutShort(ctx context.Context, err error) string {
	switch {
	case errors.Is(err, sim.ErrGivenUp):
		return err.Error()
	case ctx.Err() != nil:
		return "interrupted"
	case errors.Is(err, sim.ErrWallDeadline), errors.Is(err, sim.ErrVirtualDeadline), errors.Is(err, sim.ErrGuestMemory):
		return err.Error()
	}
	return ""
}

// ended closes the history of a run that was cut short with the reason.
func ended(h *history.History, reason string) *history.History {
	if reason == "" {
		reason = "interrupted, nobody knows why"
	}
	var last, n int64
	for e := range h.Events() {
		last = max(last, e.At)
		if e.Actor == history.Runner {
			n = e.N
			if e.Kind == history.Phase && e.Phase == history.PhaseEnd {
				return h
			}
		}
	}
	return h.With(history.Event{
		At: last, Actor: history.Runner, N: n + 1, Kind: history.Phase, Phase: history.PhaseEnd, Reason: reason,
	})
}
