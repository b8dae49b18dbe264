package history

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"slices"
)

// Merge puts what several writers wrote into one history, in [Order], and gives each actor one counter over all its
// writers. A hole in a writer's own counter stays a hole. What one writer wrote at one instant for several consumers
// stands by consumer: they know nothing of each other, and who comes first is chance. A record that cannot be read is an
// error.
func Merge(parts []Part) (*History, error) {
	ranks := ranking{}
	parts = slices.Clone(parts)
	// At one instant a part stands where its actor and writer do.
	slices.SortStableFunc(parts, func(a, b Part) int {
		return cmp.Or(ranks.compare(a.Actor, b.Actor), cmp.Compare(writerRank(a.Writer), writerRank(b.Writer)))
	})
	m := merger{counters: map[string]int64{}}
	for i, p := range parts {
		c := &cursor{Part: p, rank: i}
		if err := c.survey(); err != nil {
			return nil, err
		}
		if c.next() {
			m.cursors = append(m.cursors, c)
		}
	}
	heap.Init(&m.cursors)
	h := &History{}
	for e := range Ahead(m.read) {
		h.Append(e)
	}
	if m.err != nil {
		return nil, m.err
	}
	return h, nil
}

// merger reads the records of several parts in order.
type merger struct {
	cursors  cursors
	counters map[string]int64 // of the actors
	known    texts
	err      error // the first one: nothing is read after it
}

// read fills a portion: see [Ahead].
func (m *merger) read(portion []Event) (n int) {
	for ; n < len(portion) && len(m.cursors) > 0; n++ {
		c, e := m.cursors[0], &portion[n]
		*e = Event{Actor: c.Actor}
		if err := cmp.Or(decode(c.head.bytes, e, &m.known), e.Check()); err != nil {
			m.err = fmt.Errorf("log of %s (%s): %w", c.Actor, c.Writer, err)
			return n
		}
		m.counters[e.Actor] += e.N - c.head.before
		e.N = m.counters[e.Actor]
		if c.next() {
			heap.Fix(&m.cursors, 0)
		} else {
			heap.Pop(&m.cursors)
		}
	}
	return n
}

// cursor goes through the records of a part by their times, those of one time by consumer, and else in the order in
// which they were written.
type cursor struct {
	Part
	rank   int
	head   entry   // at which it stands
	at     int64   // its time
	sorted []entry // all entries, where they were not written in this order; else nil
}

// entry is a record, and the counter of the one that was written before it.
type entry struct {
	bytes  []byte
	before int64
}

// survey checks the order of a part, which mostly is what it has to be. Only where several goroutines share a writer may
// one be overtaken between looking at the clock and writing.
func (c *cursor) survey() error {
	inOrder, last, n := true, entry{}, 0
	for rec, rest := record(c.records); rec != nil; rec, rest = record(rest) {
		n++
		if len(rec) < recordFixed {
			return fmt.Errorf("log of %s (%s), event %d: %w", c.Actor, c.Writer, n, errShort)
		}
		this := entry{bytes: rec}
		inOrder = inOrder && (n == 1 || compareEntries(last, this) <= 0)
		last = this
	}
	if inOrder {
		return nil
	}
	entries, before := make([]entry, 0, n), int64(0)
	for rec, rest := record(c.records); rec != nil; rec, rest = record(rest) {
		entries = append(entries, entry{rec, before})
		before = recordNumber(rec)
	}
	slices.SortStableFunc(entries, compareEntries)
	c.sorted = entries
	return nil
}

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(recordAt(a.bytes), recordAt(b.bytes)), cmp.Compare(recordShard(a.bytes), recordShard(b.bytes)))
}

// next goes on to the next record, if there is one.
func (c *cursor) next() bool {
	switch {
	case c.sorted == nil:
		before := int64(0)
		if c.head.bytes != nil {
			before = recordNumber(c.head.bytes)
		}
		c.head.before = before
		c.head.bytes, c.records = record(c.records)
	case len(c.sorted) == 0:
		c.head = entry{}
	default:
		c.head, c.sorted = c.sorted[0], c.sorted[1:]
	}
	if c.head.bytes == nil {
		return false
	}
	c.at = recordAt(c.head.bytes)
	return true
}

// recordAt is the time of a record.
func recordAt(rec []byte) int64 { return int64(binary.LittleEndian.Uint64(rec[atAt:])) }

// recordNumber is its writer's counter.
func recordNumber(rec []byte) int64 { return int64(binary.LittleEndian.Uint64(rec[numberAt:])) }

// recordShard is its consumer.
func recordShard(rec []byte) int32 {
	if binary.LittleEndian.Uint32(rec[maskAt:])&shardBit == 0 {
		return 0
	}
	shard, _ := binary.Uvarint(rec[recordFixed:]) // it stands first: see coder.fields
	return int32(shard)
}

// cursors is a heap of cursors, the next event on top.
type cursors []*cursor

func (m cursors) Len() int { return len(m) }

func (m cursors) Less(i, j int) bool {
	if m[i].at != m[j].at {
		return m[i].at < m[j].at
	}
	return m[i].rank < m[j].rank
}

func (m cursors) Swap(i, j int) { m[i], m[j] = m[j], m[i] }

// Push adds a cursor.
func (m *cursors) Push(c any) { *m = append(*m, c.(*cursor)) }

// Pop takes the last cursor away.
func (m *cursors) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
