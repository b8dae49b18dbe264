package results

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/history"
)

func create(t *testing.T, s Store, scenario, stamp string) *Run {
	t.Helper()
	run, err := s.Create(scenario, stamp)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// save makes a complete run of someEvents.
func save(t *testing.T, run *Run) *Record {
	t.Helper()
	in := input(t)
	in.Digest, in.Events = digest(t, someEvents()), len(someEvents())
	rec := New(in)
	if err := run.Save(rec, history.Of(someEvents()...)); err != nil {
		t.Fatal(err)
	}
	return rec
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func makeLogs(t *testing.T, run *Run) {
	t.Helper()
	if err := os.Mkdir(run.Logs(), 0o777); err != nil {
		t.Fatal(err)
	}
}

func TestSavedRunReadsBack(t *testing.T) {
	run := create(t, Store{t.TempDir()}, "kill", "20310506T070809Z")
	if !run.Incomplete() {
		t.Error("a new run is complete")
	}
	want := save(t, run)
	if run.Incomplete() {
		t.Error("a saved run is incomplete")
	}
	if diff := cmp.Diff([]string{HistoryFile, RecordFile, ScenarioFile}, names(t, run.Dir)); diff != "" {
		t.Error(diff)
	}
	if got, err := run.Record(); err != nil || !cmp.Equal(got, want) {
		t.Errorf("record: %v %s", err, cmp.Diff(want, got))
	}
	if got, err := run.History(); err != nil || !cmp.Equal(got.Slice(), someEvents()) {
		t.Errorf("history: %v %s", err, cmp.Diff(someEvents(), got))
	}
	if yaml, err := os.ReadFile(run.Path(ScenarioFile)); err != nil || string(yaml) != want.YAML {
		t.Errorf("scenario: %v %q", err, yaml)
	}
}

func TestRunsOfOneStampAreNumbered(t *testing.T) {
	dir := t.TempDir()
	s := Store{dir}
	for _, want := range []string{"now", "now-2", "now-3"} {
		if got := create(t, s, "kill", "now").Dir; got != filepath.Join(dir, "kill", want) {
			t.Errorf("run is in %s, want %s", got, want)
		}
	}
}

func TestNamesCannotLeadOutOfTheStore(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ scenario, stamp, want string }{
		{"kill-mid_batch.v2", "12:30", "kill-mid_batch.v2/12-30"},
		{"../../etc", "a/b", "-..-..-etc/a-b"},
		{"..", ".", "-../-."},
		{"", "", "-/-"},
		{"größe\x00", `c:\x`, "größe-/c--x"},
	} {
		if got := create(t, Store{dir}, test.scenario, test.stamp).Dir; got != filepath.Join(dir, filepath.FromSlash(test.want)) {
			t.Errorf("%q at %q is in %s, want %s", test.scenario, test.stamp, got, test.want)
		}
	}
}

func TestOpenFindsARun(t *testing.T) {
	dir := t.TempDir()
	s := Store{dir}
	older, newer := create(t, s, "kill", "day-9"), create(t, s, "kill", "day-10")
	save(t, older)
	save(t, newer)
	create(t, s, "kill", "day-11") // nothing in it: not a run yet
	for path, want := range map[string]string{
		older.Dir:                  older.Dir,
		older.Path(RecordFile):     older.Dir,
		filepath.Join(dir, "kill"): newer.Dir,
		older.Dir + "/":            older.Dir,
		filepath.Join(older.Dir, "..", "day-9", RecordFile): older.Dir,
	} {
		run, err := Open(path)
		if err != nil {
			t.Errorf("open %s: %v", path, err)
			continue
		}
		if filepath.Clean(run.Dir) != want {
			t.Errorf("open %s found %s, want %s", path, run.Dir, want)
		}
	}
}

func TestKilledRunIsFoundAndSaysSo(t *testing.T) {
	s := Store{t.TempDir()}
	whole, killed := create(t, s, "kill", "1"), create(t, s, "kill", "2")
	save(t, whole)
	makeLogs(t, killed)
	newest, err := Open(filepath.Dir(killed.Dir))
	if err != nil {
		t.Fatal(err)
	}
	if newest.Dir != killed.Dir || !newest.Incomplete() {
		t.Errorf("opened %s, incomplete %v", newest.Dir, newest.Incomplete())
	}
	if _, err := newest.Record(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "is incomplete: expected record.json") {
		t.Errorf("its record: %v", err)
	}
	latest, err := s.Latest("kill")
	if err != nil {
		t.Fatal(err)
	}
	if latest.Dir != whole.Dir {
		t.Errorf("latest complete run is %s, want %s", latest.Dir, whole.Dir)
	}
}

func TestIncompleteRunKeepsItsHistory(t *testing.T) {
	run := create(t, Store{t.TempDir()}, "kill", "1")
	if err := run.Write(HistoryFile, func(w io.Writer) error { return WriteHistory(w, history.Of(someEvents()...)) }); err != nil {
		t.Fatal(err)
	}
	found, err := Open(run.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := found.History(); err != nil || !cmp.Equal(got.Slice(), someEvents()) {
		t.Errorf("%v %s", err, cmp.Diff(someEvents(), got))
	}
}

func TestLatestOfNothing(t *testing.T) {
	s := Store{t.TempDir()}
	if _, err := s.Latest("kill"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("unknown scenario: %v", err)
	}
	makeLogs(t, create(t, s, "kill", "1"))
	if _, err := s.Latest("kill"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no complete run in") {
		t.Errorf("only a killed run: %v", err)
	}
}

func TestOpenSaysWhatItExpected(t *testing.T) {
	dir := t.TempDir()
	run := create(t, Store{dir}, "kill", "1")
	save(t, run)
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o777); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "kil"):     "nearest: " + filepath.Join(dir, "kill"),
		filepath.Join(empty, "kill"):  "no such file",
		filepath.Join(dir, "a", "b"):  "no such file",
		run.Path(ScenarioFile):        "is a file; expected a run directory, its record.json, or a scenario directory",
		empty:                         "no run in " + empty + "; expected a run directory, its record.json, or a scenario directory",
		run.Path(RecordFile) + "/foo": "not a directory",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "open run: ") {
			t.Errorf("open %s: %v, want %s", path, err, want)
		}
	}
}

