package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// publishTimeout is how long a publisher waits for the answer to a message before it calls the outcome unknown.
const publishTimeout = 5 * time.Second

// publisher sends messages when they are due, whatever became of those before (an open loop), and writes down when each
// was due, when it left, and what the server said.
type publisher struct {
	run     *run
	plan    *scenarios.PublisherPlan
	spec    *scenarios.Publishers
	sent    *history.Log
	answers *history.Log
	nc      *nats.Conn
	inbox   string // answers come to inbox.<op>
	payload []byte
	keys    []string

	window chan struct{} // places for messages without an answer; nil: open loop

	mu      sync.Mutex
	op      uint64
	pending map[uint64]int // operations without an answer, and the numbers of their keys
	settled chan struct{}  // closed when pending becomes empty; nil while nobody waits for that
}

func newPublisher(r *run, plan *scenarios.PublisherPlan) (*publisher, error) {
	spec := &r.site.plan.Scenario.Publishers[plan.Group]
	p := &publisher{
		run: r, plan: plan, spec: spec, sent: r.site.rec.open(plan.Name, history.WireOut), answers: r.site.rec.open(plan.Name, history.Answers),
		payload: make([]byte, spec.Size), pending: map[uint64]int{},
	}
	for k := range spec.Keys {
		p.keys = append(p.keys, "k"+strconv.Itoa(k))
	}
	if spec.Window > 0 {
		p.window = make(chan struct{}, spec.Window)
	}
	n := r.newNetwork(r.site.plan.Scenario.NetworkOf(spec.Network), plan.Seed)
	if n.slow() {
		n.watched = p.ackTap()
	}
	nc, err := connect(plan.Name, r.dialThrough(n), append(slices.Clip(r.site.options), reconnectAfter(n.handshake()))...)
	if err != nil {
		return nil, err
	}
	p.nc = nc
	p.inbox = nc.NewInbox()
	if _, err := nc.Subscribe(p.inbox+".*", p.answered); err != nil {
		return nil, fmt.Errorf("subscribe to the answers of %s: %w", plan.Name, err)
	}
	return p, nil
}

// backlogWindow is how many messages of a backlog may be without an answer.
const backlogWindow = 1024

// backlog publishes the publisher's part of the backlog as fast as the server takes it.
func (p *publisher) backlog() {
	for i := range p.plan.Share {
		p.publish(p.run.site.rec.now())
		if (i+1)%backlogWindow != 0 {
			continue
		}
		p.settle()
		if p.run.ctx.Err() != nil {
			return
		}
	}
	p.settle()
}

// publishUntil sends what there is to send, from the start of warm-up until stop is closed.
func (p *publisher) publishUntil(start time.Time, stop <-chan struct{}) {
	if p.window != nil {
		p.publishClosed(stop)
	} else {
		p.publishOpen(start, stop)
	}
}

// publishClosed sends a message whenever there is a place in the window.
func (p *publisher) publishClosed(stop <-chan struct{}) {
	patience := time.NewTimer(publishTimeout)
	defer patience.Stop()
	for i := 0; p.spec.Total == 0 || i < p.spec.Total; {
		patience.Reset(publishTimeout)
		select {
		case p.window <- struct{}{}:
			p.publish(p.run.site.rec.now())
			i++
		case <-stop:
			return
		case <-patience.C: // not one answer for so long
			p.giveUp()
		}
	}
}

// publishOpen sends what is due.
func (p *publisher) publishOpen(start time.Time, stop <-chan struct{}) {
	arrivals := scenarios.NewArrivals(*p.spec, *p.plan, p.run.site.plan.Scenario.Phases)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due, more := arrivals.Next()
		if !more {
			return
		}
		at := start.Add(due)
		if wait := time.Until(at); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-stop:
				return
			}
		}
		p.publish(int64(at.Sub(p.run.site.rec.origin)))
	}
}

