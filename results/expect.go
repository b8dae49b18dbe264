package results

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// Judged is an expectation and what became of it.
type Judged struct {
	Expr    string          `json:"expr"`
	Verdict measure.Verdict `json:"verdict"`
	OK      bool            `json:"ok"`
	Got     string          `json:"got"` // the values of the metrics in it
	Why     string          `json:"why,omitempty"`
}

// Vocabulary is what an expectation may speak of. The zero value knows no name.
type Vocabulary struct {
	Metrics  map[string]string  // name → unit as it is printed behind a value, "" for a count
	Settings map[string]float64 // name → value, durations in seconds
}

// NewVocabulary knows every metric of [measure.Table], and the settings.
func NewVocabulary(settings map[string]float64) Vocabulary {
	words := Vocabulary{Metrics: map[string]string{}, Settings: settings}
	for _, m := range measure.Table {
		unit := m.Unit
		if unit == "count" || unit == "ratio" || unit == "code" {
			unit = "" // a bare number says it better
		}
		words.Metrics[m.Name] = unit
	}
	return words
}

// Expectation is a condition over metrics and settings that has been compiled. It may be judged any number of times.
//
// It is written with names of metrics and settings, numbers, percentages (5% is 0.05), durations (100ms, 1m30s; they
// count in seconds), + - * /, comparisons, and or not, and the functions abs, min, max and absent. absent(NAME) is true
// where the metric does not apply to the run.
type Expectation struct {
	source   string
	program  *vm.Program
	metrics  []string
	units    map[string]string
	compares *comparison // nil where it is more, or less, than one comparison
}

// Metrics are the names of the metrics in it, in the order in which they stand there, each once.
func (e *Expectation) Metrics() []string { return slices.Clone(e.metrics) }

// shownMax is how many characters of an expectation a message repeats.
const shownMax = 200

// ExpectationError is a mistake in the text of an expectation.
type ExpectationError struct {
	Expr    string
	Offset  int // of the mistake, in bytes from the start of Expr
	Problem string
}

// Error is the problem in words and the place within the expression, counted from 1.
func (e *ExpectationError) Error() string {
	return fmt.Sprintf("expectation %q, character %d: %s", scenarios.Brief(e.Expr, shownMax), len([]rune(e.Expr[:e.Offset]))+1,
		scenarios.Brief(e.Problem, 2*shownMax))
}

// readings is what the compiled expression calls while it is evaluated.
type readings struct {
	Metric func(name string) (float64, error) `expr:"metric"`
	Absent func(name string) bool             `expr:"absent"`
}

// CompileExpectation checks and compiles an expectation. Its settings are fixed from here on. Every error is an
// [*ExpectationError].
func CompileExpectation(source string, words Vocabulary) (*Expectation, error) {
	if strings.TrimSpace(source) == "" {
		return nil, &ExpectationError{Expr: source, Problem: "it is empty; expected a condition such as lost.count == 0"}
	}
	t, err := translate(source, words)
	if err != nil {
		return nil, err
	}
	program, err := compile(t.out.String())
	if err != nil {
		return nil, t.explain(err)
	}
	if kind := program.Node().Type().Kind(); kind != reflect.Bool {
		return nil, t.errorf(0, "it is a number; expected a condition, such as %s > 0", strings.TrimSpace(source))
	}
	return &Expectation{
		source: source, program: program, metrics: t.metrics, units: words.Metrics, compares: t.comparison(),
	}, nil
}

// compile compiles a translation, or a part of one.
func compile(translated string) (*vm.Program, error) {
	divide := expr.Function("divide", divide, new(func(float64, float64) float64))
	return expr.Compile(translated, expr.Env(readings{}), divide, expr.Operator("/", "divide"))
}

// divide replaces the operator, since a quotient that is no number would make every comparison false, and a false
// comparison would make the run a failed one.
func divide(args ...any) (any, error) {
	if args[1].(float64) == 0 {
		return nil, errors.New("division by zero")
	}
	return args[0].(float64) / args[1].(float64), nil
}

// explain puts an error of expr, which speaks of the translation, into terms of the source.
func (t *translation) explain(err error) error {
	var at *file.Error
	if !errors.As(err, &at) {
		return t.errorf(0, "%v", err)
	}
	token := t.origin(at.From)
	problem := strings.ReplaceAll(at.Message, "float64", "number")
	switch {
	case strings.HasPrefix(problem, "unexpected token EOF"):
		return t.errorf(len(t.source), "it ends too early; expected a metric, a setting or a number")
	case strings.HasPrefix(problem, "unexpected token"):
		problem = fmt.Sprintf("unexpected %q", token.text)
	}
	return t.errorf(token.offset, "%s", problem)
}

// Judge evaluates the expectation over the metrics of one run. It is unknown where evaluation, from left to right,
// needs a metric that is absent: "absent(x) or x == 0" is not.
func (e *Expectation) Judge(metrics map[string]float64) Judged {
	judged := Judged{Expr: e.source, Got: e.got(metrics), Verdict: measure.Unknown}
	holds, err := expr.Run(e.program, reader(metrics))
	switch {
	case err != nil:
		judged.Why = cause(err)
	case holds == true:
		judged.Verdict, judged.OK = measure.Pass, true
	default:
		judged.Verdict = measure.Fail
	}
	return judged
}

// reader is what a compiled expression reads metrics from.
func reader(metrics map[string]float64) readings {
	return readings{
		Metric: func(name string) (float64, error) { return reading(metrics, name) },
		Absent: func(name string) bool { _, ok := metrics[name]; return !ok },
	}
}

func reading(metrics map[string]float64, name string) (float64, error) {
	v, ok := metrics[name]
	switch {
	case !ok:
		return 0, fmt.Errorf("%s is absent: it does not apply to this run, or could not be measured", name)
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, fmt.Errorf("%s is %v, which is no measurement", name, v)
	}
	return v, nil
}

// cause is the error without the excerpt of the translated source that expr adds.
func cause(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return at.Message
	}
	return err.Error()
}

// got lists the expectation's metrics with their values.
func (e *Expectation) got(metrics map[string]float64) string {
	var got []string
	for _, name := range e.metrics {
		v, ok := metrics[name]
		if !ok {
			got = append(got, name+" is absent")
			continue
		}
		value := strconv.FormatFloat(v, 'f', -1, 64)
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s = %s %s", name, value, e.units[name])))
	}
	return strings.Join(got, ", ")
}

// Settled are settings with those that a scenario may leave to the server as the server gave them in a run. Before the
// run, findings are nil, and the settings are what the scenario says that they will be.
func Settled(settings map[string]float64, findings *measure.Findings) map[string]float64 {
	if findings == nil {
		return settings
	}
	limit, ok := findings.Metrics["config.max_ack_pending"]
	if !ok {
		return settings
	}
	settled := maps.Clone(settings)
	for _, name := range []string{"max_ack_pending", "consumer.max_ack_pending"} {
		settled[name] = limit
	}
	return settled
}
