// Package assertion hears what nats-server asserts about itself.
//
// nats-server states at some places what must never happen, or must always be so, by calls of a library (antithesis-sdk-go, package
// assert) that does nothing by default. In pindrop's own builds the module in the folder library stands in its place, by a replace in
// go.mod: it has the same functions, and hands each call to [Heard]. No line of nats-server is changed. A program that is built
// without that replace hears nothing, and [Linked] says so.
//
// The path of one call: the library calls [Heard], which finds the [Server] whose code calls, and counts the call. The first calls, and
// then each that doubles their number, become an event of kind assertion, which the server's listener gets.
//
// In a guest, where many servers share one process, the server is known exactly: the runtime there gives each goroutine the owner of
// the goroutine that started it. Anywhere else it is the one server of the process. Where several are in one process nobody knows, and
// the event has no target.
package assertion

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"pindrop/results/history"
)

// linked is set by the library.
var linked atomic.Bool

// Link is called by the library as the program starts: its calls reach [Heard].
func Link() { linked.Store(true) }

// Linked reports whether the library of this program hands its calls on.
func Linked() bool { return linked.Load() }

// Server is a server that is listened to.
type Server struct {
	name string
	hear func(*history.Event)
	left atomic.Bool

	mu     sync.Mutex
	counts map[counted]int64
}

type counted struct {
	message string
	holds   bool
}

// servers are all that [Server.Run] has run and that somebody may still hear.
var (
	serversMu sync.Mutex
	servers   []*Server
)

// NewServer listens to a server of a name. The calls of what [Server.Run] runs are told to hear, which must not call the server.
func NewServer(name string, hear func(*history.Event)) *Server {
	return &Server{name: name, hear: hear, counts: map[counted]int64{}}
}

// Leave ends the listening: what is left of a server that has been ended says nothing any more.
func (s *Server) Leave() {
	if s.left.CompareAndSwap(false, true) {
		disown(s)
	}
}

// Heard is called by the library.
func Heard(kind string, holds bool, message string, details map[string]any) {
	s, alone := owner()
	if s == nil || s.left.Load() {
		return
	}
	n, tell := s.count(message, holds)
	if !tell {
		return
	}
	e := &history.Event{Kind: history.Assertion, Do: kind, Key: message, Outcome: history.Critical, Count: n}
	if holds {
		e.Outcome = history.OK
	}
	if alone {
		e.Target = s.name
	}
	if e.Violated() {
		e.Reason = describe(details)
	}
	s.hear(e)
}

// toldMax is how many calls of one message and condition are told one by one.
const toldMax = 16

// count counts a call, and says whether it is told: the first ones, and then each that doubles their number.
func (s *Server) count(message string, holds bool) (n int64, tell bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := counted{message, holds}
	s.counts[at]++
	n = s.counts[at]
	return n, n <= toldMax && !holds || bits.OnesCount64(uint64(n)) == 1
}
