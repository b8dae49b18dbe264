package scenarios

import (
	"reflect"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// State is what handlers read, change and write back: an entry for each key of the publishers, in a key-value bucket of
// the server under test. Every revision is kept.
type State struct {
	// Where the bucket is kept.
	Storage jetstream.StorageType `json:"storage" default:"memory"`
	// Idempotent guards: how many of the messages applied to it an entry remembers, the newest ones.
	Remember int `json:"remember" default:"100" min:"1" max:"10000"`
}

// The guards of a worker's writes.
const (
	GuardNone            = "none"
	GuardIdempotent      = "idempotent"     // the entry remembers the messages applied to it
	GuardCAS             = "cas"            // a write counts only on the revision that was read
	GuardIdempotentCAS   = "idempotent_cas" // both
	GuardFence           = "fence"          // no write after that of a later delivery
	GuardIdempotentFence = "idempotent_fence"
	GuardLease           = "lease" // a key with a TTL has to be held
)

// What a worker keeps in memory of the state.
const (
	CacheNone   = "none"
	CacheKeep   = "keep"
	CacheReload = "reload" // until the pin generation of its deliveries changes
)

const leaseDefault = Duration(2 * time.Second)

// completeState fills in the state where a worker needs it, and the TTL of a lease.
func (s *Scenario) completeState() {
	for i := range s.Workers {
		w := &s.Workers[i]
		if w.Guard == GuardLease && !s.places.has(itemPath("workers", i)+".lease") {
			w.Lease = leaseDefault
		}
		if s.State == nil && (w.Guard != GuardNone || w.Cache != CacheNone) {
			s.State = &State{}
			preset(reflect.ValueOf(s.State).Elem())
		}
	}
}

// checkGuard checks what protects a worker's writes.
func (c *checker) checkGuard(w *Workers, path string) {
	pinned := c.Consumer.PriorityPolicy == jetstream.PriorityPolicyPinned
	afterTheWork := slices.Contains([]string{AckEach, AckDouble, AckBatch}, w.Ack)
	switch {
	case w.Guard != GuardNone && !afterTheWork:
		c.errorf(path+".guard", "guard: %s goes with an ack after the work (each, double, batch), not with ack: %s: "+
			"what it refuses must not be acked", w.Guard, w.Ack)
	case c.State != nil && w.Ack == AckWAL:
		c.errorf(path+".ack", "ack: wal does not go with a state: the worker's own log keeps no keys; nearest: each")
	}
	if w.Guard != GuardLease && w.Lease != 0 {
		c.errorf(path+".lease", "lease goes with guard: lease, not with guard: %s", w.Guard)
	}
	if w.Guard == GuardLease && (w.Lease < Duration(time.Second) || w.Lease%Duration(time.Second) != 0) {
		c.errorf(path+".lease", "lease must be whole seconds, at least 1s, as the TTL of a message is; got %s", w.Lease)
	}
	if w.Cache == CacheReload && !pinned {
		c.errorf(path+".cache", "cache: reload needs priority_policy: pinned_client: without pins there are no generations; "+
			"nearest: keep")
	}
}
