package main

import (
	"io"
	"os"
	"sync"
	"unicode/utf8"

	"pindrop/scenarios"
)

// visible is the one way to what pindrop prints to. Texts come from scenarios, results, servers' logs, names of files: what
// a terminal would obey is shown instead, see [scenarios.Visible]. JSON still means the same. Safe for concurrent use.
type visible struct {
	to io.Writer

	mu   sync.Mutex
	rest []byte // the begin of a character, or of a line break, that the next write ends
}

// Write implements [io.Writer].
func (v *visible) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	text := append(v.rest, p...)
	whole := len(text) - cutOff(text)
	v.rest = append([]byte(nil), text[whole:]...)
	if _, err := io.WriteString(v.to, scenarios.Visible(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// cutOff is how many bytes at the end of b begin a character, or a line break, that may end behind it.
func cutOff(b []byte) int {
	if len(b) > 0 && b[len(b)-1] == '\r' {
		return 1
	}
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if last := b[len(b)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// inked is where text goes that is visible already, and has colours or is drawn over what stands on a terminal.
func inked(w io.Writer) io.Writer {
	if v, ok := w.(*visible); ok {
		return v.to
	}
	return w
}

// fileOf is the file behind w, if it is one: a terminal is.
func fileOf(w io.Writer) (*os.File, bool) {
	file, ok := inked(w).(*os.File)
	return file, ok
}
