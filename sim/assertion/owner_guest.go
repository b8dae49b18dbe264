//go:build pindropguest

package assertion

import "runtime"

// Run runs what starts the server: this call, and every goroutine that comes of it, is the server's. The runtime keeps the server's
// number with each of them, from 1; so no server ever leaves the list.
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
