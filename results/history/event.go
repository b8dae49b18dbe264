// Package history is what happened in one run, in the order it was written down.
//
// The path of one event: an actor (a publisher, a worker's wire, a worker's body, the nemesis, the watcher, the
// runner) fills an [Event] and appends it to its own [Log]; when the run is over, [Merge] puts all logs into one
// slice in [Order]; from there on the history never changes, and everything else is computed from it.
package history

import (
	"encoding/json"
	"fmt"
)

// Kind says what an event reports. The zero value is not a kind.
type Kind string

// The kinds of events, grouped by the writer that records them.
const (
	// watcher: stream and consumer configuration as the server's API returned it. Of one that it refused: Target (stream,
	// consumer), Status with the server's error code, Reason with its words.
	Config Kind = "config"

	Publish Kind = "publish" // publisher: a message leaves; Op, Due, Key, Size
	Stored  Kind = "stored"  // publisher: the server acknowledged it; Op, Seq, Key
	Refused Kind = "refused" // publisher: the server refused it; Op, Reason
	Unknown Kind = "unknown" // publisher: no answer in time; Op

	Connect    Kind = "connect"    // wire: the worker's connection is up; Delay
	Disconnect Kind = "disconnect" // wire: the worker's connection is gone; Reason
	Pull       Kind = "pull"       // wire, leaving: a pull request; Batch, Expires, Priority
	Ack        Kind = "ack"        // wire, leaving: +ACK; Seq, Delivery
	Nak        Kind = "nak"        // wire, leaving: -NAK; Seq, Delivery, Delay
	Term       Kind = "term"       // wire, leaving: +TERM; Seq, Delivery
	Progress   Kind = "progress"   // wire, leaving: +WPI; Seq, Delivery
	Status     Kind = "status"     // wire, arriving: a status for a pull; Status, Reason
	Deliver    Kind = "deliver"    // wire, arriving: a message; Seq, Delivery, ConsumerSeq, Gen

	// Of links that pindrop owns, the server's end is watched as well. Times are the server's: what is on its way may arrive later, or never.

	Sent      Kind = "sent"      // wire, at the server's end: a delivery leaves the server; Seq, Delivery, ConsumerSeq, Gen
	Reached   Kind = "reached"   // wire, at the server's end: an answer of the worker reaches the server; Seq, Delivery, ConsumerSeq, Outcome, Delay
	Persisted Kind = "persisted" // publisher, at the server's end: the server's acknowledgement leaves it; Op, Seq, Key

	Begin Kind = "begin" // body: the handler starts on a message; Seq, Delivery, Gen, Reason
	End   Kind = "end"   // body: the handler is done; Seq, Delivery, Gen, Outcome
	Acked Kind = "acked" // body: the server confirmed a double ack; Seq, Delivery

	Read   Kind = "read"   // body: the handler has its entry; Seq, Delivery, Key, Revision, Stamp: when it asked; Reason
	Lease  Kind = "lease"  // body: before it writes, the handler was told that its lease is still held; Seq, Delivery, Key
	Effect Kind = "effect" // body: what became of a write; Seq, Delivery, Key, Outcome, Base, Revision if applied, Reason if not

	Dropped Kind = "dropped" // host: the server closed a worker's connection by itself, and was not told to; Worker

	Start Kind = "start" // host: a worker starts; Worker, Incarnation
	Stop  Kind = "stop"  // host: a worker has stopped; Worker, Incarnation, Reason

	Pinned        Kind = "pinned"         // watcher: advisory; Gen where the pin has delivered, else 0
	Unpinned      Kind = "unpinned"       // watcher: advisory; Reason
	MaxDeliveries Kind = "max_deliveries" // watcher: advisory; Seq, Delivery
	NakAdvisory   Kind = "nak_advisory"   // watcher: advisory; Seq, Delivery
	Terminated    Kind = "terminated"     // watcher: advisory; Seq, Reason
	Leader        Kind = "leader"         // watcher: advisory; Target is the leader's name
	Paused        Kind = "paused"         // watcher: advisory: the consumer delivers nothing; Stamp: until when
	Resumed       Kind = "resumed"        // watcher: advisory: the consumer delivers again
	Deleted       Kind = "deleted"        // watcher: advisory: the consumer was removed; nothing says who did it
	Sample        Kind = "sample"         // watcher: AckPending, Pending, Redelivered, Waiting, AckFloor, ConsumerSeq; Stamp: when it was asked for
	// watcher, on the real clock: a process: Count the CPU time that it has used so far, in nanoseconds, Sum its resident bytes;
	// of a server Target and of a worker Worker, with Incarnation of the process; of pindrop itself neither, and Size is how many
	// cores it may use. Before the run, of every server but those inside pindrop: Target, and Reason its version.
	Usage Kind = "usage"
	// watcher: the server says that it no longer has the stream, or a consumer: Target (stream, consumer), Status with the server's
	// error code, 10059 or 10014
	Gone Kind = "gone"
	// watcher, on the real clock: what the run's own parts say about time. Do late: since Stamp, something due every few
	// milliseconds has been missing for Delay: a tick of the process of Worker (with Incarnation), an answer of the server Target,
	// or, with neither, a tick of pindrop itself; the longest Delay of one Stamp counts. Do suspended: the machine slept for Delay.
	// Do stepped: the wall clock was set forward by Delay, or back. Do pressure: of the machine or of the control group (Key), for
	// how long so far (Count) some of its tasks waited for a processor, and for how long (Sum) all of them. Do watched: from now on
	// all of that is looked at, with ticks every Delay.
	Timing Kind = "timing"
	// watcher, on servers that are not pindrop's: they closed its connection, or do not answer: Reason, and Stamp: since when
	Away Kind = "away"
	// watcher: what Target, a server of pindrop's, asserts about itself (package sim/assertion): Do which function of its assertion
	// library it called, Key the message, Outcome ok where the condition held and critical where not, Count how often it has come to
	// that in this life of the server (Incarnation), Reason, where it says that something is so that must not be, its details as JSON.
	// The first 16 calls that do not hold and each that doubles a number are written down. Stamp: when, where that was before the
	// run. Do heard: from now on what this life of Target asserts is heard. Without Target nobody knows which of several servers it was.
	Assertion Kind = "assertion"
	Check     Kind = "check" // watcher: the health check that the consumer's metadata asks for; Outcome, Reason

	Fault Kind = "fault" // nemesis: Fault, Do, Target, of a fault of a worker Incarnation: the newest that it had; of a fault of a server the one that it hit; of step_down, Reason is what it led; of power_loss, Reason is what its disk has lost, in words, Count how many writes and changes of names that were, Pending how many it could have been, and Key how often the server syncs (an interval, or always); of a partition, isolate or split, Reason is its way: both, in or out; of a purge, Seq is the first sequence that the stream kept, 0 for none; of a drain that was to clear the pin, Outcome is ignored where its worker held none
	Heal  Kind = "heal"  // nemesis: Fault, Do, Target

	// nemesis: what the disk of Target, a server that a fault has just ended, did to a file of it: Fault, Do, Key: its path below the
	// store, Base: the first byte, Count: how many bytes, Outcome ok and Reason, all of that in words; ignored where there was no file
	Damage Kind = "damage"

	Phase Kind = "phase" // runner: Phase begins; of the first one, Do is the clock: virtual or real, Count the number of servers, and Target external where they are not pindrop's; of the end, Do is its cause and Reason the same in words
	Write Kind = "write" // watcher: a revision of an entry, as the server keeps it, after the drain; Key, Revision, Base, Seq, Delivery, ConsumerSeq, Worker, Count, Sum, Stamp: when it was stored
	// watcher, as the run converges: what Target, a server, has itself of the stream or of a consumer (Do). Of both: Outcome ok where
	// it leads, AckPending. Of the stream: Base its first sequence, Seq its last, Stored, Count of those deleted in between, Sum a
	// digest of its messages in their order, 0 where they were not read. Of a consumer: ConsumerSeq and Seq delivered, AckFloor, and
	// Pending where it leads. Op is how many operations the leader takes it to be behind.
	Replica Kind = "replica"
	// watcher: a message that Target keeps: Seq, Worker and Op are who published it and as which operation, Key, Size, Stamp: when it
	// was stored. All of one server, and those of every other server that do not agree with it.
	Entry     Kind = "entry"
	Converged Kind = "converged" // watcher: Outcome ok once the run has converged; critical where it has not in time, Reason what is still pending, and where, and Do what that is about: work that workers could do, pin where one lacks as well, servers where anything else does
	Final     Kind = "final"     // watcher: as Sample, once, after the drain; Status 10059 where the server no longer has the stream, 10014 where it no longer has the consumer; Stored is the number of messages in the stream, Count that of the state's revisions; where a fault breaks servers, Outcome ok, and Seq is the last sequence of the stream
)

