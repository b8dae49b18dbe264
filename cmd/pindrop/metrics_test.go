package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pindrop/results"
	"pindrop/scenarios"
	"pindrop/sim"
)

func TestMetricsAddress(t *testing.T) {
	for text, want := range map[string]string{
		"9090":           "127.0.0.1:9090",
		"0":              "127.0.0.1:0",
		"127.0.0.1:9090": "127.0.0.1:9090",
		"localhost:9090": "localhost:9090",
		"0.0.0.0:9090":   "0.0.0.0:9090",
		"[::1]:9090":     "[::1]:9090",
		":9090":          "!it does not say on which address",
		"localhost":      `!"localhost" is no port`,
		"70000":          `!"70000" is no port`,
		"host:http":      `!"http" is no port`,
		"1.2.3.4:":       `!"" is no port`,
		"-1":             `!"-1" is no port`,
	} {
		got, err := metricsAddress(text)
		if err != nil {
			got = "!" + err.Error()
		}
		if got != want && !(strings.HasPrefix(want, "!") && strings.Contains(got, want[1:]) && strings.Contains(got, "127.0.0.1:9090")) {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// What cannot be served is refused before anything starts.
func TestMetricsAreRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		flags []string
		code  int
		says  string
	}{
		{[]string{"--clock", "real", "--metrics", taken.Addr().String()}, exitIO, "address already in use"},
		{[]string{"--clock", "real", "--metrics", ":9090"}, exitUsage, "0.0.0.0:9090"},
		{[]string{"--clock", "virtual", "--metrics", "0"}, exitUsage, "short runs on the virtual clock, in milliseconds: run it with --clock real"},
	} {
		out := filepath.Join(t.TempDir(), "results")
		code, said := shortRun(t, short, out, c.flags...)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%v: exit code %d, want %d: %s", c.flags, code, c.code, said)
		}
		if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v: something was run: %v", c.flags, err)
		}
	}
}

// scrape reads what is served as text; nil where nobody serves.
func scrape(t *testing.T, url, accept string) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", accept)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", answer.Status, body)
	}
	return body
}

// parsed are the families of a scrape in the format that every Prometheus reads.
func parsed(t *testing.T, body []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%v in\n%s", err, body)
	}
	return found
}

// value is that of the one metric of a family with these labels, given as name, value, …; false where there is none.
func value(f *dto.MetricFamily, labels ...string) (float64, bool) {
	for _, m := range f.GetMetric() {
		has := map[string]string{}
		for _, l := range m.GetLabel() {
			has[l.GetName()] = l.GetValue()
		}
		match := true
		for i := 0; i < len(labels); i += 2 {
			match = match && has[labels[i]] == labels[i+1]
		}
		if match {
			return m.GetCounter().GetValue() + m.GetGauge().GetValue(), true
		}
	}
	return 0, false
}

// Two runs, one after the other: while the second goes on, the counters of the first are what its record says. Every event
// is counted, also those of a worker that was killed.
func TestMetricsOfRuns(t *testing.T) {
	t.Parallel()
	const first = `
name: first
consumer: {ack_wait: 1s, priority_policy: pinned_client, priority_groups: [g], priority_timeout: 300ms, max_ack_pending: 8}
publishers: [{backlog: 60, rate: 10/s}]
workers: [{name: w, count: 2, batch: 6, expires: 1s, service: 40ms, host: process}]
faults: [{on: "begin#3 of pinned", do: kill, for: 500ms}, {at: 1500ms, do: freeze, target: pinned, for: 700ms}]
phases: {disturb: 3s, drain: 20s}
`
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return file
	}
	second := strings.NewReplacer("name: first", "name: second").Replace(first)
	said, saying := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		defer saying.Close()
		ended <- pindrop([]string{"run", write("first.yaml", first), write("second.yaml", second), "--clock", "real",
			"--metrics", "0", "--out", dir}, io.Discard, saying)
	}()
	lines := bufio.NewReader(said)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	url := strings.TrimSpace(strings.TrimPrefix(line, "metrics at "))
	var found map[string]*dto.MetricFamily
	states := map[string]bool{}
	for {
		body := scrape(t, url, "text/plain")
		if body == nil {
			t.Fatalf("nothing is served any more, and the second run was never seen: exit code %d", <-ended)
		}
		found = parsed(t, body)
		for _, state := range sim.WorkerStates {
			for _, worker := range []string{"w1", "w2"} {
				is, _ := value(found["pindrop_worker_state"], "scenario", "first", "worker", worker, "state", state)
				states[state] = states[state] || is == 1
			}
		}
		if _, held := value(found["pindrop_pin_holder_info"], "scenario", "second"); held {
			break
		}
	}
	wanted := []string{
		"# UNIT pindrop_backlog_messages messages\n", "# TYPE pindrop_handled_messages counter\n", "# HELP pindrop_ack_pending ",
		`pindrop_ack_pending_limit{consumer="workers",scenario="second"} 8.0` + "\n", `pindrop_pin_holder_info{consumer="workers",scenario="second",worker="w`,
	}
	open, missing := "", wanted[0]
	for missing != "" { // what is not known yet is absent, and a pin can be lost again
		body := scrape(t, url, `application/openmetrics-text;version=1.0.0`)
		if body == nil {
			t.Fatalf("%q is missing in\n%s", missing, open)
		}
		open, missing = string(body), ""
		for _, want := range wanted {
			if !strings.Contains(open, want) {
				missing = want
			}
		}
	}
	if !strings.HasSuffix(open, "# EOF\n") {
		t.Errorf("not OpenMetrics:\n%s", open)
	}
	<-ended
	if !states[sim.WorkerAlive] || !states[sim.WorkerFrozen] || !states[sim.WorkerDown] {
		t.Errorf("the states that were seen are %v", states)
	}
	if _, ok := value(found["pindrop_ack_pending"], "scenario", "first"); ok {
		t.Error("a run that is over has messages ack pending")
	}
	countersAreThoseOf(t, found, filepath.Join(dir, "first"))
}

