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
type Scenario struct {
	Name       string        `json:"name"`
	Doc        string        `json:"doc"`   // what it shows, in a sentence
	Clock      Clock         `json:"clock"` // default auto
	Server     Server        `json:"server"`
	Stream     Stream        `json:"stream"`
	Consumer   Consumer      `json:"consumer"`
	Network    Network       `json:"network"`
	Sample     Sample        `json:"sample"`
	Publishers []Publishers  `json:"publishers"`
	Workers    []Workers     `json:"workers"`
	Faults     []Fault       `json:"faults"`
	Phases     Phases        `json:"phases"`
	Expect     []Expectation `json:"expect"`
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

// Duration is a time span that reads and writes as a string with a unit ("250ms").
type Duration time.Duration

// D is the span in package time's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String is the shortest form that reads back as the same span: 2s, 1m30s, 250ms.
func (d Duration) String() string { return short(time.Duration(d)) }

// MarshalText writes the span with its unit.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a span with its unit; a bare number is an error.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := parseDuration(string(b))
	*d = Duration(v)
	return err
}

// The server modes.
const (
	ServerAuto     = "auto"
	ServerEmbedded = "embedded"
	ServerProcess  = "process"
	ServerExternal = "external"
)

// Server says which nats-server is under test.
type Server struct {
	Mode   string `json:"mode"`             // auto (default), embedded, process, external
	Nodes  int    `json:"nodes"`            // 1 (default), 3, 5
	Binary string `json:"binary,omitempty"` // process mode: another nats-server binary; "" is the one inside pindrop
	URL    string `json:"url,omitempty"`    // external mode
}

// Stream is any stream setting by its JSON name. Name and subjects belong to the run. Default: memory storage.
type Stream struct {
	jetstream.StreamConfig
}

// Consumer is any consumer setting by its JSON name, and how many of it. Default: explicit ack.
type Consumer struct {
	jetstream.ConsumerConfig
	Count int `json:"count"` // consumers (shards); default 1
}

// Network is what the link between a client and the server adds, each way.
type Network struct {
	Latency Duration `json:"latency"` // one way; default 0
	Jitter  Duration `json:"jitter"`  // uniform, added to the latency; never reorders; default 0
}

// Sample says how often the watcher asks for the consumer's state.
type Sample struct {
	Every Duration `json:"every"` // default 100ms; 0 is off (written "sample: off")
}

// Publishers is a group of equal publishers. They are open loop: a message is due at its time, whatever became of
// those before it.
type Publishers struct {
	Count   int     `json:"count"`           // default 1; each has its own rate
	Backlog int     `json:"backlog"`         // messages published before the warm-up, by the whole group; default 0
	Rate    Rate    `json:"rate"`            // messages per second of each publisher; 0: only the backlog
	Arrival string  `json:"arrival"`         // constant (default), poisson
	Shape   []Stage `json:"shape,omitempty"` // rates one after the other, from the start of disturb; the last one stays
	Total   int     `json:"total"`           // messages after which a publisher stops; 0: none
	Size    int     `json:"size"`            // payload bytes; default 128
	Keys    int     `json:"keys"`            // number of different keys, round robin; default 1
}

// Rate is messages per second; it reads and writes as "16/s", "90/m".
type Rate float64

