package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/perf/benchfmt"

	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
)

// benchstat's reader takes every line, finds each repeat under one name, and the metrics with their values.
func TestBenchIsRead(t *testing.T) {
	all := inputs(t)
	for name, in := range hostiles(t) {
		all["hostile "+name] = in
	}
	for name, in := range all {
		t.Run(name, func(t *testing.T) {
			r := benchfmt.NewReader(bytes.NewReader(render(t, "bench", in, Options{})), name)
			found, names := 0, map[string]int{}
			for r.Scan() {
				switch rec := r.Result().(type) {
				case *benchfmt.SyntaxError:
					t.Errorf("line of no sense: %v", rec)
				case *benchfmt.Result:
					found++
					names[string(rec.Name)]++
					if _, procs := rec.Name.Parts(); len(procs) > 0 && strings.HasPrefix(string(procs[len(procs)-1]), "-") {
						t.Errorf("%s is read as a run on several processors", rec.Name)
					}
					if rec.GetConfig("scenario") == "" || rec.GetConfig("clock") == "" || rec.GetConfig("seeds") == "" {
						t.Errorf("%s has no scenario, clock or seeds", rec.Name)
					}
				}
			}
			if r.Err() != nil || found == 0 {
				t.Errorf("found %d results, error %v", found, r.Err())
			}
			if name == "repeats" && (len(names) != 1 || found != 3) {
				t.Errorf("repeats are %v, want one name three times", names)
			}
		})
	}
}

// Each metric comes through as it is in the record, and rates of the virtual clock have a unit of their own.
func TestBenchValues(t *testing.T) {
	run := theDrill(t)
	units := map[string]string{"takeover.fault.max": "takeover.fault.max-sec", "held.at_fault": "held.at_fault", "handled.rate": "handled.rate-msg/virtual-sec"}
	line := benchResult(t, run)
	for metric, unit := range units {
		if got, ok := line.Value(unit); !ok || got != run.Record.Metrics[metric] {
			t.Errorf("%s is %v (%v), want %v", unit, got, ok, run.Record.Metrics[metric])
		}
	}
	run.Record.Clock = "real"
	if _, ok := benchResult(t, run).Value("handled.rate-msg/sec"); !ok {
		t.Error("no rate in real time")
	}
	run.Record.Premises = []measure.Premise{{Name: "drained", Got: "3\nBenchmarkForged 1 1 ns/op", Wanted: "none"}}
	if got := render(t, "bench", of(run), Options{}); bytes.Contains(got, []byte("\nBenchmark")) || !bytes.Contains(got, []byte("# left out: ")) {
		t.Errorf("a run with a broken premise is a result: %s", got)
	}
}

func benchResult(t *testing.T, run Run) *benchfmt.Result {
	t.Helper()
	r := benchfmt.NewReader(bytes.NewReader(render(t, "bench", of(run), Options{})), "run")
	for r.Scan() {
		if result, ok := r.Result().(*benchfmt.Result); ok {
			return result
		}
	}
	t.Fatal("no result")
	return nil
}

// The percentiles are those of the record, the file reads as a distribution of service times, and HdrHistogram says the
// same of the values as far as its buckets go.
func TestPercentilesAreExact(t *testing.T) {
	run := theDrill(t)
	for _, p := range AllPercentiles(run) {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		rows := percentileRows(t, b.String())
		h := hdr.New(1, 3_600_000_000_000, 3)
		for _, v := range p.of.Values {
			if err := h.RecordValue(v.Value); err != nil {
				t.Fatal(err)
			}
		}
		brackets := h.CumulativeDistributionWithTicks(ticksPerHalf)
		if len(brackets) != len(rows) {
			t.Fatalf("%s: %d lines, HdrHistogram has %d", p.Name, len(rows), len(brackets))
		}
		for i, row := range rows {
			of, want := brackets[i], float64(brackets[i].ValueAt)/1e6
			same := math.Abs(100*row[1]-of.Quantile) < 1e-9 && math.Abs(row[0]-want) <= want/500+1e-6
			if !same || row[2] > float64(of.Count) || row[2] < float64(of.Count)-1 { // a bucket may hold two of our values
				t.Errorf("%s: line %d is %v, HdrHistogram has %v", p.Name, i+1, row, of)
			}
		}
		if last := rows[len(rows)-1]; last[1] != 1 || last[2] != float64(len(p.of.Values)) {
			t.Errorf("%s ends with %v, want 100 %% of %d", p.Name, last, len(p.of.Values))
		}
	}
	rows := percentileRows(t, string(render(t, "hgrm", of(run), Options{})))
	i := slices.IndexFunc(rows, func(row []float64) bool { return row[1] == 0.5 })
	if got, want := rows[i][0], 1000*run.Record.Metrics["latency.response.p50"]; math.Abs(got-want) > 1e-6 {
		t.Errorf("the median is %v ms, the record has %v ms", got, want)
	}
}

