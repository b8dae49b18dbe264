package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pindrop/results"
	"pindrop/scenarios"
	"pindrop/sim"
)

// lab runs variations of one scenario, side by side on the virtual clock, one after the other on the real one, and keeps
// what was measured of each. What it was told before is not run again.
type lab struct {
	arg   string
	sets  []string // that all probes share
	at    serverFlags
	clock scenarios.Clock
	limit time.Duration // of real time for each run on the virtual clock
	dir   string        // for the files of runs while they go on
	log   *results.ProbeLog
	guest *sim.Guest // that runs all probes; nil: each has the engine that it needs
	most  int        // probes at once; 0: as many as there are processors

	find    func(context.Context) (*sim.Guest, error)
	finding sync.Mutex
	found   *sim.Guest // the guest for probes that need one, once one did

	explores bool                         // probes keep what an exploration wants to know
	over     func() bool                  // no more probes are to begin; nil: all of them
	told     func(t *results.Probe) error // is told of each probe; an error ends the list

	status *statusLine

	mu      sync.Mutex
	jobs    map[string]*job
	known   map[string]results.Probe
	before  int           // probes that were known at first: they count, however late it is
	ran     int           // probes of this process
	took    time.Duration // by them, one behind the other
	started int           // of the present list
	listed  int           // in the present list
	doing   string        // what the present list is for, where that says more than how far it is
	atOnce  int           // of those
}

// newLab is a lab for variations of the scenario that arg names.
func newLab(a *app, arg string, o studyOptions) (*lab, error) {
	dir, err := os.MkdirTemp("", "pindrop-")
	if err != nil {
		return nil, &exit{exitIO, err}
	}
	status := a.statusLine(o.json || o.quiet)
	return &lab{
		arg: arg, sets: o.sets, at: o.serverFlags, clock: o.clock, limit: o.limit, dir: dir, status: &status,
		find: func(ctx context.Context) (*sim.Guest, error) { return a.findGuest(ctx, o.json || o.quiet) },
		jobs: map[string]*job{}, known: map[string]results.Probe{},
	}, nil
}

// keepIn runs work while probes are kept in the directory of a study; those that it holds already are known.
func (l *lab) keepIn(run *results.Run, work func() error) error {
	log, known, err := run.OpenProbes()
	if err != nil {
		return &exit{exitIO, err}
	}
	for _, t := range known {
		l.known[t.Key()] = t
	}
	l.log, l.before = log, len(known)
	err = work()
	l.log = nil
	if closeErr := log.Close(); err == nil && closeErr != nil {
		err = &exit{exitIO, closeErr}
	}
	return err
}

// close removes what the lab left on disk.
func (l *lab) close() {
	l.status.close()
	_ = os.RemoveAll(l.dir) // of no use to anybody, and nothing is lost if it stays
}

// job is the scenario with overrides, checked. Each set of overrides is loaded once.
func (l *lab) job(set []string) (*job, error) {
	return l.jobOn(l.clock, set)
}

// jobOn is the same on a clock that is named.
func (l *lab) jobOn(clock scenarios.Clock, set []string) (*job, error) {
	key := (&results.Probe{Set: set, Clock: string(clock)}).Key()
	l.mu.Lock()
	defer l.mu.Unlock()
	if j := l.jobs[key]; j != nil {
		return j, nil
	}
	j, err := prepare(l.arg, runOptions{clock: string(clock), sets: slices.Concat(l.sets, set), serverFlags: l.at.onClock(clock)})
	if err != nil {
		return nil, err
	}
	l.jobs[key] = j
	return j, nil
}

// run runs a list of probes and fills them in. Those that are known are not run. If it is interrupted, or one of them
// fails, it returns those that came to their end, with the error.
func (l *lab) run(ctx context.Context, list []results.Probe) ([]results.Probe, error) {
	return l.runEach(ctx, len(list), l.sideBySide(list), func(i int) results.Probe { return list[i] })
}

// runEach is run for n probes, of which so many run at once. Each is made when its turn comes: there may be a million of them, of
// which a budget leaves few.
func (l *lab) runEach(ctx context.Context, n, atOnce int, probe func(i int) results.Probe) ([]results.Probe, error) {
	var mu sync.Mutex
	done := map[int]results.Probe{}
	l.mu.Lock()
	l.started, l.listed, l.atOnce = 0, n, atOnce
	l.mu.Unlock()
	runners, inner := errgroup.WithContext(ctx)
	runners.SetLimit(l.atOnce)
	for i := range n {
		if inner.Err() != nil || l.over != nil && l.before == 0 && l.over() {
			break
		}
		t := probe(i)
		runners.Go(func() error {
			if inner.Err() != nil {
				return inner.Err()
			}
			if _, known := l.knownOf(&t); !known && l.over != nil && l.over() {
				return nil
			}
			tried, err := l.try(inner, t, filepath.Join(l.dir, strconv.Itoa(i)))
			if err != nil {
				return err
			}
			mu.Lock()
			done[i] = tried
			mu.Unlock()
			if l.told != nil {
				return l.told(&tried)
			}
			return nil
		})
	}
	err := runners.Wait()
	if ctx.Err() != nil {
		err = &exit{code: exitInterrupted}
	}
	var inOrder []results.Probe
	for _, i := range slices.Sorted(maps.Keys(done)) {
		inOrder = append(inOrder, done[i])
	}
	return inOrder, err
}

