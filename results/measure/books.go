package measure

import (
	"fmt"
	"slices"

	"pindrop/results/history"
)

// never is the instant of what has not happened.
const never int64 = -1

// books is what one walk over a history writes down. A message is delivered to workers, again and again if need be;
// each of its deliveries is one row, and nearly every measurement is a question to these rows or to one of the lines.
type books struct {
	whole     Span // of the history
	window    Span // what metrics count: disturb and all that follows it
	disturb   Span // what rates count
	heal      int64
	phases    []Phase
	ended     bool   // there is an end
	cause     string // of the end
	reason    string // of the end, in words
	disturbed bool   // disturb has begun

	tapped   tapped           // workers whose links were watched at the server's end as well
	clock    string           // of the run: virtual, real, or "" where the history does not say
	servers  int64            // how many there are; 0: not known
	external bool             // they are not pindrop's
	silences []history.Event  // when they were not there
	exact    bool             // see [books.seesServer]
	shard    int32            // which of several consumers these books are of; 0: of all
	own      []*books         // of each of several consumers, by number; nil: there is one
	byShard  map[int32]*books // the same
	found    *Findings        // of own books

	at      int64 // the instant that is being read
	begun   bool
	configs []history.Event // those still to come

	consumer   consumerConfig // the last one
	settings   []setting      // all of them
	scope      scope          // of the consumer
	stream     streamConfig
	keepings   []keeping // all configurations of the stream
	untold     bool      // the stream has removed messages, and nobody knows when
	aged       bool      // it may have removed some that were too old
	lowest     []int32   // messages by sequence, without those that it removed, while turns are taken
	policy     string    // when disturb begins; "": no configuration seen
	given      int64     // max_ack_pending, then; 0: not known
	refusals   []refused
	checks     []check
	replicated bool     // servers were asked what they have
	heard      []string // servers that were listened to
	violations []Violation
	final      *history.Event
	gone       []Gone

	names      map[string]int32
	workers    []*worker
	seqs       sequences
	keys       names
	publishers names
	messages   []message
	deliveries []delivery // by arrival
	services   []int32    // deliveries, by begin
	toggles    []toggle   // of tenures going in and out of service
	tenures    []tenure   // by first arrival
	tenureOf   map[tenureKey]int32
	pins       history.Pins

	limit, serving         line
	working                line                         // serving, without the workers that are frozen
	queued, pending        line                         // at the server: new messages that it has not sent, messages that it wants acked
	stored, fresh, handled []int64                      // instants of messages stored, sent for the first time, first ended ok
	unacked                []int32                      // messages; kept only for ack policy all
	ackedTo                struct{ number, seq uint64 } // the same: the last answer of which the server took notice
	turns                  []turn
	answers                []leaving
	slots                  slots            // of the messages that are ack pending
	flying                 map[flight]int64 // deliveries that have left the server and not arrived, and when
	dead                   []delivery       // those that never did
	queue                  []int32          // messages as they were stored
	first                  int              // of the queue that may still wait
	revived                []Span           // each from when a server that had forgotten an ack was back to when the message came again
	undated                []Span           // each from when a message may have taken its slot to when it is drawn to have

	ops        map[operation]int32 // the places in published of those without an answer so far
	unanswered map[operation]int64 // when those were due that never had one
	published  []publication
	unknown    int
	refused    int
	roomless   int // of those, the ones for which the account or the server had no room

	faults []fault
	acts   history.Acts // of this instant
	cuts   []cut
	unpins []int64

	purgedBelow uint64 // what the publisher learns to be stored later than that is gone all the same
	leaders     []int64
	countedTo   int64 // deliveries that the server had counted, as far as its wires show, while turns are taken
	undone      []undoing
	samples     []sample  // of what the server said of itself
	counted     []mark    // deliveries, as it said
	pauses      []Span    // of the consumer, as the server told
	removals    []removal // the same
	pulls       []int64   // when one left a worker
	asked       int64     // when a worker last sent anything; never
	parked      []step    // pulls that waited, as the server said
	advised     advised
	state       stateBooks
	wired       bool // the wire was recorded, not only the bodies
	acksSeen    bool // double acks were confirmed

	holderBefore string // of the pin, before this instant
	genBefore    uint32
	lastBegun    int32
	counters     map[string]*counter
	consumerSeqs []step // at: consumer sequence, v: its arrival
	acksAtRisk   line   // acks that left a worker shortly before a cut
	twice        int64  // consumer sequences that came again
	seen, died   int64  // deliveries that the server counted: seen arriving; not seen, but near a cut
	drops        []drop
	lives        *lives // of sequences
	forgetful    bool   // there may be such
	burns        []burn // of processes
	cores        int64  // that pindrop may use; 0: not known
	timing       timing
	warnings     []string
}

