package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// tailChunk is how many bytes of a log a [Tail] reads at once, but for a record that is longer.
const tailChunk = 256 << 10

// Tail reads a log while its writer goes on: each time what has been added since. It is for people who watch a run; what is
// measured is read by [Merge] when the run is over, and order between logs is not a tail's business. The zero value stands
// at the begin of a log. It is not safe for concurrent use.
type Tail struct {
	Actor, Writer string // as the head of the log has them; "" before it is read

	used  int64
	known texts
	e     Event
}

// Read hands every whole record that has been added to see, whose event is good until it returns. A log that has not begun
// is empty. Scratch is memory that many tails may share, one after the other: it is made as large as it has to be.
func (t *Tail) Read(log io.ReaderAt, scratch *[]byte, see func(*Event)) error {
	size := tailChunk
	for {
		if len(*scratch) < size {
			*scratch = make([]byte, size)
		}
		n, err := log.ReadAt((*scratch)[:size], t.used)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("follow the log of %s: %w", t.Actor, err)
		}
		taken, wants, seeErr := t.take((*scratch)[:n], see)
		t.used += int64(taken)
		switch {
		case seeErr != nil:
			return seeErr
		case wants > n && n == size: // one record is longer than the chunk
			size = wants
		case taken == 0 || n < size:
			return nil
		}
	}
}

// take hands out the whole records at the begin of b. It returns their length, and how many bytes the next one wants if it
// is cut short by the end of b.
func (t *Tail) take(b []byte, see func(*Event)) (taken, wants int, err error) {
	for {
		rec, _ := record(b[taken:])
		if rec == nil {
			return taken, wanted(b[taken:]), nil
		}
		if t.Actor == "" {
			if t.Actor, t.Writer, err = splitHead(string(rec)); err != nil {
				return taken, 0, err
			}
		} else {
			t.e = Event{Actor: t.Actor}
			if err := decode(rec, &t.e, &t.known); err != nil {
				return taken, 0, fmt.Errorf("log of %s (%s): %w", t.Actor, t.Writer, err)
			}
			see(&t.e)
		}
		taken += recordHead + len(rec)
	}
}

// wanted is the length of the record at the begin of b with its head; 0 where there is none.
func wanted(b []byte) int {
	if len(b) < recordHead {
		return 0
	}
	if size := binary.LittleEndian.Uint32(b); size > 0 {
		return recordHead + int(size)
	}
	return 0
}
