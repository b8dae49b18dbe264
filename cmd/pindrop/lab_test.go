package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/results/measure"
)

// What was run on another clock, to confirm a tuning, is known again when it goes on, and is no run of the study's own.
func TestProbesOfAnotherClockAreKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	if err := os.WriteFile(file, []byte("publishers: [{rate: 10/s}]\nworkers: [{}]\nphases: {disturb: 1s}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	real := results.Probe{Set: []string{"consumer.max_ack_pending=5"}, Seed: 1, Clock: "real", Verdict: measure.Pass, Reason: "kept"}
	virtual := real
	virtual.Clock, virtual.Verdict, virtual.Reason = "", "", ""
	run := &results.Run{Dir: dir}
	log, _, err := run.OpenProbes()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Add(&real), log.Close()); err != nil {
		t.Fatal(err)
	}
	l, err := newLab(&app{stdout: io.Discard, stderr: io.Discard}, file, studyOptions{clock: "virtual", limit: experimentLimit, quiet: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	asked := real
	asked.Verdict, asked.Reason = "", ""
	err = l.keepIn(run, func() error {
		done, err := l.run(context.Background(), []results.Probe{asked, virtual})
		if err == nil && (done[0].Reason != "kept" || done[0].Clock != "real" || done[1].Reason == "kept" || done[1].Clock != "") {
			t.Errorf("got %+v", done)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.ran != 1 {
		t.Errorf("%d probes were run, want the one of the study's own clock", l.ran)
	}
}

// Probes that are over before they tell how far they are count as well: a list of many short ones says how far it is.
func TestShortProbesAreTold(t *testing.T) {
	var said strings.Builder
	l, err := newLab(&app{stdout: io.Discard, stderr: &said}, "steady", studyOptions{clock: "virtual", limit: experimentLimit})
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.status.started = time.Now().Add(-time.Hour)
	short := results.Probe{Set: []string{"phases.disturb=10ms"}, Seed: 1, Verdict: measure.Pass}
	l.known[short.Key()] = short
	for doing, want := range map[string]string{"": "1 of 1 probes\n", "making it smaller": "making it smaller\n"} {
		said.Reset()
		l.status.shown = time.Time{}
		l.does(doing)
		if _, err := l.run(context.Background(), []results.Probe{{Set: short.Set, Seed: 1}}); err != nil {
			t.Fatal(err)
		}
		if said.String() != want {
			t.Errorf("it says %q, want %q", &said, want)
		}
	}
}