// What an event of kind timing reports.
const (
	TimingWatched   = "watched"
	TimingLate      = "late"
	TimingSuspended = "suspended"
	TimingStepped   = "stepped"
	TimingPressure  = "pressure"
)

// What an event of kind assertion does: which function of the assertion library a server called. The functions that compare numbers, or
// look at several conditions, count as one of these as well.
const (
	AssertAlways              = "always"                // the condition holds, and the place is reached
	AssertAlwaysOrUnreachable = "always_or_unreachable" // the condition holds wherever the place is reached
	AssertSometimes           = "sometimes"             // the condition holds at least once
	AssertReachable           = "reachable"             // the place is reached at least once
	AssertUnreachable         = "unreachable"           // the place is never reached

	AssertionsHeard = "heard" // the server is listened to from now on
)

// Violated reports whether an event of kind assertion says that something is so that must not be.
func (e *Event) Violated() bool {
	switch e.Do {
	case AssertAlways, AssertAlwaysOrUnreachable:
		return e.Outcome == Critical
	}
	return e.Do == AssertUnreachable
}

// Outcome is how the handling of a message ended. The zero value means that it does not apply.
type Outcome string

// The outcomes of a handler, of a write, and of a check.
const (
	OK         Outcome = "ok"
	Naked      Outcome = "nak"
	Termed     Outcome = "term"
	Ignored    Outcome = "ignored"
	Applied    Outcome = "applied"
	Rejected   Outcome = "rejected"
	Unanswered Outcome = "unanswered" // nobody knows whether it was applied
	Critical   Outcome = "critical"   // of a check, as OK is
	Extended   Outcome = "extended"   // of an answer that reached the server: it asked for more time
)

