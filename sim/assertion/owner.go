//go:build !pindropguest

package assertion

import "slices"

// Run runs what starts the server.
func (s *Server) Run(f func()) {
	serversMu.Lock()
	if !slices.Contains(servers, s) {
		servers = append(servers, s)
	}
	serversMu.Unlock()
	f()
}

// owner is the newest server of this process; alone says that there is no other.
func owner() (s *Server, alone bool) {
	serversMu.Lock()
	defer serversMu.Unlock()
	if len(servers) == 0 {
		return nil, false
	}
	return servers[len(servers)-1], len(servers) == 1
}

func disown(s *Server) {
	serversMu.Lock()
	defer serversMu.Unlock()
	servers = slices.DeleteFunc(servers, func(o *Server) bool { return o == s })
}
