package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// logMagic begins every log; the number is the version of the layout.
const logMagic = "pindrop log 1"

// recordHead is the length before each record: four bytes, little endian, stored last, so that a record cut short by
// a SIGKILL is not there at all. A length of zero ends the log.
const recordHead = 4

// Grow returns memory for a log: at least size bytes, of which the first used ones hold what the log has written so
// far and all others are zero. Memory that outlives the process (a mapped file) makes the log outlive it.
type Grow func(used, size int) ([]byte, error)

// The least that a log takes, and the most by which it grows at once: its memory is a disk's, and taken before it is used.
const (
	sizeMin   = 8 << 10
	growthMax = 16 << 20
)

// InMemory is a Grow for logs that live and die with the process. The first value of a log's own memory is nil.
func InMemory() Grow {
	var buf []byte
	return func(used, size int) ([]byte, error) {
		bigger := make([]byte, size)
		copy(bigger, buf[:used])
		buf = bigger
		return bigger, nil
	}
}

// Log is what one writer has written: events in the order in which they happened to it. An actor may have several
// writers (a worker has its wire, inwards and outwards, and its body), each with a log and a counter of its own, so
// that no lock is shared on the hot path and goroutines that act at one virtual instant cannot change the order.
// A Log is safe for concurrent use. The first error stays, and is told by Close; nothing is written after it.
type Log struct {
	mu     sync.Mutex
	grow   Grow
	buf    []byte
	used   int
	n      int64
	err    error
	failed func(error)
}

// OnError has a function told of the first error, also of one that is there already. It must not write to the log.
func (l *Log) OnError(failed func(error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed = failed; l.err != nil {
		failed(l.err)
	}
}

// fail keeps the first error.
func (l *Log) fail(err error) {
	if l.err != nil {
		return
	}
	if l.err = err; l.failed != nil {
		l.failed(err)
	}
}

// faulted makes an error of a fault of the memory: that of a mapped file faults where the disk cannot give it.
func (l *Log) faulted() {
	switch p := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }:
		l.fail(fmt.Errorf("the memory of the log cannot be written: %v", p))
	default:
		panic(p)
	}
}

// NewLog begins a log of the given actor and writer in memory from grow.
func NewLog(actor, writer string, grow Grow) *Log {
	l := &Log{grow: grow}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer l.faulted()
	head := []byte(logMagic + "\n" + actor + "\n" + writer)
	if l.reserve(len(head)) {
		copy(l.buf[l.used+recordHead:], head)
		l.commit(len(head))
	}
	return l
}

// ResumeLog goes on with a log that another process may have begun in the same memory: read returns what that holds,
// nothing where there was no such process. The counter goes on as well.
func ResumeLog(actor, writer string, read func() ([]byte, error), grow Grow) *Log {
	buf, err := read()
	if err != nil {
		return &Log{err: fmt.Errorf("go on with the log: %w", err)}
	}
	head, rest := record(buf)
	if head == nil {
		return NewLog(actor, writer, grow)
	}
	l := &Log{grow: grow, used: recordHead + len(head)}
	for {
		var rec []byte
		if rec, rest = record(rest); rec == nil {
			return l
		}
		l.used += recordHead + len(rec)
		l.n++
	}
}

// Append writes e down as the log's next event. It gives e.N; Actor is the log's. Other fields are kept as they are.
func (l *Log) Append(e *Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer l.faulted()
	l.n++
	size := encodedMax(e)
	if !l.reserve(size) {
		return
	}
	e.N = l.n
	start := l.used + recordHead
	l.commit(len(encode(l.buf[start:start:start+size], e)))
}

// errClosed is the error of a log that takes no more events.
var errClosed = errors.New("the log is closed")

// Used is how many bytes the log has written; what its memory has behind them is zeros.
func (l *Log) Used() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

// Close ends the log: what is appended from now on is dropped, since its memory may go away. It returns the first error
// of that memory; events after it are lost, and their counters missing.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.err
	l.buf, l.err = nil, errClosed
	if errors.Is(err, errClosed) {
		return nil
	}
	return err
}

// reserve makes room for one record of up to size bytes and the zero length behind it.
func (l *Log) reserve(size int) bool {
	need := l.used + recordHead + size + recordHead
	if l.err != nil || need <= len(l.buf) {
		return l.err == nil
	}
	buf, err := l.grow(l.used, max(len(l.buf)+min(len(l.buf), growthMax), need, sizeMin))
	if err != nil {
		l.fail(fmt.Errorf("grow the log: %w", err))
		return false
	}
	l.buf = buf
	return true
}

// commit makes the record of size bytes behind used part of the log.
func (l *Log) commit(size int) {
	binary.LittleEndian.PutUint32(l.buf[l.used:], uint32(size))
	l.used += recordHead + size
}

// Part is what a log's memory holds, up to the last whole record. It is read by [Merge].
type Part struct {
	Actor  string
	Writer string

	records []byte
}

// ReadLog finds in a log's memory what was written, and by whom. The memory must stay as it is until the part is merged.
func ReadLog(buf []byte) (Part, error) {
	head, records := record(buf)
	actor, writer, err := splitHead(string(head))
	return Part{Actor: actor, Writer: writer, records: records}, err
}

// record takes the first record off buf; nil at the end.
func record(buf []byte) (rec, rest []byte) {
	if len(buf) < recordHead {
		return nil, nil
	}
	size := int(binary.LittleEndian.Uint32(buf))
	if size == 0 || size > len(buf)-recordHead {
		return nil, nil
	}
	return buf[recordHead : recordHead+size], buf[recordHead+size:]
}

func splitHead(head string) (actor, writer string, err error) {
	var lines [3]string
	rest := head
	for i := range lines {
		lines[i], rest = cut(rest)
	}
	if lines[0] != logMagic {
		return "", "", errors.New("not a pindrop log of version 1")
	}
	return lines[1], lines[2], nil
}

func cut(s string) (line, rest string) {
	for i := range len(s) {
		if s[i] == '\n' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
