package results

import (
	"encoding/binary"
	"errors"
)

// The types of Thrift's compact protocol, in which Parquet writes what is not data.
const (
	thriftStop, thriftTrue, thriftFalse, thriftByte   = 0, 1, 2, 3
	thriftI16, thriftI32, thriftI64, thriftDouble     = 4, 5, 6, 7
	thriftBinary, thriftList, thriftSet, thriftMap    = 8, 9, 10, 11
	thriftStruct, thriftUUID, thriftDepthMax, uuidLen = 12, 13, 32, 16
)

var errThrift = errors.New("lengths in it do not fit")

// walkThrift goes through a struct of the compact protocol that b begins with, whose every length must fit into b, and shows each
// whole number, and each truth as 1 or 0, to visit, with the numbers of the fields that lead to it. It returns the length of the struct.
func walkThrift(b []byte, visit func(path []int, v int64)) (length int, err error) {
	w := thriftWalk{rest: b, visit: visit}
	if !w.structure(nil) {
		return 0, errThrift
	}
	return len(b) - len(w.rest), nil
}

type thriftWalk struct {
	rest  []byte
	visit func(path []int, v int64)
}

// structure passes over the fields of a struct; false where they do not fit.
func (w *thriftWalk) structure(path []int) bool {
	if len(path) > thriftDepthMax {
		return false
	}
	for id := 0; ; {
		head, ok := w.byte()
		if !ok || head == thriftStop {
			return ok
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			v, ok := w.varint()
			if !ok {
				return false
			}
			id = int(int16(v))
		}
		kind := int(head & 0xf)
		if kind == thriftTrue || kind == thriftFalse {
			w.visit(append(path, id), int64(thriftFalse-kind)) // the type is the value
			continue
		}
		if !w.value(kind, append(path, id)) {
			return false
		}
	}
}

// value passes over one value.
func (w *thriftWalk) value(kind int, path []int) bool {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		v, ok := w.varint()
		if ok {
			w.visit(path, v)
		}
		return ok
	case thriftDouble:
		return w.skip(8)
	case thriftUUID:
		return w.skip(uuidLen)
	case thriftBinary:
		n, ok := w.uvarint()
		return ok && w.skip(n)
	case thriftList, thriftSet:
		return w.list(path)
	case thriftMap:
		return w.table(path)
	case thriftStruct:
		return w.structure(path)
	}
	return false
}

// list passes over a list: each of its items takes a byte at least.
func (w *thriftWalk) list(path []int) bool {
	head, ok := w.byte()
	n := uint64(head >> 4)
	if ok && n == 0xf {
		n, ok = w.uvarint()
	}
	if !ok || n > uint64(len(w.rest)) || len(path) > thriftDepthMax {
		return false
	}
	for range n {
		if !w.value(int(head&0xf), append(path, 0)) {
			return false
		}
	}
	return true
}

// table passes over a map.
func (w *thriftWalk) table(path []int) bool {
	n, ok := w.uvarint()
	if !ok || n == 0 {
		return ok
	}
	kinds, ok := w.byte()
	if !ok || n > uint64(len(w.rest)) || len(path) > thriftDepthMax {
		return false
	}
	for range n {
		if !w.value(int(kinds>>4), append(path, 0)) || !w.value(int(kinds&0xf), append(path, 0)) {
			return false
		}
	}
	return true
}

func (w *thriftWalk) byte() (byte, bool) {
	if len(w.rest) == 0 {
		return 0, false
	}
	b := w.rest[0]
	w.rest = w.rest[1:]
	return b, true
}

func (w *thriftWalk) skip(n uint64) bool {
	if n > uint64(len(w.rest)) {
		return false
	}
	w.rest = w.rest[n:]
	return true
}

func (w *thriftWalk) uvarint() (uint64, bool) {
	v, size := binary.Uvarint(w.rest)
	if size <= 0 {
		return 0, false
	}
	w.rest = w.rest[size:]
	return v, true
}

func (w *thriftWalk) varint() (int64, bool) {
	v, ok := w.uvarint()
	return int64(v>>1) ^ -int64(v&1), ok
}
