package history

import "iter"

// aheadEvents is how many events go from one goroutine to another at a time: few enough for a processor's cache. aheadMax
// is how many such portions there are: no more is read ahead.
const (
	aheadEvents = 256
	aheadMax    = 4
)

// Ahead are the events of a source that fills portions, called by a goroutine of its own while the caller is busy with
// the events before. A portion that is not full is the last one. An event is good until the next one. The goroutine ends
// before the loop does; its panic becomes the caller's.
func Ahead(fill func(portion []Event) int) iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		a := ahead{full: make(chan []Event, aheadMax), free: make(chan []Event, aheadMax)}
		for range aheadMax {
			a.free <- nil
		}
		go a.read(fill)
		defer a.end()
		for portion := range a.full {
			for i := range portion {
				if !yield(&portion[i]) {
					return
				}
			}
			a.free <- portion
		}
	}
}

// ahead moves portions forth, and back to be filled again. Either channel has room for all that there are: nobody waits to
// give one away.
type ahead struct {
	full, free chan []Event // free is closed when nobody wants more
	panicked   any
}

// read fills portions.
func (a *ahead) read(fill func([]Event) int) {
	defer close(a.full)
	defer func() { a.panicked = recover() }()
	for portion := range a.free {
		if portion == nil {
			portion = make([]Event, aheadEvents)
		}
		n := fill(portion)
		a.full <- portion[:n]
		if n < len(portion) {
			return
		}
	}
}

// end waits for the reader.
func (a *ahead) end() {
	close(a.free)
	for range a.full {
	}
	if a.panicked != nil {
		panic(a.panicked)
	}
}
