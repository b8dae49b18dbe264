package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/scenarios"
	"pindrop/sim"
)

var scaleEvents = flag.Int("events", 1_000_000, "`number` of events of BenchmarkScale: 10000000 for the figures in the README")

// afterRun is the command of a child that does what pindrop does when a run is over: it reads the logs of a run, measures
// them, and writes record, history and report.
const afterRun = "after-run"

func finishRun(dir string) error {
	s, err := load("steady", nil)
	if err != nil {
		return err
	}
	run := &results.Run{Dir: dir}
	from := provenance{Clock: scenarios.ClockVirtual, Seed: 1, Started: time.Unix(0, 0)}
	j := &job{scenario: s}
	if err := begin(run, j, from); err != nil {
		return err
	}
	h, err := sim.ReadLogs(run.Logs())
	if err != nil {
		return err
	}
	f, err := finish(j, s.Plan(1), h, from, run, false)
	if err != nil {
		return err
	}
	_, err = save(f)
	return err
}

// scaled is this binary as a child of the benchmark.
func scaled(args []string) int {
	if args[0] != afterRun {
		return pindrop(args, os.Stdout, os.Stderr)
	}
	if err := finishRun(args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitInternal
	}
	return 0
}

// cost is what a child took.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // of its memory, in bytes
}

// child runs this binary as pindrop in a process of its own.
func child(tb testing.TB, args ...string) cost {
	tb.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), childOfScale+"=1")
	var out strings.Builder
	c.Stdout, c.Stderr = &out, &out
	started := time.Now()
	if err := c.Run(); err != nil {
		tb.Fatalf("%v: %v\n%s", args, err, out.String())
	}
	peak := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS == "linux" {
		peak *= 1024
	}
	return cost{time.Since(started), c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak}
}

// childOfScale says to this binary that it is pindrop.
const childOfScale = "PINDROP_CHILD_OF_SCALE"

func BenchmarkScale(b *testing.B) {
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, results.LogsDir), 0o777); err != nil {
		b.Fatal(err)
	}
	writeLoad(b, filepath.Join(dir, results.LogsDir), *scaleEvents)
	report := func(b *testing.B, c cost) {
		b.ReportMetric(float64(*scaleEvents)/c.wall.Seconds(), "events/s")
		b.ReportMetric(c.cpu.Seconds(), "cpu-s")
		b.ReportMetric(float64(c.peak)/1e6, "MB-peak")
	}
	b.Run("after-run", func(b *testing.B) {
		if b.N == 1 {
			report(b, child(b, afterRun, dir))
		}
	})
	b.Run("measure", func(b *testing.B) {
		if b.N == 1 {
			report(b, child(b, "measure", dir))
		}
	})
	_ = strconv.Itoa
	_ = fmt.Sprint
}
