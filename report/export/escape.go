package export

import (
	"strconv"
	"strings"
	"unicode"
)

// clean makes one printable line of a text that somebody else chose: what would break the line, clear a terminal, or turn
// the direction of writing becomes a sign that something stood there.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
}

// shorten cuts a text off that is too long for its place.
func shorten(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// markdown is a text that Markdown shows as it is, also within a cell of a table and at the beginning of a line.
func markdown(s string) string {
	var out strings.Builder
	for _, r := range clean(s) {
		switch {
		case r == '<':
			out.WriteString("&lt;")
		case r == '&':
			out.WriteString("&amp;")
		case strings.ContainsRune("\\`*_[]|~$", r), out.Len() == 0 && strings.ContainsRune("#+->=", r):
			out.WriteString("\\" + string(r))
		case r == '@':
			out.WriteString("@\u200b") // nobody is to be called by a name in a report
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// formulaSigns begin a formula in a spreadsheet.
const formulaSigns = "=+-@"

// cell is a text for CSV: a spreadsheet would run what begins like a formula, so an apostrophe stands before it. A number
// is none, whatever its sign.
func cell(s string) string {
	s = strings.TrimSpace(clean(s))
	if _, err := strconv.ParseFloat(s, 64); err == nil || s == "" || !strings.ContainsRune(formulaSigns, rune(s[0])) {
		return s
	}
	return "'" + s
}
