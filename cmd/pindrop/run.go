package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/sim"
)

// runOptions are the flags of pindrop run.
type runOptions struct {
	serverFlags
	clock   string
	seed    uint64
	repeat  int
	sets    []string
	keep    bool
	out     string
	json    bool
	quiet   bool
	metrics string
	open    bool
	limit   time.Duration
	engine  string
	again   string // a result that is to be repeated
}

func runCommand(a *app) *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run SCENARIO...",
		Short: "Run scenarios, print the findings, leave a report",
		Long: `Runs built-in scenarios (see pindrop list) or YAML files, one after the other. Each run leaves a directory
<out>/<scenario>/<time> with record.json, history.parquet, scenario.yaml and report.html.

Settings that are unsafe by arithmetic alone bring a warning, which stands in the record too; the run goes on.

Exit code: 0 all as expected, 1 an expectation failed, 2 unknown (the run was no valid experiment: see docs/validity.md), 64 bad input,
70 internal error, 74 I/O, 130 interrupted. Of several runs the worst counts: 1 before 2 before 0. Clocks that do not
agree (--clock both) count as 2.

With --repeat-of RESULT a stored run on the virtual clock is repeated: the stored scenario with its seed, on its engine.
Exit code: 0 the histories are the same, 1 they differ (the first event that does is shown, and what is not the same of
pindrop, guest, server, client and Go), 64 the record is damaged, or of the real clock, where nothing repeats.`,
		Example: `  pindrop run kill-mid-batch
  pindrop run kill-mid-batch --set consumer.priority_timeout=5s --set workers.batch=1
  pindrop run slow-batch --clock both --seed 7
  pindrop run mine.yaml --json | jq .metrics
  pindrop run mine.yaml --clock real --metrics 9090
  pindrop run mine.yaml --clock real --open
  pindrop run --repeat-of results/kill-mid-batch
  pindrop run mine.yaml --context staging
  pindrop run mine.yaml --server nats://localhost:4222`,
		Args: func(c *cobra.Command, args []string) error {
			if o.again != "" {
				return checkRepeat(c, args)
			}
			return arguments(1, -1, "one or more scenarios")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.again != "" {
				return a.repeatOf(c.Context(), o.again, o)
			}
			return a.run(c.Context(), args, o)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.clock, "clock", "", "auto, virtual, real or both (default: what the scenario says)")
	f.StringVar(&o.engine, "engine", engineAuto, "what runs the virtual clock: native, guest (exact; the one for clusters) or auto")
	f.Uint64Var(&o.seed, "seed", 1, "draws everything that is drawn; equal seeds repeat a virtual run exactly")
	f.IntVar(&o.repeat, "repeat", 1, "runs of each scenario; each uses the next seed")
	f.StringVar(&o.again, "repeat-of", "", "repeat a stored `RESULT` on the virtual clock, and compare the histories")
	f.StringArrayVar(&o.sets, "set", nil, "override a setting, as `path=value`: consumer.ack_wait=5s, workers.batch=1")
	o.serverFlags.register(f)
	f.BoolVar(&o.keep, "keep", false, "leave the run's stream on an external server")
	f.StringVar(&o.out, "out", "results", "`directory` for the results")
	f.BoolVar(&o.json, "json", false, "print the record, and nothing else, on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print only the verdict line")
	f.StringVar(&o.metrics, "metrics", "", "serve OpenMetrics of runs on the real clock while they go on, at http://`ADDRESS`/metrics: 9090, 127.0.0.1:9090")
	f.BoolVar(&o.open, "open", false, "let somebody look into a run on the real clock while it goes on: prints the nats command to paste")
	f.DurationVar(&o.limit, "deadline", deadlineDefault, "real time after which a virtual run is ended as unknown")
	return c
}

// run checks every scenario before it runs the first.
func (a *app) run(ctx context.Context, args []string, o runOptions) error {
	jobs, err := prepareAll(args, o)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := checkOpen(j); o.open && err != nil {
			return &exit{exitUsage, err}
		}
	}
	if a.metrics, err = a.serveMetrics(jobs, o); err != nil {
		return err
	}
	defer a.metrics.close()
	a.warn(jobs, o)
	if err := a.engage(ctx, jobs, o); err != nil {
		return err
	}
	worst, stored := measure.Pass, true
	for _, j := range jobs {
		var made repeats
		for i := range o.repeat {
			done, err := a.runJob(ctx, j, o, o.seed+uint64(i))
			if err != nil {
				return err
			}
			for _, f := range done {
				worst = worse(worst, f.record.Verdict)
				stored = stored && !unstored(&f.record.Findings)
				if f.record.Other != nil && !f.record.Other.OK {
					worst = worse(worst, measure.Unknown) // clocks that disagree prove nothing
				}
				made.add(f)
			}
			if ctx.Err() != nil {
				break
			}
		}
		if err := a.showRepeats(&made, o); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return &exit{code: exitInterrupted}
		}
	}
	if !stored {
		return &exit{code: exitIO}
	}
	if code := results.ExitCode(worst); code != 0 {
		return &exit{code: code}
	}
	return nil
}

