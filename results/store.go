package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"pindrop/scenarios"
)

// Store is a directory of runs: <Dir>/<scenario>/<stamp>/. The zero value keeps them in the working directory.
type Store struct {
	Dir string
}

// Create makes the directory of a new run. Stamp is when it started, in a form that sorts by time; a second run of one
// stamp gets -2 behind it, the next -3. Characters of either that could lead out of the store become dashes.
func (s Store) Create(scenario, stamp string) (*Run, error) {
	parent := s.scenario(scenario)
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, fmt.Errorf("create run of %s: expected a directory that can be written to: %w", scenario, err)
	}
	name := pathName(stamp)
	for next := 2; ; next++ {
		dir := filepath.Join(parent, name)
		err := os.Mkdir(dir, 0o777)
		switch {
		case err == nil:
			return &Run{Dir: dir}, nil
		case !errors.Is(err, fs.ErrExist):
			return nil, fmt.Errorf("create run of %s: %w", scenario, err)
		}
		name = fmt.Sprintf("%s-%d", pathName(stamp), next)
	}
}

// Latest is the newest complete run of a scenario. Where there is none, the error is [fs.ErrNotExist].
func (s Store) Latest(scenario string) (*Run, error) {
	runs, err := runsIn(s.scenario(scenario))
	if err != nil {
		return nil, fmt.Errorf("latest run of %s: %w", scenario, err)
	}
	for _, run := range slices.Backward(runs) {
		if !run.Incomplete() {
			return run, nil
		}
	}
	return nil, fmt.Errorf("latest run of %s: no complete run in %s: %w", scenario, s.scenario(scenario), fs.ErrNotExist)
}

func (s Store) scenario(name string) string { return filepath.Join(s.Dir, pathName(name)) }

// Open finds a run by its directory, by its record.json, or by the directory of its scenario, whose newest run it is.
// A run that was killed is found too: see [Run.Incomplete].
func Open(path string) (*Run, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	if !info.IsDir() && filepath.Base(path) != RecordFile {
		return nil, fmt.Errorf("open run: %s is a file; expected a run directory, its %s, or a scenario directory", path, RecordFile)
	}
	if !info.IsDir() {
		return &Run{Dir: filepath.Dir(path)}, nil
	}
	if run := (&Run{Dir: path}); run.begun() {
		return run, nil
	}
	runs, err := runsIn(path)
	if err != nil {
		return nil, fmt.Errorf("open run: %w", err)
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("open run: no run in %s; expected a run directory, its %s, or a scenario directory", path, RecordFile)
	}
	return runs[len(runs)-1], nil
}

// missing names the nearest thing that is there.
func missing(path string, err error) error {
	parent := filepath.Dir(path)
	entries, listErr := os.ReadDir(parent)
	if listErr != nil || len(entries) == 0 {
		return fmt.Errorf("open run: %w", err)
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return fmt.Errorf("open run: %w; nearest: %s", err, filepath.Join(parent, scenarios.Nearest(filepath.Base(path), names)))
}

// runsIn lists the runs of a scenario's directory, the oldest first.
func runsIn(dir string) ([]*Run, error) { return listIn(dir, (*Run).begun) }

// listIn lists what is wanted of a scenario's directory, the oldest first.
func listIn(dir string, wanted func(*Run) bool) ([]*Run, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var runs []*Run
	for _, e := range entries {
		if run := (&Run{Dir: filepath.Join(dir, e.Name())}); e.IsDir() && wanted(run) {
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b *Run) int { return compareNumbered(filepath.Base(a.Dir), filepath.Base(b.Dir)) })
	return runs, nil
}

// compareNumbered compares names as people do: digits count as the number they make, so that -10 follows -9.
func compareNumbered(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a = cutChunk(a)
		y, b = cutChunk(b)
		if c := compareChunks(x, y); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

// cutChunk cuts off the leading digits, or else the leading non-digits.
func cutChunk(s string) (chunk, rest string) {
	digits := isDigit(rune(s[0]))
	end := strings.IndexFunc(s, func(r rune) bool { return isDigit(r) != digits })
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// compareChunks compares numbers by length first, which is their order once leading zeros are gone.
func compareChunks(x, y string) int {
	if isDigit(rune(x[0])) && isDigit(rune(y[0])) {
		if c := len(strings.TrimLeft(x, "0")) - len(strings.TrimLeft(y, "0")); c != 0 {
			return c
		}
		return strings.Compare(strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0"))
	}
	return strings.Compare(x, y)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// pathName is name as a file name: letters, digits, dots, dashes and underscores stay, and no dot leads.
func pathName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, name)
	if safe == "" || safe[0] == '.' {
		return "-" + safe
	}
	return safe
}
