// Package scenarios holds what a person asks for and what a run will do about it.
//
// The path: YAML text (a file, or a name of the catalogue) goes through [Load] into a [Scenario], with every default
// filled in and every mistake reported with its place; [Scenario.Plan] makes every choice that a seed makes; the [Plan]
// is all that a run needs. Nothing here reads a clock, the network or a global source of random numbers.
package scenarios

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Scenario is one experiment in a person's words, complete: every field has its value or its default.
//
// The tags of the fields are the contract with whoever writes a file: default fills in what is left out, min and max
// bound a value, enum lists the words that are allowed. What cannot be said in a tag is said in the checks.
type Scenario struct {
	// Name of the scenario and of its folder of results; default: the name of the file.
	Name string `json:"name"`
	// What the scenario shows, in a sentence.
	Doc string `json:"doc"`
	// On which clock it runs; auto is virtual where the scenario allows it, else real.
	Clock Clock `json:"clock" default:"auto" enum:"auto|virtual|real|both"`
	// The nats-server under test.
	Server Server `json:"server"`
	// Settings of the stream.
	Stream Stream `json:"stream"`
	// Settings of the consumer.
	Consumer Consumer `json:"consumer"`
	// What handlers read, change and write back: an entry for each key of the publishers, in a key-value bucket of the server; left out, handlers touch nothing, unless a guard or a cache asks for it.
	State *State `json:"state,omitempty"`
	// What the links between clients and server add.
	Network Network `json:"network"`
	// How often the consumer's state is asked for; "off" for never.
	Sample Sample `json:"sample"`
	// Groups of publishers; [] for none.
	Publishers []Publishers `json:"publishers"`
	// Groups of workers; [] for none.
	Workers []Workers `json:"workers"`
	// What breaks on purpose.
	Faults []Fault `json:"faults"`
	// The parts of the run.
	Phases Phases `json:"phases"`
	// What pindrop explore may break, see docs/explore.md; left out, all that can be broken.
	Explore *Explore `json:"explore,omitempty"`
	// Conditions over metrics and settings that a run has to meet.
	Expect []Expectation `json:"expect"`
	// A statement that people rely on, which the scenario puts to the test.
	Claim *Claim `json:"claim,omitempty"`

	places    places // where each value was written
	limitOpen bool   // max_ack_pending was left out: the server decides
}

// Clock says on which clock a scenario runs.
type Clock string

// The clocks. auto is virtual where the scenario allows it, else real.
const (
	ClockAuto    Clock = "auto"
	ClockVirtual Clock = "virtual"
	ClockReal    Clock = "real"
	ClockBoth    Clock = "both"
)

// The server modes.
const (
	ServerAuto     = "auto"
	ServerEmbedded = "embedded"
	ServerProcess  = "process"
	ServerExternal = "external"
)

// Server says which nats-server is under test.
type Server struct {
	// Where the server runs: inside pindrop, as a process of its own, or somewhere else.
	Mode string `json:"mode" default:"auto" enum:"auto|embedded|process|external"`
	// Servers in the cluster: 1, 3 or 5.
	Nodes int `json:"nodes" default:"1" min:"1" max:"5"`
	// Mode process: another nats-server binary; left out, it is the one inside pindrop.
	Binary string `json:"binary,omitempty"`
	// When the servers sync what they write to the disk; left out, at intervals of 2m as is the server's default.
	Sync string `json:"sync,omitempty" enum:"always"`
	// What the servers log beside what they always do; the logs stay in the folder servers of the run.
	Log string `json:"log,omitempty" enum:"debug|trace"`
	// Mode external: where the server is: scheme, host and port; several are separated by commas. User and password belong into a context, or behind --server.
	URL string `json:"url,omitempty"`
	// Mode external: the context of the NATS tools that says where the server is, and as whom to connect.
	Context string `json:"context,omitempty"`
	// What the routes between the servers of a cluster add.
	Routes Routes `json:"routes,omitempty"`
	// Limits of the server's JetStream.
	JetStream JetStream `json:"jetstream,omitempty"`
	// The account that everybody connects to.
	Account Account `json:"account,omitempty"`
}

// Stream is any stream setting by its JSON name. Name and subjects belong to the run. Default: memory storage.
type Stream struct {
	jetstream.StreamConfig
}