// worse is the verdict of two runs together: fail, then unknown, then pass.
func worse(a, b measure.Verdict) measure.Verdict {
	for _, v := range []measure.Verdict{measure.Fail, measure.Unknown} {
		if a == v || b == v {
			return v
		}
	}
	return measure.Pass
}

// finished is a run that came to an end and was judged, before its record is saved; its history is there already.
type finished struct {
	record *results.Record
	run    *results.Run
}

// runJob runs a scenario with one seed on each of its clocks, compares them where there are two, and saves and prints
// what came of it.
func (a *app) runJob(ctx context.Context, j *job, o runOptions, seed uint64) ([]finished, error) {
	var done []finished
	for _, clock := range j.clocks {
		f, err := a.runOnce(ctx, j, o, seed, clock)
		if err != nil {
			return nil, err
		}
		done = append(done, f)
		if ctx.Err() != nil {
			break
		}
	}
	if len(done) == 2 {
		agreement := results.Agree(done[0].record, done[1].record)
		for i, other := range []int{1, 0} {
			done[i].record.Other = agreement
			done[i].record.Beside = results.BesideOf(done[other].record, filepath.Base(done[other].run.Dir))
		}
	}
	for i, f := range done {
		files, err := save(f)
		if err != nil {
			return nil, &exit{exitIO, err}
		}
		if err := a.show(f.record, files, o, i < len(done)-1); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// runOnce runs a plan on one clock and measures what happened. A run that was cut short is measured as far as it got.
func (a *app) runOnce(ctx context.Context, j *job, o runOptions, seed uint64, clock scenarios.Clock) (finished, error) {
	impatient, stop := afterInterrupt(ctx, measuringMax)
	defer stop()
	started := time.Now().UTC()
	run, err := results.Store{Dir: o.out}.Create(j.scenario.Name, started.Format("20060102-150405"))
	if err != nil {
		return finished{}, &exit{exitIO, err}
	}
	plan := j.scenario.Plan(seed)
	from := provenance{
		Clock: clock, Engine: j.engine(clock), Guest: j.guestID(clock), Seed: seed, Started: started, Warnings: warnings(j.scenario),
		Command: repeating{own: j.words(), clock: clock, seed: seed, target: j.target.words, sets: o.sets}.String(),
	}
	if o.open {
		from.Warnings = append(from.Warnings, openWarning)
	}
	if err := begin(run, j, from); err != nil {
		return finished{}, abandon(run, err)
	}
	p := a.progress(j.scenario, clock, o)
	t := attempt{
		plan: plan, clock: clock, guest: j.guest, limit: o.limit, tell: p.tell, access: j.target.access,
		dirs: sim.Dirs{Logs: run.Logs(), Store: run.Path("store"), Servers: run.Path(results.ServersDir)},
	}
	t.access.Left = func(l sim.Left) {
		a.left(l)
		from.Warnings = append(from.Warnings, stays(l.Where, l.Streams))
	}
	if where := whereIs(j.scenario); where != "" && clock == scenarios.ClockReal {
		left := stays(where, sim.StreamsOf(j.scenario))
		a.parting.Store(&left)
		defer a.parting.Store(nil)
		if o.keep {
			from.Warnings = append(from.Warnings, keeps(where, sim.StreamsOf(j.scenario)))
		}
	}
	watch, invite, unwatch := a.watching(plan, clock, o, p)
	defer unwatch() // also where the run panics
	t.watch, t.access.Invite = watch, invite
	h, cut, err := t.run(ctx)
	unwatch()
	if err != nil {
		return finished{}, abandon(run, err)
	}
	if h.Len() >= bigHistory/4 { // less takes no time
		p.say(func() string { return fmt.Sprintf("%s: measuring %s events", p.what, thousands(int64(h.Len()))) })
		defer p.close()
	}
	return unlessImpatient(impatient, run, func() (finished, error) { return finish(j, plan, h, from, run, cut == "") })
}

// left says what a run could not remove.
func (a *app) left(l sim.Left) {
	fmt.Fprintf(a.stderr, "%s\n(%v)\n", stays(l.Where, l.Streams), l.Err)
}

// finish measures what was recorded and makes the record, while the history is written.
func finish(
	j *job, plan *scenarios.Plan, h *history.History, from provenance, run *results.Run, complete bool,
) (finished, error) {
	frugal(h)
	kept := meanwhile(func() error { return run.Keep(h) })
	record, err := judge(j, plan, h, from, complete)
	keepErr := kept()
	if err != nil {
		return finished{}, abandon(run, err)
	}
	if keepErr != nil {
		return finished{}, &exit{exitIO, keepErr}
	}
	return finished{record: record, run: run}, nil
}

// abandon removes the directory of a run that never was one: nothing that looks like a result is left.
func abandon(run *results.Run, err error) error { return neverRan(errors.Join(err, run.Discard())) }

// neverRan gives the error of a run that came to nothing its exit code: what the server refuses is the user's, and so is
// a deadline that leaves no time to begin.
func neverRan(err error) error {
	switch {
	case errors.Is(err, sim.ErrRefused), errors.Is(err, sim.ErrUnfit):
		return &exit{exitUsage, err}
	case errors.Is(err, sim.ErrUnreachable), errors.Is(err, sim.ErrNoRoom), errors.Is(err, sim.ErrStorage), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &exit{exitIO, err}
	case errors.Is(err, context.Canceled):
		return &exit{exitInterrupted, err}
	case errors.Is(err, errTooEarly):
		return &exit{results.ExitCode(measure.Unknown), err}
	}
	return &exit{exitInternal, err}
}

// provenance is where a record comes from. While a run goes on it is in a file, for a report of what was recorded should
// the run be killed.
type provenance struct {
	Clock   scenarios.Clock `json:"clock"`
	Engine  string          `json:"engine"`
	Guest   string          `json:"guest,omitempty"` // its id
	Seed    uint64          `json:"seed"`
	Started time.Time       `json:"started"`
	Command string          `json:"command"`
	// Warnings about the settings as they were given: in the scenario as it is written down everything is given.
	Warnings []string `json:"warnings"`
}

// begunFile is the file of the provenance while a run goes on.
const begunFile = "begun.json"

// begin writes down what will run.
func begin(run *results.Run, j *job, from provenance) error {
	if err := run.WriteText(results.ScenarioFile, j.scenario.YAML()); err != nil {
		return err
	}
	return run.Write(begunFile, func(w io.Writer) error { return json.NewEncoder(w).Encode(from) })
}

// judge measures a history and makes its record. A run that was cut short is not complete.
func judge(
	j *job, plan *scenarios.Plan, h *history.History, from provenance, complete bool,
) (*results.Record, error) {
	digest := ""
	digested := meanwhile(func() (err error) {
		digest, err = results.Digest(h)
		return err
	})
	findings := measure.Stream(h.Ahead(), asked(plan, complete))
	planned, err := json.Marshal(plan)
	if err != nil {
		err = fmt.Errorf("write the plan down: %w", err)
	}
	if err := errors.Join(digested(), err); err != nil {
		return nil, err
	}
	expect, err := expectations(j.scenario, findings)
	if err != nil {
		return nil, err
	}
	server, _ := j.scenario.ServerMode()
	if from.Clock == scenarios.ClockVirtual && from.Engine == engineNative {
		server = scenarios.ServerEmbedded
	}
	nodes := j.scenario.Server.Nodes
	if server == scenarios.ServerExternal {
		nodes = 0
	}
	versions := versionsOf(h)
	versions.Guest = from.Guest
	return results.New(results.Input{
		Scenario: j.scenario.Name, Doc: j.scenario.Doc, Complete: complete,
		Clock: string(from.Clock), Engine: from.Engine, Server: server, Nodes: nodes, Host: j.scenario.Hosts(from.Clock),
		Seed: plan.Seed, Digest: digest, Events: h.Len(),
		Started: from.Started.Format(time.RFC3339), Command: from.Command,
		Versions: versions, Machine: results.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()},
		Plan: planned, YAML: string(j.scenario.YAML()),
		Findings: *findings, Expect: expect,
		Warnings: from.Warnings,
	}), nil
}

// save writes the files of a run and removes its logs, which the history has replaced.
func save(f finished) ([]report.File, error) {
	if err := f.run.Write(results.ReportFile, func(w io.Writer) error { return report.HTML(w, f.record) }); err != nil {
		return nil, err
	}
	if err := f.run.Save(f.record, nil); err != nil {
		return nil, err
	}
	if err := errors.Join(os.RemoveAll(f.run.Logs()), os.Remove(f.run.Path(begunFile))); err != nil {
		return nil, fmt.Errorf("remove what only a run that goes on needs: %w", err)
	}
	return []report.File{
		{What: "report", Path: f.run.Path(results.ReportFile)},
		{What: "record", Path: f.run.Path(results.RecordFile)},
		{What: "history", Path: f.run.Path(results.HistoryFile)},
		{What: "scenario", Path: f.run.Path(results.ScenarioFile)},
	}, nil
}
