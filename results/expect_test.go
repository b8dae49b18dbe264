package results

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

func vocabulary() Vocabulary {
	return Vocabulary{
		Metrics: map[string]string{
			"takeover.fault.max": "s", "lost.count": "", "overlap.count": "", "handled.rate": "/s", "publish.unknown": "",
		},
		Settings: map[string]float64{
			"priority_timeout": 2, "consumer.max_ack_pending": -1, "workers.batch": 10, "workers.jitter": 0,
		},
	}
}

func TestExpectationIsJudged(t *testing.T) {
	metrics := map[string]float64{"takeover.fault.max": 1.891, "lost.count": 2, "handled.rate": 10, "publish.unknown": math.NaN()}
	for _, test := range []struct {
		expr    string
		verdict measure.Verdict
		got     string
		why     string
	}{
		{expr: "takeover.fault.max <= priority_timeout + 100ms", verdict: measure.Pass, got: "takeover.fault.max = 1.891 s"},
		{expr: "takeover.fault.max <= priority_timeout - 110ms", verdict: measure.Fail, got: "takeover.fault.max = 1.891 s"},
		{expr: "lost.count == 0", verdict: measure.Fail, got: "lost.count = 2"},
		{expr: "lost.count == workers.batch * 20%", verdict: measure.Pass, got: "lost.count = 2"},
		{expr: "takeover.fault.max * lost.count < 1m30s && lost.count*2 > 3", verdict: measure.Pass, got: "takeover.fault.max = 1.891 s, lost.count = 2"},
		{expr: "lost.count - handled.rate >= -8", verdict: measure.Pass, got: "lost.count = 2, handled.rate = 10 /s"},
		{expr: "abs(lost.count - 3) == 1 and min(lost.count, 1) == 1 and max(1, lost.count, 0) == 2", verdict: measure.Pass, got: "lost.count = 2"},
		{expr: "lost.count == -2 * consumer.max_ack_pending", verdict: measure.Pass, got: "lost.count = 2"},
		{expr: "1 < lost.count < 3", verdict: measure.Pass, got: "lost.count = 2"},
		{expr: "(1+2)/2 == 1.5", verdict: measure.Pass},
		{expr: "1000000us == 1s and 1000µs == 1ms and 1ns < 1us and 1h == 60m", verdict: measure.Pass},
		{expr: "not (lost.count != 2)", verdict: measure.Pass, got: "lost.count = 2"},
		{expr: "!(lost.count != 2) || false", verdict: measure.Pass, got: "lost.count = 2"},

		{expr: "overlap.count == 0", verdict: measure.Unknown, got: "overlap.count is absent",
			why: "overlap.count is absent: it does not apply to this run, or could not be measured"},
		{expr: "lost.count == 2 or overlap.count == 0", verdict: measure.Pass, got: "lost.count = 2, overlap.count is absent"},
		{expr: "lost.count == 0 and overlap.count == 0", verdict: measure.Fail, got: "lost.count = 2, overlap.count is absent"},
		{expr: "absent(overlap.count) or overlap.count == 0", verdict: measure.Pass, got: "overlap.count is absent"},
		{expr: "absent( lost.count )", verdict: measure.Fail, got: "lost.count = 2"},
		{expr: "publish.unknown < 1", verdict: measure.Unknown, got: "publish.unknown = NaN", why: "publish.unknown is NaN, which is no measurement"},
		{expr: "lost.count / workers.jitter > 1", verdict: measure.Unknown, got: "lost.count = 2", why: "division by zero"},
		{expr: "0 / 0 < 1", verdict: measure.Unknown, why: "division by zero"},
	} {
		t.Run(test.expr, func(t *testing.T) {
			e, err := CompileExpectation(test.expr, vocabulary())
			if err != nil {
				t.Fatal(err)
			}
			want := Judged{Expr: test.expr, Verdict: test.verdict, OK: test.verdict == measure.Pass, Got: test.got, Why: test.why}
			if got := e.Judge(metrics); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// The mark in at stands under the character at which the error must point.
func TestExpectationErrorsPointAtTheMistake(t *testing.T) {
	for _, test := range []struct{ expr, at, problem string }{
		{"", "^", "it is empty"},
		{"  ", "^", "it is empty"},
		{"lost.count", "^", "it is a number; expected a condition, such as lost.count > 0"},
		{"lost.count + 1", "^", "it is a number"},
		{"lost.cont == 0", "^", `unknown metric or setting "lost.cont"; nearest: lost.count`},
		{"0 == lost.cont", "     ^", `unknown metric or setting "lost.cont"; nearest: lost.count`},
		{"lost.count <= prioritytimeout", "              ^", `nearest: priority_timeout`},
		{"lost.count == workers.batc", "              ^", `nearest: workers.batch`},
		{"lost.count ==", "             ^", "it ends too early"},
		{"(lost.count == 0", "                ^", "it ends too early"},
		{"lost.count == 0)", "               ^", `unexpected ")"`},
		{"lost.count workers.batch", "           ^", `unexpected "workers.batch"`},
		{"lost.count = 0", "           ^", "unexpected '='; nearest: =="},
		{"lost.count > '0'", "             ^", "without quotes"},
		{"lost.count > 5 %", "               ^", "a percentage is a number with the sign right behind it: 5%"},
		{"10%3 == 0", "   ^", `unexpected "3"`},
		{"lost.count ?? 1", "           ^", "unexpected '?'; expected a metric"},
		{"lost.count > 5ss", "             ^", `cannot read "5ss"; expected a number, a percentage (5%) or a duration`},
		{"lost.count > 5s%", "             ^", `cannot read "5s%"`},
		{"foo(1) > 2", "^", `unknown function "foo"; nearest: abs`},
		{"maximum (1, 2) > 2", "^", `unknown function "maximum"; nearest: max`},
		{`metric(lost.count) > 2`, "^", `unknown function "metric"; nearest: `},
		{"absent(priority_timeout)", "       ^", "absent() takes the name of a metric"},
		{"absent(lost.cuont)", "       ^", "nearest: lost.count"},
		{"absent()", "       ^", "absent() takes the name of a metric"},
		{"lost.count + true > 0", "           ^", "mismatched types number and bool"},
		{"100ms < lost.count and 1", "                   ^", "mismatched types bool and number"},
		{"lost.count ** 2 > 1", "            ^", `unexpected "*"`},
		{"lost.count // 2 > 1", "            ^", `unexpected "/"`},
		{"1µs < lost.count?", "                ^", "unexpected '?'"},
		{"min() > 0", "^", "not enough arguments"},
		{strings.Repeat("-", 620_000) + "1 > 0", "^", "it has 620005 bytes; expected at most 4000"},
		{strings.Repeat("(", 101) + "1", strings.Repeat(" ", 100) + "^", "nested deeper than 100 levels"},
		{strings.Repeat("!", 101) + "true", strings.Repeat(" ", 100) + "^", "nested deeper than 100 levels"},
		{strings.Repeat("not ", 101) + "true", strings.Repeat(" ", 400) + "^", "nested deeper than 100 levels"},
		{strings.Repeat("x", 3000) + " > 0", "^", "unknown metric or setting"},
	} {
		t.Run(scenarios.Brief(test.expr, 40), func(t *testing.T) {
			_, err := CompileExpectation(test.expr, vocabulary())
			var at *ExpectationError
			if !errors.As(err, &at) {
				t.Fatalf("got error %v, want an *ExpectationError", err)
			}
			if column := len([]rune(test.expr[:at.Offset])); column != len(test.at)-1 {
				t.Errorf("points at character %d, want %d:\n%s\n%s", column, len(test.at)-1, test.expr, test.at)
			}
			if len(err.Error()) > 1000 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
			if !strings.Contains(at.Problem, test.problem) {
				t.Errorf("problem is %q, want %q in it", at.Problem, test.problem)
			}
		})
	}
}

func TestExpectationErrorCountsCharacters(t *testing.T) {
	_, err := CompileExpectation("1µs < lst.count", vocabulary())
	want := `expectation "1µs < lst.count", character 7: unknown metric or setting "lst.count"; nearest: lost.count`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestNewVocabularyKnowsEveryMetric(t *testing.T) {
	words := NewVocabulary(map[string]float64{"priority_timeout": 2})
	for _, m := range measure.Table {
		e, err := CompileExpectation(m.Name+" <= priority_timeout", words)
		if err != nil {
			t.Error(err)
			continue
		}
		want := map[string]string{"s": " = 1.5 s", "/s": " = 1.5 /s", "cores": " = 1.5 cores", "B": " = 1.5 B", "count": " = 1.5", "code": " = 1.5", "ratio": " = 1.5"}[m.Unit]
		if got := e.Judge(map[string]float64{m.Name: 1.5}); !got.OK || want == "" || got.Got != m.Name+want {
			t.Errorf("%s in %q: got %+v", m.Name, m.Unit, got)
		}
	}
}

// Settings count as they were when the expectation was compiled: a later change of the map must not reach a judgement.
func TestExpectationFixesItsSettings(t *testing.T) {
	words := vocabulary()
	e, err := CompileExpectation("lost.count < priority_timeout", words)
	if err != nil {
		t.Fatal(err)
	}
	words.Settings["priority_timeout"] = 100
	if got := e.Judge(map[string]float64{"lost.count": 3}); got.Verdict != measure.Fail {
		t.Errorf("got %+v", got)
	}
}

// What a scenario leaves to the server counts as the server gave it, once there was a run.
func TestSettled(t *testing.T) {
	asked := map[string]float64{"max_ack_pending": 1000, "consumer.max_ack_pending": 1000, "ack_wait": 5}
	if got := Settled(asked, nil); !maps.Equal(got, asked) {
		t.Errorf("before the run: %v", got)
	}
	if got := Settled(asked, &measure.Findings{}); !maps.Equal(got, asked) {
		t.Errorf("of a run without a limit: %v", got)
	}
	f := &measure.Findings{Metrics: map[string]float64{"config.max_ack_pending": 200}}
	want := map[string]float64{"max_ack_pending": 200, "consumer.max_ack_pending": 200, "ack_wait": 5}
	if got := Settled(asked, f); !maps.Equal(got, want) || asked["max_ack_pending"] != 1000 {
		t.Errorf("got %v from %v, want %v", got, asked, want)
	}
}
