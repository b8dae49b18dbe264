package main

import (
	"strings"

	"pindrop/scenarios"
)

// ink is a colour of a terminal, one of those that its owner has chosen, so that they can be read on light and on dark
// ground. None says what words do not say.
type ink string

const (
	plain  ink = ""
	red    ink = "31" // what is broken
	yellow ink = "33" // at the limit
	green  ink = "32" // the pin
)

// span is text in one colour; plain without one.
type span struct {
	text string
	ink  ink
}

// line is one line on a terminal.
type line struct {
	rank  int // the lower, the longer it stays where the window is too short
	spans []span
}

// sheet is a frame as it is written, from top to bottom.
type sheet struct {
	width int
	lines []line
}

func (f *sheet) add(rank int, spans ...span) {
	for i := range spans {
		spans[i].text = scenarios.Visible(spans[i].text)
	}
	f.lines = append(f.lines, line{rank, spans})
}

// length is how many characters the line has.
func (l line) length() int { return len([]rune(l.text())) }

// text is the line without colours.
func (l line) text() string {
	var all strings.Builder
	for _, s := range l.spans {
		all.WriteString(s.text)
	}
	return all.String()
}

// cut is the line in at most width characters. A dot at the end says that there was more, where there is room for one.
func (l line) cut(width int) line {
	if l.length() <= width {
		return l
	}
	left := width - 1
	short := line{rank: l.rank}
	for _, s := range l.spans {
		letters := []rune(s.text)
		part := letters[:max(0, min(left, len(letters)))]
		left -= len(part)
		short.spans = append(short.spans, span{string(part), s.ink})
	}
	if width > 0 {
		short.spans = append(short.spans, span{text: "…"})
	}
	return short
}

// paint is the line with its colours, if there are to be any; it ends without one.
func (l line) paint(colour bool) string {
	var all strings.Builder
	for _, s := range l.spans {
		if colour && s.ink != plain && s.text != "" {
			all.WriteString("\x1b[" + string(s.ink) + "m" + s.text + "\x1b[0m")
		} else {
			all.WriteString(s.text)
		}
	}
	return all.String()
}
