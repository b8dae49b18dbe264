package sim

import (
	"bytes"
	"strconv"
	"strings"
)

// mark writes at the begin of a payload who publishes it, and as which operation, so that whatever a server keeps can be told
// apart. A payload that is too small stays as it is.
func mark(payload []byte, publisher string, op uint64) {
	if len(payload) < len(publisher)+22 { // the digits of the largest number, and what stands around them
		return
	}
	line := append(payload[:0], publisher...)
	line = strconv.AppendUint(append(line, ' '), op, 10)
	_ = append(line, '\n')
}

// marked reads what mark wrote; "" where there is nothing.
func marked(payload []byte) (publisher string, op uint64) {
	line, _, ok := bytes.Cut(payload, []byte("\n"))
	name, number, two := strings.Cut(string(line), " ")
	op, err := strconv.ParseUint(number, 10, 64)
	if !ok || !two || err != nil {
		return "", 0
	}
	return name, op
}