// guestOf is what runs a probe's job on the virtual clock; nil: the native engine. The guest is found when the first probe
// needs it: most lists need none, and one that goes on may have nothing left that does.
func (l *lab) guestOf(ctx context.Context, j *job) (*sim.Guest, error) {
	if l.guest != nil || !needsGuest(j.scenario, j.clocks[0]) {
		return l.guest, nil
	}
	l.finding.Lock()
	defer l.finding.Unlock()
	if l.found == nil {
		var err error
		if l.found, err = l.find(ctx); err != nil {
			return nil, err
		}
	}
	return l.found, nil
}

// clockOf is the clock of a probe: its own, or that of all.
func (l *lab) clockOf(t *results.Probe) scenarios.Clock {
	if t.Clock != "" {
		return scenarios.Clock(t.Clock)
	}
	return l.clock
}

// sideBySide is how many probes of a list run at once: on the real clock they would disturb each other.
func (l *lab) sideBySide(list []results.Probe) int {
	if slices.ContainsFunc(list, func(t results.Probe) bool { return l.clockOf(&t) == scenarios.ClockReal }) {
		return 1
	}
	if l.most > 0 {
		return l.most
	}
	return runtime.NumCPU()
}

// try runs one probe in a directory of its own, unless it is known.
func (l *lab) try(ctx context.Context, t results.Probe, dir string) (results.Probe, error) {
	j, err := l.jobOn(l.clockOf(&t), t.Set)
	if err != nil {
		return t, err
	}
	known, ok := l.knownOf(&t)
	if !ok {
		guest, err := l.guestOf(ctx, j)
		if err != nil {
			return t, err
		}
		began := time.Now()
		if known, err = l.measure(ctx, j, guest, t, dir); err != nil {
			return t, err
		}
		if err := l.keep(&known, time.Since(began)); err != nil {
			return t, err
		}
	}
	l.mu.Lock()
	l.started++
	l.mu.Unlock()
	l.tell(0) // one that is over before it tells of itself counts as well
	known.Settings = j.scenario.Settings()
	return known, nil
}

// knownOf is what is known of a probe from before.
func (l *lab) knownOf(t *results.Probe) (p results.Probe, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok = l.known[t.Key()]
	return p, ok
}

// measure is the probe itself.
func (l *lab) measure(ctx context.Context, j *job, guest *sim.Guest, t results.Probe, dir string) (results.Probe, error) {
	run := attempt{plan: j.scenario.Plan(t.Seed), clock: j.clocks[0], limit: l.limit, tell: l.tell, access: j.target.access, guest: guest}
	h, findings, cut, err := run.apart(ctx, dir)
	if ctx.Err() != nil {
		return t, ctx.Err()
	}
	if err != nil && l.explores && !errors.Is(err, sim.ErrRefused) && !errors.Is(err, sim.ErrUnfit) {
		return failedRun(t, err), nil
	}
	if err != nil {
		return t, neverRan(fmt.Errorf("%s %v, seed %d: %w", j.scenario.Name, t.Set, t.Seed, err))
	}
	expect, err := expectations(j.scenario, findings)
	if err != nil {
		return t, err
	}
	record := results.New(results.Input{
		Scenario: j.scenario.Name, Complete: cut == "", Expect: expect, Findings: *findings,
	})
	t.Verdict, t.Reason, t.Metrics, t.Diagnosis = record.Verdict, record.Reason, record.Metrics, record.Findings.Diagnosis
	t.Broken = record.Broken()
	if cut != "" {
		t.Broken = append(t.Broken, cut)
	}
	t.Undrained = record.Undrained() && cut == ""
	if l.explores {
		return explored(t, record, h, cut)
	}
	return t, nil
}

// does says what the lists from now on are for; "" for nothing else than themselves.
func (l *lab) does(doing string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doing = doing
}

// keep writes a probe down.
func (l *lab) keep(t *results.Probe, took time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[t.Key()] = *t
	l.ran++
	l.took += took
	if l.log == nil {
		return nil
	}
	if err := l.log.Add(t); err != nil {
		return &exit{exitIO, err}
	}
	return nil
}

// tell is a [sim.Progress]: it says how many probes are done and how long the rest will take, or what they are for.
func (l *lab) tell(time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status.say(func() string {
		if l.doing != "" {
			return l.doing
		}
		line := fmt.Sprintf("%d of %d probes", l.started, l.listed)
		if l.ran > 0 {
			left := time.Duration(float64(l.took) / float64(l.ran) * float64(l.listed-l.started) / float64(l.atOnce))
			line += fmt.Sprintf(", about %v left", left.Round(time.Second))
		}
		return line
	})
}