// Stage is one part of a shape.
type Stage struct {
	For  Duration `json:"for"`
	Rate Rate     `json:"rate"`
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

// Workers is a group of equal workers: count 3 of name w makes w1 w2 w3.
type Workers struct {
	Name          string    `json:"name"`            // default w
	Count         int       `json:"count"`           // default 1
	Group         string    `json:"group,omitempty"` // priority group; default: the consumer's first, if it has one
	MinPending    int64     `json:"min_pending,omitempty"`
	MinAckPending int64     `json:"min_ack_pending,omitempty"`
	Priority      int       `json:"priority,omitempty"` // 0 (first) to 9
	API           string    `json:"api"`                // consume (default), messages, fetch
	Batch         int       `json:"batch"`              // PullMaxMessages, or the fetch size; default 500 (fetch: 100)
	Threshold     int       `json:"threshold"`          // consume, messages: pull again below it; default ⌈batch/2⌉
	Expires       Duration  `json:"expires"`            // of a pull; default 30s
	Concurrency   int       `json:"concurrency"`        // handlers at once; default 1
	Queue         int       `json:"queue"`              // messages the application buffers inside; default 0
	Service       Service   `json:"service"`            // how long a handler works; default 0
	Jitter        float64   `json:"jitter"`             // ± share around a constant service time; default 0.1
	Ack           string    `json:"ack"`                // default each
	Window        Duration  `json:"window,omitempty"`   // ack batch: the longest wait; default 1s
	Errors        Errors    `json:"errors"`
	Guard         string    `json:"guard"`           // none (default), idempotent, cas, fence, lease
	Host          string    `json:"host"`            // auto (default), goroutine, process
	Start         *Duration `json:"start,omitempty"` // of the first of the group; default: 1ms after the worker before it
}

// Errors says how often and how handlers fail.
type Errors struct {
	Rate  float64  `json:"rate"`            // share of deliveries, 0 to 1
	Do    string   `json:"do"`              // nak (default), term, ignore
	Delay Duration `json:"delay,omitempty"` // of a nak
}

// The kinds of faults.
const (
	DoKill          = "kill"
	DoDisconnect    = "disconnect"
	DoFreeze        = "freeze"
	DoPartition     = "partition"
	DoSlow          = "slow"
	DoUnpin         = "unpin"
	DoDrain         = "drain"
	DoRestart       = "restart"
	DoUpdate        = "update"
	DoPause         = "pause"
	DoScale         = "scale"
	DoPurge         = "purge"
	DoStepDown      = "step_down"
	DoKillServer    = "kill_server"
	DoRestartServer = "restart_server"
	DoIsolate       = "isolate"
)

// The targets that are not the name of a worker or of a group of workers.
const (
	TargetPinned = "pinned" // whoever holds the pin when the fault fires; for prioritized: the highest level in service
	TargetAny    = "any"    // one worker, drawn by the seed
	TargetAll    = "all"
)

// Fault is something that breaks on purpose. It fires at a time, or on an event.
type Fault struct {
	At     *Duration `json:"at,omitempty"`    // from the start of disturb
	Every  Duration  `json:"every,omitempty"` // again and again, from at (default: every) on
	Times  int       `json:"times,omitempty"` // how often; default 1, with every: until the end of disturb
	On     *Trigger  `json:"on,omitempty"`
	Do     Menu      `json:"do"`
	Target string    `json:"target,omitempty"` // default: the trigger's worker, else pinned (pinned_client, prioritized), else any
	For    Duration  `json:"for,omitempty"`    // until it heals; 0: until the heal phase
	Factor float64   `json:"factor,omitempty"` // slow: service × factor; default 10
	Unpin  bool      `json:"unpin,omitempty"`  // drain: clear the pin afterwards
}

// Menu is what a fault does: one kind, or several of which the seed draws one each time.
type Menu []string

// Trigger fires on the n-th event of a kind by the worker it names: "begin#4 of pinned". It counts from the start of
// disturb; for pinned, from the start of the holder's generation.
type Trigger struct {
	Kind string
	N    int
	Of   string
}

// Phases are the parts of a run. Metrics count from disturb on.
type Phases struct {
	Warmup  Duration `json:"warmup"`  // default 0
	Disturb Duration `json:"disturb"` // default 30s
	Drain   Duration `json:"drain"`   // at most; default 60s
}

// Expectation is a condition over metrics and settings, and where it was written.
type Expectation struct {
	Expr string `json:"expr"`
	Pos  Pos    `json:"-"`
}

// Pos is a place in a file. The zero value is no place.
type Pos struct {
	File      string
	Line, Col int
}
