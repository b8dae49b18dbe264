package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// marked is metadata with the run's owner, where its streams may meet others.
func (r *run) marked(metadata map[string]string) map[string]string {
	if e, ok := r.server.(*external); ok {
		return e.owner.metadata(metadata)
	}
	return metadata
}

// needs is the version from which on servers know a policy.
func needs(policy jetstream.PriorityPolicy) (major, minor int, name string) {
	switch policy {
	case jetstream.PriorityPolicyPinned:
		return 2, 11, "pinned_client"
	case jetstream.PriorityPolicyOverflow:
		return 2, 11, "overflow"
	case jetstream.PriorityPolicyPrioritized:
		return 2, 12, "prioritized"
	}
	return 0, 0, "none"
}

// leased reports whether any workers take leases.
func leased(s *scenarios.Scenario) bool {
	return slices.ContainsFunc(s.Workers, func(w scenarios.Workers) bool { return w.Guard == scenarios.GuardLease })
}

// older reports whether a version is before another; one that cannot be read is not.
func older(version string, major, minor int) bool {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA == nil && errB == nil && (a < major || a == major && b < minor)
}

// refusals are what a server has said that a user may not do.
type refusals struct {
	mu    sync.Mutex
	first error
	told  func() // of the first; nil: nobody is
}

func (r *refusals) hear(_ *nats.Conn, _ *nats.Subscription, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, nats.ErrPermissionViolation) && r.first == nil {
		r.first = err
		if r.told != nil {
			r.told()
		}
	}
}

func (r *refusals) error() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// check asks the servers whether they can run a scenario, before anything is made there.
func (e *external) check(plan *scenarios.Plan) error {
	s := plan.Scenario
	heard := &refusals{}
	nc, err := connect("check", anyOf(e), append(e.options(), nats.ErrorHandler(heard.hear))...)
	if err != nil {
		return err
	}
	defer nc.Close()
	e.told = []version{{nc.ConnectedServerName(), nc.ConnectedServerVersion()}}
	major, minor, policy := needs(s.Consumer.PriorityPolicy)
	if v := nc.ConnectedServerVersion(); older(v, major, minor) {
		return fmt.Errorf("priority_policy: %s needs nats-server %d.%d or later, and this is %s", policy, major, minor, v)
	}
	if v := nc.ConnectedServerVersion(); leased(s) && older(v, 2, 11) {
		return fmt.Errorf("guard: lease needs nats-server 2.11 or later, whose messages expire each for itself, and this is %s", v)
	}
	js, err := openJetStream(nc, e.api)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
	defer cancel()
	if err := e.allowed(nc, heard, e.looks(s)); err != nil {
		return err
	}
	info, err := js.AccountInfo(ctx)
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount),
		errors.Is(err, nats.ErrNoResponders):
		return errors.New("it has no JetStream, or none for this account")
	case err != nil:
		return fmt.Errorf("ask for the account's limits: %w", err)
	}
	for _, name := range e.made(s) {
		if err := e.vacant(ctx, nc, js, name); err != nil {
			return err
		}
	}
	if err := e.allowed(nc, heard, e.asks(s)); err != nil {
		return err
	}
	return room(info, s, least(plan))
}

// made are those of the streams that a scenario makes.
func (e *external) made(s *scenarios.Scenario) []string { return e.streams()[:madeBy(s)] }

// madeBy is how many streams a scenario makes.
func madeBy(s *scenarios.Scenario) int {
	switch {
	case s.State == nil:
		return 1
	case !leased(s):
		return 2
	}
	return 3
}

// subjects are what the subjects of the run's messages begin with: runs of different scenarios do not meet.
func (e *external) subjects() string {
	return subjectPrefix + strings.TrimPrefix(e.stream, streamPrefix) + "."
}

// looks are requests that read only: they show whether the run's streams are there, and whose they are.
func (e *external) looks(s *scenarios.Scenario) map[string]string {
	looks := map[string]string{e.api + "INFO": "", lifeSubject(e.owner.Run): ""}
	for _, name := range e.made(s) {
		looks[e.api+"STREAM.INFO."+name] = ""
	}
	return looks
}

