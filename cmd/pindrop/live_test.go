package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim"
)

func exampleView() (*live, sim.Snapshot) {
	l := &live{what: "kill-mid-batch", limit: 8, spec: scenarios.Phases{
		Warmup: scenarios.Duration(2 * time.Second), Disturb: scenarios.Duration(10 * time.Second), Drain: scenarios.Duration(time.Minute),
	}}
	l.last = sim.Snapshot{At: 4 * time.Second, Stored: 380, Handled: 300}
	kill := sim.FaultSnapshot{At: 3 * time.Second, ID: 1, Do: "kill", Target: "w1"}
	return l, sim.Snapshot{
		At: 5 * time.Second, Phase: history.PhaseDisturb, Since: 2 * time.Second, Sent: 500, Stored: 480, Handled: 340,
		Alive: 1, Down: 1, Active: []sim.FaultSnapshot{kill}, Recent: []sim.FaultSnapshot{kill},
		Consumers: []sim.ConsumerSnapshot{{Name: "workers", Holder: "w2", Gen: 2, Sampled: true, AckPending: 6, Pending: 132}},
	}
}

func TestFrames(t *testing.T) {
	for _, width := range []int{40, 60, 80, 120} {
		l, s := exampleView()
		got := strings.Join(l.frame(s, width, 24), "\n") + "\n"
		path := filepath.Join("testdata", "live", strconv.Itoa(width)+".txt")
		if os.Getenv("REWRITE") != "" {
			if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("width %d: %v, got\n%swant\n%s", width, err, got, want)
		}
	}
}

func TestFramesFit(t *testing.T) {
	for width := range 50 {
		for height := range 12 {
			l, s := exampleView()
			lines := l.frame(s, width, height)
			if len(lines) > max(1, height) {
				t.Fatalf("%d lines in a height of %d", len(lines), height)
			}
			for _, line := range lines {
				if len(line) > width {
					t.Fatalf("%q is wider than %d", line, width)
				}
			}
		}
	}
}

// What was drawn is removed to the last row, also where the window has become narrower and its lines have wrapped.
func TestLiveWipesWhatItDrew(t *testing.T) {
	var out bytes.Buffer
	l, s := exampleView()
	width := 80
	l.w, l.size = &out, func() (int, int) { return width, 24 }
	l.show(s)
	if n := strings.Count(out.String(), "\r\n"); n != 8 {
		t.Fatalf("%d line ends, want 8: %q", n, out.String())
	}
	out.Reset()
	width = 30 // of the 9 lines, three are longer: 35, 58 and 32
	l.close()
	if got, want := out.String(), "\r\x1b[11A\x1b[J"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.Reset()
	l.close()
	if out.Len() > 0 {
		t.Errorf("wiped twice: %q", out.String())
	}
}
