//go:build (prove || soak) && linux

package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// foreign is a stream of somebody else on a server where pindrop runs.
type foreign struct {
	t      *testing.T
	at     string
	stream jetstream.Stream
	was    string
}

// newForeign makes such a stream, with messages.
func newForeign(t *testing.T, at string) *foreign {
	t.Helper()
	_, js := jetStreamAt(t, at)
	stream, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"orders.>"}})
	for range 100 {
		if err == nil {
			_, err = js.Publish(context.Background(), "orders.new", []byte("keep me"))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	f := &foreign{t: t, at: at, stream: stream}
	f.was = f.state()
	return f
}

// state is what the stream is and holds, without the times that a server fills in.
func (f *foreign) state() string {
	f.t.Helper()
	info, err := f.stream.Info(context.Background())
	if err != nil {
		f.t.Fatalf("the stream of somebody else: %v", err)
	}
	state := info.State
	state.FirstTime, state.LastTime, state.Deleted, state.Subjects = time.Time{}, time.Time{}, nil, nil
	return fmt.Sprintf("%+v %+v", info.Config, state)
}

// same fails if the stream is not what it was.
func (f *foreign) same(when any) {
	f.t.Helper()
	if now := f.state(); now != f.was {
		f.t.Errorf("%v: the stream of somebody else was %s, and is %s", when, f.was, now)
	}
}
