package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"pindrop/results/history"
)

// replicating are servers that can be asked, each for itself, what they have.
type replicating interface {
	servers
	names() []string
	replicas(stream string) (map[string]*streamReplica, error) // by server
}

// streamReplica is what one server says of its replica of the stream, and of those of its consumers.
type streamReplica struct {
	Name  string `json:"name"`
	State struct {
		Messages int64  `json:"messages"`
		First    uint64 `json:"first_seq"`
		Last     uint64 `json:"last_seq"`
		Deleted  int64  `json:"num_deleted"`
	} `json:"state"`
	Cluster   *group            `json:"cluster"`
	Consumers []consumerReplica `json:"consumer_detail"`

	answers bool // it answers direct gets
}

type consumerReplica struct {
	Name string `json:"name"`
	consumerState
	Delivered struct {
		ConsumerSeq uint64 `json:"consumer_seq"`
		StreamSeq   uint64 `json:"stream_seq"`
	} `json:"delivered"`
}

func (s *streamReplica) consumer(name string) *consumerReplica {
	i := slices.IndexFunc(s.Consumers, func(c consumerReplica) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &s.Consumers[i]
}

// state is what all replicas must agree on, in words.
func (s *streamReplica) state() string {
	return fmt.Sprintf("%d messages from %d to %d, %d deleted", s.State.Messages, s.State.First, s.State.Last, s.State.Deleted)
}

func (c *consumerReplica) state() string {
	return fmt.Sprintf("delivered %d to %d, ack floor %d, %d ack pending",
		c.Delivered.ConsumerSeq, c.Delivered.StreamSeq, c.AckFloor.StreamSeq, c.AckPending)
}

// leads reports whether a server takes itself to lead the consumer.
func (c *consumerReplica) leads(server string) bool {
	return c.Cluster == nil || c.Cluster.Leader == server
}

func (c *consumerReplica) pinned() bool {
	return len(c.PriorityGroups) > 0 && c.PriorityGroups[0].PinnedClientID != ""
}

// leader is the server that more than half of those that have the stream follow, and which is one of them; "" if there is none. A
// server whose disk has failed may go on to say that it leads.
func (v *view) leader() string {
	votes := map[string]int{}
	for _, s := range v.streams {
		if s.Cluster != nil {
			votes[s.Cluster.Leader]++
		}
	}
	for name, n := range votes {
		if v.streams[name] != nil && 2*n > len(v.streams) {
			return name
		}
	}
	return ""
}

// lag is how many operations a leader takes a server to be behind.
func (g *group) lag(server string) uint64 {
	if g != nil {
		for _, r := range g.Replicas {
			if r.Name == server {
				return r.Lag
			}
		}
	}
	return 0
}

func (p *processes) names() []string {
	var names []string
	for _, n := range p.nodes {
		names = append(names, n.name)
	}
	return names
}

// accountName is the account of the clients of servers that are processes.
const accountName = "PINDROP"

// replicas asks all servers over the system account.
func (p *processes) replicas(stream string) (map[string]*streamReplica, error) {
	options := fmt.Appendf(nil, `{"account":%q,"streams":true,"consumer":true}`, accountName)
	reports, err := asked[report](p.system, "JSZ", options, len(p.nodes))
	if err != nil {
		return nil, err
	}
	if len(reports) < len(p.nodes) {
		return nil, fmt.Errorf("%d of %d servers answer", len(reports), len(p.nodes))
	}
	all := map[string]*streamReplica{}
	for i := range reports {
		if s := reports[i].stream(stream); s != nil {
			all[reports[i].Server.Name] = s
		}
	}
	return all, p.direct(stream, all)
}

// stream is the replica of a stream, nil where the server has none.
func (r *report) stream(name string) *streamReplica {
	for _, account := range r.Data.Accounts {
		for i := range account.Streams {
			if account.Streams[i].Name == name {
				return &account.Streams[i]
			}
		}
	}
	return nil
}

// subscriptions is what a server says of its subscriptions.
type subscriptions struct {
	Server struct {
		Name string `json:"name"`
	} `json:"server"`
	Data struct {
		List []struct {
			Sid string `json:"sid"`
		} `json:"subscriptions_list"`
	} `json:"data"`
}

// direct finds out which servers answer direct gets themselves. Their own subscriptions have numbers; those that they have
// heard of over a route are named by account and subject.
func (p *processes) direct(stream string, all map[string]*streamReplica) error {
	options := fmt.Appendf(nil, `{"subscriptions":true,"account":%q,"test":%q}`, accountName, apiPrefix+"DIRECT.GET."+stream)
	answers, err := asked[subscriptions](p.system, "SUBSZ", options, len(p.nodes))
	for _, a := range answers {
		for _, s := range a.Data.List {
			if _, err := strconv.ParseUint(s.Sid, 10, 64); err == nil && all[a.Server.Name] != nil {
				all[a.Server.Name].answers = true
			}
		}
	}
	return err
}

func (e *embedded) names() []string { return []string{nodeName(0)} }

// replicas asks the server, in its own words.
func (e *embedded) replicas(stream string) (map[string]*streamReplica, error) {
	info, err := e.server.Jsz(&natsserver.JSzOptions{Streams: true, Consumer: true})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"data": info})
	if err != nil {
		return nil, err
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, err
	}
	all := map[string]*streamReplica{}
	if s := r.stream(stream); s != nil {
		s.answers, all[nodeName(0)] = true, s
	}
	return all, nil
}

