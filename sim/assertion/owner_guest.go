//go:build pindropguest

package assertion

import (
	"runtime"
	"sync"
)

// servers are all that there ever were; the number of one, from 1, is what the runtime keeps with each goroutine of it.
var (
	serversMu sync.Mutex
	servers   []*Server
)

// Run runs what starts the server: this call, and every goroutine that comes of it, is the server's.
func (s *Server) Run(f func()) {
	serversMu.Lock()
	servers = append(servers, s)
	mine := len(servers)
	serversMu.Unlock()
	before := runtime.PindropOwner()
	runtime.PindropOwn(mine)
	defer runtime.PindropOwn(before)
	f()
}

// owner is the server whose goroutine this is; nil: it is nobody's.
func owner() (s *Server, alone bool) {
	number := runtime.PindropOwner()
	if number == 0 {
		return nil, false
	}
	serversMu.Lock()
	defer serversMu.Unlock()
	return servers[number-1], true
}

func disown(*Server) {}
