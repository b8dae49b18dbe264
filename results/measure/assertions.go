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
	b.violated = b.violated || e.Violated()
}