// publish sends one message.
func (p *publisher) publish(due int64) {
	p.mu.Lock()
	p.op++
	op := p.op
	key := p.keyOf(op)
	p.pending[op] = key
	p.mu.Unlock()
	shard := p.shard(key)
	p.run.scene.sent.Add(1)
	mark(p.payload, p.plan.Name, op)
	p.run.site.rec.write(p.sent, &history.Event{
		Kind: history.Publish, Shard: shard, Op: op, Due: due, Key: p.keys[key], Size: int32(len(p.payload)),
	})
	err := p.nc.PublishMsg(&nats.Msg{
		Subject: p.run.site.subjectOf(shard, p.keys[key]), Reply: p.inbox + "." + strconv.FormatUint(op, 10), Data: p.payload,
	})
	if err != nil {
		p.finish(op, &history.Event{Kind: history.Refused, Op: op, Reason: err.Error()})
	}
}

// keyOf is the number of the key of an operation.
func (p *publisher) keyOf(op uint64) int { return int((op - 1) % uint64(len(p.keys))) }

// shard is the consumer that gets the messages of a key.
func (p *publisher) shard(key int) int32 { return p.run.site.plan.Scenario.Consumer.ShardOf(key) }

// pubAnswer is the server's answer to a publish (JSPubAckResponse).
type pubAnswer struct {
	refusal
	Seq uint64 `json:"seq"`
}

// answered writes down what the server said of a message.
func (p *publisher) answered(msg *nats.Msg) {
	op, err := strconv.ParseUint(msg.Subject[strings.LastIndexByte(msg.Subject, '.')+1:], 10, 64)
	if err != nil {
		return // nothing that we sent asks for an answer there
	}
	var answer pubAnswer
	refused := func(reason string) {
		p.finish(op, &history.Event{Kind: history.Refused, Op: op, Reason: reason})
	}
	switch err := json.Unmarshal(msg.Data, &answer); {
	case msg.Header.Get("Status") != "":
		refused("no stream listens: status " + msg.Header.Get("Status"))
	case err != nil:
		refused("an answer that is not JSON: " + err.Error())
	case answer.Error != nil:
		p.finish(op, &history.Event{
			Kind: history.Refused, Op: op, Reason: answer.Error.Description, Status: p.run.codeOf(answer.Error.ErrCode),
		})
	default:
		p.finish(op, &history.Event{Kind: history.Stored, Op: op, Seq: answer.Seq})
	}
}

// codeOf is the error code of a refusal, as the history keeps it: on servers that are not pindrop's, where it tells the want of
// room from the limits of the stream.
func (r *run) codeOf(code jetstream.ErrorCode) int32 {
	if r.whose() == "" {
		return 0
	}
	return int32(code)
}

// finish writes down e as the answer to op, unless op has been given up.
func (p *publisher) finish(op uint64, e *history.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, waiting := p.pending[op]
	if !waiting {
		return
	}
	delete(p.pending, op)
	p.release(1)
	e.Key, e.Shard = p.keys[key], p.shard(key)
	if e.Kind == history.Stored {
		p.run.scene.stored.Add(1)
	}
	p.run.site.rec.write(p.answers, e)
	if len(p.pending) == 0 && p.settled != nil {
		close(p.settled)
		p.settled = nil
	}
}

// settle waits until every message has its answer; those without one after publishTimeout, or when the run is interrupted,
// are unknown.
func (p *publisher) settle() {
	p.mu.Lock()
	if len(p.pending) == 0 {
		p.mu.Unlock()
		return
	}
	settled := make(chan struct{})
	p.settled = settled
	p.mu.Unlock()
	timer := time.NewTimer(publishTimeout)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
		p.giveUp()
	case <-p.run.ctx.Done():
		p.giveUp()
	}
}

// giveUp calls the outcome of what has no answer unknown, in the order in which it was sent.
func (p *publisher) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for op := uint64(1); op <= p.op; op++ {
		if key, waiting := p.pending[op]; waiting {
			p.run.site.rec.write(p.answers, &history.Event{Kind: history.Unknown, Shard: p.shard(key), Op: op, Key: p.keys[key]})
		}
	}
	p.release(len(p.pending))
	clear(p.pending)
	p.settled = nil
}

// release frees places in the window. Those that the backlog had never taken are not there to be freed.
func (p *publisher) release(places int) {
	for range places {
		select {
		case <-p.window:
		default:
		}
	}
}
