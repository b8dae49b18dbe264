// Package twin measures runs a second time, from their histories and the definitions in docs/metrics.md alone, and holds the
// measurements against that: over scenarios that are drawn by seed, on the real server and the virtual clock. It keeps no
// account; each metric is read anew from the events.
package twin

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios/drawn"
	"pindrop/sim"
)

func TestMain(m *testing.M) {
	if sim.IsChild() {
		os.Exit(sim.Child(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// untwinned are the metrics that the twin does not know, and why that is so.
var untwinned = map[string]string{
	"recovery.": "is a rule of thumb", "latency.response.before": "the definitions leave open how long a fault without a heal lasts",
	"latency.response.during": "the same", "latency.response.after": "the same",
	"guard.":         "has a twin of its own in package measure",
	"publish.outage": "has a twin on random histories", "publish.lost": "needs a fault of servers", "publish.reused": "needs a fault of servers",
	"skipped.": "rests on where a consumer begins", "laws.": "needs replicas",
	"consumer.removed": "is what an advisory says", "server.": "looks at processes", "client.": "looks at processes",
	"harness.": "looks at processes", "machine.": "looks at processes", "notice.": "needs a server that closes a connection",
	"late.": "needs the real clock", "suspended.": "needs the real clock", "clock.": "needs the real clock",
	"check.": "is a share of what samples say",
}

func known(name string) bool {
	for prefix := range untwinned {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// perConsumer reports whether a metric is of one consumer, and put together from several.
func perConsumer(name string) bool {
	m, _ := measure.Lookup(name)
	return m.Together() != ""
}

var compared sync.Map

// TestDrawnRunsHaveATwin: on drawn scenarios the measurements and their twin agree on every metric that both know, and the samples of
// the server contradict neither.
func TestDrawnRunsHaveATwin(t *testing.T) {
	t.Run("seeds", func(t *testing.T) {
		for _, seed := range seeds() {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				compare(t, seed)
			})
		}
	})
	for _, name := range measure.Names() {
		if _, done := compared.Load(name); done != known(name) {
			t.Errorf("%s: compared with the twin: %v, listed as without one: %v", name, done, !known(name))
		}
	}
}

func compare(t *testing.T, seed uint64) {
	scenario, err := drawn.Scenario(seed, drawn.Menu{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	dirs := sim.Dirs{Logs: logs, Store: filepath.Join(dir, "store")}
	if err := sim.Virtual(context.Background(), scenario.Plan(1), dirs, 3*time.Minute, func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	h, _, err := sim.ReadLogs(logs)
	if err != nil {
		t.Fatal(err)
	}
	var events []history.Event
	for e := range h.Events() {
		events = append(events, *e)
	}
	hold(t, seed, events)
}

// hold holds what is measured of a history against the twin.
func hold(t *testing.T, seed uint64, events []history.Event) {
	f := measure.All(events, measure.Asked{})
	if i := slices.IndexFunc(f.Premises, func(p measure.Premise) bool { return p.Name == "samples and events agree" }); i >= 0 && !f.Premises[i].OK {
		t.Errorf("seed %d: %s", seed, f.Premises[i].Got)
	}
	of := fmt.Sprintf("seed %d", seed)
	m, each := metricsOf(events)
	agree(t, of, m, f.Metrics, func(string) bool { return true })
	for _, c := range f.Consumers {
		agree(t, fmt.Sprintf("%s, consumer %d", of, c.Shard), each[c.Shard].metrics(), c.Metrics, perConsumer)
	}
	for shard, one := range each {
		said(t, of, one, shard)
	}
	if faults := twinOf(events, events).causes(f.Redeliveries); len(faults) > 0 {
		t.Errorf("%s: %d causes of redeliveries, the first: %s", of, len(faults), faults[0])
	}
}

// metricsOf are the metrics of a run, and the twins of its consumers: one, or by their numbers.
func metricsOf(events []history.Event) (m map[string]float64, each map[int32]*twin) {
	whole := twinOf(events, events)
	m, each = whole.metrics(), map[int32]*twin{}
	for _, e := range events {
		if e.Kind == history.Config && e.Shard > 0 && each[e.Shard] == nil {
			each[e.Shard] = twinOf(eventsOf(events, e.Shard), events)
		}
	}
	if len(each) == 0 {
		return m, map[int32]*twin{0: whole}
	}
	maps.DeleteFunc(m, func(name string, _ float64) bool { return perConsumer(name) })
	for _, one := range each {
		for name, v := range one.metrics() {
			together(m, name, v)
		}
	}
	whole.several(m, each)
	return m, each
}

// eventsOf are the events of one of several consumers, and those that are of none and happen to every one.
func eventsOf(events []history.Event, shard int32) []history.Event {
	of := []history.Kind{
		history.Config, history.Connect, history.Disconnect, history.Start, history.Stop, history.Fault, history.Heal, history.Phase,
	}
	return slices.DeleteFunc(slices.Clone(events), func(e history.Event) bool {
		return e.Shard != shard && (e.Shard != 0 || !slices.Contains(of, e.Kind))
	})
}

// agree holds some of the measurements of a history against the twin's.
func agree(t *testing.T, of string, twin, measured map[string]float64, some func(string) bool) {
	t.Helper()
	value := func(v float64, ok bool) string {
		if !ok {
			return "nothing"
		}
		return fmt.Sprint(v)
	}
	for _, name := range measure.Names() {
		if !known(name) || !some(name) {
			continue
		}
		got, is := measured[name]
		want, twinned := twin[name]
		if math.IsNaN(want) { // the definitions leave it open
			continue
		}
		if is && twinned {
			compared.Store(name, true)
		}
		if is != twinned || !same(got, want) {
			t.Errorf("%s: %s is %s, the twin says %s", of, name, value(got, is), value(want, twinned))
		}
	}
}

// said holds the samples of the server against the twin of one consumer.
func said(t *testing.T, of string, twin *twin, shard int32) {
	t.Helper()
	for _, e := range twin.events {
		if e.Kind == history.Sample && e.Shard == shard && twin.server.cfg.AckPolicy != "none" {
			if text := twin.server.contradiction(e, twin.events); text != "" {
				t.Errorf("%s: %s", of, text)
				break
			}
		}
	}
}
