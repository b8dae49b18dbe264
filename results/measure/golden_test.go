package measure_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// golden is one history made by hand, with its answers.
type golden struct {
	Name         string
	Consumer     map[string]any
	Events       []map[string]any
	Metrics      map[string]any
	Redeliveries []struct {
		Seq                    uint64
		Mechanism, Root, Owner string
	}
}

// inMilliseconds are the fields of an event that the golden histories give in milliseconds.
var inMilliseconds = []string{"at", "due", "delay", "expires", "stamp"}

// history is the golden history as events, its configuration first.
func (g golden) history(t *testing.T) []history.Event {
	t.Helper()
	for _, name := range []string{"ack_wait", "priority_timeout"} {
		if v, ok := g.Consumer[name]; ok {
			d, err := time.ParseDuration(v.(string))
			if err != nil {
				t.Fatal(err)
			}
			g.Consumer[name] = d.Nanoseconds()
		}
	}
	consumer, err := json.Marshal(g.Consumer)
	if err != nil {
		t.Fatal(err)
	}
	events := []history.Event{{Actor: history.Watcher, Kind: history.Config, Consumer: consumer}}
	for _, fields := range g.Events {
		for _, name := range inMilliseconds {
			if v, ok := fields[name]; ok {
				fields[name] = v.(uint64) * uint64(time.Millisecond)
			}
		}
		line, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var e history.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// goldens are all of them.
func goldens(t *testing.T) []golden {
	t.Helper()
	text, err := os.ReadFile("testdata/golden-histories.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := yaml.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func TestGoldenHistories(t *testing.T) {
	for _, g := range goldens(t) {
		t.Run(strings.ReplaceAll(g.Name, " ", "-"), func(t *testing.T) {
			f := measure.All(g.history(t), measure.Asked{})
			for name, wanted := range g.Metrics {
				checkMetric(t, f, name, wanted)
			}
			if len(g.Redeliveries) > 0 && len(g.Redeliveries) != len(f.Redeliveries) {
				t.Fatalf("%d redeliveries, want %d", len(f.Redeliveries), len(g.Redeliveries))
			}
			for i, wanted := range g.Redeliveries {
				got := f.Redeliveries[i]
				if got.Seq != wanted.Seq || got.Mechanism != wanted.Mechanism || got.Root != wanted.Root || got.Owner != wanted.Owner {
					t.Errorf("redelivery %d: got %+v, want %+v", i, got, wanted)
				}
			}
		})
	}
}

// checkMetric compares a metric with its wanted value, or with "absent".
func checkMetric(t *testing.T, f *measure.Findings, name string, wanted any) {
	t.Helper()
	got, ok := f.Metrics[name]
	if wanted == "absent" {
		if ok {
			t.Errorf("%s = %v, want it absent", name, got)
		}
		return
	}
	var want float64
	if _, err := fmt.Sscan(fmt.Sprint(wanted), &want); err != nil {
		t.Fatal(err)
	}
	if !ok || got != want {
		t.Errorf("%s = %v (present: %v), want %v", name, got, ok, want)
	}
}
