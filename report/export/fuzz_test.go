package export

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
)

var (
	numbers = regexp.MustCompile(`-?\d+(\.\d+)?([eE][-+]?\d+)?`)
	lists   = regexp.MustCompile(`\[[^][]*\]`)
)

// extremes take the place of numbers and of lists, which a fuzzer that changes bytes hardly ever finds.
var extremes = []string{
	"0", "-1", "1e19", "-1e19", "1e300", "9007199254740992", "-9007199254740992", "9223372036854775807", "-9223372036854775808",
	"576460752303423488", "-576460752303423488", "4294967295", "2147483647", "18446744073709551615", "1e-300", "null", "[]", "{}",
}

// extreme puts one of them in the place of a number, or of a list; without how the text stays.
func extreme(text []byte, where uint16, how byte) []byte {
	if how == 0 {
		return text
	}
	places := append(numbers.FindAllIndex(text, math.MaxUint16), lists.FindAllIndex(text, math.MaxUint16)...)
	if len(places) == 0 {
		return text
	}
	at := places[int(where)%len(places)]
	return bytes.Join([][]byte{text[:at[0]], []byte(extremes[int(how)%len(extremes)]), text[at[1]:]}, nil)
}

// writeAll writes an input in every format that takes it: none may panic, whatever it makes of it.
func writeAll(in Input) {
	for _, f := range Formats {
		if f.Check(in) == nil {
			_ = f.Write(io.Discard, in, Options{Every: 1e9})
		}
	}
}

func encoded(f *testing.F, study any) []byte {
	var b bytes.Buffer
	if err := results.EncodeStudy(&b, study); err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}

// stored is a directory with a study's file.
func stored(t *testing.T, name string, text []byte) *results.Run {
	run := &results.Run{Dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(run.Dir, name), text, 0o666); err != nil {
		t.Fatal(err)
	}
	return run
}

// short is a record with a few of everything: a fuzzer is quick with short texts only.
func short(r *results.Record) *results.Record {
	own := *r
	own.YAML, own.Series = "", nil
	for _, s := range r.Series {
		n := min(3, len(s.At))
		own.Series = append(own.Series, measure.Series{Name: s.Name, Unit: s.Unit, At: s.At[:n], V: s.V[:n]})
	}
	own.Findings.Lanes = own.Findings.Lanes[:1]
	own.Findings.Latencies = slices.Clone(own.Findings.Latencies[:1])
	own.Findings.Latencies[0].Points = own.Findings.Latencies[0].Points[:3]
	own.Findings.Worst = own.Findings.Worst[:1]
	own.Findings.Redeliveries = own.Findings.Redeliveries[:min(2, len(own.Findings.Redeliveries))]
	return &own
}

// Whatever record.json holds, it is refused, or is shown and compared.
func FuzzRecord(f *testing.F) {
	r, err := drill()
	if err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := short(r.Record).Encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), uint16(0), byte(0))
	f.Add([]byte(`{"format":1,"verdict":"pass","findings":{"redeliveries":[{"delivery":4294967295}]}}`), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, text []byte, where uint16, how byte) {
		r, err := results.Decode(bytes.NewReader(extreme(text, where, how)))
		if err != nil {
			return
		}
		run := Run{Record: r}
		for _, in := range []Input{of(run), of(run, run)} {
			for _, format := range Formats {
				if !format.History && format.Check(in) == nil {
					_ = format.Write(io.Discard, in, Options{})
				}
			}
		}
		g := results.GroupOf(r, "a")
		c := results.Compare(g, g, results.CompareOptions{})
		_ = report.CompareHTML(io.Discard, c)
		_ = report.CompareText(io.Discard, c, report.TextOptions{})
		_ = report.HTMLAgainst(io.Discard, r, c)
		entry := report.Indexed{Kind: "run", Scenario: r.Scenario, Started: r.Started, Metrics: r.Metrics}
		_ = report.IndexHTML(io.Discard, "results", []report.Indexed{entry, entry}, nil)
	})
}

// Whatever sweep.json holds, it is refused, or shown.
func FuzzSweep(f *testing.F) {
	f.Add(encoded(f, aSweep()), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, text []byte, where uint16, how byte) {
		if s, err := stored(t, results.SweepFile, extreme(text, where, how)).Sweep(); err == nil {
			writeAll(Input{Sweep: s})
		}
	})
}