// Outcomes are all outcomes.
func Outcomes() []Outcome {
	return []Outcome{OK, Naked, Termed, Ignored, Applied, Rejected, Unanswered, Critical, Extended}
}

// The reasons for which a write is rejected.
const (
	Conflict  = "conflict"   // the entry is no longer the one that was read
	Duplicate = "duplicate"  // the entry remembers the message: there is nothing to write
	Fenced    = "fenced"     // the entry holds the token of a later delivery
	LeaseLost = "lease lost" // the lease is over, or another worker's
)

// Cached is the reason of a read that came from the worker's own memory.
const Cached = "cached"

// Replayed is the reason of a begin that comes from a worker's own log: nothing was delivered for it.
const Replayed = "replayed"

// The phases of a run, in order. A history without phase events is one single disturb phase from 0.
const (
	PhaseBacklog = "backlog" // the backlog is published
	PhaseWarmup  = "warmup"
	PhaseDisturb = "disturb"
	PhaseHeal    = "heal"  // every fault is healed
	PhaseDrain   = "drain" // publishers are done, workers go on until nothing waits
	// PhaseConverge: replicas have a bounded time to become equal; runs that do not ask for that have no such phase.
	PhaseConverge = "converge"
	PhaseEnd      = "end" // see Event.Cause
)

// The entities of which servers keep replicas.
const (
	OfStream   = "stream"
	OfConsumer = "consumer"
)

// What is still open where a run has not converged: Do of its converged event.
const (
	OpenWork    = "work"    // messages that workers could do, and nothing else
	OpenPin     = "pin"     // besides, a consumer without a pin
	OpenServers = "servers" // anything else
)

// The server's error codes for what is not there (JSStreamNotFoundErr, JSConsumerNotFoundErr).
const (
	NoStream   = 10059
	NoConsumer = 10014
)

// The reasons of an end where nothing can drain, because it is not there any more.
const (
	EndNoStream   = "the server no longer has the stream"
	EndNoConsumer = "the server no longer has the consumer"
)

// EndIdle is the reason of an end where there are no workers, and so nothing to drain.
const EndIdle = "nobody works"

// EndDeleted is the reason of an end where a consumer was removed while the run went on: there is nothing left that could
// deliver what waits.
const EndDeleted = "the consumer was removed"

// EndRefused is the reason of an end before anything began: the server refused the stream or the consumer.
const EndRefused = "refused by the server"

// The reasons for which a worker stops.
const (
	StopKilled  = "killed"
	StopDrained = "drained"
	StopEnded   = "ended"   // the run is over
	StopCrashed = "crashed" // its process ended, and nobody had asked for that
)