func TestHistoryMustBeTheRecords(t *testing.T) {
	run := create(t, Store{t.TempDir()}, "kill", "1")
	rec := save(t, run)
	others := append(someEvents(), history.Event{At: 10, Actor: "w1", N: 3, Kind: history.Ack, Seq: 1})
	if err := run.Write(HistoryFile, func(w io.Writer) error { return WriteHistory(w, history.Of(others...)) }); err != nil {
		t.Fatal(err)
	}
	if _, err := run.History(); err == nil || !strings.Contains(err.Error(), "the record speaks of "+rec.Digest) {
		t.Errorf("got %v", err)
	}
}

func TestUnreadableFilesAreNamed(t *testing.T) {
	run := create(t, Store{t.TempDir()}, "kill", "1")
	save(t, run)
	for name, read := range map[string]func() error{
		RecordFile:  func() error { _, err := run.Record(); return err },
		HistoryFile: func() error { _, err := run.History(); return err },
	} {
		if err := os.Truncate(run.Path(name), 100); err != nil {
			t.Fatal(err)
		}
		if err := read(); err == nil || !strings.Contains(err.Error(), run.Path(name)) {
			t.Errorf("truncated %s: %v", name, err)
		}
		if err := os.Remove(run.Path(name)); err != nil {
			t.Fatal(err)
		}
		if err := read(); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), name) {
			t.Errorf("missing %s: %v", name, err)
		}
	}
}

// A file is there whole or not at all, whatever was there before.
func TestWriteIsAllOrNothing(t *testing.T) {
	run := create(t, Store{t.TempDir()}, "kill", "1")
	text := func(s string, then error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, s)
			return errors.Join(err, then)
		}
	}
	broken := errors.New("broken")
	if err := run.Write(ReportFile, text("half", broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if left := names(t, run.Dir); len(left) != 0 {
		t.Errorf("a failed write left %v", left)
	}
	if err := run.Write(ReportFile, text("whole", nil)); err != nil {
		t.Fatal(err)
	}
	if err := run.Write(ReportFile, text("half", broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(run.Path(ReportFile)); err != nil || string(got) != "whole" {
		t.Errorf("the file before the failure became %q (%v)", got, err)
	}
}

func TestSaveLeavesARunIncompleteWhenItFails(t *testing.T) {
	run := create(t, Store{t.TempDir()}, "kill", "1")
	if err := os.MkdirAll(filepath.Join(run.Path(HistoryFile), "in the way"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := run.Save(New(input(t)), history.Of(someEvents()...)); err == nil || !strings.Contains(err.Error(), run.Path(HistoryFile)) {
		t.Errorf("got %v", err)
	}
	if !run.Incomplete() {
		t.Error("the run has a record although its history could not be written")
	}
}

// A file in the place of the directory stands for every directory that cannot be written to: the superuser, as whom
// tests may run, is stopped by no permission.
func TestStoreThatCannotBeWrittenTo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := (Store{file}).Create("kill", "1"); err == nil || !strings.Contains(err.Error(), "create run of kill: expected a directory that can be written to") {
		t.Errorf("create: %v", err)
	}
	if err := (&Run{Dir: file}).Save(New(input(t)), &history.History{}); err == nil || !strings.Contains(err.Error(), ScenarioFile) {
		t.Errorf("save: %v", err)
	}
}

func TestCompareNumbered(t *testing.T) {
	sorted := []string{
		"", "2031-05-06", "2031-05-06-2", "2031-05-06-9", "2031-05-06-10", "2031-05-07", "2031-10-01",
		"20310506T070809Z", "20310506T070809Z-2", "20310506T070809Z-10", "20310506T070810Z", "a", "a1", "a01x", "b",
	}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := compareNumbered(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%q to %q is %d", a, b, got)
			}
		}
	}
	shuffled := slices.Clone(sorted)
	slices.Reverse(shuffled)
	slices.SortFunc(shuffled, compareNumbered)
	if diff := cmp.Diff(sorted, shuffled); diff != "" {
		t.Error(diff)
	}
}
