package scenarios

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible shows as text what steers a terminal instead of being seen on it: an escape character becomes \u001b, as JSON
// writes it, so that a string of JSON still means the same. A byte that is no UTF-8 becomes U+FFFD. Line breaks, also those of two characters, and tabs stay.
func Visible(s string) string {
	if seen(s) {
		return s
	}
	var out strings.Builder
	for i, c := range s {
		if !steers(c) || strings.HasPrefix(s[i:], "\r\n") {
			out.WriteRune(c)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, c) {
			fmt.Fprintf(&out, `\u%04x`, unit)
		}
	}
	return out.String()
}

// seen reports whether all of s is plain: most of what is printed is.
func seen(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return false
		}
	}
	return true
}

// steers reports whether a terminal obeys c: control characters, and those that turn the direction of writing or are not
// seen at all.
func steers(c rune) bool {
	return c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c) || c == '\u2028' || c == '\u2029')
}

// Brief is s in at most so many characters, cut at its end, where "…" says so.
func Brief(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == most {
			if rest := s[i:]; utf8.RuneCountInString(rest) > 1 {
				return s[:i] + "…"
			}
		}
	}
	return s
}