// Event is one line of a history. Which fields a kind carries is said at the kind; all others are zero.
// All times are nanoseconds since the run's origin.
type Event struct {
	At    int64  `json:"at" parquet:"at"`
	Actor string `json:"actor" parquet:"actor,dict"`
	N     int64  `json:"n" parquet:"n"` // the actor's own counter, from 1, without holes
	Kind  Kind   `json:"kind" parquet:"kind,dict"`

	Seq         uint64 `json:"seq,omitempty" parquet:"seq"`           // stream sequence
	Delivery    uint32 `json:"delivery,omitempty" parquet:"delivery"` // delivery number of the message, from 1
	ConsumerSeq uint64 `json:"cseq,omitempty" parquet:"cseq"`         // consumer sequence: counts every delivery
	Gen         uint32 `json:"gen,omitempty" parquet:"gen"`           // pin generation of its consumer, 1…n by first delivery; 0: no pin
	Shard       int32  `json:"shard,omitempty" parquet:"shard"`       // which of several consumers, from 1; 0: there is one, or it is of none or of all

	Op   uint64 `json:"op,omitempty" parquet:"op"`   // the publisher's operation, from 1
	Due  int64  `json:"due,omitempty" parquet:"due"` // when the publish was due
	Key  string `json:"key,omitempty" parquet:"key,dict"`
	Size int32  `json:"size,omitempty" parquet:"size"` // payload bytes

	Batch    int32  `json:"batch,omitempty" parquet:"batch"`       // messages a pull asks for
	Expires  int64  `json:"expires,omitempty" parquet:"expires"`   // of a pull
	Priority int32  `json:"priority,omitempty" parquet:"priority"` // of a pull: its level; 0 is served first
	Delay    int64  `json:"delay,omitempty" parquet:"delay"`       // of a nak; of connect: what the network adds one way, on average; of a fault: what it adds to that
	Status   int32  `json:"status,omitempty" parquet:"status"`     // 404, 408, 409, 423; of a config, of what is gone, and of a final: the server's error code
	Reason   string `json:"reason,omitempty" parquet:"reason,dict"`

	Outcome Outcome `json:"outcome,omitempty" parquet:"outcome,dict"`

	Worker      string `json:"worker,omitempty" parquet:"worker,dict"`
	Incarnation int32  `json:"incarnation,omitempty" parquet:"incarnation"` // from 1

	Fault  int32  `json:"fault,omitempty" parquet:"fault"` // id of the fault, from 1
	Do     string `json:"do,omitempty" parquet:"do,dict"`
	Target string `json:"target,omitempty" parquet:"target,dict"`

	AckPending  int64  `json:"ack_pending,omitempty" parquet:"ack_pending"`
	Pending     int64  `json:"pending,omitempty" parquet:"pending"`
	Redelivered int64  `json:"redelivered,omitempty" parquet:"redelivered"`
	Waiting     int64  `json:"waiting,omitempty" parquet:"waiting"` // parked pulls
	AckFloor    uint64 `json:"ack_floor,omitempty" parquet:"ack_floor"`
	Stored      int64  `json:"stored,omitempty" parquet:"stored"` // messages in the stream

	Phase string `json:"phase,omitempty" parquet:"phase,dict"`

	Revision uint64 `json:"revision,omitempty" parquet:"revision"` // of an entry in the state; 0: it was not there
	Base     uint64 `json:"base,omitempty" parquet:"base"`         // the revision that a write was made from; 0: none
	Count    int64  `json:"count,omitempty" parquet:"count"`       // of an entry: changes applied to it
	Sum      uint64 `json:"sum,omitempty" parquet:"sum"`           // of an entry: the sum of their sequences
	Stamp    int64  `json:"stamp,omitempty" parquet:"stamp"`       // the instant that the event speaks of, where that is not its own

	Stream   json.RawMessage `json:"stream,omitempty" parquet:"stream"`     // of a config event
	Consumer json.RawMessage `json:"consumer,omitempty" parquet:"consumer"` // of a config event
}

// TimeMax bounds the times of an event, in nanoseconds: 18 years. What is computed of them, a sum or a difference of four at
// most, stays within the bounds of a record.
const TimeMax = 1 << 59

// Check refuses times that no run can have, whoever wrote the event.
func (e *Event) Check() error {
	for _, t := range []struct {
		name string
		at   int64
	}{{"at", e.At}, {"due", e.Due}, {"expires", e.Expires}, {"delay", e.Delay}, {"stamp", e.Stamp}} {
		if t.at > TimeMax || t.at < -TimeMax {
			return fmt.Errorf("%s is %d ns; expected at most %d, which is 18 years", t.name, t.at, int64(TimeMax))
		}
	}
	return nil
}
