package sim

import (
	"sync"
	"time"
)

// way is one direction of a link: a queue of chunks, each with the time before which it cannot arrive.
type way struct {
	delay func() time.Duration // nil: none
	limit int                  // bytes; 0: none
	rate  int                  // bytes a second; 0: no limit

	mu     sync.Mutex
	change sync.Cond // something below has changed
	queue  []chunk
	size   int
	last   time.Time // when the newest chunk arrives: chunks never overtake each other
	free   time.Time // when the newest chunk has left, at the rate
	held   bool
	closed bool
	sealed bool // nothing is put behind the end any more
	ended  bool // the end has arrived

	early time.Duration // how late timers are

	still  bool   // the sender stands still
	unsent []byte // what it would have written meanwhile
	parts  bool   // and it would have ended the connection then
}

// chunk is some bytes, or the end of the connection where there are none.
type chunk struct {
	bytes []byte
	due   time.Time
}

func newWay() *way {
	w := &way{}
	w.change.L = &w.mu
	return w
}

// put appends a copy of b. It waits while the way is full, and drops b when the way is closed.
func (w *way) put(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.limit > 0 && w.size > w.limit && !w.closed && !w.sealed {
		w.change.Wait()
	}
	w.push(chunk{bytes: append([]byte(nil), b...)})
}

// end appends the end of the connection.
func (w *way) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still {
		w.parts = true
		return
	}
	w.push(chunk{})
}

// stop makes the sender stand still: what it writes from now on is not sent before it goes on.
func (w *way) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.still = true
}

// standsStill reports whether the sender does.
func (w *way) standsStill() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.still
}

// keep keeps a copy of b if the sender stands still, and reports whether it does.
func (w *way) keep(b []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still && !w.closed {
		w.unsent = append(w.unsent, b...)
	}
	return w.still
}

// resume lets the sender go on: it writes now what it would have written. Nobody else puts anything before that is done,
// and no lock is held while see looks at it.
func (w *way) resume(see func([]byte)) {
	for {
		w.mu.Lock()
		b := w.unsent
		w.unsent = nil
		if len(b) == 0 {
			if w.still = false; w.parts {
				w.push(chunk{})
			}
			w.parts = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		if see != nil {
			see(b)
		}
		w.put(b)
	}
}

// forsake forgets what a sender that stands still would have written: it never does.
func (w *way) forsake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.still, w.unsent = false, nil
	if w.parts {
		w.push(chunk{})
	}
	w.parts = false
}

// over reports whether the end has arrived, or will never.
func (w *way) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended || w.closed
}

func (w *way) push(c chunk) {
	if w.closed || w.sealed {
		return
	}
	if w.timed() {
		c.due = w.leaves(len(c.bytes))
		if w.delay != nil {
			c.due = c.due.Add(w.delay())
		}
		if c.due.Before(w.last) {
			c.due = w.last
		}
		w.last = c.due
	}
	w.queue = append(w.queue, c)
	w.size += len(c.bytes)
	w.change.Broadcast()
}

// timed reports whether crossing takes time.
func (w *way) timed() bool { return w.delay != nil || w.rate > 0 }

// leaves is when so many bytes, put now, have left the sender.
func (w *way) leaves(size int) time.Time {
	now := time.Now()
	if w.rate == 0 {
		return now
	}
	if w.free.Before(now) {
		w.free = now
	}
	w.free = w.free.Add(time.Duration(float64(size) / float64(w.rate) * float64(time.Second)))
	return w.free
}

// take waits for the next bytes that have arrived; false at the end of the connection.
func (w *way) take() ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		switch {
		case w.closed:
			return nil, false
		case w.held || len(w.queue) == 0:
			w.change.Wait()
		case w.timed() && time.Until(w.queue[0].due) > w.early:
			w.waitUntil(w.queue[0].due.Add(-w.early))
		default:
			c := w.queue[0]
			w.queue = w.queue[1:]
			w.size -= len(c.bytes)
			w.ended = c.bytes == nil
			w.change.Broadcast()
			return c.bytes, c.bytes != nil
		}
	}
}

// waitUntil waits until due, or until something changes. Real timers are late; it learns by how much, so that crossing takes
// what it should on average. On the virtual clock nothing is late.
func (w *way) waitUntil(due time.Time) {
	fired := false
	timer := time.AfterFunc(time.Until(due), func() {
		w.mu.Lock() // not before Wait has given it up, or the call would come too early
		defer w.mu.Unlock()
		fired = true
		w.change.Broadcast()
	})
	w.change.Wait()
	timer.Stop()
	if fired {
		w.early += (min(time.Since(due), earlyMax) - w.early) / earlyShare
	}
}

// A timer that is later than earlyMax tells of a machine that stalled; each of the others moves what is expected of the next
// one by a share of 1 in earlyShare.
const (
	earlyMax   = 2 * time.Millisecond
	earlyShare = 8
)

func (w *way) hold(held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = held
	w.change.Broadcast()
}

func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.queue, w.size, w.unsent = true, nil, 0, nil
	w.change.Broadcast()
}

// seal ends a way whose receiver stands still: what has crossed by now is still taken, then the end; the rest is gone.
func (w *way) seal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.sealed {
		return
	}
	crossed := 0
	for crossed < len(w.queue) && time.Until(w.queue[crossed].due) <= 0 { // without a delay the due time is zero
		crossed++
	}
	w.queue = append(w.queue[:crossed], chunk{})
	w.sealed = true
	w.change.Broadcast()
}
