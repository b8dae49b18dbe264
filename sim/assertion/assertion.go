// Package assertion hears what nats-server asserts about itself.
//
// nats-server states at some places what must never happen, or must always be so, by calls of a library (antithesis-sdk-go, package
// assert) that does nothing by default. In pindrop's own builds the module in the folder library stands in its place, by a replace in
// go.mod: it has the same functions, and hands each call to [Heard]. No line of nats-server is changed. A program that is built
// without that replace hears nothing, and [Linked] says so.
//
// The path of one call: the library calls [Heard]; that finds the [Server] whose code calls, counts the call, and tells whoever
// listens to that server, the first times and then ever more rarely.
//
// Whose code calls is exact in a guest, where many servers share one process: the runtime there gives each goroutine the owner of the
// goroutine that started it. Anywhere else it is the one server of the process; where several are in one process, nobody knows, and
// [Call.Server] is "".
package assertion

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"pindrop/results/history"
)

// Call is one call of the library.
type Call struct {
	Server  string // "": nobody knows which of several
	Kind    string // one of package history
	Message string // identifies the assertion, as it stands in the server's source
	Holds   bool   // the condition; of reachable true, of unreachable false
	Details string // of a violation: what the server says of it and where it was called, as a line of JSON of at most [detailsMax] bytes
	Count   int64  // how often the server has called with this message and condition, this call included
}

// Event is the call as the history has it.
func (c *Call) Event() *history.Event {
	e := &history.Event{
		Kind: history.Assertion, Do: c.Kind, Target: c.Server, Key: c.Message, Outcome: history.OK, Reason: c.Details, Count: c.Count,
	}
	if !c.Holds {
		e.Outcome = history.Critical
	}
	return e
}

// linked is set by the library.
var linked atomic.Bool

// Link is called by the library as the program starts: its calls reach [Heard].
func Link() { linked.Store(true) }

// Linked reports whether the library of this program hands its calls on.
func Linked() bool { return linked.Load() }

// Server is a server that is listened to.
type Server struct {
	name string
	hear func(Call)
	left atomic.Bool

	mu     sync.Mutex
	counts map[counted]int64
}

type counted struct {
	message string
	holds   bool
}

// NewServer listens to a server of a name. The calls of what [Server.Run] runs are told to hear, which must not call the server.
func NewServer(name string, hear func(Call)) *Server {
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
	c := Call{Kind: kind, Message: message, Holds: holds, Count: n}
	if alone {
		c.Server = s.name
	}
	if e := c.Event(); e.Violated() {
		c.Details = describe(details)
	}
	s.hear(c)
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
