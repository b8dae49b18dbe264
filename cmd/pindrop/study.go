package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/pflag"

	"pindrop/results"
	"pindrop/scenarios"
)

// studyOptions are the flags that all studies share.
type studyOptions struct {
	serverFlags
	clockName string
	clock     scenarios.Clock // that of clockName and of the scenario, once that is known
	words     []string        // the flags of the servers again, as a record may hold them
	searches  bool            // a search: many runs, and servers that are named are not for them unless the clock is real
	elsewhere bool            // runs on the real clock follow
	seed      uint64
	repeat    int
	sets      []string
	out       string
	resume    string
	json      bool
	quiet     bool
	limit     time.Duration
}

func (o *studyOptions) register(f *pflag.FlagSet, repeat int) {
	f.SortFlags = false
	f.StringVar(&o.clockName, "clock", "", "auto, virtual or real (default: what the scenario says)")
	f.Uint64Var(&o.seed, "seed", 1, "of the first run of each variation")
	f.IntVar(&o.repeat, "repeat", repeat, "runs of each variation; each uses the next seed")
	f.StringArrayVar(&o.sets, "set", nil, "override a setting in all runs, as `path=value`")
	o.serverFlags.register(f)
	f.StringVar(&o.out, "out", "results", "`directory` for the results")
	f.StringVar(&o.resume, "resume", "", "go on with one that was interrupted, in this `directory`, without a scenario")
	f.BoolVar(&o.json, "json", false, "print the result as JSON, and nothing else, on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print only the path of the result")
	f.DurationVar(&o.limit, "deadline", deadlineDefault, "real time after which one run on the virtual clock is ended as unknown")
}

// check refuses flags that make no sense, and asks for exactly one of a scenario and --resume.
func (o *studyOptions) check(command string, args []string) error {
	var err error
	switch {
	case o.resume == "" && len(args) == 0:
		err = fmt.Errorf("%s: expected a scenario; see pindrop %s --help", command, command)
	case o.resume != "" && len(args) > 0:
		err = fmt.Errorf("%s: unexpected %q; --resume takes the scenario from the directory", command, args[0])
	case len(args) > 1:
		err = fmt.Errorf("%s: unexpected %q; expected one scenario", command, args[1])
	case o.repeat < 1:
		err = fmt.Errorf("--repeat %d: expected 1 or more", o.repeat)
	case o.repeat > runsMax:
		err = fewEnough("--repeat", o.repeat, runsMax)
	case o.limit <= 0:
		err = fmt.Errorf("--deadline %v: expected a positive duration such as 2m", o.limit)
	case o.clockName == string(scenarios.ClockBoth):
		err = fmt.Errorf("--clock both: %s runs on one clock; expected auto, virtual or real", command)
	}
	if err != nil {
		return &exit{exitUsage, err}
	}
	return nil
}

// newStudy says what will be studied. The scenario is checked as it stands, and its clock is settled.
func newStudy(arg string, o *studyOptions, command []string) (results.Study, *job, error) {
	at, err := o.target()
	if err != nil {
		return results.Study{}, nil, &exit{exitUsage, err}
	}
	j, err := prepare(arg, o.first())
	if err != nil {
		return results.Study{}, nil, failed(err)
	}
	o.clock = j.clocks[0]
	if len(j.clocks) > 1 { // both: the one that takes no time
		o.clock = scenarios.ClockVirtual
	}
	if o.clockName != string(o.clock) { // it was not named: the runs are to name it
		if j, err = prepare(arg, o.of(o.clock)); err != nil {
			return results.Study{}, nil, failed(err)
		}
	}
	if err := o.unused(); err != nil {
		return results.Study{}, nil, &exit{exitUsage, err}
	}
	o.words = at.words
	return results.Study{
		Format: results.Format, Scenario: j.scenario.Name, Doc: j.scenario.Doc, Arg: arg, Sets: o.sets, Server: o.words,
		YAML: string(j.scenario.YAML()), Clock: string(o.clock), Seed: o.seed, Repeat: o.repeat,
		Started:  time.Now().UTC().Format(time.RFC3339),
		Command:  repeating{own: command, clock: o.clock, seed: o.seed, repeat: o.repeat, target: o.words, sets: o.sets}.String(),
		Versions: versions(), Machine: results.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()},
	}, j, nil
}

// resumed takes the options of a study from its directory, and checks that its scenario is still what it was.
func resumed(s *results.Study, o *studyOptions) error {
	if s.Complete {
		return &exit{exitUsage, fmt.Errorf("--resume %s: it is complete; pindrop report %s shows it", o.resume, o.resume)}
	}
	o.clock, o.clockName = scenarios.Clock(s.Clock), s.Clock
	o.seed, o.repeat, o.sets = s.Seed, s.Repeat, s.Sets
	if err := o.sameServers(s.Server); err != nil {
		return &exit{exitUsage, err}
	}
	j, err := prepare(s.Arg, o.of(o.clock))
	if err != nil {
		return failed(err)
	}
	if string(j.scenario.YAML()) != s.YAML {
		return &exit{exitUsage, fmt.Errorf("--resume %s: %s is not what it was when this began; start anew without --resume",
			o.resume, s.Arg)}
	}
	return nil
}

// openStudy makes the directory of a new study, or opens that of one to go on with.
func openStudy(s *results.Study, o studyOptions) (*results.Run, error) {
	if o.resume != "" {
		return &results.Run{Dir: filepath.Clean(o.resume)}, nil
	}
	stamp, err := time.Parse(time.RFC3339, s.Started)
	if err != nil {
		return nil, &exit{exitInternal, err}
	}
	run, err := results.Store{Dir: o.out}.Create(s.Scenario, stamp.Format("20060102-150405"))
	if err != nil {
		return nil, &exit{exitIO, err}
	}
	if err := run.WriteText(results.ScenarioFile, []byte(s.YAML)); err != nil {
		return nil, &exit{exitIO, err}
	}
	return run, nil
}

// saveStudy writes the result; once it is complete the log of its probes has served.
func saveStudy(run *results.Run, name string, study any, complete bool) error {
	err := run.WriteStudy(name, study)
	if err == nil && complete {
		err = os.Remove(run.Path(results.ProbesFile))
	}
	if err != nil {
		return &exit{exitIO, err}
	}
	return nil
}

// goesOn tells how to go on with a study that was interrupted; every other error stays what it is.
func (a *app) goesOn(command string, run *results.Run, err error) error {
	var e *exit
	if errors.As(err, &e) && e.code == exitInterrupted {
		fmt.Fprintf(a.stderr, "interrupted; go on with: pindrop %s --resume %s\n", command, quote(run.Dir))
	}
	return err
}

// showStudy prints a result as its flags ask.
func (a *app) showStudy(study any, run *results.Run, o studyOptions, text func() error) error {
	switch {
	case o.json:
		return printed(results.EncodeStudy(a.stdout, study))
	case o.quiet:
		_, err := fmt.Fprintln(a.stdout, run.Dir)
		return printed(err)
	}
	return printed(text())
}
