package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// Unsupported names what the scenario asks for and no engine can run yet; nil where there is nothing. The error is an
// [ErrorList].
func Unsupported(s *Scenario) error {
	m := &mistakes{}
	not := func(asked bool, path, what string) {
		if asked {
			m.add(s.places.of(path), "%s is not supported yet", what)
		}
	}
	not(s.Server.Mode == ServerProcess || s.Server.Mode == ServerExternal, "server.mode", "server.mode: "+s.Server.Mode)
	not(s.Server.Binary != "", "server.binary", "server.binary")
	not(s.Server.URL != "", "server.url", "server.url")
	not(s.Server.Sync != "", "server.sync", "server.sync: "+s.Server.Sync)
	not(s.Server.Nodes > 1, "server.nodes", "server.nodes above 1")
	not(s.Stream.Replicas > 1, "stream.num_replicas", "stream.num_replicas above 1")
	not(s.Consumer.Replicas > 1, "consumer.num_replicas", "consumer.num_replicas above 1")
	for i, w := range s.Workers {
		path := itemPath("workers", i) + ".host"
		if w.Host == HostProcess && w.Service.Pool > 0 {
			m.add(s.places.of(path), "host: the downstream that workers share (service.pool) is inside one process; expected host: goroutine")
		}
	}
	for i, f := range s.Faults {
		for _, do := range f.Do {
			not(kindOf(do).later, itemPath("faults", i)+".do", "do: "+do)
		}
	}
	return m.err()
}

// ResolveHost is where workers live on one of the two clocks, and why, in a phrase: processes, where that is possible,
// since they are what dies in the field.
func (s *Scenario) ResolveHost(w *Workers, clock Clock) (host, why string) {
	switch {
	case clock == ClockVirtual:
		return HostGoroutine, "the virtual clock is inside one process"
	case w.Host != HostAuto:
		return w.Host, "asked for"
	case w.Service.Pool > 0:
		return HostGoroutine, "the downstream that they share is inside one process"
	}
	return HostProcess, "the clock is real"
}

// Hosts are the hosts of all groups of workers on one of the two clocks, with commas between.
func (s *Scenario) Hosts(clock Clock) string {
	var hosts []string
	for i := range s.Workers {
		if host, _ := s.ResolveHost(&s.Workers[i], clock); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return strings.Join(hosts, ", ")
}

// ResolveClock is the clock on which the scenario runs, and why, in a phrase. Auto is resolved; both stays both.
func (s *Scenario) ResolveClock() (clock Clock, why string) {
	if s.Clock != ClockAuto {
		return s.Clock, "asked for"
	}
	switch s.Server.Mode {
	case ServerProcess, ServerExternal:
		return ClockReal, fmt.Sprintf("server.mode is %s", s.Server.Mode)
	}
	if s.Server.Nodes > 1 {
		return ClockReal, fmt.Sprintf("the cluster has %d servers", s.Server.Nodes)
	}
	if slices.ContainsFunc(s.Publishers, func(p Publishers) bool { return p.Window > 0 }) {
		return ClockReal, "publishers go as fast as the server answers"
	}
	for _, w := range s.Workers {
		if w.Host == HostProcess {
			return ClockReal, fmt.Sprintf("the workers %s are processes", w.Name)
		}
	}
	return ClockVirtual, "one embedded server, workers are goroutines"
}
