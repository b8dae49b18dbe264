package sim_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The guards without the harness, as docs/guards.md prints them: what stands between two marks goes there, word by word.

// begin entry

// Entry is what the bucket keeps of a key.
type Entry struct {
	Count int      `json:"count"`           // your state
	Seen  []uint64 `json:"seen,omitempty"`  // stream sequences of the newest messages applied
	Token uint64   `json:"token,omitempty"` // consumer sequence of the newest delivery applied
}

func load(ctx context.Context, kv jetstream.KeyValue, key string) (e Entry, revision uint64, err error) {
	found, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return e, 0, nil
	}
	if err != nil {
		return e, 0, err
	}
	return e, found.Revision(), json.Unmarshal(found.Value(), &e)
}

func (e Entry) bytes() []byte {
	text, _ := json.Marshal(e) // of numbers alone it cannot fail
	return text
}

// end entry

// begin idempotent

const remembered = 100

func applyIdempotent(ctx context.Context, kv jetstream.KeyValue, key string, seq uint64, work func(*Entry)) error {
	e, _, err := load(ctx, kv, key)
	if err != nil {
		return err
	}
	if slices.Contains(e.Seen, seq) {
		return nil // done before: ack it
	}
	work(&e)
	e.Seen = append(e.Seen, seq)
	e.Seen = e.Seen[max(0, len(e.Seen)-remembered):]
	_, err = kv.Put(ctx, key, e.bytes())
	return err
}

// end idempotent

// begin cas

