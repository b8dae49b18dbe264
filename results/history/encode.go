package history

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// A record has a fixed part: the kind (one byte), a mask of the other fields that are not zero (four bytes), and the
// numbers of the hottest events. Behind it stand the fields of the mask in the order of [coder.fields]: integers as
// varints, texts with their length before them. (Varints for all of it were half as long and took twice the time.)
const (
	maskAt      = 1
	atAt        = maskAt + 4
	numberAt    = atAt + 8
	seqAt       = numberAt + 8
	deliveryAt  = seqAt + 8
	genAt       = deliveryAt + 4
	recordFixed = genAt + 4
)

// kinds gives each kind its byte, the busiest first. New ones go to the end: logs of older runs keep their meaning.
var kinds = [...]Kind{
	Begin, End, Deliver, Ack, Publish, Stored, Pull, Sample, Status, Acked, Nak, Term, Progress, Effect, Config, Refused,
	Unknown, Connect, Disconnect, Start, Stop, Pinned, Unpinned, MaxDeliveries, NakAdvisory, Terminated, Leader, Fault,
	Heal, Phase, Final, Read, Lease, Write, Check, Usage, Dropped, Replica, Entry, Converged, Damage,
	Sent, Reached, Persisted,
	Paused, Resumed, Deleted, Gone, Timing, Away, Assertion,
}

// kindByte is the index of k in kinds, -1 for an unknown one. Comparing beats a map: lengths alone tell most kinds apart,
// and the busiest ones stand first.
func kindByte(k Kind) int {
	for i := range kinds {
		if kinds[i] == k {
			return i
		}
	}
	return -1
}

// Known reports whether k is a kind of event.
func (k Kind) Known() bool { return kindByte(k) >= 0 }

// Kinds are all kinds of events.
func Kinds() []Kind { return slices.Clone(kinds[:]) }

// encodedMax is an upper bound of the bytes that encode appends.
func encodedMax(e *Event) int {
	const fields = 32
	return recordFixed + fields*binary.MaxVarintLen64 + len(e.Key) + len(e.Reason) + len(e.Outcome) + len(e.Worker) +
		len(e.Do) + len(e.Target) + len(e.Phase) + len(e.Stream) + len(e.Consumer)
}

// encode appends e to b, which has the room for it.
func encode(b []byte, e *Event) []byte {
	c := coder{buf: b[:recordFixed], writing: true}
	if more(e) {
		c.fields(e)
	}
	b = c.buf
	b[0] = byte(kindByte(e.Kind))
	binary.LittleEndian.PutUint32(b[maskAt:], c.mask)
	binary.LittleEndian.PutUint64(b[atAt:], uint64(e.At))
	binary.LittleEndian.PutUint64(b[numberAt:], uint64(e.N))
	binary.LittleEndian.PutUint64(b[seqAt:], e.Seq)
	binary.LittleEndian.PutUint32(b[deliveryAt:], e.Delivery)
	binary.LittleEndian.PutUint32(b[genAt:], e.Gen)
	return b
}

// errShort is the error of a record that is none.
var errShort = errors.New("a record of no known kind")

// decode reads into e what encode wrote. Texts that are known already cost no memory.
func decode(b []byte, e *Event, known *texts) error {
	if len(b) < recordFixed || int(b[0]) >= len(kinds) {
		return errShort
	}
	e.Kind = kinds[b[0]]
	e.At = int64(binary.LittleEndian.Uint64(b[atAt:]))
	e.N = int64(binary.LittleEndian.Uint64(b[numberAt:]))
	e.Seq = binary.LittleEndian.Uint64(b[seqAt:])
	e.Delivery = binary.LittleEndian.Uint32(b[deliveryAt:])
	e.Gen = binary.LittleEndian.Uint32(b[genAt:])
	c := coder{buf: b[recordFixed:], mask: binary.LittleEndian.Uint32(b[maskAt:]), texts: known}
	c.fields(e)
	if c.short {
		return errors.New("a record that ends too early")
	}
	return nil
}

// more reports whether e has fields that are not in the fixed part. That most events have none is half of what makes
// recording cheap.
func more(e *Event) bool {
	numbers := int64(e.ConsumerSeq) | int64(e.Shard) | int64(e.Op) | e.Due | int64(e.Size) | int64(e.Batch) | e.Expires
	return numbers != 0 || len(e.Key)|len(e.Outcome) != 0 || rare(e)
}

