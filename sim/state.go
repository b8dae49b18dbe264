package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// value is the entry of a key, as the bucket keeps it: what the messages of the key have come to, what guards need to
// know, and which delivery it was written for, by whom and from which revision. So the bucket's own log says of every
// write all that there is to say.
type value struct {
	Count int64    `json:"count"`           // messages applied
	Sum   uint64   `json:"sum"`             // of their sequences
	Seen  []uint64 `json:"seen,omitempty"`  // idempotent guards: the newest of them
	Token uint64   `json:"token,omitempty"` // fences: the consumer sequence of the newest delivery

	Seq         uint64 `json:"seq"`
	Delivery    uint32 `json:"delivery"`
	ConsumerSeq uint64 `json:"cseq"`
	Worker      string `json:"worker"`
	Base        uint64 `json:"base,omitempty"` // the revision that was read

	revision uint64 // in the bucket; 0: there is none
}

// revisionsMax is how many revisions of a key the bucket keeps: all of them. The client library allows 64, and so does
// not make this bucket.
const revisionsMax = 1 << 40

// markerTTL is how long the server remembers that a lease has expired: the least that it allows.
const markerTTL = time.Second

// createState makes the bucket of the state, where there is one, and that of the leases, where somebody takes one.
func (r *run) createState(ctx context.Context) error {
	state := r.site.plan.Scenario.State
	if state == nil {
		return nil
	}
	_, err := r.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: bucketStream(r.site.stream), Subjects: []string{"$KV." + r.site.stream + ".>"}, Storage: state.Storage,
		MaxMsgsPerSubject: revisionsMax, AllowRollup: true, DenyDelete: true, AllowDirect: true, Discard: jetstream.DiscardNew,
		Metadata: r.marked(nil),
	})
	if err != nil {
		return fmt.Errorf("%w: state: %w", ErrRefused, err)
	}
	for _, w := range r.site.plan.Scenario.Workers {
		if w.Guard != scenarios.GuardLease {
			continue
		}
		_, err := r.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: leaseBucket(r.site.stream), Storage: state.Storage, LimitMarkerTTL: markerTTL,
			Metadata: r.marked(nil),
		})
		if err != nil {
			return fmt.Errorf("%w: leases: %w", ErrRefused, err)
		}
		break
	}
	return nil
}

// bucketStream is the stream behind a bucket.
func bucketStream(bucket string) string { return "KV_" + bucket }

// state is what a life of a worker has of the state: the buckets, over its own connection, and what it keeps in memory.
type state struct {
	entries jetstream.KeyValue
	leases  jetstream.KeyValue // guard lease only
	cache   *cache             // nil: none
}

// openState binds a life to the state; nil where the scenario has none.
func (b *body) openState(ctx context.Context, js jetstream.JetStream) (*state, error) {
	if b.site.plan.Scenario.State == nil {
		return nil, nil
	}
	s := &state{cache: newCache(b.spec.Cache)}
	var err error
	if s.entries, err = js.KeyValue(ctx, b.site.stream); err != nil {
		return nil, err
	}
	if b.spec.Guard == scenarios.GuardLease {
		s.leases, err = js.KeyValue(ctx, leaseBucket(b.site.stream))
	}
	return s, err
}

// decode reads what encode wrote.
func decode(e jetstream.KeyValueEntry) (value, error) {
	v := value{revision: e.Revision()}
	return v, json.Unmarshal(e.Value(), &v)
}

func (v *value) encode() []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("sim: an entry cannot be written: %v", err))
	}
	return text
}

// written is the event of a revision, stored at an instant.
func (v *value) written(key string, at int64) *history.Event {
	return &history.Event{
		Kind: history.Write, Key: key, Revision: v.revision, Base: v.Base, Seq: v.Seq, Delivery: v.Delivery,
		ConsumerSeq: v.ConsumerSeq, Worker: v.Worker, Count: v.Count, Sum: v.Sum, Stamp: at,
	}
}
