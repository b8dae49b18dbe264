package disk

// The sizes of what a disk keeps whole: a page may be there as it stood at one time, a sector surely is.
const (
	pageSize   = 4096
	sectorSize = 512
)

// versionsMax bounds the versions that a page has beside the newest: of a page that is written more often without a sync, the
// oldest ones are taken for written to the disk. That leaves less to draw and nothing wrong.
const versionsMax = 64

// body is the content of a file.
type body struct {
	pages []page
	size  int64
	sure  int64 // the length that it has on the disk
}

// page is a part of a file. Of its versions the first is surely on the disk, and the last is what the file has now.
type page struct {
	versions []version
	used     int  // bytes of the newest version's buffer that are, or were, in some version
	own      bool // the newest version's buffer is this page's alone
}

// version is what a page held after a write. A buffer belongs to several versions where one is the beginning of the next:
// what was written to it never changes, so that appending costs no copy.
type version struct {
	bytes  *[pageSize]byte // nil: there is nothing
	length int             // of what is in it; behind that are zeros
	op     uint64          // the write of the file; 0: what is on the disk
	at     uint64          // how many entries the journal had then
	wrote  int             // bytes that the write changed
}

var nowhere = version{}

// ReadAt reads what there is; less than asked for at the end.
func (n *Node) ReadAt(b []byte, at int64) int {
	if at < 0 || at >= n.size {
		return 0
	}
	b = b[:min(int64(len(b)), n.size-at)]
	for done := 0; done < len(b); {
		i, from := int((at+int64(done))/pageSize), int((at+int64(done))%pageSize)
		part := b[done:min(len(b), done+pageSize-from)]
		clear(part)
		if i < len(n.pages) {
			if v := n.pages[i].newest(); from < v.length {
				copy(part, v.bytes[from:v.length])
			}
		}
		done += len(part)
	}
	return len(b)
}

// WriteAt writes as much of b as there is room for; the error says why nothing was.
func (s *System) WriteAt(n *Node, b []byte, at int64) (int, error) {
	if err := n.volume.changes(); err != nil {
		return 0, err
	}
	if b = b[:n.room(len(b), at)]; len(b) == 0 {
		return 0, n.volume.grows()
	}
	n.touch(s.ticks)
	n.op++
	entries := n.volume.entries()
	for done := 0; done < len(b); {
		i, from := int((at+int64(done))/pageSize), int((at+int64(done))%pageSize)
		part := b[done:min(len(b), done+pageSize-from)]
		for len(n.pages) <= i {
			n.pages = append(n.pages, page{versions: []version{nowhere}})
		}
		n.pages[i].write(part, from, n.op, entries)
		if n.volume == nil {
			n.pages[i].settle()
		}
		done += len(part)
	}
	n.size = max(n.size, at+int64(len(b)))
	return len(b), nil
}

// touch notes that the node has changed.
func (n *Node) touch(tick int64) {
	n.version++
	if n.volume != nil && n.dirty == 0 {
		n.dirty = tick + 1
		n.volume.dirty[n] = true
	}
}

func (p *page) newest() version { return p.versions[len(p.versions)-1] }

func (p *page) write(b []byte, from int, op, at uint64) {
	v := p.newest()
	if !p.own || from < p.used || v.bytes == nil {
		fresh := new([pageSize]byte)
		if v.bytes != nil {
			copy(fresh[:], v.bytes[:v.length])
		}
		v.bytes, p.own = fresh, true
	}
	copy(v.bytes[from:], b)
	v.length = max(v.length, from+len(b))
	v.op, v.at, v.wrote = op, at, len(b)
	p.used = v.length
	p.versions = append(p.versions, v)
	if len(p.versions) > versionsMax+1 {
		p.versions = append(p.versions[:0], p.versions[1:]...)
		p.versions[0].wrote = 0
	}
}

// settle makes the newest version the one that is on the disk.
func (p *page) settle() { p.until(p.newest().op) }

// until makes the version that a write made the one that is on the disk; of later writes nothing changes.
func (p *page) until(op uint64) {
	i := len(p.versions) - 1
	for i > 0 && p.versions[i].op > op {
		i--
	}
	if i > 0 {
		p.versions = append(p.versions[:0], p.versions[i:]...)
	}
}

// persist makes all that was written up to a write of the file surely there.
func (b *body) persist(op uint64) {
	end := b.sure
	for i := range b.pages {
		p := &b.pages[i]
		p.until(op)
		if v := p.versions[0]; v.bytes != nil {
			end = max(end, int64(i)*pageSize+int64(v.length))
		}
	}
	b.sure = min(end, b.size)
}

// copied is the same content for a node of its own: neither changes the other.
func (b *body) copied() body {
	c := *b
	c.pages = make([]page, len(b.pages))
	for i := range b.pages {
		p := &b.pages[i]
		p.own = false
		c.pages[i] = page{versions: append([]version(nil), p.versions...)}
	}
	return c
}

// resize gives the body another length, in every version.
func (b *body) resize(size int64) {
	b.size, b.sure = size, size
	keep := int((size + pageSize - 1) / pageSize)
	if keep > len(b.pages) {
		return
	}
	b.pages = b.pages[:keep:keep]
	rest := int(size % pageSize)
	if keep == 0 || rest == 0 {
		return
	}
	p := &b.pages[keep-1]
	p.own = false
	for i := range p.versions {
		p.versions[i].length = min(p.versions[i].length, rest)
	}
}
