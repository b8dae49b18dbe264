package disk

import (
	"bytes"
	"fmt"
	"math/bits"
	"testing"
)

// damaged is a volume with three files, the last one empty, and what a seed did to one of them.
func damaged(t *testing.T, do string, seed uint64, patterns ...string) (before, after map[string][]byte, d Damage) {
	t.Helper()
	s := New()
	for _, dir := range []string{"store", volumePath, volumePath + "/msgs"} {
		if _, err := s.Create(dir, true); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"1.blk", "2.blk", "3.blk", "index.db"} {
		n, err := s.Create(volumePath+"/msgs/"+name, false)
		if err != nil {
			t.Fatal(err)
		}
		if name != "3.blk" {
			s.WriteAt(n, bytes.Repeat([]byte{byte(i + 1)}, 2*pageSize+100), 0)
			s.Sync(n)
		}
	}
	root, err := s.Find(volumePath)
	if err != nil {
		t.Fatal(err)
	}
	before = contents(root, "")
	if d, err = s.Damage(volumePath, patterns, do, seed); err != nil {
		t.Fatal(err)
	}
	after = contents(root, "")
	if _, err := s.Lose(volumePath, "store/after", seed); err != nil {
		t.Fatal(err)
	}
	if root, err = s.Find("store/after"); err != nil {
		t.Fatal(err)
	}
	if left := contents(root, ""); !equal(after, left) {
		t.Error("a loss of power has changed what was damaged, or repaired it")
	}
	return before, after, d
}

func TestBitFlip(t *testing.T) {
	hit := map[string]bool{}
	for seed := range uint64(drawn) {
		before, after, d := damaged(t, DoFlip, seed, "msgs/*.blk")
		hit[d.Path] = true
		for name, old := range before {
			for i, b := range after[name] {
				want := 0
				if name == d.Path && int64(i) == d.Offset {
					want = 1 << d.Bit
				}
				if int(b^old[i]) != want {
					t.Fatalf("%s: byte %d was %d and is %d, and %+v was told", name, i, old[i], b, d)
				}
			}
		}
		if _, _, again := damaged(t, DoFlip, seed, "msgs/*.blk"); again != d || d.Of != 2 || d.Bytes != 1 || bits.OnesCount(1<<d.Bit) != 1 {
			t.Fatalf("one seed has done %+v and %+v", d, again)
		}
	}
	if fmt.Sprint(hit) != "map[msgs/1.blk:true msgs/2.blk:true]" {
		t.Errorf("hit %v, want both files that match and hold something", hit)
	}
}

func TestTruncated(t *testing.T) {
	for seed := range uint64(drawn) {
		before, after, d := damaged(t, DoCut, seed, "msgs/index.db")
		if d.Path != "msgs/index.db" || d.Offset+d.Bytes != d.Size || d.Bytes < 1 {
			t.Fatalf("%+v", d)
		}
		if !bytes.Equal(after[d.Path], before[d.Path][:d.Offset]) {
			t.Fatalf("%d bytes are left, and %+v was told", len(after[d.Path]), d)
		}
	}
}

func TestNothingToDamage(t *testing.T) {
	for _, pattern := range []string{"msgs/3.blk", "snapshots/*"} {
		if before, after, d := damaged(t, DoFlip, 1, pattern); d != (Damage{}) || !equal(before, after) {
			t.Errorf("%s: %+v", pattern, d)
		}
	}
	if _, err := New().Damage("store/n1", nil, DoFlip, 1); err == nil {
		t.Error("there is no such volume, and it was damaged")
	}
	if _, err := New().Damage("", nil, "melt", 1); err == nil {
		t.Error("a disk can melt a file")
	}
}

// What is not synced is damaged as well, and the next write to the page keeps the damage beside it.
func TestDamageOfWhatIsNotSynced(t *testing.T) {
	s := New()
	for _, dir := range []string{"store", volumePath} {
		if _, err := s.Create(dir, true); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Create(volumePath+"/a", false)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.WriteAt(n, []byte{0}, 0)
	d, err := s.Damage(volumePath, []string{"a"}, DoFlip, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.WriteAt(n, []byte{7}, 1)
	got := make([]byte, 2)
	if s.Sync(n); n.ReadAt(got, 0) != 2 || got[0] != 1<<d.Bit || got[1] != 7 {
		t.Errorf("there is %v after %+v", got, d)
	}
}
