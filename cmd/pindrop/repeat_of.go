package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/scenarios"
)

// chooses are the flags that say what a run is: of a repeat, the record does.
var chooses = []string{"clock", "engine", "seed", "repeat", "set", "server", "context", "keep", "metrics", "open"}

// checkRepeat refuses a command line that says what a repeat is to be.
func checkRepeat(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &exit{exitUsage, fmt.Errorf("--repeat-of: unexpected %q; the scenario is the stored one", args[0])}
	}
	for _, name := range chooses {
		if c.Flags().Changed(name) {
			return &exit{exitUsage, fmt.Errorf("--repeat-of: unexpected --%s; a repeat has the clock, the engine, the seed and the settings of its record", name)}
		}
	}
	return nil
}

// stored is a run that is to be repeated.
type stored struct {
	run    *results.Run
	record *results.Record
	job    *job
}

// repeatOf runs a stored run again, and compares the two histories.
func (a *app) repeatOf(ctx context.Context, arg string, o runOptions) error {
	before, err := openStored(arg)
	if err != nil {
		return err
	}
	o.seed, o.repeat = before.record.Seed, 1
	if before.record.Engine == engineGuest {
		o.engine = engineGuest
	}
	if err := a.engage(ctx, []*job{before.job}, o); err != nil {
		return err
	}
	f, err := a.runOnce(ctx, before.job, o, before.record.Seed, scenarios.ClockVirtual)
	if err != nil {
		return err
	}
	f.record.Command = before.record.Command // what the scenario was called then, and what was set
	if _, err := save(f); err != nil {
		return &exit{exitIO, err}
	}
	if o.json {
		if err := f.record.Encode(a.stdout); err != nil {
			return printed(err)
		}
	}
	if !f.record.Complete {
		fmt.Fprintf(a.stderr, "The repeat in %s proves nothing: %s.\n", f.run.Dir, f.record.Reason)
		if ctx.Err() != nil {
			return &exit{code: exitInterrupted}
		}
		return &exit{code: 2}
	}
	return a.tellRepeat(before, f, o)
}

// openStored reads the record of a run that can be repeated.
func openStored(arg string) (*stored, error) {
	if _, err := os.Stat(arg); errors.Is(err, fs.ErrNotExist) {
		return nil, failed(fmt.Errorf("--repeat-of: %w", err))
	}
	s := &stored{}
	var err error
	if s.run, err = results.Open(arg); err == nil {
		s.record, err = s.run.Record()
	}
	if err == nil {
		err = s.fit()
	}
	if err != nil {
		return nil, &exit{exitUsage, fmt.Errorf("--repeat-of: %w", err)}
	}
	return s, nil
}

// fit makes the job of a record, or says why it cannot be repeated.
func (s *stored) fit() error {
	r, file := s.record, s.run.Path(results.RecordFile)
	switch {
	case r.Clock != string(scenarios.ClockVirtual):
		return fmt.Errorf("%s is of a run on the %s clock, which never happens twice: there is nothing to repeat", file, r.Clock)
	case !r.Complete:
		return fmt.Errorf("%s is of a run that did not come to its end: how far it got is nothing that repeats", file)
	case r.Digest == "" || r.YAML == "":
		return fmt.Errorf("%s is damaged: it has no digest, or no scenario", file)
	case r.Engine != engineNative && r.Engine != engineGuest:
		return fmt.Errorf("%s is damaged: it names the engine %q; expected native or guest", file, r.Engine)
	}
	scenario, err := scenarios.Load(file, []byte(r.YAML), nil)
	if err != nil {
		return fmt.Errorf("%s is damaged: its scenario cannot be read: %w", file, err)
	}
	expect, err := expectations(scenario, nil)
	if err != nil {
		return fmt.Errorf("%s is damaged: what its scenario expects cannot be read: %w", file, err)
	}
	if _, err := s.run.History(); err != nil && !errors.Is(err, fs.ErrNotExist) { // a record alone will do
		return fmt.Errorf("the run is damaged: %w", err)
	}
	s.job = &job{arg: scenario.Name, scenario: scenario, expect: expect, clocks: []scenarios.Clock{scenarios.ClockVirtual}}
	return nil
}

