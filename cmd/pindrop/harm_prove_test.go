//go:build prove && linux

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scratch"
	"pindrop/sim"
)

// alone fails if anything but that stream is there, or if it is not what it was.
func (f *foreign) alone(when any) {
	f.t.Helper()
	if left := streamsOf(f.t, f.at); !slices.Equal(left, []string{"ORDERS"}) {
		f.t.Errorf("%v: the streams are %v", when, left)
	}
	f.same(when)
}

const harmRun = outsideRun + "phases: {disturb: 2s, drain: 10s}\n"

// Of 20 pairs of runs that share a server, no run changes a number of the other: two scenarios run beside each other, the second
// of two runs of one scenario is refused, also while the first ends, and one that looks for leftovers removes nothing that lives.
func TestPairs(t *testing.T) {
	f, done := newForeign(t, somebodys(t, plainServer).ClientURL()), 0
	passes := func(i int, s *seized) {
		code, r := s.end()
		if r == nil || code != 0 || r.Verdict != measure.Pass || r.Metrics["lost.count"] != 0 || r.Metrics["redelivery.count"] != 0 || r.Metrics["handled.count"] < 90 {
			t.Errorf("%d: exit code %d: %s", i, code, s.said.String())
			return
		}
		done++
	}
	for i := range 20 {
		first := seize(t, harmRun, "--server", f.at)
		first.underWay()
		<-time.After(time.Duration(i) * 80 * time.Millisecond) // from the middle to the end of the first
		switch i % 3 {
		case 0:
			second := seize(t, strings.Replace(harmRun, "name: outside", "name: other", 1), "--server", f.at)
			passes(i, first)
			second.over()
			if code := second.c.ProcessState.ExitCode(); code != 0 {
				t.Errorf("%d: the other scenario: exit code %d: %s", i, code, second.said.String())
			}
		case 1:
			second := seize(t, harmRun, "--server", f.at)
			passes(i, first)
			second.over()
			if code := second.c.ProcessState.ExitCode(); code != exitUsage && code != 0 { // it may have begun after the first
				t.Errorf("%d: the same scenario: exit code %d: %s", i, code, second.said.String())
			}
		case 2:
			if code, text := said("clean", "--server", f.at); code != 0 || strings.Contains(text, "removed PINDROP") {
				t.Errorf("%d: clean: exit code %d: %s", i, code, text)
			}
			passes(i, first)
		}
		f.alone(i)
	}
	t.Logf("%d of 20 first runs passed, and nothing was left", done)
}

// A pindrop that is killed, at any stage and with any kind of servers, leaves no process, none of its temporary files once the next
// one has come, no stream once somebody has cleaned, and every event that it had written.
func TestKillsOfPindrop(t *testing.T) {
	f := newForeign(t, somebodys(t, plainServer).ClientURL())
	for _, c := range []struct {
		servers string
		count   int
		every   time.Duration
	}{{"embedded", 60, 40 * time.Millisecond}, {"one", 50, 60 * time.Millisecond}, {"three", 30, 150 * time.Millisecond}, {"external", 60, 40 * time.Millisecond}} {
		t.Run(c.servers, func(t *testing.T) {
			withEvents, reported := 0, 0
			for i := range c.count {
				var flags []string
				if c.servers == "external" {
					flags = []string{"--server", f.at}
				}
				s := seize(t, outsideRun+outsideServers[c.servers]+"phases: {disturb: 1h, drain: 10s}\n", flags...)
				<-time.After(time.Until(s.began.Add(time.Duration(i) * c.every)))
				before := s.written(t)
				children := childrenOf(s.c.Process.Pid)
				send([]int{s.c.Process.Pid}, syscall.SIGKILL)
				s.over()
				if left := stillThere(children, 10*time.Second); len(left) > 0 {
					t.Errorf("%d: %d processes are left", i, len(left))
				}
				if after := s.written(t); after < before {
					t.Errorf("%d: %d events were there, and %d are", i, before, after)
				} else if after > 0 {
					withEvents++
				}
				reported += s.reported(i)
				s.swept(i)
				if c.servers == "external" {
					if code, text := said("clean", "--server", f.at); code != 0 {
						t.Errorf("%d: clean: exit code %d: %s", i, code, text)
					}
					f.alone(i)
				}
			}
			t.Logf("%d kills, %d with events, %d that a report tells", c.count, withEvents, reported)
		})
	}
}

// written is how many events the logs of the run hold.
func (s *seized) written(t *testing.T) int {
	logs, err := filepath.Glob(filepath.Join(s.dir, "results", "outside", "*", "logs"))
	if err != nil || len(logs) == 0 {
		return 0
	}
	h, damaged, err := sim.ReadLogs(logs[0])
	if err != nil || damaged != nil {
		t.Errorf("the logs: %v, damaged: %v", err, damaged)
		return 0
	}
	n := 0
	for e := range h.Events() {
		if e.Kind != history.Kind("") {
			n++
		}
	}
	return n
}

// reported asks for the report of a killed run: 1 if there is one.
func (s *seized) reported(i int) int {
	runs := filepath.Join(s.dir, "results", "outside")
	if begun, err := filepath.Glob(filepath.Join(runs, "*", results.ScenarioFile)); err != nil || len(begun) == 0 {
		return 0
	}
	code, text := said("report", runs)
	if !slices.Contains([]int{0, 2, exitUsage}, code) || strings.Contains(text, "goroutine ") {
		s.t.Errorf("%d: the report: exit code %d: %s", i, code, text)
	}
	if code == exitUsage {
		s.t.Logf("%d: %s", i, text)
		return 0
	}
	return 1
}

// swept fails if the next process leaves anything of a killed one.
func (s *seized) swept(i int) {
	tmp := filepath.Join(s.dir, "tmp")
	s.t.Setenv("TMPDIR", tmp)
	folder, err := scratch.New()
	if err == nil {
		err = folder.Remove()
	}
	if left, again := os.ReadDir(tmp); err != nil || again != nil || len(left) > 0 {
		s.t.Errorf("%d: temporary files are left: %v (%v, %v)", i, left, err, again)
	}
}

// A run on somebody else's server that is interrupted, at any stage, ends within 5 seconds and leaves nothing there.
func TestInterruptionsOnExternalServers(t *testing.T) {
	f, counts := newForeign(t, somebodys(t, plainServer).ClientURL()), tally{}
	for i := range 40 {
		s := seize(t, outsideRun+"phases: {warmup: 300ms, disturb: 1s, drain: 10s}\n", "--server", f.at)
		s.hears()
		s.until(time.Since(s.began)+time.Duration(i)*50*time.Millisecond, "pindrop")
		at := time.Now()
		send([]int{s.c.Process.Pid}, syscall.SIGINT)
		code, r := s.end()
		counts.add(time.Since(at))
		over := r != nil && code == 0 && r.Verdict == measure.Pass
		if !over && (r == nil || code != 130) {
			t.Errorf("%d: exit code %d: %s", i, code, s.said.String())
		}
		f.alone(i)
	}
	counts.told(t, "interruptions")
}