// writeDown writes what all servers have into the history.
func (r *run) writeDown(v view) {
	var first contents
	leader := v.leader()
	given, unread := r.perServer(v.readable())
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		s := v.streams[name]
		var held contents
		list, ok := given[name]
		err := s.unread(unread)
		if ok {
			held, err = r.contents(name, list)
		}
		e := history.Event{
			Kind: history.Replica, Do: history.OfStream, Target: name, Base: s.State.First, Seq: s.State.Last, Stored: s.State.Messages,
			Count: s.State.Deleted, Sum: held.digest,
		}
		if err != nil {
			e.Reason = "its messages were not read: " + err.Error()
		}
		if s.Cluster == nil || name == leader || len(v.names) == 1 {
			e.Outcome = history.OK
		}
		e.Op = v.lag(name, func(s *streamReplica) *group { return s.Cluster })
		r.site.rec.write(r.watcher.log, &e)
		for i := range s.Consumers {
			r.writeConsumer(v, name, &s.Consumers[i])
		}
		if err == nil && (first.digest == 0 || held.digest != first.digest) {
			for i := range held.entries {
				r.site.rec.write(r.watcher.log, &held.entries[i])
			}
		}
		if err == nil && first.digest == 0 {
			first = held
		}
	}
}

func (r *run) writeConsumer(v view, server string, c *consumerReplica) {
	e := history.Event{
		Kind: history.Replica, Do: history.OfConsumer, Shard: shardOf(c.Name), Target: server, ConsumerSeq: c.Delivered.ConsumerSeq,
		Seq: c.Delivered.StreamSeq, AckFloor: c.AckFloor.StreamSeq, AckPending: c.AckPending,
	}
	if c.leads(server) {
		e.Outcome, e.Pending = history.OK, c.Pending
	}
	e.Op = v.lag(server, func(s *streamReplica) *group {
		if c := s.consumer(c.Name); c != nil {
			return c.Cluster
		}
		return nil
	})
	r.site.rec.write(r.watcher.log, &e)
}

// lag is how far a server is behind, as the leader of something says it.
func (v *view) lag(server string, of func(*streamReplica) *group) uint64 {
	for name, s := range v.streams {
		if g := of(s); g != nil && g.Leader == name {
			return g.lag(server)
		}
	}
	return 0
}

// contents are the messages that one server keeps.
type contents struct {
	digest  uint64 // FNV-1a over sequences, times, subjects and payloads; never 0 where they were read
	entries []history.Event
}

// entriesMax is how many messages of a replica are read: enough for every drill, and a bound for the largest.
const entriesMax = 10_000

var errMany = errors.New("there are too many")

// readable are the servers whose messages are to be read.
func (v *view) readable() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(v.streams)) {
		if s := v.streams[name]; s.answers && s.State.Messages <= entriesMax {
			names = append(names, name)
		}
	}
	return names
}

// unread says why the messages of a server were not read.
func (s *streamReplica) unread(err error) error {
	switch {
	case !s.answers:
		return errors.New("it does not answer direct gets")
	case s.State.Messages > entriesMax:
		return errMany
	case err != nil:
		return err
	}
	return errors.New("it did not answer")
}

// contents makes entries of the messages that a server has given.
func (r *run) contents(server string, list []*nats.Msg) (c contents, err error) {
	sum := fnv.New64a()
	for _, msg := range list {
		h := msg.Header
		fmt.Fprintf(sum, "%s %s %s %d\n", h.Get("Nats-Sequence"), h.Get("Nats-Time-Stamp"), h.Get("Nats-Subject"), len(msg.Data))
		sum.Write(msg.Data)
		e, err := r.entry(server, msg)
		if err != nil {
			return contents{}, err
		}
		c.entries = append(c.entries, e)
	}
	c.digest = max(sum.Sum64(), 1)
	return c, nil
}

// entry is a message as a replica keeps it.
func (r *run) entry(server string, msg *nats.Msg) (e history.Event, err error) {
	e = history.Event{Kind: history.Entry, Target: server, Size: int32(len(msg.Data))}
	if e.Seq, err = strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64); err != nil {
		return e, err
	}
	stored, err := time.Parse(time.RFC3339Nano, msg.Header.Get("Nats-Time-Stamp"))
	if err != nil {
		return e, err
	}
	e.Stamp = int64(stored.Sub(r.site.rec.origin))
	subject := msg.Header.Get("Nats-Subject")
	e.Key = subject[strings.LastIndexByte(subject, '.')+1:]
	e.Worker, e.Op = marked(msg.Data)
	return e, nil
}
