package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results"
)

// law is a consumer whose numbers are arithmetic: the search must find what follows from them. It takes the place of the
// runs alone; that real ones obey such laws is shown where runs are at hand.
type law struct {
	need  int64          // limit from which on rate and latency are what they are without one
	reach int64          // most ack pending without a limit
	noise map[uint64]int // by seed: so much more is needed
	ran   []results.Probe
	stop  int // after so many probes it is interrupted; 0: never
}

var errStopped = errors.New("stopped")

func (w *law) bench(_ context.Context, list []results.Probe) ([]results.Probe, error) {
	var done []results.Probe
	for _, p := range list {
		if w.stop > 0 && len(w.ran) >= w.stop {
			return done, errStopped
		}
		last := p.Set[len(p.Set)-1]
		limit, err := strconv.ParseInt(strings.TrimPrefix(last, "consumer.max_ack_pending="), 10, 64)
		if err != nil {
			return done, err
		}
		p.Verdict, p.Settings = "pass", map[string]float64{"max_ack_pending": float64(limit)}
		p.Metrics = w.metrics(limit, p.Seed, !slices.Contains(p.Set, "faults=[]"))
		w.ran, done = append(w.ran, p), append(done, p)
	}
	return done, nil
}

func (w *law) metrics(limit int64, seed uint64, faults bool) map[string]float64 {
	need := w.need + int64(w.noise[seed])
	if limit < 0 {
		limit = math.MaxInt64
	}
	share := min(1, float64(limit)/float64(need))
	m := map[string]float64{
		"handled.rate": 1000 * share, "latency.response.p99": 0.02 / share,
		"ack_pending.max": float64(min(limit, w.reach)), "cliff.stall.total": 0,
	}
	if faults {
		m["held.at_fault"] = float64(min(limit, w.reach))
		m["takeover.fault.max"] = 1.9
	}
	return m
}

func request(goals ...string) Request {
	return Request{Study: results.Study{Seed: 1, Repeat: 2}, Goals: goals, Faults: true, Own: 100}
}

// TestSearch checks edges, recommendation and words where the answers are arithmetic.
func TestSearch(t *testing.T) {
	for name, c := range map[string]struct {
		law       law
		goals     []string
		low, high int64 // of the edges, both known to a fiftieth
		verdict   string
		says      string
	}{
		"by itself":       {law{need: 200, reach: 5000}, nil, 198, 5000, results.TuningFound, "Set max_ack_pending to 300."},
		"bounded above":   {law{need: 200, reach: 5000}, []string{"held.at_fault <= 400", "calm.handled.rate >= 990"}, 198, 400, results.TuningFound, "Set max_ack_pending to 300."},
		"a narrow range":  {law{need: 200, reach: 5000}, []string{"held.at_fault <= 220", "handled.rate >= 990"}, 198, 220, results.TuningFound, "Every goal holds from 19"},
		"only from above": {law{need: 10, reach: 5000}, []string{"faults.held.at_fault <= 70"}, 1, 70, results.TuningFound, "Every goal holds from 1 to 70"},
		"at odds":         {law{need: 200, reach: 5000}, []string{"held.at_fault <= 100", "calm.handled.rate >= 990"}, 198, 100, results.TuningUnmet, "the goals exclude each other. calm.handled.rate >= 990 needs at least 19"},
		"out of reach":    {law{need: 200, reach: 5000}, []string{"takeover.fault.max <= 500ms"}, 0, 0, results.TuningUnmet, "so 1.9 where <= 0.5 is wanted"},
		"one slot":        {law{need: 1, reach: 1}, nil, 1, 1, results.TuningFound, "Set max_ack_pending to 2. Every goal holds with most seeds from 1 on, however high; 2 leaves 100 % above what the work needs."},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Search(context.Background(), request(c.goals...), c.law.bench)
			if err != nil {
				t.Fatal(err)
			}
			if found.Verdict != c.verdict || !strings.Contains(found.Reason, c.says) {
				t.Errorf("got %s: %s; want %s: …%s…", found.Verdict, found.Reason, c.verdict, c.says)
			}
			if !near(found.Low.Limit, c.low) || !near(found.High.Limit, c.high) {
				t.Errorf("edges are %d and %d, want %d and %d", found.Low.Limit, found.High.Limit, c.low, c.high)
			}
			if c.verdict == results.TuningFound && (found.Advised < found.Low.Limit || found.High.Beyond > 0 && found.Advised > found.High.Limit) {
				t.Errorf("%d is recommended, which is not from %d to %d", found.Advised, found.Low.Limit, found.High.Limit)
			}
			if n := len(c.law.ran); n > 90 {
				t.Errorf("it took %d runs", n)
			}
		})
	}
}

