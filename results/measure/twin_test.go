package measure_test

import (
	"flag"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// untwinned are the metrics that the twin does not know, and why that is so.
var untwinned = map[string]string{
	"recovery.max":                "its second look-ahead is a rule of thumb: definitions_test.go has its edges",
	"latency.response.before.p99": "phased_test.go has each of its cases",
	"latency.response.during.p99": "phased_test.go has each of its cases",
	"latency.response.after.p99":  "phased_test.go has each of its cases",
	"stale.acks":                  "random histories have no confirmed acks: definitions_test.go",
	"removed.count":               "rests on the server's last word: conservation_test.go, which checks the sum on random histories",
	"skipped.count":               "the twin's consumers deliver all: scope_test.go",
	"waiting.count":               "rests on the server's last word: conservation_test.go",
	"lost.count":                  "rests on the server's last word: conservation_test.go",
	"laws.broken":                 "random histories have no replicas: package safety has a history for each law",
	"redelivery.acked":            "random histories have no confirmed acks: usage_test.go",
	"server.cpu.mean":             "random histories have no looks at processes: usage_test.go, with a twin of its own",
	"client.cpu.mean":             "random histories have no looks at processes: usage_test.go, with a twin of its own",
	"harness.cpu.mean":            "random histories have no looks at processes: usage_test.go, with a twin of its own",
	"machine.cpu.share":           "random histories have no looks at processes: usage_test.go, with a twin of its own",
	"machine.cpu.pressure":        "random histories are of no clock: timing_test.go",
	"late.max":                    "random histories are of no clock: timing_test.go, with a twin of its own",
	"suspended.total":             "random histories are of no clock: timing_test.go",
	"clock.step.max":              "random histories are of no clock: timing_test.go",
	"notice.max":                  "random histories have no connections that a server closed: notice_test.go",
	"server.rss.max":              "random histories have no looks at servers: usage_test.go",
	"guard.applied":               "has a twin of its own: state_twin_test.go",
	"guard.rejected":              "has a twin of its own: state_twin_test.go",
	"guard.lost_update":           "has a twin of its own: state_twin_test.go",
	"guard.stale_write":           "has a twin of its own: state_twin_test.go",
	"guard.double_apply":          "has a twin of its own: state_twin_test.go",
	"guard.stale_read":            "has a twin of its own: state_twin_test.go",
	"config.max_ack_pending":      "is what an event says: configured_test.go",
	"config.refused":              "is what an event says: configured_test.go",
	"publish.lost":                "random histories have no server that forgets: lives_test.go",
	"publish.reused":              "random histories have no server that forgets: lives_test.go",
	"check.critical":              "a share of what samples say: configured_test.go",
	"consumer.removed":            "what an advisory says: causes_test.go",
	"owned.before.max":            "several consumers only: shards_test.go",
	"owned.before.min":            "several consumers only: shards_test.go",
	"owned.max":                   "several consumers only: shards_test.go",
	"owned.min":                   "several consumers only: shards_test.go",
}

// compared collects the metrics for which measure and twin both had a number.
var compared struct {
	sync.Mutex
	names map[string]bool
}

// differences are where the measurements and their twin do not agree, also about what does not apply.
func differences(events []history.Event) []string {
	got, want := measure.All(events, measure.Asked{}).Metrics, twinOf(events).metrics()
	var found []string
	both := make([]string, 0, len(want))
	for _, name := range measure.Names() {
		if _, ok := untwinned[name]; ok {
			continue
		}
		g, measured := got[name]
		w, known := want[name]
		switch {
		case measured != known:
			found = append(found, name+": measured: "+strconv.FormatBool(measured)+", the twin: "+strconv.FormatBool(known))
		case math.Abs(g-w) > 1e-11*(1+math.Abs(w)):
			found = append(found, name+" = "+strconv.FormatFloat(g, 'g', -1, 64)+", the twin says "+strconv.FormatFloat(w, 'g', -1, 64))
		case known:
			both = append(both, name)
		}
	}
	compared.Lock()
	defer compared.Unlock()
	if compared.names == nil {
		compared.names = map[string]bool{}
	}
	for _, name := range both {
		compared.names[name] = true
	}
	return found
}

// The measurements agree with their twin on many random histories and on every golden one, and there is no metric that
// is neither compared nor listed with a reason.
func TestTwin(t *testing.T) {
	t.Run("random", func(t *testing.T) {
		const parts = 10
		checks := flag.Lookup("rapid.checks").Value
		was := checks.String()
		if err := checks.Set(strconv.Itoa(randomHistories / parts)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = checks.Set(was) })
		for range parts {
			t.Run("part", func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) {
					if found := differences(randomHistory(t)); found != nil {
						t.Fatal(strings.Join(found, "\n"))
					}
				})
			})
		}
	})
	for _, g := range goldens(t) {
		for _, d := range differences(g.history(t)) {
			t.Errorf("%s: %s", g.Name, d)
		}
	}
	for _, name := range measure.Names() {
		_, listed := untwinned[name]
		if listed == compared.names[name] {
			t.Errorf("%s: compared with the twin: %v, listed as without one: %v", name, compared.names[name], listed)
		}
	}
	for name := range untwinned {
		if !slices.Contains(measure.Names(), name) {
			t.Errorf("%s is listed as without a twin and no metric", name)
		}
	}
}

// TestHealAndFreezeInOneInstant: a freeze heals and another begins in the instant in which an ack leaves. What a worker does comes
// first, then the nemesis acts in the order of its numbers: the ack has left between the two freezes.
func TestHealAndFreezeInOneInstant(t *testing.T) {
	events := script(t, `{"priority_policy":"pinned_client","max_ack_pending":1}`, `
		0 runner phase phase=disturb; 75 publisher-1 publish op=1 due=75ms; 75 publisher-1 stored op=1 seq=1
		80 publisher-1 publish op=2 due=80ms; 80 publisher-1 stored op=2 seq=2
		175 w1 deliver seq=1 delivery=1 gen=1; 210 w1 begin seq=1 delivery=1 gen=1
		220 nemesis fault fault=1 do=freeze target=w1; 695 nemesis heal fault=1; 695 nemesis fault fault=2 do=freeze target=w1
		695 w1 ack seq=1 delivery=1; 700 runner phase phase=end`)
	checkMetric(t, measure.All(events, measure.Asked{}), "cliff.total", 0.52)
	for _, d := range differences(events) {
		t.Error(d)
	}
}
