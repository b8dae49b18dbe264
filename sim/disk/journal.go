package disk

// entry is a change that the journal of a volume keeps: wholly or not at all.
type entry struct {
	names []naming

	cut    *Node // a file that got another length
	before body  // what it was

	whole *Node  // a file that replaced another one: with the entry its content is there …
	op    uint64 // … up to this write
}

// naming says that a name in a folder means something else; nil is nothing.
type naming struct {
	in      *Node
	name    string
	was, is *Node
}

func (c naming) apply() { c.set(c.is) }

func (c naming) undo() { c.set(c.was) }

func (c naming) set(to *Node) {
	if to == nil {
		delete(c.in.names, c.name)
	} else {
		c.in.names[c.name] = to
	}
}

// entries is how many entries the journal ever had.
func (v *volume) entries() uint64 {
	if v == nil {
		return 0
	}
	return v.begun + uint64(len(v.journal))
}

// change does what an entry says, in a folder, and keeps it in the journal of the folder's volume.
func (n *Node) change(e entry) {
	for _, c := range e.names {
		c.apply()
		c.in.version++
	}
	if n.volume != nil {
		n.volume.journal = append(n.volume.journal, e)
	}
}

// Truncate gives a file another length.
func (s *System) Truncate(n *Node, size int64) error {
	if err := n.volume.changes(); err != nil || size == n.size {
		return err
	}
	n.version++
	if n.volume != nil {
		n.volume.journal = append(n.volume.journal, entry{cut: n, before: n.copied()})
	}
	n.resize(size)
	return nil
}

// Sync makes sure that a file's content is on the disk, and everything that was done to names.
func (s *System) Sync(n *Node) error {
	if err := n.volume.changes(); err != nil || n.volume == nil {
		return err
	}
	n.clean()
	n.volume.commit()
	return nil
}

// clean puts the content of a file on the disk.
func (n *Node) clean() {
	n.persist(n.op)
	n.dirty = 0
	delete(n.volume.dirty, n)
}

// commit puts the journal on the disk, and what its order asks for.
func (v *volume) commit() {
	for _, e := range v.journal {
		if e.whole != nil {
			e.whole.persist(e.op)
		}
	}
	v.begun += uint64(len(v.journal))
	clear(v.journal) // what it kept may go
	v.journal = v.journal[:0]
}

// TickSeconds is what a tick stands for.
const TickSeconds = 5

// expiry is after how many ticks the kernel writes a file: those of vm.dirty_expire_centisecs.
const expiry = 30 / TickSeconds

// Tick says that some time has gone by, on all volumes: the kernel writes what is old, and commits the journals.
func (s *System) Tick() {
	s.ticks++
	for _, top := range s.root.names {
		for _, n := range top.names {
			if n.volume == nil || n.volume.changes() != nil {
				continue
			}
			for file := range n.volume.dirty {
				if s.ticks-(file.dirty-1) >= expiry {
					file.clean()
				}
			}
			n.volume.commit()
		}
	}
}
