package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// The metadata of every stream that a run makes on servers that are not pindrop's. It is written once, with the stream.
const (
	runKey      = "pindrop.run"
	scenarioKey = "pindrop.scenario"
	hostKey     = "pindrop.host"
	startedKey  = "pindrop.started"
	untilKey    = "pindrop.until"
	processKey  = "pindrop.process"
	keptKey     = "pindrop.keep"
)

// Owner is the run that made a stream on servers that are not pindrop's, as the stream's metadata says it.
type Owner struct {
	Run      string    // its id, which is on no other run
	Scenario string    // its name
	Host     string    // where pindrop ran
	Started  time.Time // by the clock of that host
	Until    time.Time // the run ends itself before that, by the same clock
	Process  string    // the process of the run, where the system can say later that it is gone; "": it cannot
	Keep     bool      // the run was asked to leave its streams
}

// newOwner is the owner of a run that starts now.
func newOwner(s *scenarios.Scenario, keep bool) Owner {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	return Owner{
		Run: strings.TrimPrefix(nats.NewInbox(), nats.InboxPrefix), Scenario: s.Name, Host: host,
		Started: now, Until: now.Add(ownedFor(s)), Process: thisProcess(), Keep: keep,
	}
}

// ownedFor is how long a run may take: twice as long as its phases, with time to set up, to publish the backlog, and to heal.
func ownedFor(s *scenarios.Scenario) time.Duration {
	const (
		margin     = 2 * time.Minute
		perMessage = time.Millisecond // of a backlog
	)
	backlog := 0
	for i := range s.Publishers {
		backlog += s.Publishers[i].Backlog
	}
	p := s.Phases
	return 2*(p.Warmup+p.Disturb+p.Drain).D() + margin + time.Duration(backlog)*perMessage
}

// metadata is what the streams of the owner have beside what a scenario gives them.
func (o *Owner) metadata(others map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, others)
	maps.Copy(all, map[string]string{
		runKey: o.Run, scenarioKey: o.Scenario, hostKey: o.Host,
		startedKey: o.Started.Format(time.RFC3339Nano), untilKey: o.Until.Format(time.RFC3339Nano),
	})
	if o.Process != "" {
		all[processKey] = o.Process
	}
	if o.Keep {
		all[keptKey] = "true"
	}
	return all
}

// ownerOf reads what metadata wrote. It is false for a stream whose owner cannot be told: one that pindrop did not make, one of
// a version of pindrop that wrote less, and a copy under another name.
func ownerOf(config jetstream.StreamConfig) (Owner, bool) {
	m := config.Metadata
	o := Owner{Run: m[runKey], Scenario: m[scenarioKey], Host: m[hostKey], Process: m[processKey], Keep: m[keptKey] == "true"}
	var startErr, untilErr error
	o.Started, startErr = time.Parse(time.RFC3339Nano, m[startedKey])
	o.Until, untilErr = time.Parse(time.RFC3339Nano, m[untilKey])
	if o.Run == "" || startErr != nil || untilErr != nil || !o.Until.After(o.Started) {
		return o, false
	}
	for _, name := range streamsOf(streamName(o.Scenario)) {
		if name == config.Name {
			return o, true
		}
	}
	return o, false
}

// String names the run, for people.
func (o Owner) String() string {
	return fmt.Sprintf("run %s of scenario %s on host %s, since %s, until %s at the latest",
		o.Run, o.Scenario, cmp.Or(o.Host, "unknown"), o.Started.Format(time.RFC3339), o.Until.Format(time.RFC3339))
}

// Life is whether the run that made a stream may still need it.
type Life string

// The lives. In doubt nothing is removed.
const (
	Lives   Life = "lives"         // the run answers
	Dead    Life = "dead"          // its process is gone, or its time is over and it does not answer
	Unsure  Life = "does not tell" // it does not answer, and its time is not over
	Foreign Life = "foreign"       // nothing says that a run of pindrop made the stream
)

// lifeSubject is where a run answers that it lives.
func lifeSubject(run string) string { return "_pindrop.run." + run }

// How a run is asked whether it lives. It may be connecting again at the moment, so it is asked more than once.
const (
	lifeAsked = 4
	lifeWait  = 300 * time.Millisecond
)

// lifeOf asks a run whether it lives. Age is how old its stream is by the clock of the servers: the clocks of hosts may differ.
func lifeOf(nc *nats.Conn, o Owner, age time.Duration) Life {
	if processGone(o.Process) {
		return Dead
	}
	for range lifeAsked {
		asked := time.Now()
		msg, err := nc.Request(lifeSubject(o.Run), nil, lifeWait)
		var answer Owner
		if err == nil && json.Unmarshal(msg.Data, &answer) == nil && answer.Run == o.Run {
			return Lives
		}
		time.Sleep(lifeWait - min(lifeWait, time.Since(asked)))
	}
	if age > o.Until.Sub(o.Started) {
		return Dead
	}
	return Unsure
}
