package sim

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// markKey is the metadata by which a run knows its own stream, and others know that it is pindrop's.
const markKey = "pindrop.run"

// mark puts the run's mark on its stream, where it may meet others.
func (r *run) mark(stream *jetstream.StreamConfig) {
	e, ok := r.server.(*external)
	if !ok {
		return
	}
	marked := map[string]string{markKey: e.run}
	for k, v := range stream.Metadata {
		marked[k] = v
	}
	stream.Metadata = marked
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
}

func (r *refusals) hear(_ *nats.Conn, _ *nats.Subscription, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, nats.ErrPermissionViolation) && r.first == nil {
		r.first = err
	}
}

func (r *refusals) error() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.first
}

// check asks the servers whether they can run a scenario, before anything is made there.
func (e *external) check(s *scenarios.Scenario) error {
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
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
	defer cancel()
	if err := e.allowed(nc, heard); err != nil {
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
	if err := room(info, s); err != nil {
		return err
	}
	return e.clear(ctx, js)
}

// allowed tries what a run does with subjects of streams that are not there: only the permission is asked for.
func (e *external) allowed(nc *nats.Conn, heard *refusals) error {
	asks := []string{
		"$JS.API.INFO", "$JS.API.STREAM.INFO." + e.stream, "$JS.API.CONSUMER.INFO." + e.stream + "." + consumerName,
		"$JS.API.CONSUMER.MSG.NEXT." + e.stream + "." + consumerName, "$JS.ACK." + e.stream + "." + consumerName,
	}
	for _, subject := range []string{advisoryPrefix + ">", nc.NewInbox()} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			return err
		}
	}
	inbox := nc.NewInbox()
	for _, subject := range asks {
		if err := nc.PublishRequest(subject, inbox, nil); err != nil {
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

// room says which limit of the account is in the way of one more stream.
func room(info *jetstream.AccountInfo, s *scenarios.Scenario) error {
	limits, storage := info.Limits, limitOf(info, s.Stream.Storage)
	switch {
	case limits.MaxStreams > 0 && info.Streams >= limits.MaxStreams:
		return fmt.Errorf("the account may have %d streams, and has %d", limits.MaxStreams, info.Streams)
	case limits.MaxConsumers > 0 && info.Consumers+s.Consumer.Count > limits.MaxConsumers:
		return fmt.Errorf("the account may have %d consumers, and has %d; the scenario makes %d",
			limits.MaxConsumers, info.Consumers, s.Consumer.Count)
	case storage == 0 && len(info.Tiers) == 0:
		return fmt.Errorf("the account has no %s storage", strings.ToLower(s.Stream.Storage.String()))
	}
	return nil
}

func limitOf(info *jetstream.AccountInfo, storage jetstream.StorageType) int64 {
	if storage == jetstream.FileStorage {
		return info.Limits.MaxStore
	}
	return info.Limits.MaxMemory
}

// clear removes what an earlier run of the scenario has left behind: its mark says that it is pindrop's, and that nobody
// pulls from it that no run is using it.
func (e *external) clear(ctx context.Context, js jetstream.JetStream) error {
	stream, err := js.Stream(ctx, e.stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a stream %s: %w", e.stream, err)
	}
	remove := "; if nobody needs it: nats stream rm " + e.stream
	if stream.CachedInfo().Config.Metadata[markKey] == "" {
		return fmt.Errorf("there is a stream %s that pindrop has not made%s", e.stream, remove)
	}
	for consumer := range stream.ListConsumers(ctx).Info() {
		if consumer.NumWaiting > 0 {
			return fmt.Errorf("the stream %s is in use by another run of this scenario%s", e.stream, remove)
		}
	}
	return e.remove(ctx, js)
}

// publishable says whether the run may publish to its stream. The message is refused in any case: it expects to follow one
// that is not there.
func (e *external) publishable(nc *nats.Conn) error {
	msg := nats.NewMsg(subjectPrefix + "check")
	msg.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.Itoa(1<<40))
	if _, err := nc.RequestMsg(msg, apiTimeout); err != nil {
		return fmt.Errorf("%w: %s: the user may not publish to %s>: %w", ErrUnfit, e.where, subjectPrefix, err)
	}
	return nil
}
