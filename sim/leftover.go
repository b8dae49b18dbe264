package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// Left is what a run could not remove from servers that are not pindrop's.
type Left struct {
	Where   string   // the servers, without credentials
	Streams []string // that the run may have made
	Err     error    // why
}

// stop removes what the run has made, once: a run that hangs may be given up meanwhile.
func (e *external) stop() error {
	e.stopping.Do(func() { e.stopped = e.stopNow() })
	return e.stopped
}

func (e *external) stopNow() error {
	if e.access.Keep {
		return nil
	}
	limit := leaderlessMax
	if e.hurry != nil && e.hurry() {
		limit = hurriedMax
	}
	err := e.removeWithin(limit)
	if err != nil && e.access.Left != nil {
		e.access.Left(Left{e.where, e.streams()[:e.makes], err})
		return nil
	}
	return err
}

// hurriedMax is how long the removal may take in a run that was interrupted, or whose servers are gone.
const hurriedMax = 800 * time.Millisecond

// removeWithin removes what the run has made, or says that it could not in that time: a server that stands still
// makes a connection wait.
func (e *external) removeWithin(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	removed := make(chan error, 1)
	go func() { removed <- e.removeAll(ctx) }()
	select {
	case err := <-removed:
		return err
	case <-ctx.Done():
		return fmt.Errorf("remove %s from %s: no answer within %v; %s", e.stream, e.where, limit, e.cleaning())
	}
}

func (e *external) removeAll(ctx context.Context) error {
	nc, err := connect("cleanup", anyOf(e), e.options()...)
	if err != nil {
		return fmt.Errorf("remove %s from %s: %w", e.stream, e.where, err)
	}
	defer nc.Close()
	js, err := openJetStream(nc, e.api)
	if err != nil {
		return err
	}
	var all []error
	for _, name := range e.streams() {
		all = append(all, e.remove(ctx, js, name, e.owner.Run))
	}
	return errors.Join(all...)
}

// streams are all that a run may make: its stream, and those behind the buckets of its state and of its leases.
func (e *external) streams() []string { return streamsOf(e.stream) }

func streamsOf(stream string) []string {
	return []string{stream, bucketStream(stream), bucketStream(leaseBucket(stream))}
}

// StreamsOf are the streams that runs of a scenario may make on servers that are not pindrop's.
func StreamsOf(s *scenarios.Scenario) []string {
	all := streamsOf(streamName(s.Name))
	return all[:madeBy(s)]
}

// remove deletes a stream of a run. The server can not be asked to delete it only if it is still that run's, so it is looked at
// right before.
func (e *external) remove(ctx context.Context, js jetstream.JetStream, name, run string) error {
	stream, err := js.Stream(ctx, name)
	if err == nil {
		if stream.CachedInfo().Config.Metadata[runKey] != run {
			return nil // somebody else's
		}
		err = js.DeleteStream(ctx, name)
	}
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("remove %s from %s (nats stream rm %s): %w", name, e.where, name, err)
	}
	return nil
}

// cleaning is the command that removes what dead runs left on these servers.
func (e *external) cleaning() string {
	if name, ok := strings.CutPrefix(e.where, "context "); ok {
		return "pindrop clean --context " + name
	}
	return "pindrop clean --server " + e.where
}

// Leftover is a stream on servers that are not pindrop's that has the name of one that a run makes.
type Leftover struct {
	Stream   string
	Subjects []string
	Owner    Owner // zero for one that is foreign
	Life     Life
	Age      time.Duration // by the clock of the servers
	Removed  bool
}

// leftover says whose a stream is, and whether its run lives.
func (e *external) leftover(nc *nats.Conn, info *jetstream.StreamInfo) Leftover {
	l := Leftover{Stream: info.Config.Name, Subjects: info.Config.Subjects, Life: Foreign, Age: info.TimeStamp.Sub(info.Created)}
	owner, ok := ownerOf(info.Config)
	if l.Owner = owner; ok {
		l.Life = lifeOf(nc, owner, l.Age)
	}
	return l
}

// Cleaning is what [Clean] removes. The zero value removes all that dead runs have left and nobody asked to keep.
type Cleaning struct {
	Older time.Duration // only streams that are older than that
	Kept  bool          // also those that --keep left
	Dry   bool          // nothing
}

// Wants reports whether a leftover is one to remove.
func (c Cleaning) Wants(l Leftover) bool {
	return l.Life == Dead && l.Age >= c.Older && (c.Kept || !l.Owner.Keep)
}

// Clean lists the streams that runs have left on servers that are not pindrop's, and removes those of dead runs. It never
// removes one of a run that may live, nor one that pindrop did not make. The error is an [ErrRefuses] or an
// [ErrUnreachable] where the servers cannot be asked; what was listed by then comes with it.
func Clean(ctx context.Context, at scenarios.Server, access Access, c Cleaning) ([]Leftover, error) {
	e, err := reach(&scenarios.Scenario{Server: at}, access)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrRefuses, e.where, err)
	}
	ctx, cancel := context.WithTimeout(ctx, cleanMax)
	defer cancel()
	heard := &refusals{told: cancel} // a server does not answer a request that it refuses
	nc, err := connect("clean", anyOf(e), append(e.options(), nats.ErrorHandler(heard.hear))...)
	if err != nil {
		return nil, e.asked(err, ErrRefuses)
	}
	defer nc.Close()
	js, err := openJetStream(nc, e.api)
	if err != nil {
		return nil, err
	}
	found, err := e.clean(ctx, nc, js, c)
	if refused := heard.error(); refused != nil {
		return found, fmt.Errorf("%w: %s: the user lacks a permission that this needs: %w", ErrRefuses, e.where, refused)
	}
	return found, err
}

// clean lists the streams that runs have left, and removes what is asked for.
func (e *external) clean(ctx context.Context, nc *nats.Conn, js jetstream.JetStream, c Cleaning) ([]Leftover, error) {
	streams := js.ListStreams(ctx)
	var infos []*jetstream.StreamInfo
	for info := range streams.Info() {
		if strings.HasPrefix(strings.TrimPrefix(info.Config.Name, bucketStream("")), streamPrefix) {
			infos = append(infos, info)
		}
	}
	if err := streams.Err(); err != nil {
		return nil, e.asked(fmt.Errorf("list the streams: %w", err), ErrRefuses)
	}
	slices.SortFunc(infos, func(a, b *jetstream.StreamInfo) int { return strings.Compare(a.Config.Name, b.Config.Name) })
	var found []Leftover
	var failed []error
	for _, info := range infos {
		l := e.leftover(nc, info)
		if c.Wants(l) && !c.Dry {
			err := e.remove(ctx, js, l.Stream, l.Owner.Run)
			failed, l.Removed = append(failed, err), err == nil
		}
		found = append(found, l)
	}
	return found, errors.Join(failed...)
}

// cleanMax is how long a cleaning may take.
const cleanMax = time.Minute
