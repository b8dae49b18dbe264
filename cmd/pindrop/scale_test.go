package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/scenarios"
	"pindrop/sim"
)

var scaleEvents = flag.Int("events", 1_000_000, "`number` of events of BenchmarkScale")

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
	h, _, err := sim.ReadLogs(run.Logs())
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

// childOfScale says to this binary that it is pindrop.
const childOfScale = "PINDROP_CHILD_OF_SCALE"

// child runs this binary as pindrop in a process of its own.
func child(tb testing.TB, args ...string) cost {
	tb.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), childOfScale+"=1")
	var out strings.Builder
	c.Stderr = &out
	started := time.Now()
	if err := c.Run(); err != nil {
		tb.Fatalf("%v: %v\n%s", args, err, out.String())
	}
	peak := c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS == "linux" { // there it is in KiB
		peak *= 1024
	}
	return cost{time.Since(started), c.ProcessState.UserTime() + c.ProcessState.SystemTime(), peak}
}

// loadRun is the directory of a run that has just ended, with logs of so many events.
func loadRun(tb testing.TB, events int) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := os.Mkdir(filepath.Join(dir, results.LogsDir), 0o777); err != nil {
		tb.Fatal(err)
	}
	writeLoad(tb, filepath.Join(dir, results.LogsDir), events)
	return dir
}

// BenchmarkScale finishes a run of many events, from its logs to its report, and measures it again, from its history.
func BenchmarkScale(b *testing.B) {
	run := func(b *testing.B, args func() []string) {
		var c cost
		for b.Loop() {
			b.StopTimer()
			a := args()
			b.StartTimer()
			c = child(b, a...)
		}
		b.ReportMetric(float64(*scaleEvents)/c.wall.Seconds(), "events/s")
		b.ReportMetric(c.cpu.Seconds(), "cpu-s")
		b.ReportMetric(float64(c.peak)/1e6, "MB-peak")
	}
	dir := ""
	b.Run("after-run", func(b *testing.B) {
		run(b, func() []string {
			dir = loadRun(b, *scaleEvents)
			return []string{afterRun, dir}
		})
	})
	dir = loadRun(b, *scaleEvents)
	child(b, afterRun, dir)
	b.Run("measure", func(b *testing.B) {
		run(b, func() []string { return []string{"measure", dir} })
	})
}

// What a history costs grows with its length, and no faster: four times the events take no more than six times the
// processor and five times the memory.
func TestScaleIsLinear(t *testing.T) {
	const events = 150_000
	small, big := loadRun(t, events), loadRun(t, 4*events)
	for _, args := range [][]string{{afterRun}, {"measure"}} {
		t.Run(args[0], func(t *testing.T) {
			s, b := child(t, append(args, small)...), child(t, append(args, big)...)
			t.Logf("%d events: %v, %d MB; %d events: %v, %d MB", events, s.cpu, s.peak>>20, 4*events, b.cpu, b.peak>>20)
			if b.cpu > 6*s.cpu || b.peak > 5*s.peak {
				t.Errorf("%d events took %v and %d MB, %d took %v and %d MB", events, s.cpu, s.peak>>20, 4*events, b.cpu, b.peak>>20)
			}
		})
	}
}
