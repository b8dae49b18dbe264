package history

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// History is the events of one run, packed: an [Event] takes some 300 bytes, most of them zero, and a packed one some 15, so
// that ten million of them fit into memory beside what is measured in them. It is written from the front to the back and
// read as often as one likes. The zero value has no events. Many may read it while nobody appends.
type History struct {
	blocks [][]byte // so that growing copies nothing; no event is in two of them
	count  int
	actors texts
	texts  texts
	end    place
}

// place is where a writer or a reader stands: what the events before said, for the next one to be told from it.
type place struct {
	at     int64
	actors []progress // by the actor's number
	block  int        // a reader's next block
	rest   []byte     // of the one before
}

// progress is how far an actor has come.
type progress struct {
	n   int64
	seq uint64
}

const (
	blockSize   = 1 << 20
	headMax     = 1 + 8*binary.MaxVarintLen64 // of a packed event
	unknownKind = 255                         // the byte of -1; its name follows
)

// Of packs events, in the order given.
func Of(events ...Event) *History {
	h := &History{}
	for i := range events {
		h.Append(&events[i])
	}
	return h
}

// Append packs one more event.
func (h *History) Append(e *Event) {
	last := len(h.blocks) - 1
	if room := headMax + encodedMax(e); last < 0 || cap(h.blocks[last])-len(h.blocks[last]) < room {
		size := blockSize >> max(8-len(h.blocks), 0) // a short history is not to cost a long one's memory
		h.blocks = append(h.blocks, make([]byte, 0, max(size, room)))
		last++
	}
	h.blocks[last] = h.pack(h.blocks[last], e)
	h.count++
}

// Len is the number of events.
func (h *History) Len() int { return h.count }

// Events are the events in the order in which they were appended. All share one place in memory: an event is good until
// the next one.
func (h *History) Events() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		var from place
		for e := (&Event{}); h.next(e, &from) && yield(e); {
		}
	}
}

// Ahead are the same events, unpacked by a goroutine of their own: see [Ahead].
func (h *History) Ahead() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		var from place
		Ahead(func(portion []Event) (n int) {
			for n < len(portion) && h.next(&portion[n], &from) {
				n++
			}
			return n
		})(yield)
	}
}

// next unpacks the next event from a place on; false at the end.
func (h *History) next(e *Event, from *place) bool {
	for len(from.rest) == 0 {
		if from.block == len(h.blocks) {
			return false
		}
		from.rest = h.blocks[from.block]
		from.block++
	}
	*e = Event{}
	from.rest = h.unpack(from.rest, e, from)
	return true
}

// Slice are the events, each in a place of its own.
func (h *History) Slice() []Event {
	events := make([]Event, 0, h.count)
	for e := range h.Events() {
		events = append(events, *e)
	}
	return events
}

// With is the history with one more event, in its place in [Order].
func (h *History) With(more Event) *History {
	ranks, with, placed := ranking{}, &History{}, false
	for e := range h.Events() {
		if !placed && ranks.order(&more, e) < 0 {
			with.Append(&more)
			placed = true
		}
		with.Append(e)
	}
	if !placed {
		with.Append(&more)
	}
	return with
}

// Ordered is the history in [Order]: itself, if it is in order already.
func (h *History) Ordered() *History {
	ranks := ranking{}
	last := Event{Actor: Runner, At: -1 << 63}
	for e := range h.Events() {
		if ranks.order(&last, e) > 0 {
			events := h.Slice()
			Order(events)
			return Of(events...)
		}
		last = Event{At: e.At, Actor: e.Actor, N: e.N}
	}
	return h
}

// pack appends a packed event to b, which has the room for it: the kind, the mask of its fields, how far time and the
// actor went on, and the fields.
func (h *History) pack(b []byte, e *Event) []byte {
	actor := h.actors.number(e.Actor)
	by := h.end.by(actor)
	start := len(b)
	c := coder{buf: b[:start+headMax], writing: true, texts: &h.texts, numbered: true}
	if more(e) {
		c.fields(e)
	}
	kind := kindByte(e.Kind)
	b = append(b, byte(kind))
	if kind < 0 {
		b = binary.AppendUvarint(b, uint64(h.texts.number(string(e.Kind))))
	}
	b = binary.AppendUvarint(b, uint64(bits.RotateLeft32(c.mask, 1))) // the shard's bit is the highest one
	b = binary.AppendVarint(b, e.At-h.end.at)
	b = binary.AppendUvarint(b, uint64(actor))
	b = binary.AppendVarint(b, e.N-by.n-1)
	b = binary.AppendVarint(b, int64(e.Seq-by.seq))
	b = binary.AppendUvarint(b, uint64(e.Delivery))
	b = binary.AppendUvarint(b, uint64(e.Gen))
	h.end.at, by.n, by.seq = e.At, e.N, e.Seq
	return slices.Delete(c.buf, len(b), start+headMax)
}

// unpack reads the first event of a block into e, and returns the rest of the block.
func (h *History) unpack(b []byte, e *Event, from *place) []byte {
	i := 1
	if b[0] == unknownKind {
		var name uint64
		name, i = uvarint(b, i)
		e.Kind = Kind(h.texts.list[name])
	} else {
		e.Kind = kinds[b[0]]
	}
	mask, i := uvarint(b, i)
	at, i := varint(b, i)
	actor, i := uvarint(b, i)
	n, i := varint(b, i)
	seq, i := varint(b, i)
	delivery, i := uvarint(b, i)
	gen, i := uvarint(b, i)
	by := from.by(int(actor))
	from.at, by.n, by.seq = from.at+at, by.n+n+1, by.seq+uint64(seq)
	e.At, e.Actor, e.N, e.Seq = from.at, h.actors.list[actor], by.n, by.seq
	e.Delivery, e.Gen = uint32(delivery), uint32(gen)
	if mask == 0 {
		return b[i:]
	}
	c := coder{buf: b[i:], mask: bits.RotateLeft32(uint32(mask), -1), texts: &h.texts, numbered: true}
	c.fields(e)
	return c.buf
}

// by is the progress of an actor.
func (p *place) by(actor int) *progress {
	for actor >= len(p.actors) {
		p.actors = append(p.actors, progress{})
	}
	return &p.actors[actor]
}

// uvarint reads a number of a block, as varint does one that may be negative. Most numbers are small.
func uvarint(b []byte, i int) (v uint64, next int) {
	if b[i] < 0x80 {
		return uint64(b[i]), i + 1
	}
	return bigUvarint(b, i)
}

func bigUvarint(b []byte, i int) (v uint64, next int) {
	v = uint64(b[i] & 0x7f)
	for shift := 7; ; shift += 7 {
		i++
		v |= uint64(b[i]&0x7f) << shift
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
}

func varint(b []byte, i int) (v int64, next int) {
	u, i := uvarint(b, i)
	return int64(u>>1) ^ -int64(u&1), i // zigzag, as encoding/binary does it
}
