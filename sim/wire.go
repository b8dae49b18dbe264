package sim

import (
	"bytes"
	"strings"
	"unsafe"
)

// frame is one message of the NATS protocol, as it passed on a wire.
type frame struct {
	subject []byte
	reply   []byte // nil: none
	header  []byte // nil: none
	payload []byte // its beginning, as much as is kept
}

// keepBytes is how much of a payload is kept where one is looked at: more than any pull request or ack has.
const keepBytes = 1024

// frames takes the NATS protocol apart, whatever the pieces in which it comes, and hands each message to see. It reads
// MSG and HMSG (from the server) and PUB and HPUB (from the client); all else is passed over. The zero value with see
// set is ready; a frame and its slices are only good during the call of see.
type frames struct {
	see  func(*frame)
	pong func() // nil: not asked for
	keep int    // bytes of each payload

	line  []byte // of the control line, what came so far
	body  []byte // of header and payload, what came so far and is kept
	left  int    // bytes of header, payload and the line's end still to come
	sizes sizes
	frame frame
}

// sizes of a message: header and payload without the line's end.
type sizes struct{ header, payload int }

func (f *frames) feed(b []byte) {
	for len(b) > 0 {
		if f.left > 0 {
			b = f.feedBody(b)
			continue
		}
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			f.line = append(f.line, b...)
			return
		}
		line, begun := b[:end+1], len(f.line) > 0
		if begun {
			f.line = append(f.line, line...)
			line = f.line
		}
		b = b[end+1:]
		f.control(line)
		switch {
		case f.left > len(b) && !begun: // the frame is to outlive b
			f.line = append(f.line, line...)
			f.control(f.line)
		case f.left > len(b):
		case f.left > 0: // the rule: nothing of it is copied
			f.hand(b)
			b, f.left = b[f.left:], 0
			fallthrough
		default:
			f.line = f.line[:0]
		}
	}
}

// control reads a whole control line; if a body follows it, left says how long it is.
func (f *frames) control(line []byte) {
	var words [6][]byte
	n := split(words[:], line)
	verb := string(words[0])
	args := words[1:max(n, 1)]
	headers := verb == "HPUB" || verb == "HMSG"
	switch verb {
	case "PUB", "HPUB":
	case "MSG", "HMSG":
		if len(args) > 1 {
			args = append(args[:1], args[2:]...) // without the subscription's id
		}
	default:
		if verb == "PONG" && f.pong != nil {
			f.pong()
		}
		return
	}
	f.sizes = sizes{}
	if headers && len(args) > 1 {
		f.sizes.header = number(args[len(args)-2])
		args = append(args[:len(args)-2], args[len(args)-1])
	}
	if len(args) < 2 {
		return
	}
	f.sizes.payload = number(args[len(args)-1]) - f.sizes.header
	if f.sizes.payload < 0 {
		return // not the protocol
	}
	f.frame = frame{subject: args[0]}
	if len(args) > 2 {
		f.frame.reply = args[1]
	}
	f.left = f.sizes.header + f.sizes.payload + len("\r\n")
	f.body = f.body[:0]
}

// feedBody takes what of b belongs to the body, and hands out the frame once it is whole.
func (f *frames) feedBody(b []byte) []byte {
	n := min(len(b), f.left)
	if room := f.sizes.header + min(f.sizes.payload, f.keep) - len(f.body); room > 0 {
		f.body = append(f.body, b[:min(n, room)]...)
	}
	f.left -= n
	if f.left == 0 {
		f.hand(f.body)
		f.line = f.line[:0]
	}
	return b[n:]
}

// hand hands out the frame, whose body b begins with.
func (f *frames) hand(b []byte) {
	if f.sizes.header > 0 {
		f.frame.header = b[:f.sizes.header]
	}
	f.frame.payload = b[f.sizes.header : f.sizes.header+min(f.sizes.payload, f.keep)]
	f.see(&f.frame)
}

// split cuts a control line into words. Between two of them is one blank, as client and server write it; more, or tabs,
// which the protocol allows, are read as well.
func split(words [][]byte, line []byte) int {
	if bytes.IndexByte(line, '\t') >= 0 {
		return copy(words, bytes.Fields(line))
	}
	rest := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	for n := range words {
		end := bytes.IndexByte(rest, ' ')
		if end == 0 {
			return copy(words, bytes.Fields(line))
		}
		if end < 0 {
			words[n] = rest
			return n + 1
		}
		words[n], rest = rest[:end], rest[end+1:]
	}
	return len(words)
}

func number(b []byte) int {
	return int(unsigned(b))
}

// ackReply is what the reply subject of a delivered message says of it.
type ackReply struct {
	shard       int32 // its consumer
	delivery    uint32
	seq         uint64
	consumerSeq uint64
}

const ackPrefix = "$JS.ACK."

// parseAckReply reads the reply subject of a delivery:
//
//	$JS.ACK.<stream>.<consumer>.<delivery>.<seq>.<consumer seq>.<time>.<pending>
//	$JS.ACK.<domain>.<account>.<stream>.<consumer>.<delivery>.<seq>.<consumer seq>.<time>.<pending>[.<more>]
//
// The second form is read where there are eleven tokens or more (nats.go jetstream/internal/parser, GetMetadataFields).
func parseAckReply(reply string) (ackReply, bool) {
	var ends [11]int // of the tokens, as far as they matter
	n := 0
	for i := range len(reply) {
		if reply[i] == '.' {
			if n < len(ends) {
				ends[n] = i
			}
			n++
		}
	}
	n++ // the last token ends without a dot
	consumer := 3
	switch {
	case !strings.HasPrefix(reply, ackPrefix) || n < 9 || n == 10:
		return ackReply{}, false
	case n >= 11:
		consumer = 5
	}
	token := func(i int) string { return reply[ends[i-1]+1 : ends[i]] }
	a := ackReply{
		shard: shardOf(token(consumer)), delivery: uint32(unsigned(token(consumer + 1))),
		seq: unsigned(token(consumer + 2)), consumerSeq: unsigned(token(consumer + 3)),
	}
	return a, a.delivery > 0 && a.seq > 0
}

// text is b as a string, without a copy: for whoever looks at it and keeps nothing of it.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// unsigned reads a decimal number; 0 for anything else.
func unsigned[T ~string | ~[]byte](s T) uint64 {
	v := uint64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		v = v*10 + uint64(s[i]-'0')
	}
	return v
}

// headerValue is the value of a header field, nil if there is none. header begins with the version line.
func headerValue(header []byte, name string) []byte {
	for len(header) > 0 {
		line, rest, _ := bytes.Cut(header, []byte("\r\n"))
		if len(line) > len(name) && line[len(name)] == ':' && string(line[:len(name)]) == name {
			return bytes.TrimSpace(line[len(name)+1:])
		}
		header = rest
	}
	return nil
}

// status is the status line of a header: its code and text; 0 where it has none.
func status(header []byte) (code int, text []byte) {
	line, _, _ := bytes.Cut(header, []byte("\r\n"))
	line, ok := bytes.CutPrefix(line, []byte("NATS/1.0 "))
	if !ok {
		return 0, nil
	}
	word, text, _ := bytes.Cut(line, []byte(" "))
	return number(word), text
}
