package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
)

// walSuffix is how the files of workers' own logs end.
const walSuffix = ".wal"

// wal is a worker's own log of what it has acknowledged and not done. It outlives the worker's lives: as a file that is
// synced before an entry counts, or, without a path, in memory, where a disk would take no time anyway. The first error
// stays, and is told by close.
type wal struct {
	path string

	mu   sync.Mutex
	open []entry  // in memory: what is not done
	file *os.File // nil before the first entry
	err  error
}

// entry is one delivery of a message.
type entry struct {
	Shard    int32  `json:"shard,omitempty"`
	Seq      uint64 `json:"seq"`
	Delivery uint32 `json:"delivery"`
	Gen      uint32 `json:"gen,omitempty"`
}

// line is one line of the file: an entry that begins, with its message, or one that is done.
type line struct {
	entry
	Done bool   `json:"done,omitempty"`
	Data []byte `json:"data,omitempty"`
}

// append makes an entry last. It returns false if that is not possible.
func (w *wal) append(e entry, data []byte) bool {
	if w.path != "" {
		return w.write(line{entry: e, Data: data}, (*os.File).Sync)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, e)
	return true
}

// done removes an entry. In the file that is not synced: what gets lost of it is work done twice, no work lost.
func (w *wal) done(e entry) {
	if w.path != "" {
		w.write(line{entry: e, Done: true}, func(*os.File) error { return nil })
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = remove(w.open, e)
}

// rest are the entries that are not done, oldest first.
func (w *wal) rest() []entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.path == "" {
		return slices.Clone(w.open)
	}
	rest, err := readWAL(w.path)
	w.keep(err)
	return rest
}

// readWAL reads a log up to its last whole line: the process may have died while it wrote the next.
func readWAL(path string) ([]entry, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil // nothing was ever written
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var rest []entry
	for lines := json.NewDecoder(file); ; {
		var l line
		switch {
		case lines.Decode(&l) != nil:
			return rest, nil
		case l.Done:
			rest = remove(rest, l.entry)
		default:
			rest = append(rest, l.entry)
		}
	}
}

func remove(list []entry, e entry) []entry {
	if i := slices.Index(list, e); i >= 0 {
		return slices.Delete(list, i, i+1)
	}
	return list
}

// write appends a line to the file and makes it as safe as asked for, without the lock, so that others write meanwhile.
func (w *wal) write(l line, safe func(*os.File) error) bool {
	text, err := json.Marshal(l)
	if err != nil {
		panic(fmt.Sprintf("sim: a log entry cannot be written: %v", err))
	}
	w.mu.Lock()
	if w.file == nil && w.err == nil {
		w.file, err = os.OpenFile(w.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
		w.keep(err)
	}
	if w.err == nil {
		_, err = w.file.Write(append(text, '\n'))
		w.keep(err)
	}
	file, ok := w.file, w.err == nil
	w.mu.Unlock()
	if !ok {
		return false
	}
	if err := safe(file); err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.keep(err)
		return false
	}
	return true
}

// keep remembers the first error. The lock is held.
func (w *wal) keep(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("a worker's own log: %w", err)
	}
}

// close ends the log. It returns the first error that it had.
func (w *wal) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file != nil {
		w.keep(w.file.Close())
	}
	return w.err
}