// What is exported can be a scenario's service time.
func TestPercentilesAreAServiceTime(t *testing.T) {
	text := render(t, "hgrm", of(theDrill(t)), Options{Latency: "service"})
	s, err := scenarios.LoadFiles("a.yaml", []byte("publishers: []\nworkers: [{service: {from: service.hgrm}}]\n"), nil,
		func(string) ([]byte, error) { return text, nil })
	if err != nil {
		t.Fatal(err)
	}
	points := s.Workers[0].Service.Points
	want := theDrill(t).Record.Metrics["latency.service.max"]
	if got := points[len(points)-1].Time.D().Seconds(); math.Abs(got-want) > 1e-9 {
		t.Errorf("the longest service is %v s, want %v s", got, want)
	}
}

func percentileRows(t *testing.T, text string) [][]float64 {
	t.Helper()
	var rows [][]float64
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || strings.HasPrefix(line, "#") || words[0] == "Value" {
			continue
		}
		var row []float64
		for _, w := range words {
			v, err := strconv.ParseFloat(w, 64)
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		t.Fatal("no percentiles")
	}
	return rows
}

// An unknown latency is refused with the nearest that is there.
func TestPercentilesOfNothing(t *testing.T) {
	f, _ := Find("hgrm")
	err := f.Write(io.Discard, of(theDrill(t)), Options{Latency: "respons"})
	if err == nil || !strings.HasPrefix(err.Error(), "kill-drill has no respons times; nearest: response (of store, queue, ") {
		t.Errorf("got %v", err)
	}
}

// The library's own reader finds every time in the interval in which it was over.
func TestIntervalLogIsRead(t *testing.T) {
	run := theDrill(t)
	text := render(t, "hlog", of(run), Options{})
	lines := bytes.Count(text, []byte("HISTF"))
	log := hdr.NewHistogramLogReader(bufio.NewReader(bytes.NewReader(text)))
	counts, longest := map[string]int64{}, map[string]int64{}
	for range lines {
		h, err := log.NextIntervalHistogram()
		if err != nil || h == nil {
			t.Fatalf("got %v, %v", h, err)
		}
		if h.EndTimeMs()-h.StartTimeMs() != 1000 {
			t.Errorf("an interval from %d to %d ms", h.StartTimeMs(), h.EndTimeMs())
		}
		counts[h.Tag()] += h.TotalCount()
		longest[h.Tag()] = max(longest[h.Tag()], h.Max())
	}
	if h, err := log.NextIntervalHistogram(); h != nil || err != nil {
		t.Errorf("more than %d histograms: %v, %v", lines, h, err)
	}
	for _, l := range run.Record.Findings.Latencies {
		tag := l.Name
		if tag == "response" {
			tag = ""
		}
		if counts[tag] != l.Count {
			t.Errorf("%s: %d times, want %d", l.Name, counts[tag], l.Count)
		}
		want := float64(l.Points[len(l.Points)-1].Value)
		if got := float64(longest[tag]); math.Abs(got-want) > want/500 {
			t.Errorf("%s: at most %v, want %v", l.Name, got, want)
		}
	}
}