// asks are all other requests of a run, each with a payload with which the server changes nothing. Such a payload names another stream
// than the subject does, or is no request at all.
func (e *external) asks(s *scenarios.Scenario) map[string]string {
	asks := map[string]string{}
	for _, shard := range s.Consumer.Shards() {
		consumer := e.stream + "." + consumerOf(shard)
		create := e.api + "CONSUMER.CREATE." + consumer
		if filter := (&site{subjects: e.subjects()}).subjectsOf(shard); filter != "" {
			create += "." + filter
		}
		asks[create] = `{"stream_name":"another"}`
		asks[e.api+"CONSUMER.INFO."+consumer], asks[e.api+pullSubject+consumer] = "", "{"
		asks[ackPrefix+consumer+".1.1.1.1.0"] = "nothing" // no kind of answer: consumer.go processAck
		for i := range s.Faults {
			for _, do := range s.Faults[i].Do {
				if call := e.callOf(do, s.Faults[i].Target == scenarios.TargetStream, consumer); call != "" {
					asks[e.api+call] = "{"
				}
			}
		}
	}
	for i, name := range e.made(s) {
		asks[e.api+"STREAM.CREATE."+name] = `{"name":"another"}`
		asks[e.api+"STREAM.DELETE."+name] = "nothing"
		if i > 0 { // of a bucket the entries are read
			asks[e.api+"DIRECT.GET."+name] = "{"
			asks[e.api+"DIRECT.GET."+name+".$KV."+strings.TrimPrefix(name, bucketStream(""))+".check"] = ""
		}
	}
	return asks
}

// callOf is the request of a fault, "" for one that makes none, or one that the run makes anyway.
func (e *external) callOf(do string, ofStream bool, consumer string) string {
	switch do {
	case scenarios.DoUnpin:
		return "CONSUMER.UNPIN." + consumer
	case scenarios.DoPause:
		return "CONSUMER.PAUSE." + consumer
	case scenarios.DoPurge:
		return "STREAM.PURGE." + e.stream
	case scenarios.DoUpdate:
		if ofStream {
			return "STREAM.UPDATE." + e.stream
		}
	case scenarios.DoStepDown:
		if ofStream {
			return "STREAM.LEADER.STEPDOWN." + e.stream
		}
		return "CONSUMER.LEADER.STEPDOWN." + consumer
	}
	return ""
}

// allowed tries what a run does, so that only the permission is asked for.
func (e *external) allowed(nc *nats.Conn, heard *refusals, asks map[string]string) error {
	for _, subject := range []string{advisoryPrefix + ">", nc.NewInbox(), lifeSubject(e.owner.Run)} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			return err
		}
	}
	inbox := nc.NewInbox()
	for subject, payload := range asks {
		if err := nc.PublishRequest(subject, inbox, []byte(payload)); err != nil {
			return err
		}
	}
	if err := nc.FlushTimeout(apiTimeout); err != nil {
		return err
	}
	// The library tells of a refusal a moment after the flush, on a goroutine of its own.
	time.Sleep(refusalWait)
	if err := heard.error(); err != nil {
		return fmt.Errorf("the user lacks a permission that a run needs: %w", err)
	}
	return nil
}

const refusalWait = 50 * time.Millisecond

// room says which limit of the account is in the way of one more stream, which takes at least need bytes.
func room(info *jetstream.AccountInfo, s *scenarios.Scenario, need uint64) error {
	limits, kind := info.Limits, strings.ToLower(s.Stream.Storage.String())
	storage, used := storageOf(info, s.Stream.Storage)
	switch {
	case limits.MaxStreams > 0 && info.Streams >= limits.MaxStreams:
		return fmt.Errorf("the account may have %d streams, and has %d", limits.MaxStreams, info.Streams)
	case limits.MaxConsumers > 0 && info.Consumers+s.Consumer.Count > limits.MaxConsumers:
		return fmt.Errorf("the account may have %d consumers, and has %d; the scenario makes %d",
			limits.MaxConsumers, info.Consumers, s.Consumer.Count)
	case storage == 0 && len(info.Tiers) == 0:
		return fmt.Errorf("the account has no %s storage", kind)
	case storage > 0 && used >= uint64(storage):
		return fmt.Errorf("the account's %s storage of %d bytes is full", kind, storage)
	case storage > 0 && used+need > uint64(storage):
		return fmt.Errorf("the messages of the scenario take at least %d bytes of %s storage, and the account has room for %d",
			need, kind, uint64(storage)-used)
	}
	return nil
}

// least is how many bytes the messages of a plan take at least in a stream that keeps all of them; 0 where it may not, or where
// nobody knows how many there are.
func least(plan *scenarios.Plan) uint64 {
	s := plan.Scenario
	c := s.Stream.StreamConfig
	if c.Retention != jetstream.LimitsPolicy || c.MaxMsgs > 0 || c.MaxBytes > 0 || c.MaxAge > 0 || c.MaxMsgsPerSubject > 0 || len(s.Faults) > 0 {
		return 0
	}
	bytes := 0
	for i := range plan.Publishers {
		p := plan.Publishers[i]
		spec := s.Publishers[p.Group]
		bytes += p.Share * spec.Size
		if spec.Window > 0 {
			continue
		}
		arrivals := scenarios.NewArrivals(spec, p, s.Phases)
		for _, more := arrivals.Next(); more; _, more = arrivals.Next() {
			bytes += spec.Size
		}
	}
	return uint64(bytes)
}