// rare reports whether e has fields behind those of what happens once a message.
func rare(e *Event) bool {
	numbers := e.Delay | int64(e.Status) | int64(e.Incarnation) | int64(e.Fault) |
		e.AckPending | e.Pending | e.Redelivered | e.Waiting | int64(e.AckFloor) | e.Stored | int64(e.Priority) |
		int64(e.Revision) | int64(e.Base) | e.Count | int64(e.Sum) | e.Stamp
	texts := len(e.Reason) | len(e.Worker) | len(e.Do) | len(e.Target) | len(e.Phase) | len(e.Stream) | len(e.Consumer)
	return numbers != 0 || texts != 0
}

// coder writes or reads fields, so that both directions, and logs and histories, share one list of them.
type coder struct {
	buf      []byte
	mask     uint32
	bit      uint32
	writing  bool
	short    bool
	texts    *texts
	numbered bool // texts are written as their numbers in texts
}

// shardBit is the mask's bit of the shard: the last one, so that the fields behind keep theirs.
const shardBit = 1 << 31

// fields is the layout behind the fixed part: first what happens once a message, then all else, which is passed over
// together where none of it is set.
func (c *coder) fields(e *Event) {
	c.bit = shardBit
	num(c, &e.Shard)
	c.bit = 1
	num(c, &e.ConsumerSeq)
	num(c, &e.Op)
	num(c, &e.Due)
	text(c, &e.Key)
	num(c, &e.Size)
	text(c, &e.Outcome)
	num(c, &e.Batch)
	num(c, &e.Expires)
	if c.writing && !rare(e) || !c.writing && c.mask&^shardBit < c.bit {
		return
	}
	num(c, &e.Delay)
	num(c, &e.Status)
	text(c, &e.Reason)
	text(c, &e.Worker)
	num(c, &e.Incarnation)
	num(c, &e.Fault)
	text(c, &e.Do)
	text(c, &e.Target)
	num(c, &e.AckPending)
	num(c, &e.Pending)
	num(c, &e.Redelivered)
	num(c, &e.Waiting)
	num(c, &e.AckFloor)
	num(c, &e.Stored)
	text(c, &e.Phase)
	text(c, &e.Stream)
	text(c, &e.Consumer)
	num(c, &e.Priority)
	num(c, &e.Revision)
	num(c, &e.Base)
	num(c, &e.Count)
	num(c, &e.Sum)
	num(c, &e.Stamp)
}

type integer interface{ ~int32 | ~int64 | ~uint64 }

func num[T integer](c *coder, v *T) {
	bit := c.bit
	c.bit <<= 1
	switch {
	case c.writing && *v != 0:
		c.mask |= bit
		c.buf = binary.AppendUvarint(c.buf, uint64(*v))
	case c.mask&bit != 0:
		*v = T(c.uvarint())
	}
}

func text[T ~string | ~[]byte](c *coder, v *T) {
	bit := c.bit
	c.bit <<= 1
	switch {
	case c.writing && len(*v) != 0:
		c.mask |= bit
		if c.numbered {
			c.buf = binary.AppendUvarint(c.buf, uint64(c.texts.number(string(*v))))
			return
		}
		c.buf = append(binary.AppendUvarint(c.buf, uint64(len(*v))), *v...)
	case c.mask&bit != 0 && c.numbered:
		*v = T(c.texts.list[c.uvarint()])
	case c.mask&bit != 0:
		*v = T(c.read())
	}
}

// read reads a text; "" where the record is too short for it.
func (c *coder) read() string {
	size := c.uvarint()
	if size > uint64(min(len(c.buf), math.MaxInt32)) {
		c.short = true
		return ""
	}
	b := c.buf[:size]
	c.buf = c.buf[size:]
	return c.texts.known(b)
}

func (c *coder) uvarint() uint64 {
	if len(c.buf) > 0 && c.buf[0] < 0x80 { // most numbers are small
		v := c.buf[0]
		c.buf = c.buf[1:]
		return uint64(v)
	}
	return c.bigUvarint()
}

func (c *coder) bigUvarint() uint64 {
	v, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.short, c.buf = true, nil
		return 0
	}
	c.buf = c.buf[size:]
	return v
}
