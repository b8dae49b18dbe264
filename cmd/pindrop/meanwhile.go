package main

import (
	"runtime/debug"

	"pindrop/results/history"
)

// meanwhile does something while its caller does something else: with a big history either takes a processor for
// seconds. Wait waits for its end and returns its error; a panic in it becomes the caller's there.
func meanwhile(do func() error) (wait func() error) {
	ended := aside(do)
	return func() error { return (<-ended)() }
}

// aside is meanwhile for a caller who may not wait for the end: that is a function, which returns the error or panics.
func aside(do func() error) (ended <-chan func() error) {
	end := make(chan func() error, 1)
	go func() {
		var err error
		defer func() {
			if p := recover(); p != nil {
				end <- func() error { panic(p) }
				return
			}
			end <- func() error { return err }
		}()
		err = do()
	}()
	return end
}

// bigHistory is how many events make memory worth more than time.
const bigHistory = 1_000_000

// frugal has garbage collected as soon as it is a tenth of what is in use, where a history is big. By default it may be as
// much as that, and what is measured in ten million events takes a gigabyte. There are no pointers in it, so that each
// collection takes milliseconds.
func frugal(h *history.History) {
	if h.Len() >= bigHistory {
		debug.SetGCPercent(10)
	}
}
