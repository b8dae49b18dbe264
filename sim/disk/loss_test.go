package disk

import (
	"bytes"
	"path"
	"strings"
	"testing"
)

// drawn is how many seeds a test lets draw: enough that what can happen does.
const drawn = 300

// outcomes lets the power fail after some work, once for each seed, and counts what is left, in words.
func outcomes(t *testing.T, work func(s *System, file func(string) *Node), tell func(left map[string][]byte) string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for seed := range uint64(drawn) {
		s := New()
		for _, dir := range []string{"store", volumePath} {
			if _, err := s.Create(dir, true); err != nil {
				t.Fatal(err)
			}
		}
		work(s, func(name string) *Node {
			n, err := s.Find(path.Join(volumePath, name))
			if err != nil {
				n, err = s.Create(path.Join(volumePath, name), false)
			}
			if err != nil {
				t.Fatal(err)
			}
			return n
		})
		if _, err := s.Lose(volumePath, "store/after", seed); err != nil {
			t.Fatal(err)
		}
		n, err := s.Find("store/after")
		if err != nil {
			t.Fatal(err)
		}
		counts[tell(contents(n, ""))]++
	}
	return counts
}

// exactly fails where something else is left than what is wanted, and where something of that never is.
func exactly(t *testing.T, counts map[string]int, want ...string) {
	t.Helper()
	for _, w := range want {
		if counts[w] == 0 {
			t.Errorf("never left: %s", w)
		}
	}
	if len(counts) > len(want) {
		t.Errorf("left %v, want only %v", counts, want)
	}
}

// whole tells a file in a word: its first byte and its length in bytes, or that it is not there.
func whole(name string) func(map[string][]byte) string {
	return func(left map[string][]byte) string {
		b, ok := left[name]
		switch {
		case !ok:
			return "none"
		case len(b) == 0:
			return "empty"
		}
		return strings.TrimRight(string(b[:min(len(b), 3)]), "\x00")
	}
}

func TestWhatIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		work func(s *System, file func(string) *Node)
		want []string
	}{
		"a synced file is there": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
			s.Sync(file("a"))
		}, []string{"abc"}},
		"one that was not, or is empty, or is not": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
		}, []string{"abc", "empty", "none"}},
		"of one that replaced another there is either": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("old"), 0)
			s.Sync(file("a"))
			s.WriteAt(file("a.tmp"), []byte("new"), 0)
			if err := s.Rename(volumePath+"/a.tmp", volumePath+"/a"); err != nil {
				t.Fatal(err)
			}
		}, []string{"old", "new"}},
		"a new one by its last name may be empty": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a.tmp"), []byte("new"), 0)
			if err := s.Rename(volumePath+"/a.tmp", volumePath+"/a"); err != nil {
				t.Fatal(err)
			}
		}, []string{"none", "empty", "new"}},
		"a truncation is there or not": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
			s.Sync(file("a"))
			s.Truncate(file("a"), 1)
		}, []string{"abc", "a"}},
		"a sync of another file keeps names, and no content": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
			s.Sync(file("b"))
		}, []string{"abc", "empty"}},
		"a removed file may be back": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
			s.Sync(file("a"))
			if err := s.Remove(volumePath+"/a", false); err != nil {
				t.Fatal(err)
			}
		}, []string{"abc", "none"}},
		"the kernel has written what is half a minute old": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
			for range expiry {
				s.Tick()
			}
		}, []string{"abc"}},
		"and not what is younger": {func(s *System, file func(string) *Node) {
			s.WriteAt(file("a"), []byte("abc"), 0)
			for range expiry - 1 {
				s.Tick()
			}
		}, []string{"abc", "empty"}},
	} {
		t.Run(name, func(t *testing.T) { exactly(t, outcomes(t, c.work, whole("a")), c.want...) })
	}
}

// Two pages that are written over, without a sync, one after the other: each may be there without the other, and be torn.
func TestDisorder(t *testing.T) {
	counts := outcomes(t, func(s *System, file func(string) *Node) {
		s.WriteAt(file("a"), bytes.Repeat([]byte("0"), 2*pageSize), 0)
		s.Sync(file("a"))
		s.WriteAt(file("a"), bytes.Repeat([]byte("1"), pageSize), 0)
		s.WriteAt(file("a"), bytes.Repeat([]byte("2"), pageSize), pageSize)
	}, func(left map[string][]byte) string {
		b := left["a"]
		page := func(b []byte) string {
			for _, one := range []string{"0", "1", "2"} {
				if strings.Count(string(b), one) == pageSize {
					return one
				}
			}
			return "torn"
		}
		return page(b[:pageSize]) + " " + page(b[pageSize:])
	})
	for _, want := range []string{"0 0", "1 0", "0 2", "1 2", "torn 0", "1 torn"} {
		if counts[want] == 0 {
			t.Errorf("never left: %s; but %v", want, counts)
		}
	}
}

// A crash loses nothing; what follows it may.
func TestKeep(t *testing.T) {
	s := New()
	for _, dir := range []string{"store", volumePath} {
		if _, err := s.Create(dir, true); err != nil {
			t.Fatal(err)
		}
	}
	a, err := s.Create(volumePath+"/a", false)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.WriteAt(a, []byte("abc"), 0)
	if err := s.Keep(volumePath, "store/n1.1"); err != nil {
		t.Fatal(err)
	}
	_, _ = s.WriteAt(a, []byte("of a server that was left behind"), 3)
	kept, err := s.Find("store/n1.1/a")
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	if n := kept.ReadAt(b, 0); string(b[:n]) != "abc" {
		t.Errorf("after a crash there is %q", b[:n])
	}
	loss, err := s.Lose("store/n1.1", "store/n1.2", 1)
	if err != nil {
		t.Fatal(err)
	}
	if loss.Unsynced != 1 || loss.Open != 1 {
		t.Errorf("what was not synced before the crash is not synced after it: %+v", loss)
	}
}