// tellRepeat says in a sentence what came of a repeat, and where the two part.
func (a *app) tellRepeat(before *stored, after finished, o runOptions) error {
	out := a.stdout
	if o.json {
		out = a.stderr
	}
	others := othersOf(before.record, after.record)
	if before.record.Digest == after.record.Digest {
		_, err := fmt.Fprintf(out, "The repeat is the same: %d events, digest %s, as in %s%s. It is kept in %s.\n",
			after.record.Events, after.record.Digest, before.run.Dir, although(others), after.run.Dir)
		return printed(err)
	}
	fmt.Fprintf(out, "The repeat is another: digest %s in %s, %s in %s; %s.\n",
		before.record.Digest, before.run.Dir, after.record.Digest, after.run.Dir, because(others, before.record.Engine))
	first, err := parting(before.run, after.run)
	if err != nil {
		fmt.Fprintf(out, "Where the two part cannot be seen: %v.\n", err)
	} else {
		fmt.Fprint(out, first)
	}
	return &exit{code: 1}
}

func although(others []string) string {
	if len(others) == 0 {
		return ""
	}
	return ", although not all is the same that makes a run (" + strings.Join(others, "; ") + ")"
}

// because says why a repeat differs, as far as that can be told.
func because(others []string, engine string) string {
	switch {
	case len(others) > 0:
		return "a repeat needs what was not the same here (" + strings.Join(others, "; ") + ")"
	case engine == engineGuest:
		return "guest, nats-server, nats.go and Go are the same, so this run was not the function of its seed that it has to be: that is a defect of pindrop"
	}
	return "pindrop, the kind of machine, nats-server, nats.go and Go are the same; what happens in one instant may differ on the native engine, and does not in a guest (--engine guest)"
}

// othersOf lists what a repeat was made with that the run before was not.
func othersOf(before, after *results.Record) []string {
	var all []string
	add := func(what, was, is string) {
		if was != is {
			all = append(all, fmt.Sprintf("%s was %s and is %s", what, known(was), known(is)))
		}
	}
	was, is := before.Versions, after.Versions
	if before.Engine == engineGuest {
		add("the guest", was.Guest, is.Guest)
	} else {
		// Inside a guest there is no machine, and no pindrop but the guest's.
		add("pindrop", was.Pindrop, is.Pindrop)
		add("the machine", machine(before.Machine), machine(after.Machine))
	}
	add("nats-server", was.NATSServer, is.NATSServer)
	add("nats.go", was.NATSGo, is.NATSGo)
	add("Go", was.Go, is.Go)
	if string(before.Plan) != string(after.Plan) {
		all = append(all, "the seed made another plan")
	}
	return all
}

func known(version string) string {
	if version == "" {
		return "not written down"
	}
	return version
}

// machine is what of a machine arithmetic may depend on.
func machine(m results.Machine) string { return m.OS + "/" + m.Arch }

// parting is the first event in which two histories differ, from both.
func parting(before, after *results.Run) (string, error) {
	one, err := before.History()
	if err != nil {
		return "", err
	}
	two, err := after.History()
	if err != nil {
		return "", err
	}
	next, stop := iter.Pull(two.Events())
	defer stop()
	number := 0
	for was := range one.Events() {
		number++
		is, ok := next()
		if !ok || !reflect.DeepEqual(was, is) {
			return apart(number, was, is), nil
		}
	}
	if is, ok := next(); ok {
		return apart(number+1, nil, is), nil
	}
	return "", errors.New("the events are the same in both")
}

// apart shows the event of two histories at which they part; nil is the end of one.
func apart(number int, was, is *history.Event) string {
	return fmt.Sprintf("They part at event %d:\n  before %s\n  now    %s\n", number, eventLine(was), eventLine(is))
}

func eventLine(e *history.Event) string {
	if e == nil {
		return "(the end)"
	}
	return fmt.Sprintf("%.9f %s %d %s %s", time.Duration(e.At).Seconds(), e.Actor, e.N, e.Kind, fields(e))
}