func applyCAS(ctx context.Context, kv jetstream.KeyValue, key string, work func(*Entry)) error {
	for {
		e, revision, err := load(ctx, kv, key)
		if err != nil {
			return err
		}
		work(&e)
		_, err = kv.Update(ctx, key, e.bytes(), revision)
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
}

// end cas

// begin fence

var errFenced = errors.New("a later delivery has written") // do not ack

func applyFenced(ctx context.Context, kv jetstream.KeyValue, key string, token uint64, work func(*Entry)) error {
	for {
		e, revision, err := load(ctx, kv, key)
		if err != nil {
			return err
		}
		if e.Token > token {
			return errFenced
		}
		work(&e)
		e.Token = token
		_, err = kv.Update(ctx, key, e.bytes(), revision)
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
}

// end fence

// begin idempotent_fence

func applyOnceInOrder(ctx context.Context, kv jetstream.KeyValue, key string, seq, token uint64, work func(*Entry)) error {
	for {
		e, revision, err := load(ctx, kv, key)
		if err != nil {
			return err
		}
		if slices.Contains(e.Seen, seq) {
			return nil // done before: ack it
		}
		if e.Token > token {
			return errFenced
		}
		work(&e)
		e.Token, e.Seen = token, append(e.Seen, seq)
		e.Seen = e.Seen[max(0, len(e.Seen)-remembered):]
		_, err = kv.Update(ctx, key, e.bytes(), revision)
		if !errors.Is(err, jetstream.ErrKeyRevisionMismatch) {
			return err
		}
	}
}

// end idempotent_fence

// begin lease

var errLeaseLost = errors.New("the lease is lost") // do not ack

func applyLeased(ctx context.Context, kv, leases jetstream.KeyValue, key string, ttl time.Duration, work func(*Entry)) error {
	held, err := leases.Create(ctx, key, nil, jetstream.KeyTTL(ttl))
	if err != nil {
		return err // jetstream.ErrKeyExists: another holds it, so try again in a moment
	}
	defer leases.Delete(ctx, key, jetstream.LastRevision(held))
	e, _, err := load(ctx, kv, key)
	if err != nil {
		return err
	}
	work(&e)
	if now, err := leases.Get(ctx, key); err != nil || now.Revision() != held {
		return errLeaseLost
	}
	_, err = kv.Put(ctx, key, e.bytes()) // whatever has happened since the line above
	return err
}

// end lease

// begin handler

func handler(kv jetstream.KeyValue) jetstream.MessageHandler {
	return func(msg jetstream.Msg) {
		meta, err := msg.Metadata()
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = applyOnceInOrder(ctx, kv, msg.Subject(), meta.Sequence.Stream, meta.Sequence.Consumer, func(e *Entry) {
			e.Count++ // your work
		})
		if err != nil {
			return // not acked: it comes again after ack_wait
		}
		msg.Ack()
	}
}

// end handler

// buckets starts a server with a bucket and one of leases.
func buckets(t *testing.T) (js jetstream.JetStream, kv, leases jetstream.KeyValue) {
	t.Helper()
	server, err := natsserver.NewServer(&natsserver.Options{
		DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(func() { server.Shutdown(); server.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	for _, b := range []struct {
		kv     *jetstream.KeyValue
		config jetstream.KeyValueConfig
	}{
		{&kv, jetstream.KeyValueConfig{Bucket: "entries", Storage: jetstream.MemoryStorage}},
		{&leases, jetstream.KeyValueConfig{Bucket: "leases", Storage: jetstream.MemoryStorage, LimitMarkerTTL: time.Second}},
	} {
		if *b.kv, err = js.CreateKeyValue(t.Context(), b.config); err != nil {
			t.Fatal(err)
		}
	}
	return js, kv, leases
}

// The patterns do what the document says of them, with another write between their read and their own, and with a message
// that comes again.
func TestPatterns(t *testing.T) {
	_, kv, leases := buckets(t)
	ctx := t.Context()
	type apply func(key string, seq, token uint64, work func(*Entry)) error
	for _, p := range []struct {
		name                 string
		apply                apply
		overtaken, twice     int   // count in the end
		overtakenErr, nested error // of the first delivery, and of the second one in its midst
	}{
		{"idempotent", func(key string, seq, _ uint64, work func(*Entry)) error {
			return applyIdempotent(ctx, kv, key, seq, work)
		}, 1, 1, nil, nil},
		{"cas", func(key string, _, _ uint64, work func(*Entry)) error { return applyCAS(ctx, kv, key, work) }, 2, 2, nil, nil},
		{"fence", func(key string, _, token uint64, work func(*Entry)) error {
			return applyFenced(ctx, kv, key, token, work)
		}, 1, 2, errFenced, nil},
		{"idempotent_fence", func(key string, seq, token uint64, work func(*Entry)) error {
			return applyOnceInOrder(ctx, kv, key, seq, token, work)
		}, 1, 1, errFenced, nil},
		{"lease", func(key string, _, _ uint64, work func(*Entry)) error {
			return applyLeased(ctx, kv, leases, key, time.Second, work)
		}, 1, 2, nil, jetstream.ErrKeyExists},
	} {
		t.Run(p.name, func(t *testing.T) {
			count := func(e *Entry) { e.Count++ }
			first := true
			err := p.apply(p.name+"-overtaken", 1, 1, func(e *Entry) {
				if first {
					first = false
					if err := p.apply(p.name+"-overtaken", 2, 2, count); !errors.Is(err, p.nested) {
						t.Errorf("the second delivery: %v, want %v", err, p.nested)
					}
				}
				e.Count++
			})
			if !errors.Is(err, p.overtakenErr) {
				t.Errorf("the overtaken delivery: %v, want %v", err, p.overtakenErr)
			}
			if e, _, _ := load(ctx, kv, p.name+"-overtaken"); e.Count != p.overtaken {
				t.Errorf("the entry counts %d, want %d", e.Count, p.overtaken)
			}
			for token := range uint64(2) {
				if err := p.apply(p.name+"-twice", 3, 3+token, count); err != nil {
					t.Error(err)
				}
			}
			if e, _, _ := load(ctx, kv, p.name+"-twice"); e.Count != p.twice {
				t.Errorf("the entry counts %d, want %d", e.Count, p.twice)
			}
		})
	}
}

// A lease that is gone before the write is noticed.
func TestPatternOfALostLease(t *testing.T) {
	_, kv, leases := buckets(t)
	err := applyLeased(t.Context(), kv, leases, "k", time.Second, func(*Entry) {
		if err := leases.Delete(t.Context(), "k"); err != nil {
			t.Error(err)
		}
	})
	if !errors.Is(err, errLeaseLost) {
		t.Errorf("%v, want %v", err, errLeaseLost)
	}
}

// The handler that puts them to use acks what is done.
func TestPatternOfAHandler(t *testing.T) {
	js, kv, _ := buckets(t)
	ctx := t.Context()
	stream, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"jobs.*"}, Storage: jetstream.MemoryStorage})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "c", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := js.Publish(ctx, "jobs.a", nil); err != nil {
			t.Fatal(err)
		}
	}
	batch, err := consumer.Fetch(3)
	if err != nil {
		t.Fatal(err)
	}
	handle := handler(kv)
	for msg := range batch.Messages() {
		handle(msg)
		if err := msg.Ack(); !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
			t.Errorf("a second ack: %v, want that there was one", err)
		}
	}
	if e, _, err := load(ctx, kv, "jobs.a"); err != nil || e.Count != 3 {
		t.Errorf("the entry counts %d (%v), want 3", e.Count, err)
	}
}
