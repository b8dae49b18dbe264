package sim

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pindrop/results/history"
)

// logSuffix is how the files of logs end.
const logSuffix = ".log"

// recorder hands out logs and stamps events with the time since the run's origin.
type recorder struct {
	dir    string
	origin time.Time
	last   *pulse // for whoever watches from outside the bubble; nil: nobody does
	joined bool   // another process began the run, and perhaps the logs

	mu    sync.Mutex
	files []*logFile // of the logs
	logs  []*history.Log
	err   error // of those that are closed
}

// newRecorder begins a run now: all its logs are files in dir.
func newRecorder(dir string, last *pulse) (*recorder, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of the logs: %w", err)
	}
	return &recorder{dir: dir, origin: time.Now(), last: last}, nil
}

// joinRecorder writes down what this process has to add to the run that began at origin, in monotonic time: its logs go on
// where an earlier process of theirs was killed.
func joinRecorder(dir string, origin int64) *recorder {
	now := time.Now()
	return &recorder{dir: dir, origin: now.Add(-time.Duration(monotonic() - origin)), joined: true}
}

// sharedOrigin is the run's origin in monotonic time.
func (r *recorder) sharedOrigin() int64 { return monotonic() - int64(time.Since(r.origin)) }

// recordEnv, set to off, leaves out the histories of publishers and workers: then a run has no result, and what
// recording costs can be measured.
const recordEnv = "PINDROP_RECORD"

// open begins the log of one writer of an actor; nil where it is not to be written.
func (r *recorder) open(actor, writer string) *history.Log {
	if writer != "" && os.Getenv(recordEnv) == "off" {
		return nil
	}
	name := actor
	if writer != "" {
		name += "." + writer
	}
	f := &logFile{path: filepath.Join(r.dir, name+logSuffix)}
	begin := history.NewLog
	if r.joined {
		begin = func(actor, writer string, grow history.Grow) *history.Log {
			return history.ResumeLog(actor, writer, f.read, grow)
		}
	}
	l := begin(actor, writer, f.grow)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files = append(r.files, f)
	r.logs = append(r.logs, l)
	return l
}

// now is the time since the run's origin.
func (r *recorder) now() int64 {
	at := int64(time.Since(r.origin))
	if r.last != nil {
		r.last.at.Store(at)
	}
	return at
}

// write stamps e and appends it to l.
func (r *recorder) write(l *history.Log, e *history.Event) {
	e.At = r.now()
	if r.last != nil {
		r.last.events.Add(1)
	}
	if l != nil {
		l.Append(e)
	}
}

// close ends all logs and gives their memory back; the files stay. What a callback of the client library still wants to
// write is dropped. It returns every error that the logs had, also when it is called again.
func (r *recorder) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, l := range r.logs {
		r.err = errors.Join(r.err, l.Close(), r.files[i].close())
	}
	r.logs, r.files = nil, nil
	return r.err
}

// ReadLogs puts together what the logs in dir hold, also those of a run that was cut short.
func ReadLogs(dir string) (*history.History, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+logSuffix))
	if err != nil {
		return nil, fmt.Errorf("list the logs: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no logs in %s", dir)
	}
	var parts []history.Part
	for _, path := range paths {
		buf, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a log: %w", err)
		}
		if len(bytes.Trim(buf, "\x00")) == 0 {
			continue // its writer never wrote: its process was killed as it began
		}
		part, err := history.ReadLog(buf)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		parts = append(parts, part)
	}
	h, err := history.Merge(parts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return h, nil
}
