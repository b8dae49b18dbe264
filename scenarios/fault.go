package scenarios

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The kinds of faults.
const (
	DoKill          = "kill"
	DoDisconnect    = "disconnect"
	DoFreeze        = "freeze"
	DoPartition     = "partition"
	DoSlow          = "slow"
	DoSlowLink      = "slow_link" // of workers: everything between them and the servers takes longer
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
	DoFreezeServer  = "freeze_server"
	DoLameDuck      = "lame_duck"   // of a server: it sends its clients away, and ends
	DoSplit         = "split"       // of servers: their routes become black holes, clients stay with the servers that they reach
	DoReset         = "reset"       // of servers: their routes break at once, and are made again
	DoSlowRoutes    = "slow_routes" // of servers: their routes take longer
	DoPowerLoss     = "power_loss"  // of a server: what it has not synced to its disk is gone
	DoDiskFull      = "disk_full"   // of a server: there is no room on its disk
	DoIOError       = "io_error"    // of a server: its disk can be read, and everything else on it fails
)

// faultKind is what the checks know of a kind of fault.
type faultKind struct {
	do    string
	hits  hit
	of    []string // hitsStream: which of the two
	heals bool     // it may be given "for"
}

// hit says what a kind of fault happens to.
type hit int

const (
	hitsWorkers hit = iota
	hitsGroup       // one group of workers
	hitsNode        // one server of the cluster
	hitsRoutes      // the routes between servers
	hitsLeader      // whoever leads something
	hitsStream      // the stream or its consumers
)

var faultKinds = []faultKind{
	{do: DoKill, heals: true},
	{do: DoDisconnect, heals: true},
	{do: DoFreeze, heals: true},
	{do: DoPartition, heals: true},
	{do: DoSlow, heals: true},
	{do: DoSlowLink, heals: true},
	{do: DoUnpin}, // the pin of its target's group
	{do: DoDrain},
	{do: DoRestart, heals: true},
	{do: DoUpdate, hits: hitsStream, of: []string{TargetConsumer, TargetStream}},
	{do: DoPause, hits: hitsStream, of: []string{TargetConsumer}, heals: true},
	{do: DoScale, hits: hitsGroup},
	{do: DoPurge, hits: hitsStream, of: []string{TargetStream}},
	{do: DoStepDown, hits: hitsLeader},
	{do: DoKillServer, hits: hitsNode, heals: true},
	{do: DoRestartServer, hits: hitsNode, heals: true},
	{do: DoIsolate, hits: hitsNode, heals: true},
	{do: DoFreezeServer, hits: hitsNode, heals: true},
	{do: DoLameDuck, hits: hitsNode, heals: true},
	{do: DoSplit, hits: hitsRoutes, heals: true},
	{do: DoReset, hits: hitsRoutes},
	{do: DoSlowRoutes, hits: hitsRoutes, heals: true},
	{do: DoPowerLoss, hits: hitsNode, heals: true},
	{do: DoDiskFull, hits: hitsNode, heals: true},
	{do: DoIOError, hits: hitsNode, heals: true},
}

// kindOf is what is known of a kind; the zero value where the kind is unknown, which the decoder has reported.
func kindOf(do string) faultKind {
	i := slices.IndexFunc(faultKinds, func(k faultKind) bool { return k.do == do })
	if i < 0 {
		return faultKind{}
	}
	return faultKinds[i]
}

// Momentary reports whether faults of a kind are over as soon as they have happened: nothing is left to heal.
func Momentary(do string) bool { return do == DoDisconnect || !kindOf(do).heals }

// FaultNames are all kinds of faults.
func FaultNames() []string {
	var names []string
	for _, k := range faultKinds {
		names = append(names, k.do)
	}
	return names
}

// The targets that are not the name of a worker or of a group of workers.
const (
	TargetPinned  = "pinned"  // whoever holds the pin when the fault fires; for prioritized: the highest level in service
	TargetAny     = "any"     // one worker, drawn by the seed
	TargetAll     = "all"     // every worker
	TargetTrigger = "trigger" // the worker whose event fired the fault

	TargetLeader       = "leader"        // of the faults of servers: the server that leads the consumer
	TargetStreamLeader = "stream_leader" // the one that leads the stream
	TargetMetaLeader   = "meta_leader"   // the one that leads the cluster
	TargetFollower     = "follower"      // the first one that follows the consumer's leader

	TargetConsumer = "consumer" // of step_down: whose leader does; of update: whose settings change
	TargetStream   = "stream"
	TargetMeta     = "meta"
)

