package measure

import (
	"slices"

	"pindrop/results/history"
)

// hear takes in what a server asserts about itself: the law about it reads the history again where something is not so.
func (b *books) hear(e *history.Event) {
	if e.Do == history.AssertionsHeard && !slices.Contains(b.heard, e.Target) {
		b.heard = append(b.heard, e.Target)
		slices.Sort(b.heard)
	}
	if e.Violated() && len(b.violations) < violationsMax {
		v := Violation{At: e.At, Server: e.Target, Message: e.Key, Details: e.Reason}
		if e.Stamp != 0 {
			v.At = e.Stamp
		}
		b.violations = append(b.violations, v)
	}
}

// Violation is a moment at which a server said that something is so that must not be.
type Violation struct {
	At      int64  `json:"at"`
	Server  string `json:"server"` // "": nobody knows which of several
	Message string `json:"message"`
	Details string `json:"details,omitempty"` // JSON
}

// violationsMax is how many of them are kept for drawing; the law counts all.
const violationsMax = 500
