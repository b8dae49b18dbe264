package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pindrop/explore"
	"pindrop/report"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
)

// exploreOptions are the flags of pindrop explore.
type exploreOptions struct {
	studyOptions
	seeds     int
	budget    time.Duration
	jobs      int
	jobsGiven bool
	engine    string
	only      []string
	onlyGiven bool
	keepGoing bool
	shrink    int
}

func exploreCommand(a *app) *cobra.Command {
	var o exploreOptions
	c := &cobra.Command{
		Use:   "explore SCENARIO",
		Short: "Run a scenario with many seeds, each with faults of its own, and look for broken laws",
		Long: `Runs a scenario on the virtual clock with many seeds, on all processors. Each seed draws faults from the scenario's
menu (its block explore; without one, all that its servers and workers can be broken by). Every run is held against
the safety laws (docs/explore.md) and against the scenario's expectations. The first run that breaks one is shrunk to
fewer faults, fewer messages and simpler times, and kept, with its record, its report and its servers' logs; the line
that begins with "repeat it" is the command for that.

Single servers run natively, clusters in a guest. Interrupt it (Ctrl-C) and nothing is lost: --resume goes on.

Exit code: 0 nothing found, 1 found, 2 nothing found and runs came to no verdict, 64 bad input, 130 interrupted.`,
		Example: `  pindrop explore explore-r3 --seeds 1000 --budget 10m
  pindrop explore leader-kill-r3 --seeds 50 --from 1000 --keep-going
  pindrop explore mine.yaml --set workers.ack=double
  pindrop explore explore-r3 --seeds 500 --only server_assertion
  pindrop explore --resume results/explore-r3/20260102-150405`,
		RunE: func(c *cobra.Command, args []string) error {
			o.jobsGiven, o.onlyGiven = c.Flags().Changed("jobs"), c.Flags().Changed("only")
			return a.explore(c.Context(), args, o)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&o.seeds, "seeds", 100, "how many seeds, up to 1,000,000")
	f.Uint64Var(&o.seed, "from", 1, "the first seed")
	f.DurationVar(&o.budget, "budget", 0, "begin no more runs after so much real time (default: no limit)")
	f.IntVar(&o.jobs, "jobs", 0, "runs at once (default: as many as there are processors)")
	f.BoolVar(&o.keepGoing, "keep-going", false, "do not stop at the first run that breaks something")
	f.StringSliceVar(&o.only, "only", nil, "look for these `laws` only (docs/explore.md), and for no expectation")
	f.IntVar(&o.shrink, "shrink", 120, "runs that making a finding smaller may take; 0: leave it as it is")
	f.StringVar(&o.engine, "engine", engineAuto, "native, guest (exact; the one for clusters) or auto")
	f.StringArrayVar(&o.sets, "set", nil, "override a setting in all runs, as `path=value`")
	f.StringVar(&o.out, "out", "results", "`directory` for the results")
	f.StringVar(&o.resume, "resume", "", "go on with one that was interrupted or out of budget, in this `directory`, without a scenario")
	f.BoolVar(&o.json, "json", false, "print the result as JSON, and nothing else, on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print only the path of the result")
	f.DurationVar(&o.limit, "deadline", deadlineDefault, "real time after which one run is ended without a verdict")
	return c
}

func (o *exploreOptions) check(args []string) error {
	o.repeat, o.clockName = 1, string(scenarios.ClockVirtual)
	if err := o.studyOptions.check("explore", args); err != nil {
		return err
	}
	err := checkEngine(runOptions{engine: o.engine})
	switch {
	case o.seeds < 1:
		err = fmt.Errorf("--seeds %d: expected 1 or more", o.seeds)
	case o.seeds > runsMax:
		err = fewEnough("--seeds", o.seeds, runsMax)
	case o.jobs > repeatsMax:
		err = fmt.Errorf("--jobs %d: expected at most %d", o.jobs, repeatsMax)
	case o.budget < 0:
		err = fmt.Errorf("--budget %v: expected a positive duration such as 10m", o.budget)
	case o.jobs < 0 || o.jobs == 0 && o.jobsGiven:
		err = fmt.Errorf("--jobs %d: expected 1 or more", o.jobs)
	case o.shrink < 0:
		err = fmt.Errorf("--shrink %d: expected 0 or more", o.shrink)
	case o.onlyGiven && len(o.only) == 0:
		err = errors.New("--only: expected the names of laws, as in --only server_assertion")
	case err == nil:
		err = checkOnly(o.only)
	}
	if err != nil {
		return &exit{exitUsage, err}
	}
	return nil
}

// checkOnly refuses what is no law.
func checkOnly(only []string) error {
	for _, name := range only {
		if _, known := safety.Lookup(name); !known {
			var names []string
			for _, l := range safety.Laws {
				names = append(names, l.Name)
			}
			return fmt.Errorf("--only %q: there is no such law; nearest: %s; all: %s", name, scenarios.Nearest(name, names), strings.Join(names, ", "))
		}
	}
	return nil
}

// explorer is an exploration that goes on.
type explorer struct {
	*app
	*lab
	o     exploreOptions
	e     *results.Exploration
	run   *results.Run
	base  *scenarios.Scenario
	began time.Time

	mu    sync.Mutex
	found []results.Probe
}

var errFound = errors.New("found")

// explore checks everything before it runs the first seed.
func (a *app) explore(ctx context.Context, args []string, o exploreOptions) error {
	if err := o.check(args); err != nil {
		return err
	}
	e, j, err := planExploration(args, &o)
	if err != nil {
		return err
	}
	if _, _, dishes := j.scenario.Explored(); len(dishes) == 0 {
		return &exit{exitUsage, fmt.Errorf("explore %s: nothing can be broken in it: it has neither workers nor a cluster", e.Arg)}
	}
	l, err := newLab(a, e.Arg, o.studyOptions)
	if err != nil {
		return err
	}
	defer l.close()
	x := &explorer{app: a, lab: l, o: o, e: e, base: j.scenario, began: time.Now()}
	if err := x.equip(ctx); err != nil {
		return err
	}
	if x.run, err = openStudy(&e.Study, o.studyOptions); err != nil {
		return err
	}
	if err := saveStudy(x.run, results.ExploreFile, e, false); err != nil {
		return err
	}
	runErr := l.keepIn(x.run, func() error { return x.search(ctx) })
	if err := saveStudy(x.run, results.ExploreFile, e, e.Complete); err != nil {
		return errors.Join(err, runErr)
	}
	if err := x.show(); err != nil {
		return err
	}
	return x.verdict(runErr)
}

// planExploration is the exploration before its first run: a new one, or the one to go on with.
func planExploration(args []string, o *exploreOptions) (*results.Exploration, *job, error) {
	if o.resume != "" {
		e, err := (&results.Run{Dir: o.resume}).Exploration()
		if err != nil {
			return nil, nil, failed(err)
		}
		if err := resumed(&e.Study, &o.studyOptions); err != nil {
			return nil, nil, err
		}
		o.seeds, o.engine, o.keepGoing, o.only = e.Seeds, e.Engine, o.keepGoing || e.Going, e.Only
		j, err := prepare(e.Arg, o.of(o.clock))
		if err != nil {
			return nil, nil, failed(err)
		}
		fresh := results.Exploration{Study: e.Study, Seeds: e.Seeds, Engine: e.Engine, Wall: e.Wall, Going: o.keepGoing, Only: o.only}
		return &fresh, j, nil
	}
	own := []string{"explore", args[0], "--seeds", strconv.Itoa(o.seeds), "--from", strconv.FormatUint(o.seed, 10)}
	study, j, err := newStudy(args[0], &o.studyOptions, own)
	if err != nil {
		return nil, nil, err
	}
	study.Command = exploring(own, o)
	return &results.Exploration{Study: study, Seeds: o.seeds, Going: o.keepGoing, Only: o.only}, j, nil
}

// exploring is the line that repeats an exploration.
func exploring(own []string, o *exploreOptions) string {
	line := "pindrop"
	for _, set := range o.sets {
		own = append(own, "--set", set)
	}
	if o.keepGoing {
		own = append(own, "--keep-going")
	}
	if len(o.only) > 0 {
		own = append(own, "--only", strings.Join(o.only, ","))
	}
	if o.budget > 0 {
		own = append(own, "--budget", o.budget.String())
	}
	if o.engine != engineAuto {
		own = append(own, "--engine", o.engine)
	}
	for _, w := range own {
		line += " " + quote(w)
	}
	return line
}

// equip settles on an engine, and readies the lab.
func (x *explorer) equip(ctx context.Context) error {
	j, err := x.hardest()
	if err != nil {
		return failed(err)
	}
	if mode, _ := j.scenario.ServerMode(); mode == scenarios.ServerExternal {
		return &exit{exitUsage, fmt.Errorf("explore %s: it runs on the virtual clock, with servers of its own", x.e.Arg)}
	}
	if err := x.engage(ctx, []*job{j}, runOptions{engine: x.o.engine, quiet: x.o.quiet, json: x.o.json}); err != nil {
		return err
	}
	x.guest, x.explores, x.most = j.guest, true, x.o.jobs
	x.e.Engine = j.engine(scenarios.ClockVirtual)
	x.e.Jobs = cmpOr(x.o.jobs, runtime.NumCPU())
	x.over = func() bool { return x.o.budget > 0 && time.Since(x.began) > x.o.budget }
	return nil
}

// hardest is what the first seed draws, or, where that can do without a guest, something on the menu that cannot: all runs have one
// engine.
func (x *explorer) hardest() (*job, error) {
	c := explore.Draw(x.base, x.o.seed)
	first, err := x.job(c.Sets())
	if err != nil || needsGuest(first.scenario, scenarios.ClockVirtual) {
		return first, err
	}
	_, _, dishes := x.base.Explored()
	for i := range dishes {
		one := dishes[i].Fault
		one.For = dishes[i].ForMin
		c.Faults = append(slices.Clone(x.base.Faults), one)
		j, err := x.job(c.Sets())
		if err != nil {
			return nil, err
		}
		if needsGuest(j.scenario, scenarios.ClockVirtual) {
			return j, nil
		}
	}
	return first, nil
}

func cmpOr(a, b int) int {
	if a > 0 {
		return a
	}
	return b
}

// failedMax is how many runs without a verdict are told of.
const failedMax = 20

// search runs the seeds, and looks into what it finds.
func (x *explorer) search(ctx context.Context) error {
	x.told = x.look
	done, err := x.lab.runEach(ctx, x.o.seeds, x.sideBySide(nil), x.draw)
	x.told = nil
	x.e.Wall += time.Since(x.began).Seconds()
	if errors.Is(err, errFound) {
		err = nil
	}
	x.e.Count(done, x.expectations())
	for i := range done {
		x.e.Faults += len(explore.Draw(x.base, done[i].Seed).Faults)
	}
	for i := range done {
		if !explore.Judged(&done[i]) {
			if x.e.None++; x.e.None <= failedMax {
				x.e.Nothing = append(x.e.Nothing, results.Unjudged{Seed: done[i].Seed, Reason: done[i].Reason})
			}
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	slices.SortFunc(x.found, func(a, b results.Probe) int { return int(int64(a.Seed - b.Seed)) })
	x.e.Broken = len(x.found)
	whole := false
	switch {
	case err != nil:
		x.e.Ended = "interruption"
		return err
	case len(x.found) > 0 && !x.o.keepGoing:
		x.e.Ended, whole = "what was found", true
	case x.e.Run < x.o.seeds:
		x.e.Ended = "its budget"
	default:
		whole = true
	}
	err = x.followUp(ctx)
	x.e.Complete = whole && err == nil
	return err
}

// draw is the i-th probe, whose faults its seed draws.
func (x *explorer) draw(i int) results.Probe {
	seed := x.o.seed + uint64(i)
	c := explore.Draw(x.base, seed)
	return results.Probe{Set: c.Sets(), Seed: seed}
}

// look is told of each probe.
func (x *explorer) look(p *results.Probe) error {
	if len(x.breaches(p)) == 0 {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.found = append(x.found, *p)
	if x.o.keepGoing {
		return nil
	}
	return errFound
}

// breaches are what a probe broke of what is looked for.
func (x *explorer) breaches(p *results.Probe) []explore.Breach {
	return slices.DeleteFunc(explore.Breaches(p), func(b explore.Breach) bool {
		return len(x.e.Only) > 0 && !slices.Contains(x.e.Only, b.What)
	})
}

// expectations are those of the scenario, as they are written.
func (x *explorer) expectations() []string {
	var all []string
	for _, e := range x.base.Expect {
		all = append(all, e.Expr)
	}
	return all
}

func (x *explorer) show() error {
	x.status.close()
	files, err := writePage(x.run, x.e)
	if err != nil {
		return err
	}
	return x.showStudy(x.e, x.run, x.o.studyOptions, func() error { return report.ExplorationText(inked(x.stdout), x.e, x.textOptions(files)) })
}

func (x *explorer) verdict(err error) error {
	if err != nil {
		return x.goesOn("explore", x.run, err)
	}
	if !x.e.Complete && !x.o.quiet {
		fmt.Fprintf(x.stderr, "out of budget; go on with: pindrop explore --resume %s\n", quote(x.run.Dir))
	}
	if v := x.e.Verdict(); v != measure.Pass {
		return &exit{code: results.ExitCode(v)}
	}
	return nil
}
