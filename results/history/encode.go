package history

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// A record is the kind (one byte), a mask of the fields that are not zero (four bytes), and those fields in the order
// of [coder.fields]: integers as varints, texts with their length before them.
const recordFixed = 5

// kinds gives each kind its byte, the busiest first. New ones go to the end: logs of older runs keep their meaning.
var kinds = [...]Kind{
	Begin, End, Deliver, Ack, Publish, Stored, Pull, Sample, Status, Acked, Nak, Term, Progress, Effect, Config, Refused,
	Unknown, Connect, Disconnect, Start, Stop, Pinned, Unpinned, MaxDeliveries, NakAdvisory, Terminated, Leader, Fault,
	Heal, Phase, Final,
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
	const fields = 30
	return recordFixed + fields*binary.MaxVarintLen64 + len(e.Key) + len(e.Reason) + len(e.Outcome) + len(e.Worker) +
		len(e.Do) + len(e.Target) + len(e.Phase) + len(e.Stream) + len(e.Consumer)
}

// encode appends e to b, which has the room for it.
func encode(b []byte, e *Event) []byte {
	c := coder{buf: b[:recordFixed], bit: 1, writing: true}
	c.fields(e)
	c.buf[0] = byte(kindByte(e.Kind))
	binary.LittleEndian.PutUint32(c.buf[1:], c.mask)
	return c.buf
}

// decode reads into e what encode wrote.
func decode(b []byte, e *Event) error {
	if len(b) < recordFixed || int(b[0]) >= len(kinds) {
		return errors.New("a record of no known kind")
	}
	e.Kind = kinds[b[0]]
	c := coder{buf: b[recordFixed:], bit: 1, mask: binary.LittleEndian.Uint32(b[1:])}
	c.fields(e)
	if c.short {
		return errors.New("a record that ends too early")
	}
	return nil
}

// coder writes or reads fields, so that both directions share one list of them.
type coder struct {
	buf     []byte
	mask    uint32
	bit     uint32
	writing bool
	short   bool
}

// fields is the layout: first the fields of what happens once a message or more often, then all others, which are
// passed over together where none of them is set. That they are is half of what recording costs.
func (c *coder) fields(e *Event) {
	num(c, &e.At)
	num(c, &e.N)
	num(c, &e.Seq)
	num(c, &e.Delivery)
	num(c, &e.ConsumerSeq)
	num(c, &e.Gen)
	num(c, &e.Op)
	num(c, &e.Due)
	text(c, &e.Key)
	num(c, &e.Size)
	text(c, &e.Outcome)
	num(c, &e.Batch)
	num(c, &e.Expires)
	if c.writing && !rare(e) {
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
}

// rare reports whether e has a field behind the hot ones.
func rare(e *Event) bool {
	numbers := e.Delay | int64(e.Status) | int64(e.Incarnation) | int64(e.Fault) |
		e.AckPending | e.Pending | e.Redelivered | e.Waiting | int64(e.AckFloor) | e.Stored
	texts := len(e.Reason) | len(e.Worker) | len(e.Do) | len(e.Target) | len(e.Phase) | len(e.Stream) | len(e.Consumer)
	return numbers != 0 || texts != 0
}

type integer interface {
	~int32 | ~int64 | ~uint32 | ~uint64
}

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
		c.buf = append(binary.AppendUvarint(c.buf, uint64(len(*v))), *v...)
	case c.mask&bit != 0:
		size := c.uvarint()
		if size > uint64(min(len(c.buf), math.MaxInt32)) {
			c.short = true
			return
		}
		*v = T(string(c.buf[:size]))
		c.buf = c.buf[size:]
	}
}

func (c *coder) uvarint() uint64 {
	v, size := binary.Uvarint(c.buf)
	if size <= 0 {
		c.short, c.buf = true, nil
		return 0
	}
	c.buf = c.buf[size:]
	return v
}