// Consumer is any consumer setting by its JSON name, and how many of it. Default: explicit ack.
type Consumer struct {
	jetstream.ConsumerConfig
	// Consumers (shards) on the stream, all of one configuration: keys are dealt out among them in turn, each worker serves all of them, and each has limit and pin of its own.
	Count int `json:"count" default:"1" min:"1" max:"1000"`
}

// Network is what the link between a client and the server adds, each way.
type Network struct {
	// Added to everything that crosses, one way.
	Latency Duration `json:"latency" default:"0s" max:"1h"`
	// Up to this much is added to the latency, more or less from one moment to the next; nothing is reordered.
	Jitter Duration `json:"jitter" default:"0s" max:"1h"`
}

// Mean is the time that crossing takes on average, one way.
func (n Network) Mean() time.Duration { return n.Latency.D() + n.Jitter.D()/2 }

// NetworkOf is the network of a group of publishers or workers: its own, where it has one, else that of the scenario.
func (s *Scenario) NetworkOf(own *Network) Network {
	if own != nil {
		return *own
	}
	return s.Network
}

// Routes are the connections between the servers of a cluster, each of which goes one way over a network of its own.
type Routes struct {
	// Added to everything that crosses, one way.
	Latency Duration `json:"latency,omitempty" max:"1h"`
	// Up to this much is added to the latency, more or less from one moment to the next; nothing is reordered.
	Jitter Duration `json:"jitter,omitempty" max:"1h"`
	// Bytes a second that cross each connection, one way; 0 is no limit.
	Rate int `json:"rate,omitempty" min:"0"`
}

// Sample says how often the watcher asks for the consumer's state.
type Sample struct {
	// Time between two samples.
	Every Duration `json:"every" default:"100ms" min:"1ms"` // 0 is off
}

// The arrival processes.
const (
	ArrivalConstant = "constant"
	ArrivalPoisson  = "poisson"
)

// Publishers is a group of equal publishers. At a rate they are open loop: a message is due at its time, whatever became
// of those before it. With a window they are closed loop, and show what the server can take.
type Publishers struct {
	// Publishers in the group; each has its own rate.
	Count int `json:"count" default:"1" min:"1" max:"10000"`
	// Messages published before the warm-up, by the whole group.
	Backlog int `json:"backlog" default:"0" min:"0" max:"1000000"`
	// Messages per second (minute, hour) of each publisher, from the warm-up on; left out, there is only the backlog.
	Rate Rate `json:"rate" default:"0/s"`
	// Equal intervals, or a Poisson process.
	Arrival string `json:"arrival" default:"constant" enum:"constant|poisson"`
	// Rates one after the other, from the start of disturb, instead of rate; the last one stays.
	Shape []Stage `json:"shape,omitempty"`
	// Instead of a rate: as fast as the server answers, with up to this many messages of each publisher without an answer; 1 is synchronous. Needs the real clock.
	Window int `json:"window,omitempty" min:"1" max:"1000000"`
	// Messages after which a publisher stops, not counting the backlog; 0 for no such limit.
	Total int `json:"total" default:"0" min:"0" max:"1000000000"`
	// What the links of these publishers add; left out, what network says.
	Network *Network `json:"network,omitempty"`
	// Payload, in bytes. Below the server's limit of 1 MiB there must be room for headers.
	Size int `json:"size" default:"128" min:"0" max:"1000000"`
	// Number of different keys, used in turn; at least as many as consumers, since a key belongs to one of them.
	Keys int `json:"keys" default:"1" min:"1" max:"10000000"`
}

// Stage is one part of a shape.
type Stage struct {
	// How long the stage lasts; the last one may leave it out.
	For Duration `json:"for,omitempty"`
	// Messages per second (minute, hour) of each publisher.
	Rate Rate `json:"rate"`
}

// The client APIs.
const (
	APIConsume  = "consume"
	APIMessages = "messages"
	APIFetch    = "fetch"
)

// The ack modes.
const (
	AckEach   = "each"   // after each handled message
	AckDouble = "double" // after each handled message, and wait for the server's confirmation
	AckBatch  = "batch"  // all together, once batch messages are handled or the window is over
	AckEarly  = "early"  // on arrival, before the work
	AckWAL    = "wal"    // once it is in a durable local log
	AckNone   = "none"   // never
)

// The hosts of a worker.
const (
	HostAuto      = "auto"
	HostGoroutine = "goroutine"
	HostProcess   = "process"
)

