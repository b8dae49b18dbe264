package disk

import (
	"cmp"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
)

// Loss is what a loss of power took from a volume.
type Loss struct {
	Writes   int        `json:"writes"`   // that are not there, or not wholly
	Unsynced int        `json:"unsynced"` // writes that could have been lost
	Bytes    int64      `json:"bytes"`    // of the lost ones
	Torn     int        `json:"torn"`     // pages with sectors of two writes
	Changes  int        `json:"changes"`  // of names, and truncations, that are undone
	Open     int        `json:"open"`     // of those: that could have been
	Files    []FileLoss `json:"files"`    // which have lost writes, those with the most first
}

// FileLoss is what one file has lost.
type FileLoss struct {
	Path   string `json:"path"` // in the volume
	Writes int    `json:"writes"`
	Bytes  int64  `json:"bytes"`
	Torn   int    `json:"torn"`
}

// filesTold is how many files a loss names.
const filesTold = 3

// String tells a loss in one line.
func (l Loss) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d unsynced writes (%d bytes, %d pages torn) and %d of %d changes of names",
		l.Writes, l.Unsynced, l.Bytes, l.Torn, l.Changes, l.Open)
	for i, f := range l.Files[:min(filesTold, len(l.Files))] {
		b.WriteString([]string{"; ", ", "}[min(i, 1)])
		fmt.Fprintf(&b, "%d writes of %s", f.Writes, f.Path)
	}
	if more := len(l.Files) - filesTold; more > 0 {
		fmt.Fprintf(&b, ", and some of %d more files", more)
	}
	return b.String()
}

// Keep makes the volume at a path anew at another one, as it is at this moment: what a crash of a server leaves, whose
// machine lives on. What is not synced in the one is not synced in the other. Nothing that is done to the one changes the
// other from then on.
func (s *System) Keep(from, to string) error {
	_, err := s.image(from, to)
	return err
}

// Lose makes the volume at a path anew at another one, as a loss of power at this moment leaves it. What is not surely there
// is drawn by the seed: the same content and seed give the same result.
func (s *System) Lose(from, to string, seed uint64) (Loss, error) {
	n, err := s.image(from, to)
	if err != nil {
		return Loss{}, err
	}
	d := draw{Rand: rand.New(rand.NewPCG(seed, 0)), loss: &Loss{}, open: map[*Node]*open{}}
	d.survey(n, "")
	d.names(n.volume)
	d.folder(n)
	d.tell()
	n.volume.journal, n.volume.dirty = nil, map[*Node]bool{}
	return *d.loss, nil
}

// image makes a volume that is like another one.
func (s *System) image(from, to string) (*Node, error) {
	n, err := s.Find(from)
	if err != nil {
		return nil, err
	}
	if n.volume == nil || len(parts(from)) != volumeDepth || len(parts(to)) != volumeDepth {
		return nil, fs.ErrInvalid
	}
	made, err := s.Create(to, true)
	if err != nil {
		return nil, err
	}
	c := copying{s, made.volume, map[*Node]*Node{n: made}}
	c.names(n, made)
	made.volume.begun, made.volume.failure = n.volume.begun, n.volume.failure
	for _, e := range n.volume.journal {
		made.volume.journal = append(made.volume.journal, c.entry(e))
	}
	return made, nil
}

// copying makes nodes of a volume anew on another one.
type copying struct {
	system *System
	volume *volume
	made   map[*Node]*Node
}

// node is the copy of a node, also of one that only the journal knows.
func (c *copying) node(n *Node) *Node {
	if n == nil {
		return nil
	}
	if made := c.made[n]; made != nil {
		return made
	}
	made := c.system.node(c.volume, n.Dir())
	c.made[n] = made
	made.body, made.op, made.dirty, made.version = n.copied(), n.op, n.dirty, n.version
	if n.dirty > 0 {
		c.volume.dirty[made] = true
	}
	c.names(n, made)
	return made
}

func (c *copying) names(from, to *Node) {
	for _, name := range from.Names() {
		to.names[name] = c.node(from.names[name])
	}
}

func (c *copying) entry(e entry) entry {
	made := entry{cut: c.node(e.cut), whole: c.node(e.whole), op: e.op}
	if e.cut != nil {
		made.before = e.before.copied()
	}
	for _, n := range e.names {
		made.names = append(made.names, naming{c.node(n.in), n.name, c.node(n.was), c.node(n.is)})
	}
	return made
}

// draw is a loss of power while it chooses.
type draw struct {
	*rand.Rand
	loss  *Loss
	limit uint64 // how many entries the journal ever had that are on the disk
	open  map[*Node]*open
	order []*Node // of those, as their paths are
}

// open is what a file may lose, and then what it has lost.
type open struct {
	FileLoss
	writes map[uint64]int64 // that were not surely there, and their bytes; those that are in the end are taken out
}

// survey notes what may be lost.
func (d *draw) survey(n *Node, path string) {
	for _, name := range n.Names() {
		child, at := n.names[name], strings.TrimPrefix(path+"/"+name, "/")
		if child.Dir() {
			d.survey(child, at)
			continue
		}
		o := &open{FileLoss{Path: at}, map[uint64]int64{}}
		for i := range child.pages {
			for _, v := range child.pages[i].versions[1:] {
				o.writes[v.op] += int64(v.wrote)
			}
		}
		d.loss.Unsynced += len(o.writes)
		d.open[child], d.order = o, append(d.order, child)
	}
}

