package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
	cause := cutShort(ctx, err)
	if err != nil && cause == "" {
		return nil, "", err
	}
	switch {
	case cause == history.CauseInterrupted && !errors.Is(err, sim.ErrGivenUp):
		cut = cause
	case cause != "":
		cut = err.Error()
	}
	h, damaged, readErr := sim.ReadLogs(t.dirs.Logs)
	if readErr != nil && cause == history.CauseStorage {
		return nil, "", err
	}
	if err = readErr; err != nil && cause == history.CauseInterrupted && nothingIn(t.dirs.Logs) {
		h, err = history.Of(), nil // that it was interrupted is all there is to say
	}
	if err != nil && cause != "" {
		return nil, "", errors.Join(fmt.Errorf("%s %w", cut, errTooEarly), ctx.Err())
	}
	if err != nil {
		return nil, "", err
	}
	h, end := ended(h, cause, cut, damaged)
	if history.CutShort(end.Cause()) {
		return h, end.Reason, nil
	}
	return h, "", nil
}

// nothingIn reports whether a folder has no files, or is not there.
func nothingIn(dir string) bool {
	files, err := os.ReadDir(dir)
	return len(files) == 0 && (err == nil || errors.Is(err, fs.ErrNotExist))
}

// apart is the run in a directory of its own, which it removes, and what was measured of it.
func (t attempt) apart(ctx context.Context, dir string) (h *history.History, f *measure.Findings, cut string, err error) {
	t.dirs = sim.Dirs{Logs: filepath.Join(dir, "logs"), Store: filepath.Join(dir, "store")}
	h, cut, err = t.run(ctx)
	if err := errors.Join(err, os.RemoveAll(dir), ctx.Err()); err != nil {
		return nil, nil, cut, err
	}
	f = measure.Stream(h.Events(), asked(t.plan, cut == ""))
	if unstored(f) {
		return nil, nil, cut, fmt.Errorf("%w: %s", sim.ErrStorage, cut)
	}
	return h, f, cut, nil
}

// unstored reports whether a run ended because the disk did not take its history.
func unstored(f *measure.Findings) bool {
	return slices.ContainsFunc(f.Phases, func(p measure.Phase) bool { return p.Ended() == history.CauseStorage })
}

// cutShort is the cause for which a run was ended before its end; "" where it was not.
func cutShort(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return history.CauseInterrupted
	}
	return sim.Cause(err)
}

// ended is the history with its end, which one that was cut short does not have yet: then for a cause, and the same in words. A history
// with damaged logs is not whole, and its end says so instead.
func ended(h *history.History, cause, words string, damaged error) (*history.History, *history.Event) {
	var last, n int64
	var end *history.Event
	for e := range h.Events() {
		last = max(last, e.At)
		if e.Actor == history.Runner {
			n = e.N
			if e.Kind == history.Phase && e.Phase == history.PhaseEnd {
				found := *e
				end = &found
			}
		}
	}
	if end == nil {
		end = &history.Event{
			At: last, Actor: history.Runner, N: n + 1, Kind: history.Phase, Phase: history.PhaseEnd,
			Do: cmp.Or(cause, history.CauseFailed), Reason: cmp.Or(words, "interrupted, nobody knows why"),
		}
		h = h.With(*end)
	}
	if damaged == nil {
		return h, end
	}
	whole := &history.History{}
	for e := range h.Events() {
		if e.Actor == history.Runner && e.Kind == history.Phase && e.Phase == history.PhaseEnd {
			end.Do, end.Reason = history.CauseStorage, fmt.Sprintf("the history is not whole: %v; before that: %s", damaged, e.Reason)
			e = end
		}
		whole.Append(e)
	}
	return whole, end
}