// message is one sequence of the stream.
type message struct {
	seq       uint64
	op        operation
	key       int32  // 0: none
	acker     int32  // whose the first ack was
	due       int64  // never: no publish event
	storedAt  int64  // when the server had it: as its end of the publisher's link says, else as the publisher heard
	heardAt   int64  // when its publisher heard so
	begunAt   int64  // first begin
	ackedAt   int64  // first ack that left
	confirmed int64  // first double ack
	freedAt   int64  // when it was ack pending for the last time
	skippedAt int64  // when the server must have sent it at the latest, though nobody saw that
	okAt      int64  // first end ok
	newest    uint32 // the highest number of a delivery that has left the server
	last      int32  // newest delivery, -1
	count     int32  // deliveries
	oks       int32
	queued    bool // stored and never sent
	left      bool // the server has sent it
	pending   bool
	termed    bool
	removed   bool
	givenUp   bool
	busy      bool // a living worker held it when the run ended
}

// delivery is one message on its way through one worker. It is held from arrived to closed, in service from begun to
// closed; closed is the handler's end or the cut of the worker, whichever was first.
type delivery struct {
	message                int32
	worker                 int32
	tenure                 int32
	before                 int32 // the message's delivery before, -1
	number                 uint32
	incarnation            int32
	consumerSeq            uint64
	sent                   int64 // it left the server, at the latest
	earliest               int64 // … and not before
	arrived, begun, closed int64
	ended                  int64 // the handler's own end
	acked, naked, progress int64
	answered               int64 // an ack, a nak or a term left
	confirmed              int64
	settled                int64 // an ack or a term of it reached the server
	refused                int64 // the same for a nak
	extended               int64 // the same for the last time that it asked for more time
	outcome                outcome
	replayed               bool // out of the worker's own log: the server did not deliver it again
}

// worker is one actor that handles messages, over all its incarnations.
type worker struct {
	name        string
	tapped      bool // its links were watched at the server's end
	incarnation int32
	tenure      int32   // newest, -1
	open        []int32 // deliveries; closed ones are dropped now and then
	held        line
	serving     int
	servingMax  int
	batch       int32
	lastPull    int64
	level       int32 // of its last pull: the lower, the sooner it is served
	downFrom    int64
	down        []Span
	freezes     []int32 // unhealed faults
	confirms    bool    // its acks are double acks
	started     int64   // for the first time; never: nobody said
	way         way
	in, out     barrier
	acks        []int64 // when they left, since the last cut
	frozen      []Span
	frozenFrom  int64
	kept        []Span // holds and frozen together, once they are complete; see heldBack
}

// tenure is one worker's time under one pin generation; generation 0 is no pin.
type tenure struct {
	gen    uint32
	worker int32
	first  int64 // arrival
	begins int
	next   int64 // first arrival under a newer generation; the end of the history
	stale  int64 // first arrival under a newer generation at a different worker; never
}

type tenureKey struct {
	gen    uint32
	worker int32
}

// toggle says that a tenure has one more or one less message in service, or, if delta is 0, that a worker froze or
// thawed. Toggles are in the order of time.
type toggle struct {
	at     int64
	tenure int32
	delta  int32
	worker int32
	frozen bool
}

// operation is one publish of one publisher.
type operation struct {
	publisher int32
	op        uint64
}

// publication is a message that a publisher sent.
type publication struct {
	at, due int64
	acked   int64 // when the server acknowledged it; never
	full    bool  // it was refused, since the stream was full
}

// cut is a time in which what was on its way to a worker may have been lost.
type cut struct {
	Span
	worker int32
}

