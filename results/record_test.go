package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/measure"
)

var rewrite = flag.Bool("rewrite", false, "write golden files anew")

func expectation(t *testing.T, source string) *Expectation {
	t.Helper()
	e, err := CompileExpectation(source, vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// input is a small run in which everything holds.
func input(t *testing.T) Input {
	return Input{
		Scenario: "kill-mid-batch", Doc: "The pinned worker is cut off & leaves <3 messages.", Complete: true,
		Clock: "virtual", Engine: "native", Server: "embedded", Host: "goroutine",
		Seed: 1, Digest: "c0ffee", Events: 42, Started: "2031-05-06T07:08:09Z",
		Command:  "pindrop run kill-mid-batch --seed 1",
		Versions: Versions{Pindrop: "v1.0.0", NATSServer: "2.15.2", NATSGo: "1.55.0", Go: "go1.26"},
		Machine:  Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		Plan:     json.RawMessage(`{"seed":1}`),
		YAML:     "name: kill-mid-batch\n",
		Findings: measure.Findings{
			Metrics:   map[string]float64{"takeover.fault.max": 1.891, "lost.count": 0},
			Premises:  []measure.Premise{{Name: "drained", OK: true, Got: "0 waiting", Wanted: "0 waiting"}},
			Takeovers: []measure.Takeover{{FaultID: 1, FaultAt: 5, LastPull: -1, Repinned: 7, BeginAt: 9, From: "w1", To: "w2", FromFault: 4, FromPull: -1}},
			Series:    []measure.Series{{Name: "backlog", Unit: "messages", At: []int64{0, 5}, V: []float64{0, 3}}},
			Limit:     100, Policy: "pinned_client",
			Diagnosis: measure.Diagnosis{Cause: "takeover", Text: "The work waited for the pin to expire."},
			Warnings:  []string{"sampled every 100 ms"},
		},
		Expect:   []*Expectation{expectation(t, "takeover.fault.max <= priority_timeout + 100ms"), expectation(t, "lost.count == 0")},
		Warnings: []string{"server in process"},
	}
}

func TestVerdict(t *testing.T) {
	broken := measure.Premise{Name: "rate reached", Got: "3/s", Wanted: "16/s"}
	for _, test := range []struct {
		name    string
		change  func(*Input)
		verdict measure.Verdict
		reason  string
	}{
		{"all hold", func(*Input) {}, measure.Pass, "1 premise held, 2 expectations met"},
		{"nothing expected", func(in *Input) { in.Expect = nil }, measure.Pass, "1 premise held, nothing was expected"},
		{"failed", func(in *Input) { in.Findings.Metrics["lost.count"] = 1 }, measure.Fail,
			"not as expected: lost.count == 0 (lost.count = 1)"},
		{"unknown", func(in *Input) { in.Expect = append(in.Expect, expectation(t, "overlap.count == 0")) }, measure.Unknown,
			"cannot be judged: overlap.count == 0 (overlap.count is absent: it does not apply to this run, or could not be measured)"},
		{"failed and unknown", func(in *Input) {
			in.Findings.Metrics["lost.count"] = 1
			in.Expect = append(in.Expect, expectation(t, "overlap.count == 0"))
		}, measure.Fail, "not as expected: lost.count == 0 (lost.count = 1)"},
		{"broken premise", func(in *Input) { in.Findings.Premises = append(in.Findings.Premises, broken) }, measure.Unknown,
			"broken premise: rate reached (got 3/s, wanted 16/s)"},
		{"broken premise and failed", func(in *Input) {
			in.Findings.Premises = []measure.Premise{broken, broken}
			in.Findings.Metrics["lost.count"] = 1
		}, measure.Unknown, "broken premise: rate reached (got 3/s, wanted 16/s); rate reached (got 3/s, wanted 16/s)"},
		{"a known loss", func(in *Input) {
			in.Findings.Loss = &measure.Loss{Messages: 283, Known: true, Refs: []string{"nats-server#7564"}}
		}, measure.Pass, "known loss: 283 acknowledged messages (nats-server#7564); 1 premise held, 2 expectations met"},
		{"a known loss, and failed", func(in *Input) {
			in.Findings.Loss = &measure.Loss{Messages: 1, Known: true}
			in.Findings.Metrics["lost.count"] = 1
		}, measure.Fail, "known loss: 1 acknowledged message; not as expected: lost.count == 0 (lost.count = 1)"},
		{"a known loss of nobody knows how many, in a run that was no experiment", func(in *Input) {
			in.Findings.Loss = &measure.Loss{Messages: 9, AtMost: true, Stream: true, Known: true}
			in.Findings.Premises = []measure.Premise{broken}
		}, measure.Unknown, "known loss: the whole stream, at most 9 acknowledged messages; broken premise: rate reached (got 3/s, wanted 16/s)"},
		{"a loss that nothing explains, whatever else the run was", func(in *Input) {
			in.Findings.Loss = &measure.Loss{Messages: 2}
			in.Findings.Premises = []measure.Premise{broken}
		}, measure.Fail, "lost: 2 acknowledged messages, and nothing that is documented explains it"},
		{"incomplete", func(in *Input) { in.Complete = false }, measure.Unknown, "the run did not come to its end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := input(t)
			test.change(&in)
			r := New(in)
			if r.Verdict != test.verdict || r.Reason != test.reason {
				t.Errorf("got  %s: %s\nwant %s: %s", r.Verdict, r.Reason, test.verdict, test.reason)
			}
		})
	}
}

func TestExitCode(t *testing.T) {
	for verdict, want := range map[measure.Verdict]int{measure.Pass: 0, measure.Fail: 1, measure.Unknown: 2, "": 2, "passed": 2} {
		if got := ExitCode(verdict); got != want {
			t.Errorf("exit code of %q is %d, want %d", verdict, got, want)
		}
	}
}

func TestNewKeepsWhatIsNoNumberOut(t *testing.T) {
	in := input(t)
	in.Findings.Metrics["overlap.count"] = math.NaN()
	in.Findings.Metrics["handled.rate"] = math.Inf(1)
	in.Findings.Series = append(in.Findings.Series, measure.Series{Name: "handled", At: []int64{0, 1}, V: []float64{0, math.Inf(-1)}})
	in.Expect = []*Expectation{expectation(t, "overlap.count == 0")}
	r := New(in)
	if want := (map[string]float64{"takeover.fault.max": 1.891, "lost.count": 0}); !cmp.Equal(r.Metrics, want) {
		t.Errorf("metrics are %v", r.Metrics)
	}
	if len(r.Series) != 1 || r.Series[0].Name != "backlog" {
		t.Errorf("series are %v", r.Series)
	}
	want := []string{
		"server in process", "sampled every 100 ms",
		"metric handled.rate was left out: it came out as +Inf",
		"metric overlap.count was left out: it came out as NaN",
		"series handled was left out: its value 1 is -Inf",
	}
	if diff := cmp.Diff(want, r.Warnings); diff != "" {
		t.Error(diff)
	}
	if r.Verdict != measure.Unknown {
		t.Errorf("verdict is %s, want unknown: the expected metric was not measured", r.Verdict)
	}
	if err := r.Encode(&bytes.Buffer{}); err != nil {
		t.Error(err)
	}
}

func TestNewLeavesItsInputAlone(t *testing.T) {
	in, same := input(t), input(t)
	r := New(in)
	r.Warnings[0], r.Premises[0].Name, r.Metrics["lost.count"] = "changed", "changed", 9
	if diff := cmp.Diff(same.Findings, in.Findings); diff != "" {
		t.Error(diff)
	}
	if in.Warnings[0] != same.Warnings[0] {
		t.Errorf("warnings became %v", in.Warnings)
	}
}

// The golden file is the contract with everything that reads record.json.
func TestRecordGolden(t *testing.T) {
	r := New(input(t))
	r.Other = Agree(r, New(input(t)))
	var got bytes.Buffer
	if err := r.Encode(&got); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "record.json")
	if *rewrite {
		if err := os.WriteFile(golden, got.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestRecordReadsBack(t *testing.T) {
	want := New(input(t))
	var text bytes.Buffer
	if err := want.Encode(&text); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(&text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "line 1, column 0: unexpected end of JSON input"},
		{"truncated", "{\n  \"format\": 1,\n  \"scen", "line 3, column 7: unexpected end of JSON input"},
		{"no JSON", "{\n  format: 1}", "line 2, column 3: invalid character 'f'"},
		{"trailing", "{\"format\": 1}}", "column 14: invalid character '}' after top-level value"},
		{"no format", "{}", "no format found; expected the record.json of a run, with format 1"},
		{"another format", `{"format": 3}`, "found format 3; this pindrop reads format 1"},
		{"format of another type", `{"format": "1"}`, "line 1, column 14: json: cannot unmarshal string"},
		{"a field of another type", "{\"format\": 1,\n\"seed\": -1}", "line 2, column 10: json: cannot unmarshal number -1"},
		{"another verdict", `{"format": 1, "verdict": "passed"}`, `found verdict "passed"; expected pass, fail or unknown`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Decode(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "read record: ") {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestCodecPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Decode(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("decode: %v", err)
	}
	if err := New(input(t)).Encode(failingWriter{broken}); !errors.Is(err, broken) {
		t.Errorf("encode: %v", err)
	}
	r := New(input(t))
	r.Metrics["lost.count"] = math.NaN()
	if err := r.Encode(&bytes.Buffer{}); err == nil {
		t.Error("a NaN was written")
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
