package safety

import (
	"encoding/json"
	"iter"
	"slices"
	"strconv"

	"pindrop/results/history"
)

const second = int64(1_000_000_000)

// operation is one publish.
type operation struct {
	publisher string
	op        uint64
}

func (o operation) String() string {
	return o.publisher + "'s operation " + strconv.FormatUint(o.op, 10)
}

// acknowledged is a publish that the server has confirmed.
type acknowledged struct {
	operation
	seq  uint64
	sent int64
	at   int64
}

// message is a message of one consumer.
type message struct {
	shard int32
	seq   uint64
}

// arrival is a delivery as its worker's wire saw it.
type arrival struct {
	at     int64
	number uint32
	worker string
}

// ended is an ack, or its confirmation.
type answer struct {
	at     int64
	worker string
}

// failure is a fault from its injection to its heal, or to the end of the history.
type failure struct {
	do, target string
	id         int32
	from, to   int64
	lag        int64 // how long after its heal what it held up may still be on its way
	damaged    bool  // a file of the server was damaged while it was down
	spared     bool  // a loss of power that cost nothing, or only what no ack had promised: to what a server has, it was no more than a kill
}

// kept is a message that a server has.
type kept struct {
	operation
	seq uint64
}

// entity is what replicas are of: the stream, or one of the consumers.
type entity struct {
	of    string
	shard int32
}

type streamConfig struct {
	Name              string `json:"name"`
	Replicas          int    `json:"num_replicas"`
	Storage           string `json:"storage"`
	Retention         string `json:"retention"`
	PersistMode       string `json:"persist_mode"`
	MaxMsgs           int64  `json:"max_msgs"`
	MaxBytes          int64  `json:"max_bytes"`
	MaxAge            int64  `json:"max_age"`
	MaxMsgsPerSubject int64  `json:"max_msgs_per_subject"`
}

type consumerConfig struct {
	Replicas      int     `json:"num_replicas"`
	Memory        bool    `json:"mem_storage"`
	Policy        string  `json:"priority_policy"`
	PinTTL        int64   `json:"priority_timeout"`
	AckPolicy     string  `json:"ack_policy"`
	AckWait       int64   `json:"ack_wait"`
	Backoff       []int64 `json:"backoff"`
	MaxAckPending int64   `json:"max_ack_pending"`
	MaxDeliver    int64   `json:"max_deliver"`
	PauseUntil    string  `json:"pause_until"`
}

// facts are what the laws look at.
type facts struct {
	asked    bool // servers were asked what they have
	stream   streamConfig
	consumer consumerConfig // the last of them: all have one configuration

	sent   map[operation]int64
	acks   []acknowledged
	taken  map[uint64]bool // sequences that a worker has acked or terminated, or that the server gave up
	purged uint64          // everything below was purged

	arrivals  map[message][]arrival
	answers   map[message][]answer
	confirmed map[message]int64 // when a double ack of it was first confirmed

	failures   []failure
	pulled     int64 // the last pull of anybody
	arrived    int64 // the last arrival
	progressed int64 // the last time that a worker said that it was still at work
	pauses     bool

	replicas map[entity][]history.Event
	entries  map[string][]kept // by server
	final    []history.Event
	converge int64 // begin of the phase, -1: none
	verdict  *history.Event
	end      int64

	heard    []string // lives of servers that were listened to, by their names
	remarks  []remark
	remarked map[saying]int64 // how often a life of a server had said something when it was last written down
}

// gather reads a history.
func gather(events iter.Seq[*history.Event]) *facts {
	f := &facts{
		sent: map[operation]int64{}, taken: map[uint64]bool{}, arrivals: map[message][]arrival{}, answers: map[message][]answer{},
		confirmed: map[message]int64{}, remarked: map[saying]int64{}, replicas: map[entity][]history.Event{}, entries: map[string][]kept{},
		converge: -1, pulled: -1, arrived: -1, progressed: -1,
	}
	var acts history.Acts
	for e := range events {
		if e.At != f.end {
			f.failing(acts.Settle())
		}
		f.end = e.At
		if acts.Add(e) {
			continue
		}
		f.publishing(e)
		f.working(e)
		f.watching(e)
	}
	f.failing(acts.Settle())
	for i := range f.failures {
		if x := &f.failures[i]; x.to < 0 && slices.Contains(momentary, x.do) {
			x.to = x.from
		} else if x.to < 0 {
			x.to = f.end
		}
	}
	return f
}

