package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Some editors begin a file with a byte order mark, which is no part of the first key, and moves no place.
func TestByteOrderMarkIsNoPartOfTheText(t *testing.T) {
	if s := mustLoad(t, "\uFEFFname: marked\npublishers: []\nworkers: []\n"); s.Name != "marked" {
		t.Errorf("the name is %q", s.Name)
	}
	_, err := Load("a.yaml", []byte("\uFEFFnmae: x\npublishers: []\nworkers: []\n"), nil)
	var mistake *Error
	if !errors.As(err, &mistake) || mistake.Pos.Col != 1 || mistake.Excerpt != "   1 | nmae: x\n     | ^" {
		t.Errorf("got %#v", mistake)
	}
}

// What stands beside << wins, then the first mapping of its list.
func TestMergeOfAList(t *testing.T) {
	s := mustLoad(t, `
publishers: []
workers:
  - &a {name: a, batch: 3}
  - &b {name: b, batch: 4, count: 2}
  - {<<: [*a, *b], name: c}
  - {name: d, <<: [*b, {threshold: 2}, *a]}
`)
	for i, want := range []struct{ batch, count, threshold int }{2: {3, 2, 0}, 3: {4, 2, 2}} {
		if w := s.Workers[i]; i > 1 && (w.Batch != want.batch || w.Count != want.count || want.threshold > 0 && w.Threshold != want.threshold) {
			t.Errorf("worker %s: got %+v, want %+v", w.Name, w, want)
		}
	}
}

// Texts that cost a parser time or memory out of all proportion are refused before it sees them, or read soon; and no
// message repeats them.
func TestHostileTextIsRefusedShortly(t *testing.T) {
	keys := make([]string, 40_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("  k%d: 1\n", i)
	}
	for name, text := range map[string]string{
		"keys":     "consumer:\n" + strings.Join(keys, ""),
		"brackets": "expect: " + strings.Repeat("[", 2000),
		"signs":    "expect: " + strings.Repeat("- ", 2000),
		"quotes":   strings.Repeat(`"`, 20_000),
		"value":    "clock: " + strings.Repeat("x", 50_000),
		"key":      strings.Repeat("x", 50_000) + ": 1\n",
		"name":     "workers: [{name: " + strings.Repeat("x", 50_000) + "}]",
	} {
		_, err := Load("a.yaml", []byte(text), nil)
		var mistake *Error
		if !errors.As(err, &mistake) {
			t.Errorf("%s: got %v", name, err)
		} else if len(err.Error()) > 3000 || len(mistake.Excerpt) > 1000 {
			t.Errorf("%s: a message of %d bytes with an excerpt of %d", name, len(err.Error()), len(mistake.Excerpt))
		}
	}
}

// The mark stands under the mistake, also where the line is cut, or holds what a terminal would obey.
func TestExcerptOfALongLine(t *testing.T) {
	m := mistakes{lines: []string{strings.Repeat("a", 500) + "X" + strings.Repeat("b", 500), "a\x1b[2J\tX"}}
	for _, at := range []Pos{{Line: 1, Col: 501}, {Line: 2, Col: 7}} {
		rows := strings.Split(m.excerpt(at), "\n")
		if mark := strings.Index(rows[1], "^"); mark < 0 || mark >= len([]rune(rows[0])) || []rune(rows[0])[mark] != 'X' {
			t.Errorf("the mark is not under the X:\n%s", strings.Join(rows, "\n"))
		}
		if strings.ContainsRune(rows[0], '\x1b') || len(rows[0]) > 300 {
			t.Errorf("got %q", rows[0])
		}
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain – ünï\n\tlines":  "plain – ünï\n\tlines",
		"\x1b[31mred\x07\r\x7f": `\u001b[31mred\u0007\u000d\u007f`,
		"crlf\r\nlines\r\n":     "crlf\r\nlines\r\n",
		"\u009b2J \u202eabc":    `\u009b2J \u202eabc`,
		"\xff\xfe \U000e0041":   "\uFFFD\uFFFD " + `\udb40\udc41`,
	} {
		if got := Visible(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestBrief(t *testing.T) {
	var got []string
	for _, s := range []string{"", "äöü", "äöüß", "äöüßx", strings.Repeat("x", 10)} {
		got = append(got, Brief(s, 4))
	}
	if want := []string{"", "äöü", "äöüß", "äöü…", "xxx…"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
