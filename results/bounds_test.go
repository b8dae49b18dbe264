package results

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// What no run can have measured is refused by the place at which it stands.
func TestNumbersOfARecordAreBounded(t *testing.T) {
	for text, want := range map[string]string{
		`"metrics":{"gap.max":1e19}`:                                               "metrics.gap.max is 1e+19; expected a number of at most 9007199254740992",
		`"metrics":{"gap.max":-1e300}`:                                             "metrics.gap.max is -1e+300",
		`"series":[{"v":[1,2]},{"v":[0,1e16]}]`:                                    "series.1.v.1 is 1e+16",
		`"findings":{"phases":[{"to":2305843009213693953}]}`:                       "findings.phases.0.to is 2305843009213693953; expected at most 2305843009213693952",
		`"beside":{"lanes":[{"service":[{"from":-9223372036854775808}]}]}`:         "beside.lanes.0.service.0.from is -9223372036854775808",
		`"repeats":[{"metrics":{"gap.max":1e17}}]`:                                 "repeats.0.metrics.gap.max is 1e+17",
		`"seed":18446744073709551615,"findings":{"worst":[{"seq":` + "1e3" + `}]}`: "line 1, column",
	} {
		_, err := Decode(strings.NewReader(`{"format":1,"verdict":"pass",` + text + `}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := Decode(strings.NewReader(`{"format":1,"verdict":"pass","seed":18446744073709551615,"metrics":{"gap.max":9007199254740992}}`)); err != nil {
		t.Errorf("the largest of all: %v", err)
	}
}

// What cannot be read again is not written: it is left out, and said.
func TestHugeMetricsAreLeftOut(t *testing.T) {
	r := New(Input{Complete: true, Findings: measure.Findings{Metrics: map[string]float64{"gap.max": 1e19, "lost.count": 1}}})
	var b bytes.Buffer
	if err := r.Encode(&b); err != nil {
		t.Fatal(err)
	}
	again, err := Decode(&b)
	if err != nil || len(again.Metrics) != 1 || len(again.Warnings) != 1 {
		t.Errorf("got %+v, error %v", again, err)
	}
}

// A file without an end, or with more objects than any run has, is refused before it takes all memory.
func TestFilesAreBounded(t *testing.T) {
	if _, err := Decode(strings.NewReader(`{"format":1,"verdict":"pass","findings":{"lanes":[` + strings.Repeat("{},", objectsMax) + `{}]}}`)); err == nil || !strings.Contains(err.Error(), "objects; expected at most") {
		t.Errorf("many objects: got %v", err)
	}
	if _, err := ReadJSONL(strings.NewReader(strings.Repeat(" ", lineMax+1))); err == nil || !strings.Contains(err.Error(), "line 1: expected at most 16 MB in a line") {
		t.Errorf("a line without an end: got %v", err)
	}
}

// Times that no run can have are refused by every reader of events.
func TestTimesOfEventsAreBounded(t *testing.T) {
	for _, e := range []history.Event{
		{At: 1<<63 - 1}, {At: -1 << 63}, {Due: history.TimeMax + 1}, {Expires: -history.TimeMax - 1}, {Delay: 1 << 62}, {Stamp: 1 << 62},
	} {
		e.Actor, e.Kind, e.N = "w1", history.Begin, 1
		if err := WriteHistory(&bytes.Buffer{}, history.Of(e)); err == nil {
			t.Errorf("%+v was written", e)
		}
		var lines bytes.Buffer
		if err := WriteJSONL(&lines, history.Of(e)); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadJSONL(&lines); err == nil || !strings.Contains(err.Error(), "18 years") {
			t.Errorf("%+v as a line: got %v", e, err)
		}
	}
}

// A study that speaks of what it does not have is refused by the place.
func TestStudiesFitTogether(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{SweepFile, `"axes":[{"path":"a","values":["1","2"]}],"points":[{"values":["1"]},{"values":[]}]`, "points.1: found 0 values; expected one of each of 1 axes"},
		{SweepFile, `"axes":[{"path":"a","values":["1","2"]}],"points":[{"values":["3"]}]`, `points.0: found value "3"; the axis a does not have it`},
		{SweepFile, `"repeat":1000000000`, "repeat is 1000000000; expected at most 1000000"},
		{TuningFile, `"goals":[{}],"limits":[{"limit":1,"failed":[{"goal":1}]}]`, "it speaks of goal 1; there are 1"},
		{TuningFile, `"limits":[{"limit":5},{"limit":0}]`, "limits.1: limit is 0; expected more than 0"},
		{TuningFile, `"goals":[{}],"levers":[{"goal":-1}]`, "it speaks of goal -1"},
		{TuningFile, `"goals":[{}],"limits":[{"limit":1,"held":[1,2]}]`, "limits.0: held has 2 goals; there are 1"},
		{TuningFile, `"also":[{"path":"a","values":["1"]}],"variants":[{}]`, "variants.0: found 0 values"},
		{ExploreFile, `"seeds":-1`, "seeds is -1"},
	} {
		run := &Run{Dir: t.TempDir()}
		path := filepath.Join(run.Dir, test.name)
		if err := os.WriteFile(path, fmt.Appendf(nil, `{"format":1,%s}`, test.text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, sweepErr := run.Sweep()
		_, tuneErr := run.Tuning()
		_, exploreErr := run.Exploration()
		err := map[string]error{SweepFile: sweepErr, TuningFile: tuneErr, ExploreFile: exploreErr}[test.name]
		if err == nil || !strings.Contains(err.Error(), path+": "+test.want) {
			t.Errorf("%s: got %v, want %q", test.text, err, test.want)
		}
	}
}