// Whatever tuning.json holds, it is refused, or shown.
func FuzzTuning(f *testing.F) {
	f.Add(encoded(f, aTuning()), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, text []byte, where uint16, how byte) {
		if s, err := stored(t, results.TuningFile, extreme(text, where, how)).Tuning(); err == nil {
			writeAll(Input{Tuning: s})
			_ = report.TuningMarkdown(io.Discard, []*results.Tuning{s})
		}
	})
}

// Whatever explore.json holds, it is refused, or shown.
func FuzzExploration(f *testing.F) {
	e := &results.Exploration{
		Study: newStudy("pindrop explore drill.yaml"), Seeds: 10, Run: 10, Engine: "native", Jobs: 1, Wall: 3, Virtual: 500, Ended: "found",
		Laws:   []results.LawCount{{Law: "acked-is-kept", Held: 8, Broken: 1, Open: 1, Why: []results.Unjudged{{Seed: 2, Reason: "cut"}}}},
		Losses: results.Losses{Runs: 1, Messages: 3, Refs: []string{"nats-server#7564"}}, Nothing: []results.Unjudged{{Seed: 3, Reason: "cut"}},
		Found: []results.Found{{Seed: 7, What: "acked-is-kept", Text: "1 message is gone", Faults: "kill w1", Drawn: &results.Drawn{Text: "2 are"}}},
	}
	f.Add(encoded(f, e), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, text []byte, where uint16, how byte) {
		if e, err := stored(t, results.ExploreFile, extreme(text, where, how)).Exploration(); err == nil {
			_ = report.ExplorationHTML(io.Discard, e)
			_ = report.ExplorationText(io.Discard, e, report.TextOptions{})
			_ = report.ExplorationStory(e)
			e.Verdict()
		}
	})
}

// Whatever lines of JSON say, they are refused, or measured and written in every format.
func FuzzJSONLines(f *testing.F) {
	text, err := os.ReadFile("testdata/drill.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	f.Add(bytes.Join(lines[:min(25, len(lines))], nil), uint16(0), byte(0))
	f.Add(bytes.Join(lines[max(0, len(lines)-15):], nil), uint16(0), byte(0))
	f.Add([]byte(`{"at":0,"actor":"runner","n":1,"kind":"phase","phase":"disturb"}`+"\n"+
		`{"at":9223372036854775807,"actor":"runner","n":2,"kind":"phase","phase":"end"}`), uint16(0), byte(0))
	// The longest time that a history can have: from one end of time to the other.
	f.Add([]byte(`{"at":-576460752303423488,"actor":"runner","n":1,"kind":"phase","phase":"disturb"}
{"at":1,"actor":"publisher-1","n":1,"kind":"publish","op":1,"key":"k0","size":9,"due":-576460752303423488}
{"at":2,"actor":"publisher-1","n":2,"kind":"stored","seq":1,"op":1,"key":"k0"}
{"at":576460752303423488,"actor":"w1","n":1,"kind":"begin","seq":1,"delivery":1}
{"at":576460752303423488,"actor":"w1","n":2,"kind":"effect","seq":1,"delivery":1}
{"at":576460752303423488,"actor":"runner","n":2,"kind":"phase","phase":"end"}`), uint16(0), byte(0))
	f.Fuzz(func(t *testing.T, text []byte, where uint16, how byte) {
		h, err := results.ReadJSONL(bytes.NewReader(extreme(text, where, how)))
		if err != nil {
			return
		}
		h = h.Ordered()
		findings := measure.Stream(h.Events(), measure.Asked{})
		r := results.New(results.Input{Scenario: "fuzz", Complete: true, Findings: *findings})
		var b bytes.Buffer
		if err := r.Encode(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := results.Decode(&b); err != nil {
			t.Fatalf("a record that was made cannot be read: %v", err)
		}
		writeAll(of(Run{r, h}))
	})
}

// A run that seems to last for years is written as soon as any other: nothing goes through its time step by step.
func TestHugeTimesEnd(t *testing.T) {
	late := &history.History{}
	for e := range theDrill(t).History.Events() {
		if own := *e; own.At > 5e9 {
			own.At += history.TimeMax - 60e9
			late.Append(&own)
		} else {
			late.Append(e)
		}
	}
	began := time.Now()
	r := results.New(results.Input{Scenario: "late", Complete: true, Findings: *measure.Stream(late.Events(), measure.Asked{})})
	writeAll(of(Run{r, late}))
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}