// near allows an edge to be off by a fiftieth and the one below it.
func near(got, want int64) bool { return math.Abs(float64(got-want)) <= max(1, 0.03*float64(want)) }

// TestSearchEdges looks for edges that are drawn: they must be right to a few hundredths, with noise between seeds.
func TestSearchEdges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		need := rapid.Int64Range(1, 20_000).Draw(t, "need")
		exposed := rapid.Int64Range(need+need/10+1, 4*need+10).Draw(t, "exposed")
		w := law{need: need, reach: 10*need + 20, noise: map[uint64]int{2: int(need / 50)}}
		found, err := Search(context.Background(), request(
			"calm.handled.rate >= 1000", fmt.Sprintf("held.at_fault <= %d", exposed)), w.bench)
		if err != nil {
			t.Fatal(err)
		}
		needed := need + need/50
		if found.Low.Limit < needed || !near(found.Low.Limit, needed) || !near(found.High.Limit, exposed) || found.High.Limit > exposed {
			t.Fatalf("from %d to %d; want %d to %d", found.Low.Limit, found.High.Limit, needed, exposed)
		}
		if found.Verdict != results.TuningFound || !near(found.Knee, needed) && !near(found.Knee, need) {
			t.Fatalf("%s, knee %d; needed %d", found.Verdict, found.Knee, need)
		}
	})
}

// TestSearchInterrupted stops the search after every number of runs: what was found is returned, with the error.
func TestSearchInterrupted(t *testing.T) {
	whole := law{need: 200, reach: 5000}
	if _, err := Search(context.Background(), request(), whole.bench); err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(whole.ran); n++ {
		w := law{need: 200, reach: 5000, stop: n}
		found, err := Search(context.Background(), request(), w.bench)
		if !errors.Is(err, errStopped) || found == nil || found.Complete {
			t.Fatalf("after %d runs: got %v, %+v", n, err, found)
		}
	}
}

// TestSearchMistakes names goals that cannot be read before anything but the first runs is spent on them.
func TestSearchMistakes(t *testing.T) {
	w := law{need: 200, reach: 5000}
	_, err := Search(context.Background(), request("handled.rat >= 10"), w.bench)
	var bad *results.ExpectationError
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "nearest: handled.rate") {
		t.Errorf("got %v", err)
	}
	if len(w.ran) > 4 {
		t.Errorf("it ran %d times before", len(w.ran))
	}
}

// TestLevers tries other settings where no limit meets a goal, and says which do.
func TestLevers(t *testing.T) {
	w := law{need: 200, reach: 5000}
	r := request("takeover.fault.max <= 1s")
	r.Levers = []string{"workers.count=4", "consumer.priority_timeout=1s"}
	found, err := Search(context.Background(), r, func(ctx context.Context, list []results.Probe) ([]results.Probe, error) {
		done, err := w.bench(ctx, list)
		for i := range done {
			if slices.Contains(done[i].Set, "consumer.priority_timeout=1s") && done[i].Metrics["takeover.fault.max"] > 0 {
				done[i].Metrics["takeover.fault.max"] = 0.9
			}
		}
		return done, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "It is met where another setting changes: takeover.fault.max <= 1s with consumer.priority_timeout=1s."; !strings.HasSuffix(found.Reason, want) {
		t.Errorf("got %s", found.Reason)
	}
	if len(found.Levers) != 2 || found.Levers[0].Met || !found.Levers[1].Met {
		t.Errorf("got %+v", found.Levers)
	}
}

// TestChoose keeps headroom, round numbers and the range.
func TestChoose(t *testing.T) {
	for _, c := range []struct{ base, high, want int64 }{
		{100, 10_000, 150}, {97, 10_000, 150}, {1, 1, 1}, {1, 2, 2}, {2, 100, 3}, {100, 120, 110}, {100, 101, 100},
		{199, 204, 200}, {1000, 1900, 1500}, {33, 10_000, 50},
	} {
		if got := choose(c.base, c.high); got != c.want {
			t.Errorf("from %d to %d: got %d, want %d", c.base, c.high, got, c.want)
		}
	}
}
