package sim

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// On disk and in memory, what is not done is still there, in its order; on disk also for a process that comes later, and
// where the one before died while it wrote.
func TestWAL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w1"+walSuffix)
	one, two, three := entry{Seq: 1, Delivery: 1}, entry{Seq: 2, Delivery: 3, Gen: 4}, entry{Seq: 3, Delivery: 1}
	for _, w := range []*wal{{}, {path: path}} {
		for _, e := range []entry{one, two, three} {
			if !w.append(e, []byte("a message")) {
				t.Fatalf("%+v was not appended: %v", e, w.close())
			}
		}
		w.done(two)
		w.done(two)
		if got, want := w.rest(), []entry{one, three}; !slices.Equal(got, want) {
			t.Errorf("path %q: the rest is %v, want %v", w.path, got, want)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"seq":1,"delivery":1,"do`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := (&wal{path: path}).rest(), []entry{one, three}; !slices.Equal(got, want) {
		t.Errorf("after a line that was cut short the rest is %v, want %v", got, want)
	}
}

// A log that cannot be written keeps nothing, and says why in the end.
func TestWALFails(t *testing.T) {
	w := &wal{path: filepath.Join(t.TempDir(), "missing", "w1"+walSuffix)}
	if w.append(entry{Seq: 1, Delivery: 1}, nil) {
		t.Error("an entry was appended to a file that cannot be")
	}
	if w.close() == nil {
		t.Error("the log has no error")
	}
}