// The ways to and from a server that is isolated, or between the sides of a split, seen from the first.
const (
	WayBoth = "both" // nothing gets through
	WayIn   = "in"   // nothing gets to it; what it sends arrives
	WayOut  = "out"  // nothing that it sends arrives; it hears everything
)

// What a worker that drains does with the messages that wait inside it. Whatever a handler works on is finished.
const (
	BufferFinish  = "finish"  // handle them
	BufferNak     = "nak"     // hand them back, as soon as the application gets them from the client library
	BufferDiscard = "discard" // drop them, as Stop of nats.go does: they stay ack pending until ack_wait
)

// Menu is what a fault does: one kind, or several of which the seed draws one each time.
type Menu []string

func (m *Menu) fromNode(d *decoder, n *node, path string) {
	f := field{tag: reflect.StructTag(fmt.Sprintf("enum:%q", strings.Join(FaultNames(), "|")))}
	d.oneOrMore(n, (*[]string)(m), f, path)
}

func (m Menu) toNode() *node { return encodeOneOrMore(m) }

// some reports whether one of the kinds has a quality.
func (m Menu) some(is func(faultKind) bool) bool {
	return slices.ContainsFunc(m, func(do string) bool { return is(kindOf(do)) })
}

func (m Menu) has(do string) bool { return slices.Contains(m, do) }

func (k faultKind) hitsWorkers() bool { return k.hits == hitsWorkers }

func (k faultKind) hitsRoutes() bool { return k.hits == hitsRoutes }

// hitsEither reports whether it can hit the stream as well as its consumers.
func (k faultKind) hitsEither() bool { return len(k.of) > 1 }

// either are those of consumer and stream and consumer that every kind of the list can hit, the default first; none where there is
// nothing to choose.
func (m Menu) either() []string {
	if !m.some(faultKind.hitsEither) {
		return nil
	}
	of := []string{TargetConsumer, TargetStream}
	return slices.DeleteFunc(of, func(name string) bool {
		return m.some(func(k faultKind) bool { return !slices.Contains(k.of, name) })
	})
}

// breaksServers reports whether it needs servers that pindrop can break.
func (k faultKind) breaksServers() bool { return k.hits == hitsNode || k.hits == hitsRoutes }

// hasWay reports whether it cuts something off, in one way or both.
func (k faultKind) hasWay() bool {
	return slices.Contains([]string{DoIsolate, DoPartition, DoSplit}, k.do)
}

// slowsNetwork reports whether it makes crossing take longer.
func (k faultKind) slowsNetwork() bool {
	return slices.Contains([]string{DoSlowLink, DoSlowRoutes}, k.do)
}

// Trigger fires on the n-th event of a kind by the worker it names: "begin#4 of pinned". It counts from the start of
// disturb; for pinned, from the start of the holder's generation. A group or any counts the events of all its workers.
type Trigger struct {
	Kind string // begin, end, deliver, pull, ack; read, lease, effect of a handler that touches the state
	N    int    // from 1
	Of   string // pinned, a worker, a group, any
}

var (
	triggerKinds = append([]string{"begin", "end", "deliver", "pull", "ack"}, stateKinds...)
	stateKinds   = []string{"read", "lease", "effect"}
	triggerForm  = regexp.MustCompile(`^(\w+)(?:#(\w+))? of (\S+)$`)
)

// String is the form that reads back as the same trigger.
func (t Trigger) String() string { return fmt.Sprintf("%s#%d of %s", t.Kind, t.N, t.Of) }

// MarshalText writes the trigger as it is written in a scenario.
func (t Trigger) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads "begin#4 of pinned"; without a number it is the first event.
func (t *Trigger) UnmarshalText(b []byte) error {
	m := triggerForm.FindStringSubmatch(strings.Join(strings.Fields(string(b)), " "))
	if m == nil {
		return fmt.Errorf("expected an event and whose it is, such as begin#4 of pinned; got %q", b)
	}
	if !slices.Contains(triggerKinds, m[1]) {
		return fmt.Errorf("unknown event %q; nearest: %s (of %s)",
			m[1], Nearest(m[1], triggerKinds), strings.Join(triggerKinds, ", "))
	}
	n := 1
	if m[2] != "" {
		var err error
		if n, err = strconv.Atoi(m[2]); err != nil || n < 1 {
			return fmt.Errorf("events are counted from 1, got #%s", m[2])
		}
	}
	*t = Trigger{Kind: m[1], N: n, Of: m[3]}
	return nil
}
