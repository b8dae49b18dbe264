package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim"
)

// madeUp are snapshots of every stage, and of a run in trouble.
func madeUp() map[string]sim.Snapshot {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	kill := sim.FaultSnapshot{At: ms(3000), ID: 1, Do: "kill", Target: "w1"}
	freeze := sim.FaultSnapshot{At: ms(4100), ID: 2, Do: "freeze", Target: "w2"}
	update := sim.FaultSnapshot{At: ms(2500), ID: 3, Do: "update"}
	calm := sim.Snapshot{
		At: ms(5000), Phase: history.PhaseDisturb, Since: ms(2000), Backlog: 100, Sent: 1500, Stored: 1480, Counts: true,
		Handled: 1340, Delivered: 1349,
		Workers: []sim.WorkerSnapshot{
			{Name: "w1", State: sim.WorkerAlive, InService: 1, Held: 6, Handled: 1340}, {Name: "w2", State: sim.WorkerAlive},
		},
		Consumers: []sim.ConsumerSnapshot{
			{Name: "workers", Holder: "w1", Gen: 1, Limit: 1000, Sampled: true, AckPending: 6, Pending: 131},
		},
	}
	trouble := calm
	trouble.Redelivered, trouble.OverlapCount, trouble.OverlapTime = 7, 3, ms(2700)
	trouble.Active, trouble.Recent = []sim.FaultSnapshot{freeze}, []sim.FaultSnapshot{update, kill, freeze}
	trouble.Overlaps = []sim.OverlapSnapshot{
		{Consumer: "workers", Old: "w1", New: "w2", GenOld: 1, GenNew: 2, From: ms(2100), To: ms(2600), Time: ms(500)},
		{Consumer: "workers", Old: "w2", New: "w3", GenOld: 2, GenNew: 3, From: ms(4300), To: ms(5000), Time: ms(700), Active: true},
	}
	trouble.Workers = []sim.WorkerSnapshot{
		{Name: "w1", State: sim.WorkerDown, Handled: 700}, {Name: "w2", State: sim.WorkerFrozen, InService: 1, Held: 4, Handled: 600},
		{Name: "w3", State: sim.WorkerAlive, InService: 1, Held: 4, Handled: 40}, {Name: "w4", State: sim.WorkerDraining, Held: 1},
		{Name: "late", State: sim.WorkerWaiting},
	}
	trouble.Consumers = []sim.ConsumerSnapshot{
		{Name: "workers", Holder: "w3", Gen: 3, Limit: 8, Sampled: true, AckPending: 8, Pending: 12345},
	}
	shards := calm
	shards.OverlapCount, shards.Overlaps = 1, slices.Clone(trouble.Overlaps[1:])
	shards.Overlaps[0].Consumer = "workers-2"
	shards.Consumers = []sim.ConsumerSnapshot{
		{Name: "workers-1", Holder: "w1", Gen: 1, Limit: 500, Sampled: true, AckPending: 20, Pending: 3},
		{Name: "workers-2", Holder: "w3", Gen: 3, Limit: 500, Sampled: true, AckPending: 500, Pending: 90}, {Name: "workers-3"},
	}
	return map[string]sim.Snapshot{
		"servers": {At: ms(1200), Doing: "starting servers"},
		"backlog": {At: ms(1000), Phase: history.PhaseBacklog, Backlog: 500_000, Sent: 120_000, Stored: 119_500},
		"calm":    calm, "trouble": trouble, "shards": shards,
		"unlimited": {At: ms(9000), Phase: history.PhaseDrain, Since: ms(8000), Sent: 10, Stored: 10, Workers: calm.Workers,
			Consumers: []sim.ConsumerSnapshot{{Name: "workers", Sampled: true, AckPending: 6}}},
		"stopping": {At: ms(60_000), Phase: history.PhaseEnd, Doing: "stopping servers and workers"},
	}
}

// viewOf is a view of a run that has gone on as it does for the last two seconds.
func viewOf(s *sim.Snapshot, width, height int) view {
	v := view{width: width, height: height, title: title{"kill-mid-batch", 7, scenarios.Phases{
		Warmup: scenarios.Duration(2 * time.Second), Disturb: scenarios.Duration(10 * time.Second), Drain: scenarios.Duration(time.Minute),
	}}}
	before := *s
	before.At -= min(s.At, rateOver)
	before.Sent, before.Stored, before.Handled = s.Sent/2, s.Stored/2, s.Handled/2
	v.rates.add(&before)
	v.rates.add(s)
	return v
}

func drawnView(s *sim.Snapshot, width, height int, colour bool) []string {
	var all []string
	for _, l := range frame(s, viewOf(s, width, height)) {
		all = append(all, l.paint(colour))
	}
	return all
}

