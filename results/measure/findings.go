// Package measure computes every number that pindrop prints, each a pure function of a history.
//
// The path: [All] walks the events once into small books (messages, services, pins, faults, the limit), each measurement
// reads those books and adds its metrics and its findings, and the premises judge whether the run was an experiment at all.
// Spans are half-open, [From, To), in nanoseconds since the run's origin.
package measure

import (
	"cmp"

	"pindrop/results/history"
	"pindrop/results/safety"
)

// Findings is all that was measured in one history.
type Findings struct {
	Metrics  map[string]float64 `json:"metrics"` // by the names of [Table]; a metric that does not apply is absent
	Premises []Premise          `json:"premises"`

	Phases       []Phase      `json:"phases"`
	Faults       []Fault      `json:"faults"`
	Overlaps     []Overlap    `json:"overlaps"`
	Takeovers    []Takeover   `json:"takeovers"`
	Gaps         []Gap        `json:"gaps"`
	Cliffs       []Cliff      `json:"cliffs"`
	Redeliveries []Redelivery `json:"redeliveries"`
	Worst        []Message    `json:"worst"` // the messages with the most deliveries, then the longest response; at most 20
	Latencies    []Latency    `json:"latencies"`
	Phased       []Phased     `json:"phased"`
	Shares       []Share      `json:"shares"`
	Consumers    []Consumer   `json:"consumers,omitempty"` // where there are several
	Lanes        []Lane       `json:"lanes"`
	Series       []Series     `json:"series"`
	Limit        int64        `json:"limit"` // max_ack_pending as the server reported it last; -1: none; 0: not known
	Policy       string       `json:"policy"`
	Diagnosis    Diagnosis    `json:"diagnosis"`

	// ServerView says what the metrics of the server's view rest on: exact where the server's end of every link was watched and no
	// fault broke a server, bounded elsewhere. "": there is no such view, since no wire was recorded.
	ServerView View `json:"server_view,omitempty"`

	Loss       *Loss              `json:"loss,omitempty"`       // nil: nothing that was acknowledged is gone, or nobody can tell
	Gone       []Gone             `json:"gone,omitempty"`       // what the server said that it no longer has
	Laws       []safety.Judgement `json:"laws,omitempty"`       // of a run that asked its servers in the end what each of them has, or in which an assertion of a server failed
	Heard      []string           `json:"heard,omitempty"`      // the servers whose own assertions were heard; nobody hears those of server.binary and of external servers
	Violations []Violation        `json:"violations,omitempty"` // assertions of servers that failed, the first ones
	Warnings   []string           `json:"warnings"`             // what a reader must know to trust the numbers
}

// View is how well the server's side is known. See docs/metrics.md, "Where a message is".
type View string

// The views.
const (
	Exact   View = "exact"
	Bounded View = "bounded"
)

// Span is a half-open interval.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Verdict of a premise, an expectation or a run.
type Verdict string

// The verdicts; the worst of several is fail, then unknown, then pass. A broken premise makes a run unknown.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// Premise is something that must hold for the run to be an experiment.
type Premise struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Got    string `json:"got"`
	Wanted string `json:"wanted"`
}

// Phase is one phase of the run.
type Phase struct {
	Name string `json:"name"`
	Span
	Reason string `json:"reason,omitempty"` // of the end: drained, or why not, in words
	Cause  string `json:"cause,omitempty"`  // of the end: see [history.Event.Cause]; older records have only the words
}

// Ended is the cause of an end, "" of any other phase.
func (p *Phase) Ended() string {
	if p.Name != history.PhaseEnd {
		return ""
	}
	return cmp.Or(p.Cause, (&history.Event{Reason: p.Reason}).Cause())
}

// Fault is one injected fault and what it hit.
type Fault struct {
	ID      int32  `json:"id"`
	Do      string `json:"do"`
	Target  string `json:"target"`          // the worker it hit
	Shard   int32  `json:"shard,omitempty"` // the one of several consumers that it hit; 0: none of them, or all
	Span           // to its heal, to its worker's return, or to the end of the history
	Healed  bool   `json:"healed"`
	Holder  bool   `json:"holder"`            // it hit the holder of the pin
	Held    int    `json:"held"`              // messages that its target held
	Begun   int    `json:"begun"`             // of those, the ones in service
	Nth     int    `json:"nth"`               // of the last of those, its number among the begins of its pin generation; 0 with several consumers
	Owned   int    `json:"owned,omitempty"`   // of several consumers, those whose pin it held
	Lost    string `json:"lost,omitempty"`    // of a loss of power: what was gone, in words
	Undone  int64  `json:"undone,omitempty"`  // of a loss of power: writes and changes of names that were gone
	Open    int64  `json:"open,omitempty"`    // of a loss of power: how many could have been; 0 in older records
	Idle    Span   `json:"idle,omitzero"`     // of a server's: the longest time, to the next such fault, in which nobody worked though messages were published
	Next    string `json:"next,omitempty"`    // the worker that ended it
	Slower  int64  `json:"slower,omitempty"`  // of a slow link or slow routes: what is added one way, on average
	Damage  string `json:"damage,omitempty"`  // what became of which file of the server while it was down
	Pinless bool   `json:"pinless,omitempty"` // of a drain that was to clear the pin: its target held none
}

