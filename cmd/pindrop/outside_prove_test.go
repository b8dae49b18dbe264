//go:build prove && linux

package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/results/measure"
)

// The servers of the runs that are meddled with: "embedded" has none of its own.
var outsideServers = map[string]string{
	"embedded": "", "one": "server: {mode: process}\n", "three": "server: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\n",
}

// Of 26 runs of which a part, or all, is stopped for 3 s, none passes, and each says who it was.
func TestSuspensions(t *testing.T) {
	counts := tally{}
	t.Run("runs", func(t *testing.T) {
		for _, c := range []struct {
			servers, who, named string
			count               int
		}{
			{"embedded", "pindrop", "pindrop stood still", 4}, {"one", "pindrop", "pindrop stood still", 2}, {"three", "pindrop", "pindrop stood still", 2},
			{"embedded", "all", "pindrop stood still", 3}, {"one", "all", "w1 stood still", 2}, {"three", "all", "w2 stood still", 2},
			{"embedded", "worker", "w1 stood still", 3}, {"one", "worker", "w1 stood still", 2}, {"three", "worker", "w1 stood still", 1},
			{"one", "server", "server n1 stood still", 3}, {"three", "server", "server n1 stood still", 2},
		} {
			for i := range c.count {
				t.Run(fmt.Sprint(c.servers, " ", c.who, " ", i), func(t *testing.T) {
					t.Parallel()
					s := seize(t, outsideRun+outsideServers[c.servers]+"phases: {disturb: 5s, drain: 20s}\n")
					s.underWay() // a part that is stopped before there is a run is waited for
					pids := s.until(time.Since(s.began)+time.Duration(500+300*i)*time.Millisecond, c.who)
					if c.who == "worker" || c.who == "server" {
						pids = pids[:1]
					}
					send(pids, syscall.SIGSTOP)
					<-time.After(3 * time.Second)
					send(pids, syscall.SIGCONT)
					code, r := s.end()
					if r == nil || code != 2 || r.Verdict != measure.Unknown || !strings.Contains(r.Reason, c.named) {
						t.Errorf("exit code %d: %s", code, s.said.String())
						return
					}
					t.Log(r.Reason)
					counts.add(time.Duration(1e9 * r.Metrics["late.max"]))
				})
			}
		}
	})
	t.Logf("%d of 26 said who stood still, for %v to %v", len(counts.took), slices.Min(counts.took), slices.Max(counts.took))
}

// tally collects how long something took.
type tally struct {
	mu   sync.Mutex
	took []time.Duration
}

func (c *tally) add(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, took)
}

// told tells how long something took, and fails where it took longer than people are promised.
func (c *tally) told(t *testing.T, what string) {
	t.Helper()
	slices.Sort(c.took)
	longest := c.took[len(c.took)-1]
	t.Logf("%d %s: the run ended after %v in the middle, %v at most", len(c.took), what, c.took[len(c.took)/2], longest)
	if longest > 5*time.Second {
		t.Errorf("it took %v to end", longest)
	}
}

// Of 60 servers and 140 workers that are killed from outside, at every stage of a run, each is told, within 5 seconds.
func TestKillsFromOutside(t *testing.T) {
	for _, c := range []struct {
		servers, who string
		count        int
		every        time.Duration
	}{
		{"one", "server", 30, 100 * time.Millisecond}, {"three", "server", 30, 130 * time.Millisecond},
		{"embedded", "worker", 70, 40 * time.Millisecond}, {"one", "worker", 40, 70 * time.Millisecond}, {"three", "worker", 30, 120 * time.Millisecond},
	} {
		t.Run(c.servers+" "+c.who, func(t *testing.T) {
			counts, setUps := tally{}, 0
			for i := range c.count {
				s := seize(t, outsideRun+outsideServers[c.servers]+"phases: {disturb: 1h, drain: 10s}\n")
				pids := s.until(time.Duration(i)*c.every, c.who)
				killed := time.Now()
				send(pids[i%len(pids):][:1], syscall.SIGKILL)
				code, r := s.end()
				counts.add(time.Since(killed))
				if r == nil || code != 2 || !strings.Contains(r.Reason, "a "+c.who+" ended by itself: ") || !strings.Contains(r.Reason, "(signal: killed)") {
					t.Errorf("%d: exit code %d: %s", i, code, s.said.String())
					continue
				}
				if strings.Contains(r.Reason, "during the set-up") {
					setUps++
				}
			}
			counts.told(t, fmt.Sprintf("kills, %d of them during the set-up", setUps))
		})
	}
}

