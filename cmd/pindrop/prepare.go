package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/sim"
)

// job is a scenario that can be run: everything about it has been checked.
type job struct {
	arg      string // as the user named it
	target   target // the servers, as the flags name them
	scenario *scenarios.Scenario
	expect   []*results.Expectation // before the run; for its verdict they are compiled again, with what the server gave
	clocks   []scenarios.Clock
	guest    *sim.Guest // on the virtual clock; nil: the native engine
}

// prepareAll loads and checks scenarios; it returns the mistakes of all of them.
func prepareAll(args []string, o runOptions) ([]*job, error) {
	if err := checkOptions(o); err != nil {
		return nil, &exit{exitUsage, err}
	}
	var jobs []*job
	var mistakes []error
	for _, arg := range args {
		j, err := prepare(arg, o)
		if err != nil {
			mistakes = append(mistakes, err)
		}
		jobs = append(jobs, j)
	}
	if len(mistakes) > 0 {
		return nil, failed(errors.Join(mistakes...))
	}
	return jobs, nil
}

// checkOptions refuses flags that this build cannot honour.
func checkOptions(o runOptions) error {
	switch {
	case o.repeat < 1:
		return fmt.Errorf("--repeat %d: expected 1 or more", o.repeat)
	case o.repeat > repeatsMax:
		return fewEnough("--repeat", o.repeat, repeatsMax)
	case o.limit <= 0:
		return fmt.Errorf("--deadline %v: expected a positive duration such as 2m", o.limit)
	}
	if err := checkEngine(o); err != nil {
		return err
	}
	instead := "use --clock real"
	if o.engine == engineGuest {
		instead = "leave it out, or leave out --engine guest and use --clock real"
	}
	if err := o.used(scenarios.Clock(o.clock), instead); err != nil {
		return err
	}
	_, err := o.target()
	return err
}

// prepare loads a scenario with the flags applied and checks that it can be run.
func prepare(arg string, o runOptions) (*job, error) {
	sets := slices.Clone(o.sets)
	if o.clock != "" {
		sets = append(sets, "clock="+o.clock)
	}
	at, err := o.target()
	if err != nil {
		return nil, err
	}
	if at.access.Keep = o.keep; o.keep {
		at.words = append(at.words, "--keep")
	}
	sets = append(sets, at.sets...)
	s, err := load(arg, sets)
	if err != nil {
		return nil, err
	}
	if err := scenarios.Unsupported(s); err != nil {
		return nil, err
	}
	if err := affordable(s); err != nil {
		return nil, err
	}
	if o.keep && whereIs(s) == "" {
		return nil, errors.New("--keep: it leaves a stream on external servers; name them: --server URL or --context NAME")
	}
	if o.keep && o.repeat > 1 {
		return nil, errors.New("--keep: the second run would meet the stream that the first one left; use --repeat 1")
	}
	expect, err := expectations(s, nil)
	if err != nil {
		return nil, err
	}
	clocks := []scenarios.Clock{scenarios.ClockVirtual, scenarios.ClockReal}
	if s.Clock != scenarios.ClockBoth {
		clock, _ := s.ResolveClock()
		clocks = []scenarios.Clock{clock}
	}
	return &job{arg: arg, target: at, scenario: s, expect: expect, clocks: clocks}, nil
}

// load reads a scenario from the catalogue or from a file.
func load(arg string, sets []string) (*scenarios.Scenario, error) {
	file, text, err := scenarios.Find(arg, results.ReadFile)
	if err != nil {
		return nil, err
	}
	return scenarios.LoadFiles(file, text, sets, results.ReadFile)
}

// expectations compiles what the scenario expects, before its run (findings are nil) to find the mistakes, each with its
// place in the file, and after it, with the settings that the server gave.
func expectations(s *scenarios.Scenario, findings *measure.Findings) ([]*results.Expectation, error) {
	words := results.NewVocabulary(results.Settled(s.Settings(), findings))
	var compiled []*results.Expectation
	var mistakes []error
	for _, e := range s.Expect {
		c, err := results.CompileExpectation(e.Expr, words)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", e.Pos, err))
			continue
		}
		compiled = append(compiled, c)
	}
	return compiled, errors.Join(mistakes...)
}

// repeating is what a line that repeats something is made of.
type repeating struct {
	own    []string // the command, what it is about, and flags of its own
	clock  scenarios.Clock
	seed   uint64
	repeat int      // 0: it has none
	target []string // where the servers are
	sets   []string
}

// String is the line.
func (r repeating) String() string {
	words := append([]string{"pindrop"}, r.own...)
	words = append(words, "--clock", string(r.clock), "--seed", strconv.FormatUint(r.seed, 10))
	if r.repeat > 0 {
		words = append(words, "--repeat", strconv.Itoa(r.repeat))
	}
	words = append(words, r.target...)
	for _, set := range r.sets {
		words = append(words, "--set", set)
	}
	for i, w := range words {
		words[i] = quote(w)
	}
	return strings.Join(words, " ")
}

// quote makes a word that a POSIX shell takes as it is.
func quote(w string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:,@+", r)
	}
	if w != "" && strings.IndexFunc(w, func(r rune) bool { return !plain(r) }) < 0 {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// catching are the ids of the faults that stop a worker and wait for a message: they are meant to catch it with one.
func catching(faults []scenarios.FaultPlan) []int32 {
	var ids []int32
	for _, f := range faults {
		if f.On != nil && slices.Contains([]string{"begin", "deliver", "read", "lease", "effect"}, f.On.Kind) && measure.Stops(f.Do) {
			ids = append(ids, int32(f.ID))
		}
	}
	return ids
}

// asked is what the plan says that the measurements must find: nothing, if the run did not come to its end.
func asked(p *scenarios.Plan, complete bool) measure.Asked {
	if !complete {
		return measure.Asked{}
	}
	a := measure.Asked{Faults: len(p.Faults), Held: catching(p.Faults), Gone: expectsRemoval(p.Scenario)}
	phases := p.Scenario.Phases
	for i := range p.Publishers {
		arrivals := scenarios.NewArrivals(p.Scenario.Publishers[p.Publishers[i].Group], p.Publishers[i], phases)
		for due, more := arrivals.Next(); more; due, more = arrivals.Next() {
			if due >= phases.Warmup.D() {
				a.Due++
			}
		}
	}
	return a
}

// expectsRemoval reports whether a scenario expects something of the removal of its consumer.
func expectsRemoval(s *scenarios.Scenario) bool {
	compiled, _ := expectations(s, nil) // a mistake was told before the run
	return slices.ContainsFunc(compiled, func(e *results.Expectation) bool { return slices.Contains(e.Metrics(), "consumer.removed") })
}
