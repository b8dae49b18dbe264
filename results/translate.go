package results

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pindrop/scenarios"
)

// translation is an expectation rewritten into the language of expr, which knows neither dotted names nor units:
//
//	takeover.fault.max <= priority_timeout + 100ms    becomes
//	metric("takeover.fault.max") <= (2e+00) + (1e-01)
//
// Metrics become calls, because a metric is read only if evaluation reaches it. Settings and literals become numbers,
// always floats, so that no integer arithmetic can creep in. expr parses, checks and evaluates; names and literals are
// judged here, where their place and spelling are still known.
type translation struct {
	words   Vocabulary
	source  string
	out     strings.Builder
	pieces  []piece
	metrics []string // in the order of their first appearance
	open    int      // parentheses
	signs   int      // in a row
}

// piece is one token of the source, and where it went.
type piece struct {
	text   string
	offset int // in the source
	out    int // in the translation
}

// The bounds of an expectation: expr recurses into it.
const (
	sourceMax = 4000
	depthMax  = 100
)

// token matches a space, a name, a number (with unit or percent sign) or an operator, in this order.
var token = regexp.MustCompile(`^(?:(\s+)|([A-Za-z_][\w.]*)|(\d[\w.µμ]*%?)|(<=|>=|==|!=|&&|\|\||[-+*/()<>,!]))`)

var (
	functions = []string{"abs", "absent", "max", "min"}
	keywords  = []string{"and", "false", "not", "or", "true"}
)

func translate(source string, words Vocabulary) (*translation, error) {
	t := &translation{words: words, source: source}
	if len(source) > sourceMax {
		return nil, t.errorf(0, "it has %d bytes; expected at most %d", len(source), sourceMax)
	}
	for at := 0; at < len(source); {
		m := token.FindStringSubmatch(source[at:])
		if m == nil {
			return nil, t.unreadable(at)
		}
		if err := t.take(m, at); err != nil {
			return nil, err
		}
		at += len(m[0])
	}
	return t, nil
}

// take writes the token matched at an offset of the source.
func (t *translation) take(m []string, at int) error {
	space, name, number := m[1], m[2], m[3]
	if space != "" {
		return t.write(space)
	}
	argument := t.endsIn("absent", "(")
	if t.nest(m[0]); t.open+t.signs > depthMax {
		return t.errorf(at, "nested deeper than %d levels", depthMax)
	}
	t.pieces = append(t.pieces, piece{text: m[0], offset: at, out: t.out.Len()})
	switch {
	case argument:
		return t.takeAbsent(m[0], at)
	case name != "":
		return t.takeName(name, at)
	case number != "":
		return t.takeNumber(number, at)
	}
	return t.write(m[0] + " ") // a space, lest / / become a comment, or * * a power
}

// nest follows how deeply an expression nests: each open parenthesis and each sign of a row of them is a level.
func (t *translation) nest(token string) {
	switch token {
	case "-", "+", "!", "not":
		t.signs++
		return
	case "(":
		t.open++
		return // the signs before it hold for what is inside
	case ")":
		t.open--
	}
	t.signs = 0
}

func (t *translation) write(s string) error {
	_, err := t.out.WriteString(s)
	return err
}

// endsIn reports whether the tokens taken last are these.
func (t *translation) endsIn(texts ...string) bool {
	if len(t.pieces) < len(texts) {
		return false
	}
	last := t.pieces[len(t.pieces)-len(texts):]
	return slices.EqualFunc(last, texts, func(p piece, s string) bool { return p.text == s })
}

func (t *translation) takeAbsent(name string, at int) error {
	if _, ok := t.words.Metrics[name]; !ok {
		return t.errorf(at, "absent() takes the name of a metric, not %q; nearest: %s", name, scenarios.Nearest(name, t.metricNames()))
	}
	t.use(name)
	return t.write(strconv.Quote(name))
}

func (t *translation) takeName(name string, at int) error {
	called := strings.HasPrefix(strings.TrimLeft(t.source[at+len(name):], " \t\r\n"), "(")
	switch {
	case slices.Contains(keywords, name):
		return t.write(name)
	case called && slices.Contains(functions, name):
		return t.write(name)
	case called:
		return t.errorf(at, "unknown function %q; nearest: %s", name, scenarios.Nearest(name, functions))
	}
	if _, ok := t.words.Metrics[name]; ok {
		t.use(name)
		return t.write("metric(" + strconv.Quote(name) + ")")
	}
	if v, ok := t.words.Settings[name]; ok {
		return t.write(literal(v))
	}
	valid := append(t.metricNames(), slices.Sorted(maps.Keys(t.words.Settings))...)
	return t.errorf(at, "unknown metric or setting %q; nearest: %s", name, scenarios.Nearest(name, valid))
}

func (t *translation) takeNumber(text string, at int) error {
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		if v, err := strconv.ParseFloat(percent, 64); err == nil {
			return t.write(literal(v / 100))
		}
	} else if v, err := strconv.ParseFloat(text, 64); err == nil {
		return t.write(literal(v))
	} else if d, err := time.ParseDuration(text); err == nil {
		return t.write(literal(d.Seconds()))
	}
	return t.errorf(at, "cannot read %q; expected a number, a percentage (5%%) or a duration in ns, us, µs, ms, s, m, h (1m30s)", text)
}

// literal is v in parentheses, since it may be negative, and with an exponent, which makes it a float for expr.
func literal(v float64) string { return "(" + strconv.FormatFloat(v, 'e', -1, 64) + ")" }

func (t *translation) use(metric string) {
	if !slices.Contains(t.metrics, metric) {
		t.metrics = append(t.metrics, metric)
	}
}

func (t *translation) metricNames() []string { return slices.Sorted(maps.Keys(t.words.Metrics)) }

// unreadable explains the character at which no token begins.
func (t *translation) unreadable(at int) error {
	rest := t.source[at:]
	first := []rune(rest)[0]
	switch first {
	case '=':
		return t.errorf(at, "unexpected %q; nearest: ==", first)
	case '%':
		return t.errorf(at, "unexpected %q; a percentage is a number with the sign right behind it: 5%%", first)
	case '"', '\'', '`':
		return t.errorf(at, "unexpected %q; names of metrics and settings stand without quotes", first)
	}
	return t.errorf(at, "unexpected %q; expected a metric, a setting, a number, a function (%s) or an operator",
		first, strings.Join(functions, ", "))
}

func (t *translation) errorf(at int, format string, args ...any) error {
	return &ExpectationError{Expr: t.source, Offset: at, Problem: fmt.Sprintf(format, args...)}
}

// origin is the token of the source from which the translation's byte came.
func (t *translation) origin(out int) piece {
	i, found := slices.BinarySearchFunc(t.pieces, out, func(p piece, at int) int { return p.out - at })
	if !found {
		i--
	}
	return t.pieces[max(i, 0)]
}