// storageOf is how much of a kind of storage the account may use, 0 none and -1 without a limit, and how much it does.
func storageOf(info *jetstream.AccountInfo, storage jetstream.StorageType) (limit int64, used uint64) {
	if storage == jetstream.FileStorage {
		return info.Limits.MaxStore, info.Store
	}
	return info.Limits.MaxMemory, info.Memory
}

// vacant says why the name of a stream cannot be used: whose stream has it, and how to remove that where its run is dead.
func (e *external) vacant(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, name string) error {
	stream, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a stream %s: %w", name, err)
	}
	return e.taken(e.leftover(nc, stream.CachedInfo()))
}

// inTheWay says whose streams have the name of the run's, or some of its subjects; nil where none has: one that another run has
// made since the names were looked at, or one with subjects that overlap.
func (e *external) inTheWay(nc *nats.Conn, js jetstream.JetStream) error {
	ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
	defer cancel()
	names := []string{e.stream}
	for name := range js.StreamNames(ctx, jetstream.WithStreamListSubject(e.subjects()+">")).Name() {
		names = append(names, name)
	}
	slices.Sort(names)
	var all []error
	for _, name := range slices.Compact(names) {
		stream, err := js.Stream(ctx, name)
		if err != nil {
			continue // it is not there, or the user may not see it
		}
		if found := e.leftover(nc, stream.CachedInfo()); found.Owner.Run != e.owner.Run {
			all = append(all, e.taken(found))
		}
	}
	return errors.Join(all...)
}

// taken says whose a stream is that is in the way, and what to do about it.
func (e *external) taken(l Leftover) error {
	switch {
	case l.Life == Foreign && l.Owner.Run != "":
		return fmt.Errorf("there is a stream %s that another version of pindrop has made, which does not say whether its run lives; if nobody needs it: nats stream rm %s", l.Stream, l.Stream)
	case l.Life == Foreign:
		return fmt.Errorf("there is a stream %s with the subjects %s that pindrop has not made, in the way of the run's %s with %s>; give the run another name (--set name=another), or, if nobody needs the stream: nats stream rm %s",
			l.Stream, strings.Join(l.Subjects, ", "), e.stream, e.subjects(), l.Stream)
	case l.Life == Lives:
		return fmt.Errorf("the stream %s is in use: %s; wait for its end, or give this run another name: --set name=another", l.Stream, l.Owner)
	case l.Life == Unsure && l.Owner.Keep:
		return fmt.Errorf("the stream %s may be in use, or was kept: %s; the run does not answer. Once its process has ended, or that time is over, remove it: %s --kept",
			l.Stream, l.Owner, e.cleaning())
	case l.Life == Unsure:
		return fmt.Errorf("the stream %s may be in use: %s; the run does not answer. Once that time is over, remove what it left: %s",
			l.Stream, l.Owner, e.cleaning())
	case l.Owner.Keep:
		return fmt.Errorf("the stream %s was kept by %s; remove it: %s --kept", l.Stream, l.Owner, e.cleaning())
	}
	return fmt.Errorf("the stream %s was left by a dead run: %s; remove it: %s", l.Stream, l.Owner, e.cleaning())
}

// publishable says whether the run may publish to a stream of its own, below a prefix of subjects. The message is refused
// in any case: it expects to follow one that is not there.
func (e *external) publishable(prefix string) error {
	err := e.answers(prefix + "check")
	if err == nil || silent(err) {
		return err
	}
	return fmt.Errorf("%w: %s: the user may not publish to %s>: %w", ErrUnfit, e.where, prefix, err)
}

// answers says why nobody answers a message, which no stream can store, nil if somebody does. A refusal comes apart from
// answers, and there is none then.
func (e *external) answers(subject string) error {
	heard := &refusals{}
	nc, err := connect("check", anyOf(e), append(e.options(), nats.ErrorHandler(heard.hear))...)
	if err != nil {
		return err
	}
	defer nc.Close()
	msg := nats.NewMsg(subject)
	msg.Reply = nc.NewInbox()
	msg.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.Itoa(1<<40))
	answers, err := nc.SubscribeSync(msg.Reply)
	if err != nil {
		return err
	}
	if err := nc.PublishMsg(msg); err != nil {
		return err
	}
	for end := time.Now().Add(apiTimeout); ; {
		_, err := answers.NextMsg(refusalWait)
		if err == nil {
			return nil
		}
		if refused := heard.error(); refused != nil {
			return refused
		}
		if !time.Now().Before(end) {
			return err
		}
	}
}
