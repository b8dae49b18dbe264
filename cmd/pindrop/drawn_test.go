package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/scenarios/drawn"
)

// drawnLimit is the wall time after which a run hangs; none comes near it, not even on a busy machine.
const drawnLimit = 3 * time.Minute

// Whatever a scenario asks for, its run ends, and says why: see ends.
func TestDrawnRunsEnd(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			ends(t, seed, drawn.Menu{})
		})
	}
}

// ends runs a drawn scenario as a person would. It comes to its end with a verdict, with phases in order, and with
// incarnations of which none begins before the one before it has ended.
func ends(t *testing.T, seed uint64, menu drawn.Menu, args ...string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "drawn.yaml")
	if err := os.WriteFile(file, drawn.Text(seed, menu), 0o666); err != nil {
		t.Fatal(err)
	}
	var trouble bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- pindrop(append([]string{"run", file, "--quiet", "--out", dir}, args...), io.Discard, &trouble)
	}()
	select {
	case c := <-code:
		if c < 0 || c > 2 {
			t.Fatalf("exit code %d: %s", c, trouble.String())
		}
	case <-time.After(drawnLimit):
		t.Fatalf("the run does not end")
	}
	run, err := results.Open(filepath.Join(dir, fmt.Sprintf("drawn-%d", seed)))
	if err != nil {
		t.Fatal(err)
	}
	record, err := run.Record()
	if err != nil {
		t.Fatal(err)
	}
	if !record.Complete && menu.Servers == 0 { // servers that are broken may not come back
		t.Errorf("%s: %s", record.Verdict, record.Reason)
	}
	h, err := run.History()
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, h)
	disjoint(t, h)
}

// inOrder demands that phases follow each other.
func inOrder(t *testing.T, h *history.History) {
	t.Helper()
	order := []string{
		history.PhaseBacklog, history.PhaseWarmup, history.PhaseDisturb, history.PhaseHeal, history.PhaseDrain,
		history.PhaseConverge, history.PhaseEnd,
	}
	last, at := -1, int64(0)
	for e := range h.Events() {
		if e.Kind != history.Phase {
			continue
		}
		if i := slices.Index(order, e.Phase); i <= last || e.At < at {
			t.Errorf("the phase %s begins at %s, after %s", e.Phase, time.Duration(e.At), order[max(0, last)])
		} else {
			last, at = i, e.At
		}
	}
	if last != len(order)-1 {
		t.Error("there is no last phase")
	}
}

// disjoint demands that a worker's incarnations end before the next begins, and that the dead write nothing.
func disjoint(t *testing.T, h *history.History) {
	t.Helper()
	starts, ends, wrote := map[string][]int64{}, map[string][]int64{}, map[string][]int64{}
	for e := range h.Events() {
		switch {
		case e.Kind == history.Start:
			if starts[e.Worker] = append(starts[e.Worker], e.At); int(e.Incarnation) != len(starts[e.Worker]) {
				t.Errorf("start %d of %s is its incarnation %d", len(starts[e.Worker]), e.Worker, e.Incarnation)
			}
		case e.Kind == history.Stop:
			ends[e.Worker] = append(ends[e.Worker], e.At)
		case e.Kind == history.Fault && (e.Do == "kill" || e.Do == "restart"):
			ends[e.Target] = append(ends[e.Target], e.At)
		case e.Kind == history.Sent || e.Kind == history.Reached: // the server does not know yet
		case e.Actor != history.Watcher && !strings.HasPrefix(e.Actor, history.PublisherPrefix):
			wrote[e.Actor] = append(wrote[e.Actor], e.At)
		}
	}
	for worker, list := range starts {
		slices.Sort(ends[worker])
		for i, start := range list {
			next := int64(1<<63 - 1)
			if i < len(list)-1 {
				next = list[i+1]
			}
			k, now := slices.BinarySearch(ends[worker], start)
			for now && k < len(ends[worker])-1 && ends[worker][k] == start && ends[worker][k+1] < next {
				k++ // what hit it in the instant of its start may have hit the one before
			}
			if k == len(ends[worker]) || ends[worker][k] >= next {
				t.Errorf("incarnation %d of %s, from %s, does not end before the next", i+1, worker, time.Duration(start))
				continue
			}
			end := ends[worker][k]
			if i := slices.IndexFunc(wrote[worker], func(at int64) bool { return at > end && at < next }); i >= 0 {
				t.Errorf("%s died at %s, and wrote at %s", worker, time.Duration(end), time.Duration(wrote[worker][i]))
			}
		}
	}
}
