package sim

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"

	"pindrop/results/history"
)

// tap reads the protocol on a worker's wire and writes down what passes: nats.go shows a message only when it is
// handled, so what waits in its buffer, when a pull left and when an ack did can be seen here alone.
type tap struct {
	number func(shard int32, pinID []byte) uint32
	in     func(*history.Event)
	out    func(*history.Event)

	pulls             []byte // what the subjects of pulls begin with
	arriving, leaving frames
	inboxes           inboxes
	asked             atomic.Pointer[string] // where the answers to requests that are no pulls arrive, but for its last token; nil: nowhere yet
	event             [2]history.Event       // written anew for each event of a direction: what passes costs no memory
}

// The directions.
const (
	inward = iota
	outward
)

func newTap(number func(int32, []byte) uint32, in, out func(*history.Event)) *tap {
	t := &tap{number: number, in: in, out: out, pulls: []byte(apiPrefix + pullSubject)}
	t.arriving.see = t.arrived
	t.leaving.see = t.left
	t.leaving.keep = keepBytes
	return t
}

var (
	pullSubject = "CONSUMER.MSG.NEXT." // behind the prefix of the API
	pinHeader   = "Nats-Pin-Id"
)

// statusIdle is the heartbeat of a pull: nothing happened, so nothing is written down.
const statusIdle = 100

// arrived writes down a delivery, or a status.
func (t *tap) arrived(f *frame) {
	if !strings.HasPrefix(text(f.reply), ackPrefix) {
		if code, reason := status(f.header); code != 0 && code != statusIdle && !t.answers(f.subject) {
			t.event[inward] = history.Event{
				Kind: history.Status, Shard: t.inboxes.shard(f.subject), Status: int32(code), Reason: string(reason),
			}
			t.in(&t.event[inward])
		}
		return
	}
	if a, ok := parseAckReply(text(f.reply)); ok {
		t.event[inward] = history.Event{
			Kind: history.Deliver, Shard: a.shard, Seq: a.seq, Delivery: a.delivery, ConsumerSeq: a.consumerSeq,
			Gen: t.number(a.shard, headerValue(f.header, pinHeader)),
		}
		t.in(&t.event[inward])
	}
}

// pullRequest is what a history keeps of a pull.
type pullRequest struct {
	Batch    int32 `json:"batch"`
	Expires  int64 `json:"expires"`
	Priority int32 `json:"priority"`
}

// left writes down a pull, or an answer to a delivery.
func (t *tap) left(f *frame) {
	if bytes.HasPrefix(f.subject, t.pulls) {
		var req pullRequest
		if json.Unmarshal(f.payload, &req) == nil {
			shard := shardOf(lastToken(f.subject))
			t.inboxes.add(f.reply, shard)
			t.event[outward] = history.Event{
				Kind: history.Pull, Shard: shard, Batch: req.Batch, Expires: req.Expires, Priority: req.Priority,
			}
			t.out(&t.event[outward])
		}
		return
	}
	if !strings.HasPrefix(text(f.subject), ackPrefix) {
		t.ask(f.reply)
		return
	}
	a, ok := parseAckReply(text(f.subject))
	kind, delay := answer(f.payload)
	if ok && kind != "" {
		t.event[outward] = history.Event{Kind: kind, Shard: a.shard, Seq: a.seq, Delivery: a.delivery, Delay: delay}
		t.out(&t.event[outward])
	}
}

// ask notes where the answer to a request is to arrive. The client library has one inbox for all of them, with a token
// behind it for each (_INBOX.<inbox>.<token>); pulls have inboxes of their own, without one.
func (t *tap) ask(reply []byte) {
	if bytes.Count(reply, []byte(".")) < 2 {
		return
	}
	inbox := reply[:bytes.LastIndexByte(reply, '.')+1]
	if known := t.asked.Load(); known == nil || *known != string(inbox) {
		text := string(inbox)
		t.asked.Store(&text)
	}
}

// answers reports whether what arrives on a subject answers such a request: an entry that is not there has a status too,
// and it is none of a pull.
func (t *tap) answers(subject []byte) bool {
	inbox := t.asked.Load()
	return inbox != nil && bytes.HasPrefix(subject, []byte(*inbox))
}

// answer tells what an answer to a delivery means; an empty one is an ack (nats-server, consumer.go, processAck).
func answer(payload []byte) (kind history.Kind, delay int64) {
	word, rest, _ := bytes.Cut(payload, []byte(" "))
	switch string(word) {
	case "", "+ACK":
		return history.Ack, 0
	case "-NAK":
		var options struct {
			Delay int64 `json:"delay"`
		}
		if len(rest) > 0 && json.Unmarshal(rest, &options) != nil {
			return history.Nak, 0
		}
		return history.Nak, options.Delay
	case "+TERM":
		return history.Term, 0
	case "+WPI":
		return history.Progress, 0
	}
	return "", 0
}

// inboxes says to which of several consumers an inbox belongs: a status names only the inbox of the pull that it answers.
// The zero value is ready.
type inboxes struct {
	mu sync.Mutex
	of map[string]int32
}

// add notes where the answers to a pull go. With one consumer there is nothing to tell apart.
func (b *inboxes) add(inbox []byte, shard int32) {
	if shard == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of == nil {
		b.of = map[string]int32{}
	}
	b.of[string(inbox)] = shard
}

func (b *inboxes) shard(inbox []byte) int32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.of[string(inbox)]
}

// generations numbers the pin ids of each consumer, 1…n by first delivery. Ids themselves never reach a history: those of
// one server begin alike, and differ from run to run.
type generations struct {
	mu      sync.Mutex
	numbers map[string]uint32 // by id: no two consumers have the same one
	newest  map[int32]uint32  // by consumer
}

func newGenerations() *generations {
	return &generations{numbers: map[string]uint32{}, newest: map[int32]uint32{}}
}

// number is the generation of a pin id, 0 for no id.
func (g *generations) number(shard int32, id []byte) uint32 {
	if len(id) == 0 {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	n, ok := g.numbers[string(id)]
	if !ok {
		g.newest[shard]++
		n = g.newest[shard]
		g.numbers[string(id)] = n
	}
	return n
}