// The table reads back, its columns are those that are documented, and its sums are those of the record.
func TestTableIsRead(t *testing.T) {
	run := theDrill(t)
	text := render(t, "csv", of(run), Options{Every: 250e6})
	if n := bytes.Count(text, []byte("\n")); n != bytes.Count(text, []byte("\r\n")) || n == 0 {
		t.Error("lines do not end as RFC 4180 has it")
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows[0]) != len(Columns) {
		t.Fatalf("%d columns, want %d", len(rows[0]), len(Columns))
	}
	sums, most := map[string]float64{}, map[string]float64{}
	for _, row := range rows[1:] {
		for i, c := range Columns {
			v, err := strconv.ParseFloat(row[i], 64)
			if err != nil {
				continue
			}
			key := row[slices.IndexFunc(Columns, func(c Column) bool { return c.Name == "role" })] + " " + c.Name
			sums[key] += v
			most[key] = max(most[key], v)
		}
	}
	m := run.Record.Metrics
	for key, want := range map[string]float64{"run handled": m["handled.count"], "worker handled": m["handled.count"], "run redelivered": m["redelivery.count"],
		"publisher stored": m["stored.count"], "run stored": m["stored.count"]} {
		if sums[key] != want {
			t.Errorf("%s is %v in all, want %v", key, sums[key], want)
		}
	}
	for key, want := range map[string]float64{"run ack_pending_max": m["ack_pending.max"], "run backlog_max": m["backlog.max"], "worker held_max": m["held.max"]} {
		if most[key] != want {
			t.Errorf("%s is at most %v, want %v", key, most[key], want)
		}
	}
}

// An interval too short is refused before a file of any size is there.
func TestTableIsBounded(t *testing.T) {
	f, _ := Find("csv")
	err := f.Write(io.Discard, of(theDrill(t)), Options{Every: 1000})
	if err == nil || !strings.Contains(err.Error(), "interval of 0.000001 s; expected at most 1000000: choose a longer interval") {
		t.Errorf("got %v", err)
	}
}

// No text begins a formula, whoever chose it; numbers keep their signs.
func TestTableHoldsNoFormula(t *testing.T) {
	for name, in := range hostiles(t) {
		text := render(t, "csv", in, Options{})
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, row := range rows {
			for _, c := range row {
				if _, err := strconv.ParseFloat(c, 64); err != nil && c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
					t.Errorf("%s: %q begins a formula", name, c)
				}
			}
		}
	}
	for text, want := range map[string]string{"-1": "-1", "-1+2": "'-1+2", "=1": "'=1", " @a": "'@a", "a=b": "a=b", "": ""} {
		if got := cell(text); got != want {
			t.Errorf("cell(%q) is %q, want %q", text, got, want)
		}
	}
}