func newBooks() *books {
	return &books{
		heal: never, names: map[string]int32{}, keys: names{}, publishers: names{},
		ops: map[operation]int32{}, unanswered: map[operation]int64{}, tenureOf: map[tenureKey]int32{}, counters: map[string]*counter{}, lastBegun: -1, asked: never,
		flying: map[flight]int64{}, tapped: tapped{},
		advised: advised{naks: map[advice]bool{}, terms: map[advice]bool{}},
	}
}

func (b *books) warn(format string, args ...any) {
	b.warnings = append(b.warnings, fmt.Sprintf(format, args...))
}

// worker is the number of a worker, new or known.
func (b *books) worker(name string) int32 {
	i, ok := b.names[name]
	if !ok {
		i = int32(len(b.workers))
		b.names[name] = i
		b.workers = append(b.workers, &worker{
			name: name, tapped: b.tapped[name], incarnation: 1, tenure: -1, lastPull: never, downFrom: never, frozenFrom: never, started: never,
			in: barrier{from: never}, out: barrier{from: never},
		})
	}
	return i
}

// message is the index of a message, new or known.
func (b *books) message(seq uint64) int32 {
	i, ok := b.seqs.index(seq)
	if !ok {
		i = int32(len(b.messages))
		b.seqs.set(seq, i)
		b.messages = append(b.messages, message{
			seq: seq, due: never, storedAt: never, heardAt: never, skippedAt: never, begunAt: never, okAt: never, ackedAt: never, confirmed: never, freedAt: never,
			last: -1,
		})
	}
	return i
}

// find is the newest delivery of a message to a worker that fits, -1 if there is none. A number of 0 is any number.
func (b *books) find(m, w int32, number uint32, fits func(*delivery) bool) int32 {
	for i := b.messages[m].last; i >= 0; i = b.deliveries[i].before {
		d := &b.deliveries[i]
		if d.worker == w && (number == 0 || d.number == number) && fits(d) {
			return i
		}
	}
	return -1
}

func (d *delivery) any() bool     { return d.arrived != never }
func (d *delivery) unbegun() bool { return d.begun == never && d.closed == never }
func (d *delivery) running() bool { return d.begun != never && d.ended == never }

// service is the time in which the delivery was in service; of length 0 or less where it never was.
func (d *delivery) service() Span {
	if d.begun == never {
		return Span{}
	}
	return Span{d.begun, d.closed}
}

// close ends the time in which a delivery is held and in service.
func (b *books) close(d *delivery, at int64) {
	d.closed = at
	w := b.workers[d.worker]
	w.held.add(at, -1)
	if d.begun != never {
		w.serving--
		b.serving.add(at, -1)
		if len(w.freezes) == 0 {
			b.working.add(at, -1)
		}
		b.toggle(d, at, -1)
	}
}

// toggle lets the tenure of a delivery go in or out of service. Without a pin, nobody will ask.
func (b *books) toggle(d *delivery, at int64, delta int32) {
	if b.tenures[d.tenure].gen > 0 {
		b.toggles = append(b.toggles, toggle{at: at, tenure: d.tenure, delta: delta})
	}
}

// holding are the open deliveries of a worker.
func (b *books) holding(w *worker) []int32 {
	w.open = slices.DeleteFunc(w.open, func(i int32) bool { return b.deliveries[i].closed != never })
	return w.open
}

// cutOff closes all that a worker holds: the process is gone, or has stopped.
func (b *books) cutOff(w *worker, at int64) {
	for _, i := range b.holding(w) {
		b.close(&b.deliveries[i], at)
	}
	w.open = w.open[:0]
	b.outlived(w, at)
	b.thaw(w, at, w.freezes...) // a frozen process had handed its last words to its kernel
	w.in.cut(at)
	w.out.cut(at)
}

// finish closes at the end of the history what is still open.
func (b *books) finish() {
	for _, w := range b.workers {
		b.thaw(w, b.whole.To, w.freezes...)
		w.in.end(b.whole.To, true)
		w.out.end(b.whole.To, true)
		if w.downFrom != never {
			w.down = append(w.down, Span{w.downFrom, b.whole.To})
		}
		b.keepBusy(w)
		for _, i := range b.holding(w) {
			b.close(&b.deliveries[i], b.whole.To)
		}
	}
}

// keepBusy notes what a worker held that was alive when the run ended.
func (b *books) keepBusy(w *worker) {
	for _, i := range b.holding(w) {
		b.messages[b.deliveries[i].message].busy = true
	}
}
