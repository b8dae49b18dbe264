package scenarios

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a file. The zero value is no place; without a line it is the whole file, or an override.
type Pos struct {
	File      string
	Line, Col int
}

// String is file:line:col, or what is known of it.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Error is one mistake in a scenario.
type Error struct {
	Pos     Pos
	Msg     string
	Excerpt string // the line of the file with a mark under the place; "" where there is none
}

// Error is "file:line:col: message".
func (e *Error) Error() string {
	if e.Pos == (Pos{}) {
		return e.Msg
	}
	return e.Pos.String() + ": " + e.Msg
}

// ErrorList is all mistakes of a scenario, in the order of the file; those of overrides come last.
type ErrorList []*Error

// errorsMax bounds what is reported at once: whoever has more mistakes begins with these.
const errorsMax = 10

// Error is one line for each mistake; beyond the tenth they are only counted.
func (l ErrorList) Error() string {
	lines := make([]string, 0, errorsMax+1)
	for i, e := range l {
		if i == errorsMax {
			lines = append(lines, fmt.Sprintf("and %d more", len(l)-errorsMax))
			break
		}
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap lists the mistakes for package errors.
func (l ErrorList) Unwrap() []error {
	list := make([]error, len(l))
	for i, e := range l {
		list[i] = e
	}
	return list
}

// messageMax bounds a message, quotedMax what it repeats of the file, and excerptMax a line on either side of a mistake.
const (
	messageMax = 2000
	quotedMax  = 300
	excerptMax = 100
)

// mistakes collects what is wrong with one scenario.
type mistakes struct {
	list  ErrorList
	lines []string // of the file, for excerpts
}

func (m *mistakes) add(at Pos, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = Brief(text, quotedMax)
		}
	}
	e := &Error{Pos: at, Msg: Brief(fmt.Sprintf(format, args...), messageMax), Excerpt: m.excerpt(at)}
	same := func(o *Error) bool { return o.Pos == e.Pos && o.Msg == e.Msg }
	if at.Line == 0 && slices.ContainsFunc(m.list, same) {
		return // an override makes its mistake in several groups at once
	}
	m.list = append(m.list, e)
}

func (m *mistakes) excerpt(at Pos) string {
	if at.Line < 1 || at.Line > len(m.lines) {
		return ""
	}
	number := fmt.Sprintf("%4d", at.Line)
	line := []rune(m.lines[at.Line-1])
	before, rest := line[:min(max(at.Col-1, 0), len(line))], ""
	rest = Brief(string(line[len(before):]), excerptMax)
	start := ""
	if len(before) > excerptMax {
		start, before = "…", before[len(before)-excerptMax+1:]
	}
	shown := start + Visible(strings.ReplaceAll(string(before), "\t", " "))
	return fmt.Sprintf("%s | %s%s\n%s | %s^", number, shown, Visible(rest),
		strings.Repeat(" ", len(number)), strings.Repeat(" ", utf8.RuneCountInString(shown)))
}

// err is nil where there is no mistake.
func (m *mistakes) err() error {
	if len(m.list) == 0 {
		return nil
	}
	slices.SortStableFunc(m.list, func(a, b *Error) int {
		return cmp.Or(
			cmp.Compare(min(b.Pos.Line, 1), min(a.Pos.Line, 1)),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return m.list
}

// places tells where the value of a path ("workers.0.batch") was written. A path that is not in it was left out.
type places map[string]Pos

// has reports whether the file or an override gives the value.
func (p places) has(path string) bool { _, ok := p[path]; return ok }

// of is the place of a value, or of the nearest thing around it that was written.
func (p places) of(path string) Pos {
	for {
		if at, ok := p[path]; ok {
			return at
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return p[""]
		}
		path = path[:i]
	}
}
