package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pindrop/scenarios"
)

// TextOptions says how [Text] writes.
type TextOptions struct {
	Width  int    // columns; below 40, and 0, it is 80
	Colour bool   // with ANSI colours; never the only sign of anything
	Files  []File // what was written where; told at the end
}

// File is something that the run left behind.
type File struct {
	What string // "report", "record", …
	Path string
}

// screen collects text for a terminal.
type screen struct {
	o TextOptions
	b strings.Builder
}

func newScreen(o TextOptions) screen {
	if o.Width < 40 {
		o.Width = 80
	}
	return screen{o: o}
}

// print writes what was collected.
func (t *screen) print(w io.Writer) error {
	_, err := io.WriteString(w, t.b.String())
	return err
}

// The ANSI codes in use.
const (
	bold   = "1"
	dim    = "2"
	red    = "31;1"
	green  = "32;1"
	yellow = "33;1"
)

// ownInk is what paint writes.
var ownInk = regexp.MustCompile(`\x1b\[(0|1|2|3[123];1)m`)

func (t *screen) paint(code, s string) string {
	if !t.o.Colour || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// printable replaces what would move the cursor or hide text: names come from files that others wrote.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return ' '
		case steers(c):
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

// line is the one place through which text goes: of what would steer the terminal, only colours of our own stay.
func (t *screen) line(s string) {
	s = strings.TrimRight(s, " ")
	for t.o.Colour {
		at := ownInk.FindStringIndex(s)
		if at == nil {
			break
		}
		t.b.WriteString(scenarios.Visible(s[:at[0]]) + s[at[0]:at[1]])
		s = s[at[1]:]
	}
	t.b.WriteString(scenarios.Visible(s) + "\n")
}

// wrapped writes s from column indent on; its first line begins with lead, which is as wide as the indent or narrower.
func (t *screen) wrapped(lead string, indent int, code, s string) {
	lines := strings.Split(text.WrapSoft(printable(s), t.o.Width-indent), "\n")
	for i, l := range lines {
		l = t.paint(code, strings.TrimRight(l, " "))
		if i == 0 {
			t.line(lead + strings.Repeat(" ", indent-text.StringWidthWithoutEscSequences(lead)) + l)
		} else {
			t.line(strings.Repeat(" ", indent) + l)
		}
	}
}

func (t *screen) title(s string) {
	t.line("")
	t.wrapped("", 0, bold, s)
}

func (t *screen) table(tw table.Writer) {
	for _, l := range strings.Split(tw.Render(), "\n") {
		t.line(l)
	}
}

// tail is never wrapped: paths and commands are there to be copied.
func (t *screen) tail(command string) {
	rows := append([]File(nil), t.o.Files...)
	if command != "" {
		rows = append(rows, File{"repeat", command})
	}
	if len(rows) > 0 {
		t.line("")
	}
	for _, f := range rows {
		t.line(fmt.Sprintf("  %s %s", t.paint(dim, fmt.Sprintf("%-8s", printable(f.What))), printable(f.Path)))
	}
}
