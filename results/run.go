package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pindrop/results/history"
)

// The files of a run directory.
const (
	RecordFile   = "record.json" // written last: a run without it is incomplete
	HistoryFile  = "history.parquet"
	ScenarioFile = "scenario.yaml"
	ReportFile   = "report.html"
	ServersDir   = "servers" // logs of servers that were processes of their own
	LogsDir      = "logs"    // what the actors wrote down while it ran
)

// Run is the directory of one run.
type Run struct {
	Dir string
}

// Path is the path of a file of the run.
func (r *Run) Path(name string) string { return filepath.Join(r.Dir, name) }

// Logs is the directory in which the actors keep their logs. It exists once they have begun.
func (r *Run) Logs() string { return r.Path(LogsDir) }

// Incomplete reports whether the run has no record: it goes on still, or it was killed.
func (r *Run) Incomplete() bool { return !exists(r.Path(RecordFile)) }

// begun reports whether the directory holds anything of a run.
func (r *Run) begun() bool {
	return exists(r.Path(RecordFile)) || exists(r.Path(HistoryFile)) || exists(r.Logs())
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Write writes a file of the run: either all of it, or nothing.
func (r *Run) Write(name string, content func(io.Writer) error) error {
	path := r.Path(name)
	part := r.Path("." + name + partSuffix)
	file, err := os.Create(part)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	// Not synced: that would cost a short run a tenth of its time, to save what a repeat gives back after a power failure.
	err = errors.Join(content(file), file.Close())
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, os.Remove(part)))
	}
	return nil
}

// partSuffix ends the names of files that are being written.
const partSuffix = ".part"

// Tidy removes what is being written: nobody waits for it any more.
func (r *Run) Tidy() error {
	files, err := os.ReadDir(r.Dir)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") && strings.HasSuffix(f.Name(), partSuffix) {
			err = errors.Join(err, os.Remove(r.Path(f.Name())))
		}
	}
	return err
}

// WriteText writes a file of the run that is at hand: either all of it, or nothing.
func (r *Run) WriteText(name string, text []byte) error {
	return r.Write(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Discard removes the run and all that is in it, and the scenario's directory with it if that is empty then: nothing is
// left that looks like a result.
func (r *Run) Discard() error {
	if err := os.RemoveAll(r.Dir); err != nil {
		return fmt.Errorf("discard run: %w", err)
	}
	_ = os.Remove(filepath.Dir(r.Dir)) // fails where other runs are: those stay
	return nil
}

// Save writes scenario, history and record, the record last, so that it stands for a complete run. The record's digest
// must be that of the history. A history that is nil was written before, by [Run.Keep].
func (r *Run) Save(rec *Record, h *history.History) error {
	if err := r.WriteText(ScenarioFile, []byte(rec.YAML)); err != nil {
		return err
	}
	if h != nil {
		if err := r.Keep(h); err != nil {
			return err
		}
	}
	return r.Write(RecordFile, rec.Encode)
}

// Keep writes the history. Whoever measures it meanwhile saves the time that this takes.
func (r *Run) Keep(h *history.History) error {
	return r.Write(HistoryFile, func(w io.Writer) error { return WriteHistory(w, h) })
}

// Record reads the record. For an incomplete run the error is [fs.ErrNotExist].
func (r *Run) Record() (*Record, error) {
	file, err := os.Open(r.Path(RecordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the run in %s is incomplete: expected %s: %w", r.Dir, RecordFile, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	defer file.Close()
	rec, err := Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Path(RecordFile), err)
	}
	return rec, nil
}

// History reads the history of the run, and checks that it is the one of which the record speaks, if there is one.
func (r *Run) History() (*history.History, error) {
	h, err := r.Unchecked()
	if err == nil {
		err = r.Check(h)
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Unchecked reads the history of the run, for whoever does something else with it while [Run.Check] looks at it.
func (r *Run) Unchecked() (*history.History, error) {
	path := r.Path(HistoryFile)
	h, err := readHistoryFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// Check refuses a history that is not the one of which the run's record speaks, if there is one.
func (r *Run) Check(h *history.History) error {
	if r.Incomplete() {
		return nil
	}
	rec, err := r.Record()
	if err != nil {
		return err
	}
	path := r.Path(HistoryFile)
	digest, err := Digest(h)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if digest != rec.Digest {
		return fmt.Errorf("%s: found a history with digest %s; the record speaks of %s", path, digest, rec.Digest)
	}
	return nil
}

func readHistoryFile(path string) (*history.History, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	return ReadHistory(file, info.Size())
}