// countersAreThoseOf compares the counters of the scenario first with the only record in a directory.
func countersAreThoseOf(t *testing.T, found map[string]*dto.MetricFamily, dir string) {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%v, %v: want one result", dirs, err)
	}
	record, err := (&results.Run{Dir: dirs[0]}).Record()
	if err != nil {
		t.Fatal(err)
	}
	for family, metric := range map[string]string{
		"pindrop_stored_messages_total": "stored.count", "pindrop_handled_messages_total": "handled.count",
		"pindrop_delivered_messages_total": "delivered.count", "pindrop_redelivered_messages_total": "redelivery.count",
		"pindrop_overlaps_total": "overlap.count", "pindrop_overlap_seconds_total": "overlap.total",
	} {
		got, ok := value(found[family], "scenario", "first")
		want, measured := record.Metrics[metric]
		if !ok || !measured || math.Abs(got-want) > 1e-6 {
			t.Errorf("%s is %v, and %s of the record %v", family, got, metric, want)
		}
	}
	if n, _ := value(found["pindrop_runs_total"], "scenario", "first"); n != 1 {
		t.Errorf("%v runs are over, want 1", n)
	}
	for _, kind := range []string{"kill", "freeze"} {
		if n, _ := value(found["pindrop_faults_total"], "scenario", "first", "kind", kind); n != 1 {
			t.Errorf("%v faults of kind %s, want 1", n, kind)
		}
	}
	if record.Metrics["redelivery.count"] == 0 || record.Metrics["overlap.count"] == 0 {
		t.Errorf("nothing was delivered again, or no pins overlapped: too little is compared: %v", record.Metrics)
	}
}

// With --json there is one document on standard output and nothing else anywhere, and the metrics are served all the same.
func TestMetricsWithJSON(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	file := filepath.Join(t.TempDir(), "short.yaml")
	if err := os.WriteFile(file, []byte(short), 0o666); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- pindrop([]string{"run", file, "--clock", "real", "--json", "--metrics", address, "--out", t.TempDir()}, &stdout, &stderr)
	}()
	for served := false; !served; {
		select {
		case code := <-ended:
			t.Fatalf("exit code %d, and nothing was served: %s", code, &stderr)
		default:
			body := scrape(t, "http://"+address+"/metrics", "text/plain")
			_, served = value(parsed(t, body)["pindrop_run_info"], "scenario", "short", "seed", "1", "server", "embedded")
		}
	}
	if code := <-ended; code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	var one any
	decoder := json.NewDecoder(&stdout)
	if err := decoder.Decode(&one); err != nil {
		t.Fatal(err)
	}
	if err := decoder.Decode(&one); err != io.EOF {
		t.Errorf("there is more than one document: %v, %v", one, err)
	}
}

// Counters go on from one run of a scenario to the next, and gauges do not.
func TestCountersOfRepetitions(t *testing.T) {
	s, err := scenarios.Load("short.yaml", []byte(short), nil)
	if err != nil {
		t.Fatal(err)
	}
	m := &metrics{before: map[string]*totals{}}
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(m); err != nil {
		t.Fatal(err)
	}
	handled := func() (sum float64) {
		all, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range all {
			if f.GetName() == "pindrop_handled_messages_total" {
				sum, _ = value(f, "scenario", "short")
			}
		}
		return sum
	}
	last := 0.0
	for seed := range uint64(3) {
		m.begin(s.Plan(seed))
		for n := range int64(5) {
			m.see(sim.Snapshot{Counts: true, Handled: 10 * n, Workers: []sim.WorkerSnapshot{{Name: "w1", State: sim.WorkerAlive}}})
			if now := handled(); now < last || now != float64(seed)*40+float64(10*n) {
				t.Fatalf("seed %d: %v handled after %v", seed, now, last)
			} else {
				last = now
			}
		}
		m.end()
		if now := handled(); now != last {
			t.Fatalf("%v handled at the end of a run, and %v behind it", last, now)
		}
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v: %+v", err, problems)
	}
}

// docs/exports.md has all that is served.
func TestMetricsAreDocumented(t *testing.T) {
	const file = "../../docs/exports.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	table := "| metric | type | labels besides `scenario` | meaning |\n|---|---|---|---|\n"
	kinds := map[prometheus.ValueType]string{gauge: "gauge", counter: "counter"}
	for _, f := range families {
		labels := ""
		if len(f.labels) > 0 {
			labels = "`" + strings.Join(f.labels, "` `") + "`"
		}
		table += fmt.Sprintf("| `%s` | %s | %s | %s |\n", f.name, kinds[f.kind], labels, f.help)
	}
	mark := regexp.MustCompile(`(?s)(<!-- served -->\n).*?(<!-- end -->)`)
	want := mark.ReplaceAllString(string(text), "${1}"+table+"${2}")
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !mark.Match(text) || want != string(text) {
		t.Errorf("%s is not what is served; run the test with -rewrite: %s", file, cmp.Diff(want, string(text)))
	}
}