func TestFrames(t *testing.T) {
	for name, s := range madeUp() {
		for _, width := range []int{120, 80, 40, 20} {
			got := strings.Join(drawnView(&s, width, 40, false), "\n") + "\n"
			path := filepath.Join("testdata", "live", fmt.Sprintf("%s-%d.txt", name, width))
			if *rewrite {
				if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || got != string(want) {
				t.Errorf("%s: %v, got\n%swant\n%s", path, err, got, want)
			}
		}
	}
}

var colours = regexp.MustCompile("\x1b\\[(31|32|33)m([^\x1b]*)\x1b\\[0m")

// Without colours a frame says the same, and each colour ends in its line.
func TestColours(t *testing.T) {
	for name, s := range madeUp() {
		for width := range 130 {
			inks, plain := drawnView(&s, width, 40, true), drawnView(&s, width, 40, false)
			for i := range plain {
				if bare := colours.ReplaceAllString(inks[i], "$2"); bare != plain[i] || strings.Contains(plain[i], "\x1b") {
					t.Fatalf("%s: %q with colours is %q", name, plain[i], inks[i])
				}
			}
		}
	}
	s := madeUp()["trouble"]
	var found []string
	for _, c := range colours.FindAllStringSubmatch(strings.Join(drawnView(&s, 80, 40, true), "\n"), -1) {
		found = append(found, c[1]+" "+strings.TrimSpace(c[2]))
	}
	want := []string{
		"31 ! overlap", "32 w3, pin 3", "33 [########################################] 8 of 8, at the limit", "31 ! fault 2",
		"31 1 frozen (w2)", "31 1 down (w1)", "31 down", "31 frozen",
	}
	if !slices.Equal(found, want) {
		t.Errorf("got %q, want %q", found, want)
	}
}

// A frame fits in any window. In three lines it still says how far the run is, who overlaps, and who holds the pin.
func TestFramesFit(t *testing.T) {
	for name, s := range madeUp() {
		for width := range 130 {
			for height := range 20 {
				lines := drawnView(&s, width, height, false)
				if len(lines) > max(1, height) {
					t.Fatalf("%s: %d lines in a height of %d", name, len(lines), height)
				}
				for _, line := range lines {
					if len([]rune(line)) > width {
						t.Fatalf("%s: %q is wider than %d", name, line, width)
					}
				}
			}
		}
	}
	s := madeUp()["trouble"]
	if got := drawnView(&s, 80, 3, false); len(got) != 3 || !strings.HasPrefix(got[0], "disturb") ||
		!strings.HasPrefix(got[1], "! overlap") || !strings.HasPrefix(got[2], "holder") {
		t.Errorf("three lines are %q", got)
	}
}

// What was drawn is drawn over and removed to the last row, also where the window has become narrower and its lines have
// wrapped.
func TestLiveDrawsOverWhatItDrew(t *testing.T) {
	var out bytes.Buffer
	width := 80
	l := live{w: &out, title: title{scenario: "kill-mid-batch"}, size: func() (int, int) { return width, 24 }}
	s := madeUp()["backlog"]
	l.show(s)
	if got := out.String(); !strings.HasPrefix(got, "\rkill-mid-batch, ") || strings.Count(got, "\x1b[K\r\n") != 2 || !strings.HasSuffix(got, "\r\n\x1b[J") {
		t.Fatalf("%q is drawn first", got)
	}
	out.Reset()
	s.At += time.Second
	l.show(s)
	if got := out.String(); !strings.HasPrefix(got, "\r\x1b[2Akill-mid-batch, ") {
		t.Errorf("%q is drawn over two lines", got)
	}
	out.Reset()
	width = 20 // of the two lines, one is 40 characters long and one 43
	l.close()
	if got, want := out.String(), "\r\x1b[5A\x1b[J"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.Reset()
	l.close()
	if out.Len() > 0 {
		t.Errorf("wiped twice: %q", out.String())
	}
}

// A rate is a mean over two seconds, and begins anew with the run's own clock.
func TestRates(t *testing.T) {
	var r rates
	if r.of(flowStored) != 0 {
		t.Error("a rate of nothing")
	}
	for i := range 40 {
		n := int64(10 * i) // 40/s
		if i >= 20 {
			n = 200 + 20*int64(i-20) // 80/s
		}
		r.add(&sim.Snapshot{At: time.Duration(i) * 250 * time.Millisecond, Stored: n})
		want := 40.0
		if i > 20 {
			want = min(80, 40+5*float64(i-20))
		}
		if got := r.of(flowStored); i > 0 && got != want {
			t.Errorf("at %d the rate is %v, want %v", i, got, want)
		}
	}
	r.add(&sim.Snapshot{At: 100 * time.Millisecond})
	r.add(&sim.Snapshot{At: 200 * time.Millisecond, Stored: 3})
	if got := r.of(flowStored); got != 30 {
		t.Errorf("after the clock has begun anew the rate is %v, want 30", got)
	}
}

// planOfText is the plan of a scenario with seed 1.
func planOfText(text string) (*scenarios.Plan, error) {
	s, err := scenarios.Load("test.yaml", []byte(strings.ReplaceAll(text, "DISTURB", "1s")), nil)
	if err != nil {
		return nil, err
	}
	return s.Plan(1), nil
}

// docs/live.md shows a view as it is drawn.
func TestLiveIsDocumented(t *testing.T) {
	const file = "../../docs/live.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := madeUp()["trouble"]
	view := "```\n" + strings.Join(drawnView(&s, 100, 40, false), "\n") + "\n```\n"
	mark := regexp.MustCompile(`(?s)(<!-- view -->\n).*?(<!-- end -->)`)
	want := mark.ReplaceAllString(string(text), "${1}"+view+"${2}")
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !mark.Match(text) || want != string(text) {
		t.Errorf("%s is not what is drawn; run the test with -rewrite", file)
	}
}