// The numbers of a suite are those of its cases, and every test is one of them, whatever is in the names.
func TestJUnitIsRead(t *testing.T) {
	all := inputs(t)
	for name, in := range hostiles(t) {
		all["hostile "+name] = in
	}
	for name, in := range all {
		var file testSuites
		if err := xml.Unmarshal(render(t, "junit", in, Options{}), &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		total := 0
		for _, s := range file.Suites {
			failures, errs, skipped := 0, 0, 0
			for _, c := range s.Cases {
				if c.Failure != nil {
					failures++
				}
				if c.Error != nil {
					errs++
				}
				if c.Skipped != nil {
					skipped++
				}
				if c.Name == "" || c.Class == "" {
					t.Errorf("%s: a case without a name: %+v", name, c)
				}
			}
			if got, want := []int{s.Tests, s.Failures, s.Errors, s.Skipped}, []int{len(s.Cases), failures, errs, skipped}; !slices.Equal(got, want) {
				t.Errorf("%s: the suite says %v, its cases %v", name, got, want)
			}
			total += len(s.Cases)
		}
		if total != file.Tests || total == 0 {
			t.Errorf("%s: %d tests, %d cases", name, file.Tests, total)
		}
	}
}

// A broken premise is an error, and what was expected then is not judged.
func TestJUnitOfNoExperiment(t *testing.T) {
	run := theDrill(t)
	run.Record.Premises = []measure.Premise{{Name: "drained", Got: "3 waiting", Wanted: "none"}}
	var file testSuites
	if err := xml.Unmarshal(render(t, "junit", of(run), Options{}), &file); err != nil {
		t.Fatal(err)
	}
	s := file.Suites[0]
	if s.Errors != 1 || s.Failures != 0 || s.Skipped != len(run.Record.Expect) {
		t.Errorf("%d errors, %d failures, %d skipped; want 1, 0, %d", s.Errors, s.Failures, s.Skipped, len(run.Record.Expect))
	}
	if got, want := s.Cases[0].Error.Message, "broken premise: wanted none, got 3 waiting"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A known loss fails nothing, and is in no export a bare pass; one that nothing explains is a failure.
func TestLossIsExported(t *testing.T) {
	run := theDrill(t)
	run.Record.Expect, run.Record.Verdict = nil, measure.Pass
	run.Record.Findings.Loss = &measure.Loss{Messages: 283, Known: true, Cause: "a power loss", Refs: []string{"nats-server#7564"}}
	run.Record.Findings.Laws = []safety.Judgement{{Law: "write_lost", Outcome: safety.Known, Text: "gone"}, {Law: "order_broken", Outcome: safety.Held}}
	var file testSuites
	if err := xml.Unmarshal(render(t, "junit", of(run), Options{}), &file); err != nil {
		t.Fatal(err)
	}
	s := file.Suites[0]
	if s.Failures+s.Errors != 0 || s.Skipped != 2 {
		t.Errorf("%d failures, %d errors, %d skipped; want the law and the loss skipped", s.Failures, s.Errors, s.Skipped)
	}
	last := s.Cases[slices.IndexFunc(s.Cases, func(c testCase) bool { return c.Name == "no acknowledged message is lost" })]
	if want := "known loss: 283 acknowledged messages (nats-server#7564): a power loss"; last.Skipped == nil || last.Skipped.Message != want {
		t.Errorf("got %+v, want it skipped: %s", last, want)
	}
	if text := string(render(t, "summary", of(run), Options{})); !strings.Contains(text, "✓ pass, with a known loss\n") {
		t.Errorf("the summary begins %.60q", text)
	}

	run.Record.Findings.Loss = &measure.Loss{Messages: 2}
	run.Record.Findings.Laws = []safety.Judgement{{Law: "write_lost", Outcome: safety.Broken, Text: "gone"}}
	if err := xml.Unmarshal(render(t, "junit", of(run), Options{}), &file); err != nil {
		t.Fatal(err)
	}
	if s := file.Suites[len(file.Suites)-1]; s.Failures != 2 {
		t.Errorf("%d failures, want the law and the loss", s.Failures)
	}
}

// The summary stays below what the page of a job takes, and every row of a table has the cells of its head.
func TestSummaryIsMarkdown(t *testing.T) {
	var many []Run
	for i := range 1000 {
		r := hostile(t)
		r.Record.Seed = uint64(i)
		many = append(many, r)
	}
	all := hostiles(t)
	all["many"] = of(many...)
	for name, in := range all {
		text := string(render(t, "summary", in, Options{}))
		if len(text) > 1<<20 {
			t.Errorf("%s: %d bytes", name, len(text))
		}
		cells := 0
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "    ") {
				continue
			}
			if strings.Contains(line, "<script") || strings.Contains(line, "[a](b)") && !strings.Contains(line, `\[a\]`) {
				t.Errorf("%s: %q", name, line)
			}
			n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			switch {
			case !strings.HasPrefix(line, "|"):
				cells = 0
			case cells == 0:
				cells = n
			case n != cells:
				t.Errorf("%s: a row of %d bars in a table of %d: %q", name, n, cells, line)
			}
		}
	}
	if !strings.Contains(string(render(t, "summary", of(many...), Options{})), " more are not shown") {
		t.Error("it does not say that runs were left out")
	}
}

// A spike survives in whatever column it falls, and only 0 is as low as it gets.
func TestSpark(t *testing.T) {
	s := measure.Series{At: []int64{0, 500, 501, 900}, V: []float64{0, 100, 1, 0}}
	line, most := spark(s, measure.Span{From: 0, To: 1000})
	runes := []rune(line)
	if most != 100 || len(runes) != sparkColumns || runes[0] != '▁' || runes[30] != '█' || runes[31] != '▂' || runes[59] != '▁' {
		t.Errorf("at most %v: %s", most, line)
	}
	if line, _ := spark(measure.Series{}, measure.Span{From: 0, To: 10}); line != "" {
		t.Errorf("a line of nothing: %q", line)
	}
	if got, want := marks([]measure.Fault{{Span: measure.Span{From: 500}}}, measure.Span{From: 0, To: 1000}), strings.Repeat(" ", 30)+"↑"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func ExampleFind() {
	_, err := Find("perfetto")
	fmt.Println(err)
	// Output: unknown format "perfetto"; nearest: text (of html, text, summary, junit, bench, csv, hgrm, hlog, trace)
}
