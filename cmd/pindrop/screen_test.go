package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// screen is a terminal as far as the view needs one: carriage return, line feed, cursor up, erase to the end of the line and
// of the screen, colours. Rows that are too long for a narrower window go on in the next one, as most terminals have it.
// Whatever else asks for something is kept in strange.
type screen struct {
	width    int
	rows     []row
	at, col  int // the cursor
	escape   string
	inked    bool
	strange  []string
	overflow bool // a line has been wrapped
}

// row is a line on the screen; more: it goes on in the next row.
type row struct {
	text []rune
	more bool
}

func newScreen(width int) *screen { return &screen{width: width, rows: make([]row, 1)} }

func (s *screen) write(text string) {
	for _, r := range text {
		switch {
		case s.escape != "":
			if s.escape += string(r); len(s.escape) > 2 && r >= '@' && r <= '~' {
				s.control(s.escape[2:])
				s.escape = ""
			}
		case r == '\x1b':
			s.escape = "\x1b"
		case r == '\r':
			s.col = 0
		case r == '\n':
			s.down(false)
		default:
			s.put(r)
		}
	}
}

func (s *screen) down(wrapped bool) {
	s.rows[s.at].more = wrapped
	if s.at++; s.at == len(s.rows) {
		s.rows = append(s.rows, row{})
	}
}

func (s *screen) put(r rune) {
	if s.col >= s.width {
		s.down(true)
		s.col, s.overflow = 0, true
	}
	line := &s.rows[s.at].text
	for len(*line) <= s.col {
		*line = append(*line, ' ')
	}
	(*line)[s.col] = r
	s.col++
}

// control does what a sequence asks for, without its first two characters.
func (s *screen) control(sequence string) {
	n, err := strconv.Atoi(sequence[:len(sequence)-1])
	if err != nil {
		n = 0
	}
	line := &s.rows[s.at].text
	switch sequence[len(sequence)-1] {
	case 'A':
		s.at = max(0, s.at-n)
	case 'K':
		*line = (*line)[:min(len(*line), s.col)]
	case 'J':
		*line = (*line)[:min(len(*line), s.col)]
		s.rows = s.rows[:s.at+1]
	case 'm':
		s.inked = n != 0
	default:
		s.strange = append(s.strange, sequence)
	}
}

// resize makes the window narrower or wider, and its lines flow.
func (s *screen) resize(width int) {
	var rows []row
	cursor := 0
	for i := 0; i < len(s.rows); i++ {
		text := slices.Clone(s.rows[i].text)
		if s.at == i {
			cursor = len(rows)
		}
		for s.rows[i].more && i+1 < len(s.rows) {
			i++
			text = append(text, s.rows[i].text...)
		}
		for len(text) > width {
			rows, text = append(rows, row{text[:width], true}), text[width:]
		}
		rows = append(rows, row{text: text})
	}
	s.rows, s.width, s.at, s.overflow = rows, width, cursor, false
}

func (s *screen) text() string {
	var all []string
	for _, r := range s.rows {
		all = append(all, strings.TrimRight(string(r.text), " "))
	}
	return strings.Join(all, "\n")
}

// The screen on which the view is tested does what terminals do.
func TestScreen(t *testing.T) {
	s := newScreen(10)
	s.write("one\r\n\x1b[31mtwo\x1b[0m and\r\nthree\r\n\x1b[2A\x1b[K2\r\n\x1b[J")
	if got := s.text(); got != "one\n2\n" || s.inked || s.overflow || s.strange != nil {
		t.Errorf("got %q", got)
	}
	s.write("twelve letters\r\n\x1b[?25l\x1b[33m")
	if got := s.text(); got != "one\n2\ntwelve let\nters\n" || !s.inked || !s.overflow || len(s.strange) != 1 {
		t.Errorf("got %q", got)
	}
	s.resize(5)
	if got := s.text(); got != "one\n2\ntwelv\ne let\nters\n" || s.at != 5 {
		t.Errorf("got %q, the cursor in row %d", got, s.at)
	}
	s.resize(20)
	if got := s.text(); got != "one\n2\ntwelve letters\n" || s.at != 3 {
		t.Errorf("got %q, the cursor in row %d", got, s.at)
	}
}