// Overlap is the time in which workers under two different pin generations were both in service.
type Overlap struct {
	Shard   int32  `json:"shard,omitempty"`
	Span           // from the first such instant to the last
	Time    int64  `json:"time"`   // in both, without the pauses between
	Frozen  int64  `json:"frozen"` // the part of Time in which one of them was frozen
	GenOld  uint32 `json:"gen_old"`
	GenNew  uint32 `json:"gen_new"`
	Old     string `json:"old"` // workers
	New     string `json:"new"`
	Cause   string `json:"cause"` // fault, expiry, unpin, leader
	FaultID int32  `json:"fault,omitempty"`
}

// Takeover is the work passing from a holder that a fault stopped to another worker or a new incarnation.
type Takeover struct {
	Shard     int32  `json:"shard,omitempty"`
	FaultID   int32  `json:"fault"`
	FaultAt   int64  `json:"fault_at"`
	LastPull  int64  `json:"last_pull"` // of the holder, -1: none seen
	Repinned  int64  `json:"repinned"`  // first delivery under a newer generation, -1: none
	BeginAt   int64  `json:"begin_at"`
	From      string `json:"from"`
	To        string `json:"to"`
	FromFault int64  `json:"from_fault"` // BeginAt − FaultAt
	FromPull  int64  `json:"from_pull"`  // BeginAt − LastPull, -1: no pull seen
}

// Gap is a time in which new messages wait and nobody is in service, or only frozen workers are.
type Gap struct {
	Shard int32 `json:"shard,omitempty"`
	Span
	Locked bool `json:"locked"` // the only waiting work was ack pending or delayed
}

// Cliff is a time at the limit of ack pending while new messages wait.
type Cliff struct {
	Shard int32 `json:"shard,omitempty"`
	Span
	Stalled int64 `json:"stalled"` // the part in which no new message was delivered for at least 100 ms
}

// Redelivery is a delivery numbered above 1.
type Redelivery struct {
	At        int64  `json:"at"`
	Seq       uint64 `json:"seq"`
	Delivery  uint32 `json:"delivery"`
	From      string `json:"from"` // worker of the delivery before
	To        string `json:"to"`
	Mechanism string `json:"mechanism"` // nak, ack_wait, no_interest, server, unknown
	Root      string `json:"root"`      // "none", or "fault N"
	Owner     string `json:"owner"`     // same, another, unknown: nobody saw the delivery before
}

// Message is the whole story of one message.
type Message struct {
	Seq        uint64 `json:"seq"`
	Key        string `json:"key,omitempty"`
	Deliveries int    `json:"deliveries"`
	Response   int64  `json:"response"` // -1: never answered
	Story      []Step `json:"story"`
}

// Step is one line of a message's story.
type Step struct {
	At   int64  `json:"at"`
	Who  string `json:"who"`
	What string `json:"what"`
}

// Latency is one distribution, in nanoseconds.
type Latency struct {
	Name   string  `json:"name"`  // store, queue, service, response
	Label  string  `json:"label"` // from what to what
	Count  int64   `json:"count"`
	Points []Point `json:"points"` // for drawing: rising percentiles
}

// Point is a percentile (0 to 100) and its value in nanoseconds.
type Point struct {
	Percentile float64 `json:"p"`
	Value      int64   `json:"v"`
}

// Phased is one latency of the messages before, during or after one fault, in nanoseconds. Phases without a message
// are left out.
type Phased struct {
	FaultID int32  `json:"fault"`
	Phase   string `json:"phase"` // before, during, after
	Span           // of the phase
	Latency string `json:"latency"` // response, queue
	Count   int64  `json:"count"`
	P50     int64  `json:"p50"`
	P99     int64  `json:"p99"`
	Max     int64  `json:"max"`
}

// Share is one worker's part of the work, in disturb.
type Share struct {
	Worker     string  `json:"worker"`
	Delivered  int     `json:"delivered"`
	Handled    int     `json:"handled"`
	Busy       float64 `json:"busy"` // share of disturb in service and not frozen
	HeldMax    int     `json:"held_max"`
	Generation int     `json:"generations"` // pin generations it held
}

// Lane is one worker over time, for drawing; spans of one lane and state do not overlap.
type Lane struct {
	Worker      string `json:"worker"`
	Pinned      []Span `json:"pinned"`         // it worked under the newest generation, of at least one consumer
	Pins        []Pin  `json:"pins,omitempty"` // the same for each of several consumers
	Service     []Span `json:"service"`        // handling a first delivery
	Redelivered []Span `json:"redelivered"`    // handling a redelivery
	Stale       []Span `json:"stale"`          // handling under an older generation
	Down        []Span `json:"down"`           // killed or drained
	Frozen      []Span `json:"frozen"`
}

// Pin is the time in which a worker worked under the newest pin of one of several consumers.
type Pin struct {
	Shard int32  `json:"shard"`
	Spans []Span `json:"spans"`
}

// Consumer is one of several consumers of the stream.
type Consumer struct {
	Shard   int32              `json:"shard"`                  // from 1
	Before  string             `json:"owner_before,omitempty"` // who had its pin before the first fault; "": nobody alive
	Owner   string             `json:"owner,omitempty"`        // the same at the end of disturb
	Metrics map[string]float64 `json:"metrics"`                // measured of it alone
}

// Series is a quantity over time: steps that hold from At[i] until At[i+1].
type Series struct {
	Name string    `json:"name"` // ack_pending (of several consumers, the highest), backlog, published, delivered, handled
	Unit string    `json:"unit"`
	At   []int64   `json:"at"`
	V    []float64 `json:"v"`
}

// Diagnosis says what held the work up, and what to change first.
type Diagnosis struct {
	Cause  string  `json:"cause"` // that of the first of the causes; casualties or none where there is no cause
	Text   string  `json:"text"`
	Causes []Cause `json:"causes,omitempty"` // the most costly first
}
