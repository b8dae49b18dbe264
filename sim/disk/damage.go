package disk

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
)

// What can become of a file on a disk that does not keep what it was given, see [System.Damage].
const (
	DoFlip = "bit_flip" // one bit is another one
	DoCut  = "truncate" // the file is shorter
)

// Damage is what became of a file. Without a path there was none to damage.
type Damage struct {
	Path   string `json:"path"`   // in the volume
	Size   int64  `json:"size"`   // of the file before, in bytes
	Offset int64  `json:"offset"` // of the first byte that is damaged
	Bytes  int64  `json:"bytes"`  // that are damaged; of a truncation those that are gone
	Bit    int    `json:"bit"`    // of a bit_flip: which of the byte, from 0, the lowest
	Of     int    `json:"of"`     // how many files there were to choose from
}

// Damage damages one file of the volume at a path, as it stands. The seed draws which: one of those that are not empty and
// whose path in the volume matches one of the patterns of [path.Match]; and where in it. No sync and no loss of power brings
// back what was there: it is the disk that has changed, in every version that it may still have of the page. (What a truncation
// took that the journal has not committed may come back with it.)
func (s *System) Damage(at string, patterns []string, do string, seed uint64) (Damage, error) {
	if do != DoFlip && do != DoCut {
		return Damage{}, fmt.Errorf("a disk cannot %s a file", do)
	}
	root, err := s.Find(at)
	if err != nil {
		return Damage{}, err
	}
	found := matches(root, "", patterns)
	if len(found) == 0 {
		return Damage{}, nil
	}
	random := rand.New(rand.NewPCG(seed, 1)) // another one than that of a loss
	f := found[random.IntN(len(found))]
	d := Damage{Path: f.path, Size: f.node.size, Of: len(found), Offset: random.Int64N(f.node.size), Bytes: 1}
	if do == DoCut {
		d.Bytes = d.Size - d.Offset
		f.node.resize(d.Offset)
	} else {
		d.Bit = random.IntN(8)
		f.node.flip(d.Offset, d.Bit)
	}
	f.node.version++
	return d, nil
}

// match is a file with its path in the volume.
type match struct {
	path string
	node *Node
}

// matches are the files below a folder that are not empty and match a pattern, in their order.
func matches(folder *Node, in string, patterns []string) (found []match) {
	for _, name := range folder.Names() {
		child, at := folder.names[name], path.Join(in, name)
		fits := func(pattern string) bool { ok, _ := path.Match(pattern, at); return ok }
		switch {
		case child.Dir():
			found = append(found, matches(child, at, patterns)...)
		case child.size > 0 && slices.ContainsFunc(patterns, fits):
			found = append(found, match{at, child})
		}
	}
	return found
}

// flip makes one bit another one, in all versions of its page that have it. Where the file has a hole there is no bit on the
// disk yet: then the page is made.
func (b *body) flip(at int64, bit int) {
	i, within := int(at/pageSize), int(at%pageSize)
	for len(b.pages) <= i {
		b.pages = append(b.pages, page{versions: []version{nowhere}})
	}
	p := &b.pages[i]
	p.own = false
	for j := range p.versions {
		v := &p.versions[j]
		if v.length <= within && j < len(p.versions)-1 {
			continue
		}
		fresh := new([pageSize]byte)
		if v.bytes != nil {
			copy(fresh[:], v.bytes[:v.length])
		}
		fresh[within] ^= 1 << bit
		v.bytes, v.length = fresh, max(v.length, within+1)
	}
}