// A run that is interrupted ends within 5 seconds with a record that says so, also where a part of it stands still; a second
// interruption ends it at once. Nothing is left of either.
func TestInterruptions(t *testing.T) {
	for _, c := range []struct {
		servers, stopped string
		count            int
		every            time.Duration
		twice            bool
	}{
		{"embedded", "", 20, 60 * time.Millisecond, false}, {"one", "", 20, 60 * time.Millisecond, false}, {"three", "", 20, 100 * time.Millisecond, false},
		{"one", "server", 15, 50 * time.Millisecond, false}, {"three", "server", 15, 100 * time.Millisecond, false},
		{"embedded", "worker", 10, 50 * time.Millisecond, false}, {"one", "server", 10, 50 * time.Millisecond, true},
	} {
		t.Run(fmt.Sprint(c.servers, " ", c.stopped, " ", c.twice), func(t *testing.T) {
			counts := tally{}
			for i := range c.count {
				s := seize(t, outsideRun+outsideServers[c.servers]+"phases: {disturb: 1h, drain: 10s}\n")
				s.hears()
				s.until(time.Since(s.began)+time.Duration(i)*c.every, "pindrop")
				if c.stopped != "" {
					send(s.until(0, c.stopped)[:1], syscall.SIGSTOP)
				}
				at := time.Now()
				send([]int{s.c.Process.Pid}, syscall.SIGINT)
				if c.twice {
					<-time.After(20 * time.Millisecond)
					at = time.Now()
					send([]int{s.c.Process.Pid}, syscall.SIGINT)
				}
				code, r := s.end()
				counts.add(time.Since(at))
				switch {
				case c.twice && (code != 130 || counts.took[len(counts.took)-1] > 3*time.Second):
					t.Errorf("%d: exit code %d after %v", i, code, counts.took[len(counts.took)-1])
				case !c.twice && (r == nil || code != 130 || !strings.Contains(r.Reason, "interrupted")):
					t.Errorf("%d: exit code %d: %s", i, code, s.said.String())
				}
			}
			counts.told(t, "interruptions")
		})
	}
}

// On the virtual clock as well, at every stage of a run and of its measurement. A run that was over is not cut short.
func TestInterruptionsOnTheVirtualClock(t *testing.T) {
	counts, whole := tally{}, 0
	for i := range 30 {
		s := seize(t, "name: outside\nclock: virtual\npublishers: [{rate: 2000/s}]\nworkers: [{name: w, count: 4, batch: 100, service: 500us}]\n"+
			"phases: {disturb: 20s, drain: 10s}\n")
		s.hears()
		s.until(time.Since(s.began)+time.Duration(i)*150*time.Millisecond, "pindrop")
		at := time.Now()
		send([]int{s.c.Process.Pid}, syscall.SIGINT)
		code, r := s.end()
		counts.add(time.Since(at))
		switch {
		case r != nil && r.Verdict == measure.Pass && (code == 130 || code == 0):
			whole++
		case r == nil || code != 130 || !strings.Contains(r.Reason, "interrupted"):
			t.Errorf("%d: exit code %d: %s", i, code, s.said.String())
		}
	}
	counts.told(t, fmt.Sprintf("interruptions, %d of them of a run that was over", whole))
}

// hears waits until pindrop listens to signals: it has begun to write files.
func (s *seized) hears() {
	for time.Since(s.began) < time.Minute {
		if begun, err := filepath.Glob(filepath.Join(s.dir, "results", "outside", "*", results.ScenarioFile)); err != nil || len(begun) > 0 {
			return
		}
		<-time.After(time.Millisecond)
	}
}