func (f *facts) publishing(e *history.Event) {
	o := operation{e.Actor, e.Op}
	switch e.Kind {
	case history.Publish:
		f.sent[o] = e.At
	case history.Stored:
		f.acks = append(f.acks, acknowledged{o, e.Seq, f.sent[o], e.At})
	}
}

func (f *facts) working(e *history.Event) {
	m := message{e.Shard, e.Seq}
	switch e.Kind {
	case history.Deliver:
		f.arrivals[m] = append(f.arrivals[m], arrival{e.At, e.Delivery, e.Actor})
		f.arrived = e.At
	case history.Ack:
		f.answers[m] = append(f.answers[m], answer{e.At, e.Actor})
		f.taken[e.Seq] = true
	case history.Term, history.Terminated, history.MaxDeliveries:
		f.taken[e.Seq] = true
	case history.Acked:
		if _, ok := f.confirmed[m]; !ok {
			f.confirmed[m] = e.At
		}
	case history.Progress:
		f.progressed = e.At
	case history.Pull:
		f.pulled = e.At
	}
}

// failing takes in what took effect at the end of an instant.
func (f *facts) failing(acts []history.Event) {
	for i := range acts {
		switch e := &acts[i]; e.Kind {
		case history.Stop:
			f.thaw(e.Worker, e.At)
		case history.Fault:
			f.fail(e)
		case history.Damage:
			if x := f.lasting(e); x != nil {
				x.damaged = e.Outcome == history.OK
			}
		case history.Heal:
			if x := f.lasting(e); x != nil {
				x.to = e.At + x.lag
			}
		}
	}
}

// lasting is the failure that a damage or a heal is of; nil: it is over, or there was none.
func (f *facts) lasting(e *history.Event) *failure {
	i := slices.IndexFunc(f.failures, func(x failure) bool { return x.id == e.Fault && x.target == e.Target && x.to < 0 })
	if i < 0 {
		return nil
	}
	return &f.failures[i]
}

func (f *facts) fail(e *history.Event) {
	if e.Do == doKill || e.Do == doRestart {
		f.thaw(e.Target, e.At)
	}
	f.failures = append(f.failures, failure{do: e.Do, target: e.Target, id: e.Fault, from: e.At, to: -1, lag: 2 * e.Delay, spared: spared(e)})
	if e.Do == doPurge {
		f.purged = max(f.purged, e.Seq)
	}
	f.pauses = f.pauses || e.Do == doPause
}

// thaw ends what held a worker's process: it is gone.
func (f *facts) thaw(worker string, at int64) {
	for i := range f.failures {
		if x := &f.failures[i]; x.do == doFreeze && x.target == worker && x.to < 0 {
			x.to = at
		}
	}
}

func (f *facts) watching(e *history.Event) {
	switch e.Kind {
	case history.Config:
		// What cannot be read is left as it was: the measurements warn of it.
		if len(e.Stream) > 0 {
			_ = json.Unmarshal(e.Stream, &f.stream)
		}
		if len(e.Consumer) > 0 {
			_ = json.Unmarshal(e.Consumer, &f.consumer)
		}
	case history.Assertion:
		f.remarking(e)
	case history.Replica:
		f.asked = true
		of := entity{e.Do, e.Shard}
		f.replicas[of] = append(f.replicas[of], *e)
	case history.Entry:
		f.entries[e.Target] = append(f.entries[e.Target], kept{operation{e.Worker, e.Op}, e.Seq})
	case history.Converged:
		verdict := *e
		f.verdict = &verdict
		f.asked = true
	case history.Phase:
		if e.Phase == history.PhaseConverge {
			f.converge = e.At
		}
	case history.Final:
		f.final = append(f.final, *e)
	}
}

// wait is the longest that the server waits for an ack.
func (c *consumerConfig) wait() int64 { return max(c.AckWait, slices.Max(append(c.Backoff, 0))) }

// copies is how many servers keep the state of the consumer.
func (f *facts) copies() int {
	if f.consumer.Replicas > 0 {
		return f.consumer.Replicas
	}
	return f.stream.Replicas
}

// limited reports whether the stream removes messages by itself.
func (c *streamConfig) limited() bool {
	return max(c.MaxMsgs, c.MaxBytes, c.MaxAge, c.MaxMsgsPerSubject) > 0
}