// Workers is a group of equal workers: count 3 of name w makes w1 w2 w3.
type Workers struct {
	// Name of the group; its workers are numbered from 1.
	Name string `json:"name" default:"w"`
	// Workers in the group.
	Count int `json:"count" default:"1" min:"1" max:"10000"`
	// Priority group of its pulls; default: the consumer's first, if it has one.
	Group string `json:"group,omitempty"`
	// Policy overflow: pulls are served while at least this many messages wait.
	MinPending int64 `json:"min_pending,omitempty" min:"0"`
	// Policy overflow: pulls are served while at least this many messages are ack pending.
	MinAckPending int64 `json:"min_ack_pending,omitempty" min:"0"`
	// Policy prioritized: level of its pulls, 0 (first) to 9.
	Priority int `json:"priority,omitempty" min:"0" max:"9"`
	// The call of nats.go that it uses.
	API string `json:"api" default:"consume" enum:"consume|messages|fetch"`
	// Messages of a pull: PullMaxMessages, or the size of a fetch; default 500 (fetch: 100). With several consumers, of each.
	Batch int `json:"batch" min:"1" max:"1000000"`
	// Consume and messages: pull again below this; 0, the default, is half the batch, rounded up.
	Threshold int `json:"threshold,omitempty" min:"0"`
	// How long a pull waits at the server; consume and messages: at least 1s.
	Expires Duration `json:"expires" default:"30s" min:"1ms"`
	// Handlers at once; with several consumers, for each: a worker has one connection, and a loop of its own for each consumer.
	Concurrency int `json:"concurrency" default:"1" min:"1" max:"100000"`
	// Messages that the application buffers in front of its handlers; with several consumers, for each.
	Queue int `json:"queue" default:"0" min:"0" max:"10000000"`
	// How long a handler works.
	Service Service `json:"service" default:"0s"`
	// Share by which a constant service time varies, both ways, 0 to 1; default 0.1.
	Jitter float64 `json:"jitter" min:"0" max:"1"`
	// Whether handlers begin and end a little late on the virtual clock, as measured on a real machine, or exactly on time; default: late where concurrency is above 1, else exact.
	Timers string `json:"timers" enum:"exact|late"`
	// When a message is acknowledged; default each (none where the consumer's ack_policy is none).
	Ack string `json:"ack" enum:"each|double|batch|early|wal|none"`
	// Ack batch: the longest wait of a handled message for its ack; default 1s.
	Window Duration `json:"window,omitempty"`
	// How often a handler tells the server that it is still at work (InProgress), which restarts ack_wait; 0s for never.
	Progress Duration `json:"progress" default:"0s"`
	// How often and how handlers fail.
	Errors Errors `json:"errors"`
	// What protects the writes of its handlers.
	Guard string `json:"guard" default:"none" enum:"none|idempotent|cas|idempotent_cas|fence|idempotent_fence|lease"`
	// Guard lease: how long a lease lasts that nobody gives back, in whole seconds; default 2s.
	Lease Duration `json:"lease,omitempty"`
	// Whether it keeps entries in memory between messages: never, for ever, or until the pin generation of its deliveries changes.
	Cache string `json:"cache" default:"none" enum:"none|keep|reload"`
	// What the links of these workers add; left out, what network says.
	Network *Network `json:"network,omitempty"`
	// What a worker runs in.
	Host string `json:"host" default:"auto" enum:"auto|goroutine|process"`
	// A controller of the number of workers, which begins with count; left out, there is none.
	Adaptive *Adaptive `json:"adaptive,omitempty"`
	// When the first of the group starts, from the start of warm-up; default: 1ms after the worker before it.
	Start *Duration `json:"start,omitempty"`
	// How long after one another the workers of the group start. On the real clock a worker needs some milliseconds to connect: where it matters who is first, more than that.
	Stagger Duration `json:"stagger" default:"1ms" min:"1ms"`
}

// Adaptive is a controller that starts and drains workers of its group, one at a time, as ack pending crosses shares of
// the consumer's max_ack_pending (of several consumers, the one with most). It acts from warm-up to the end of disturb.
type Adaptive struct {
	// Workers that are always kept.
	Min int `json:"min" default:"1" min:"1" max:"10000"`
	// Workers at most.
	Max int `json:"max" default:"10" min:"1" max:"10000"`
	// From this share of max_ack_pending on, one worker more.
	Up float64 `json:"up" default:"0.5" min:"0" max:"1"`
	// From this share of max_ack_pending down, one worker less.
	Down float64 `json:"down" default:"0.2" min:"0" max:"1"`
	// Time between two looks; each asks for the consumer's state.
	Every Duration `json:"every" default:"1s" min:"10ms"`
}