// tell sums up what is lost.
func (d *draw) tell() {
	for _, n := range d.order {
		o := d.open[n]
		o.Writes = len(o.writes)
		for _, bytes := range o.writes {
			o.Bytes += bytes
		}
		d.loss.Writes, d.loss.Bytes, d.loss.Torn = d.loss.Writes+o.Writes, d.loss.Bytes+o.Bytes, d.loss.Torn+o.Torn
		if o.Writes > 0 || o.Torn > 0 {
			d.loss.Files = append(d.loss.Files, o.FileLoss)
		}
	}
	slices.SortStableFunc(d.loss.Files, func(a, b FileLoss) int { return cmp.Compare(b.Writes, a.Writes) })
}

// chance is true once in so many times.
func (d *draw) chance(of int) bool { return d.IntN(of) == 0 }

// How often the kernel has not come by since the last commit, and how often a page is not of the time of the others, or torn.
const (
	unwritten = 4
	disorder  = 8
	tear      = 8
)

// names decides where the journal ends, and undoes the rest.
func (d *draw) names(v *volume) {
	keep := 0
	if open := len(v.journal); open > 0 && !d.chance(unwritten) {
		keep = d.IntN(open + 1)
	}
	d.limit = v.begun + uint64(keep)
	d.loss.Open, d.loss.Changes = len(v.journal), len(v.journal)-keep
	for _, e := range slices.Backward(v.journal[keep:]) {
		for _, c := range slices.Backward(e.names) {
			c.undo()
		}
		if e.cut != nil {
			e.cut.body = e.before
		}
	}
	for _, e := range v.journal[:keep] {
		if e.whole != nil {
			e.whole.persist(e.op)
		}
	}
}

// folder decides on all files below a folder.
func (d *draw) folder(n *Node) {
	for _, name := range n.Names() {
		child := n.names[name]
		if child.Dir() {
			d.folder(child)
			continue
		}
		child.dirty = 0
		o := d.open[child]
		if o == nil { // it was removed, and is back
			o = &open{writes: map[uint64]int64{}}
		}
		d.file(&child.body, o)
	}
}

// file decides on the content of a file.
func (d *draw) file(b *body, o *open) {
	fit := b.fit(d.limit)
	last := uint64(0) // the write up to which the kernel had come
	if len(fit) > 0 && !d.chance(unwritten) {
		last = fit[d.IntN(len(fit))]
	}
	size := b.length(last, d.limit)
	there, gone := map[uint64]bool{}, map[uint64]bool{}
	for i := range b.pages {
		p := &b.pages[i]
		was := p.versions
		j := d.page(p, last, &o.FileLoss)
		within := int(min(max(0, size-int64(i)*pageSize), pageSize))
		for k, v := range was {
			there[v.op] = true
			if k > j || k > 0 && v.length > within && v.length > was[k-1].length {
				gone[v.op] = true
			}
		}
	}
	for op := range there {
		if !gone[op] {
			delete(o.writes, op)
		}
	}
	b.resize(size)
}

// fit are the writes that are not surely on the disk, and may have made the file longer.
func (b *body) fit(limit uint64) (fit []uint64) {
	seen := map[uint64]bool{}
	for i := range b.pages {
		for _, v := range b.pages[i].versions[1:] {
			if !seen[v.op] && v.at <= limit {
				fit = append(fit, v.op)
			}
			seen[v.op] = true
		}
	}
	slices.Sort(fit)
	return fit
}

// length is how long the file is on the disk when the kernel has written it up to a write.
func (b *body) length(last, limit uint64) int64 {
	size := b.sure
	for i := range b.pages {
		for _, v := range b.pages[i].versions[1:] {
			if v.op <= last && v.at <= limit {
				size = max(size, int64(i)*pageSize+int64(v.length))
			}
		}
	}
	return size
}

// page decides which version of a page is there, and returns its number.
func (d *draw) page(p *page, last uint64, f *FileLoss) int {
	vs, j := p.versions, 0
	for j+1 < len(vs) && vs[j+1].op <= last {
		j++
	}
	lowest := 0
	if vs[0].bytes == nil {
		lowest = min(j, 1) // what the file's length covers is there
	}
	if len(vs) > 1 && (j > 0 || vs[0].bytes != nil) && d.chance(disorder) {
		j = lowest + d.IntN(len(vs)-lowest)
	}
	v := vs[j]
	if j > lowest && d.chance(tear) {
		f.Torn++
		v = d.torn(v, vs[lowest+d.IntN(j-lowest)])
	}
	v.op, v.at, v.wrote = 0, 0, 0
	p.versions, p.own = []version{v}, false
	return j
}

// torn is a page of which some sectors were written when the power failed.
func (d *draw) torn(fresh, old version) version {
	first, second := &fresh, &old
	if d.chance(2) {
		first, second = second, first
	}
	at := sectorSize * (1 + d.IntN(pageSize/sectorSize-1))
	v := version{bytes: new([pageSize]byte), length: max(fresh.length, old.length)}
	copy(v.bytes[:at], first.bytes[:min(at, first.length)])
	if second.length > at {
		copy(v.bytes[at:], second.bytes[at:second.length])
	}
	return v
}
