package sim

import (
	"encoding/json"
	"strings"

	"pindrop/results/history"
)

// serverTap reads the protocol at the server's end of a worker's link: when a delivery leaves the server, and when an answer
// reaches it. What dies between the two ends is seen here alone. It goes on when the worker has died: the server does not know yet.
type serverTap struct {
	number            func(shard int32, pinID []byte) uint32
	rec               *recorder
	out, in           *history.Log
	leaving, arriving frames
	event             history.Event   // a delivery, written anew for each: what passes costs no memory
	answers           []history.Event // on their last step
}

// serverTap makes, for each connection of a worker, what watches the server's end of it.
func (r *run) serverTap(worker string) func() serverEnd {
	out, in := r.site.rec.open(worker, history.ServerOut), r.site.rec.open(worker, history.ServerIn)
	return func() serverEnd {
		t := &serverTap{number: r.pins.number, rec: r.site.rec, out: out, in: in}
		t.leaving.see, t.arriving.see = t.left, t.arrived
		t.arriving.keep = keepBytes
		return serverEnd{sent: t.leaving.feed, reaching: t.arriving.feed, reached: t.reached}
	}
}

// left writes down a delivery that the server has sent.
func (t *serverTap) left(f *frame) {
	a, ok := parseAckReply(text(f.reply))
	if !ok {
		return
	}
	t.event = history.Event{
		Kind: history.Sent, Shard: a.shard, Seq: a.seq, Delivery: a.delivery, ConsumerSeq: a.consumerSeq,
		Gen: t.number(a.shard, headerValue(f.header, pinHeader)),
	}
	t.rec.write(t.out, &t.event)
}

// outcomes of the answers, by what they are to the worker.
var outcomes = map[history.Kind]history.Outcome{
	history.Ack: history.OK, history.Nak: history.Naked, history.Term: history.Termed, history.Progress: history.Extended,
}

// arrived keeps an answer that is about to reach the server, with the time: the server may act on it before it is written down.
func (t *serverTap) arrived(f *frame) {
	if !strings.HasPrefix(text(f.subject), ackPrefix) {
		return
	}
	a, ok := parseAckReply(text(f.subject))
	kind, delay := answer(f.payload)
	if ok && kind != "" {
		t.answers = append(t.answers, history.Event{
			At: t.rec.now(), Kind: history.Reached, Shard: a.shard, Seq: a.seq, Delivery: a.delivery, ConsumerSeq: a.consumerSeq,
			Outcome: outcomes[kind], Delay: delay,
		})
	}
}

// reached writes down the answers that have reached the server. Those of a write that failed are never told of.
func (t *serverTap) reached() {
	for i := range t.answers {
		if t.in != nil {
			t.in.Append(&t.answers[i])
		}
	}
	t.answers = t.answers[:0]
}

// ackTap makes, for each connection of a publisher over a slow network, what reads the server's acknowledgements as they leave it:
// a message waits from when the server has it, not from when its publisher hears so.
func (p *publisher) ackTap() func() serverEnd {
	log := p.run.site.rec.open(p.plan.Name, history.ServerOut)
	return func() serverEnd {
		acks := frames{keep: keepBytes, see: func(f *frame) {
			var answer pubAnswer
			op := unsigned(lastToken(f.subject))
			if op == 0 || json.Unmarshal(f.payload, &answer) != nil || answer.Error != nil || answer.Seq == 0 {
				return
			}
			key := p.keyOf(op)
			p.run.site.rec.write(log, &history.Event{
				Kind: history.Persisted, Shard: p.shard(key), Op: op, Seq: answer.Seq, Key: p.keys[key],
			})
		}}
		return serverEnd{sent: acks.feed}
	}
}