// The ways in which a handler fails.
const (
	ErrorNak    = "nak"
	ErrorTerm   = "term"
	ErrorIgnore = "ignore" // return without any answer: the message stays ack pending until ack_wait
)

// Errors says how often and how handlers fail.
type Errors struct {
	// Share of the deliveries whose handling fails, 0 to 1.
	Rate float64 `json:"rate" default:"0" min:"0" max:"1"`
	// What a failed handler answers.
	Do string `json:"do" default:"nak" enum:"nak|term|ignore"`
	// Nak: when the server may deliver the message again.
	Delay Duration `json:"delay,omitempty"`
}

// Fault is something that breaks on purpose. It fires at a time, or on an event.
type Fault struct {
	// When it fires, from the start of disturb.
	At *Duration `json:"at,omitempty"`
	// The event on which it fires, instead of at.
	On *Trigger `json:"on,omitempty"`
	// It fires again and again, from at (default: every) on.
	Every Duration `json:"every,omitempty" min:"1ns"`
	// How often it fires; default 1, with every: until the end of disturb.
	Times int `json:"times,omitempty" min:"1" max:"10000"`
	// What happens: one kind of fault, or a list of which the seed draws one each time.
	Do Menu `json:"do"`
	// Whom it hits: a worker, a group, pinned, any, all, trigger; a server: leader, stream_leader, meta_leader, follower, n1 to n5; split, reset, slow_routes: the routes between sides of servers, such as n1 / n2 n3, one side alone against all others; step_down: consumer, stream, meta; update: consumer, stream.
	Target string `json:"target,omitempty"`
	// With several consumers, which one: unpin, update and pause hit only that one (default: all), on counts its events only, and pinned is the holder of its pin (default: the first consumer's).
	Consumer int `json:"consumer,omitempty" min:"1" max:"1000"`
	// When it heals; left out, in the heal phase.
	For Duration `json:"for,omitempty" min:"1ns"`
	// Slow: service times are multiplied by this; default 10.
	Factor float64 `json:"factor,omitempty" max:"1000000"`
	// Slow_link, slow_routes: added to everything that crosses, one way.
	Latency Duration `json:"latency,omitempty" max:"1h"`
	// Slow_link, slow_routes: up to this much is added to the latency, more or less from one moment to the next; nothing is reordered.
	Jitter Duration `json:"jitter,omitempty" max:"1h"`
	// Drain: clear the pin afterwards, if the worker holds it; with several consumers, the pins that it holds.
	Unpin bool `json:"unpin,omitempty"`
	// Isolate, partition, split: what does not get through, seen from the server, the worker or the first side; default both.
	Way string `json:"way,omitempty" enum:"both|in|out"`
	// Drain: what becomes of messages that wait inside the worker; default finish.
	Buffer string `json:"buffer,omitempty" enum:"finish|nak|discard"`
	// Kill_server, restart_server, power_loss: what the disk does to a file of the server while it is down.
	Damage *Damage `json:"damage,omitempty"`
	// Scale: workers in the target group afterwards.
	Count int `json:"count,omitempty" min:"1" max:"10000"`
	// Update: settings of the consumer, or with target: stream of the stream, by their JSON names.
	Set Settings `json:"set,omitempty"`
}

// Phases are the parts of a run. Metrics count from disturb on.
type Phases struct {
	// Publishers and workers run, nothing is measured.
	Warmup Duration `json:"warmup" default:"0s"`
	// Faults fire.
	Disturb Duration `json:"disturb" default:"30s" min:"1ms"`
	// How long the workers may take, at most, until nothing waits any more.
	Drain Duration `json:"drain" default:"60s"`
	// How long servers may take afterwards, at most, until all replicas are equal and nothing is pending; default of clusters: 60s, of others: nobody looks.
	Converge Duration `json:"converge,omitempty" min:"1ms"`
}

// Expectation is a condition over metrics and settings, and where it was written.
type Expectation struct {
	Expr string `json:"expr"`
	Pos  Pos    `json:"-"`
}
