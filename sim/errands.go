package sim

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// errands are goroutines that a run begins and waits for, each with the name of who does it. The zero value has none.
type errands struct {
	mu    sync.Mutex
	names map[int]string // of those under way
	last  int
	idle  chan struct{} // closed when none is under way; nil while nobody waits for that
}

// Go begins one.
func (e *errands) Go(name string, do func()) {
	e.mu.Lock()
	if e.names == nil {
		e.names = map[int]string{}
	}
	e.last++
	number := e.last
	e.names[number] = name
	e.mu.Unlock()
	go func() {
		defer e.done(number)
		do()
	}()
}

func (e *errands) done(number int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if delete(e.names, number); len(e.names) == 0 && e.idle != nil {
		close(e.idle)
		e.idle = nil
	}
}

// wait waits until none is under way, at most for limit. It returns who still is, with commas between; "" is nobody.
func (e *errands) wait(limit time.Duration) string {
	e.mu.Lock()
	if len(e.names) == 0 {
		e.mu.Unlock()
		return ""
	}
	if e.idle == nil {
		e.idle = make(chan struct{})
	}
	idle := e.idle
	e.mu.Unlock()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-idle:
		return ""
	case <-timer.C:
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(slices.Compact(slices.Sorted(maps.Values(e.names))), ", ")
}
