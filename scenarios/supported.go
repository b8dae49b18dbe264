package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Unsupported names what the scenario asks for and no engine can run yet; nil where there is nothing. The error is an
// [ErrorList].
func Unsupported(s *Scenario) error {
	m := &mistakes{}
	for i, w := range s.Workers {
		path := itemPath("workers", i) + ".host"
		if w.Host == HostProcess && w.Service.Pool > 0 {
			m.add(s.places.of(path), "host: the downstream that workers share (service.pool) is inside one process; expected host: goroutine")
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

// ServerMode is where the servers run, and why, in a phrase. Auto is resolved: inside pindrop where that can do all that
// the scenario asks for, else as processes.
func (s *Scenario) ServerMode() (mode, why string) {
	if s.Server.Mode != ServerAuto {
		return s.Server.Mode, fmt.Sprintf("server.mode is %s", s.Server.Mode)
	}
	switch do := s.breaksServers(); {
	case s.Server.Nodes > 1:
		return ServerProcess, fmt.Sprintf("the cluster has %d servers", s.Server.Nodes)
	case do != "":
		return ServerProcess, fmt.Sprintf("%s breaks a server", do)
	case s.Server.Sync != "":
		return ServerProcess, fmt.Sprintf("server.sync is %s", s.Server.Sync)
	case s.Server.Log != "":
		return ServerProcess, fmt.Sprintf("server.log is %s", s.Server.Log)
	}
	return ServerEmbedded, "one server, inside pindrop"
}

// breaksServers is the first kind of fault that needs a server to be a process; "" if there is none.
func (s *Scenario) breaksServers() string {
	for _, f := range s.Faults {
		for _, do := range f.Do {
			if kindOf(do).breaksServers() {
				return do
			}
		}
	}
	return ""
}

// BreaksServers reports whether a fault breaks a server.
func (s *Scenario) BreaksServers() bool { return s.breaksServers() != "" }

// CutsServers reports whether a fault is one of the ways to servers, for which there must be something to cut.
func (s *Scenario) CutsServers() bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Do.has(DoIsolate) || f.Do.some(faultKind.hitsRoutes) })
}

// LosesPower reports whether a fault takes the power from a server.
func (s *Scenario) LosesPower() bool {
	return slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Do.has(DoPowerLoss) })
}

// ResolveClock is the clock on which the scenario runs, and why, in a phrase. Auto is resolved: the virtual one wherever it
// can do all that the scenario asks for, a cluster or a server that is broken included; both stays both.
func (s *Scenario) ResolveClock() (clock Clock, why string) {
	if s.Clock != ClockAuto {
		return s.Clock, "asked for"
	}
	mode, why := s.ServerMode()
	if why := s.BreaksDisks(); mode == ServerProcess && why != "" {
		return ClockVirtual, why + ", and only inside a guest is that pindrop's"
	}
	if why := s.needsReal(); why != "" {
		return ClockReal, why
	}
	if mode == ServerProcess {
		return ClockVirtual, why
	}
	return ClockVirtual, "one embedded server, workers are goroutines"
}

// needsReal is what only the real clock can do of that which the scenario asks for, in a phrase; "" where there is nothing.
func (s *Scenario) needsReal() string {
	switch s.Server.Mode {
	case ServerExternal, ServerProcess:
		return fmt.Sprintf("server.mode is %s", s.Server.Mode)
	}
	if s.Server.Binary != "" {
		return "server.binary is another program"
	}
	if slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Do.has(DoFreezeServer) }) {
		return "freeze_server stops a process"
	}
	if slices.ContainsFunc(s.Publishers, func(p Publishers) bool { return p.Window > 0 }) {
		return "publishers go as fast as the server answers"
	}
	for _, w := range s.Workers {
		if w.Host == HostProcess {
			return fmt.Sprintf("the workers %s are processes", w.Name)
		}
	}
	return ""
}

// The engines.
const (
	EngineNative = "native" // a process of this machine
	EngineGuest  = "guest"  // a program of its own, see package sim/guest
)

// Engine is what runs the scenario on one of the two clocks, and why, in a phrase: on the virtual one a guest, where servers
// have to listen.
func (s *Scenario) Engine(clock Clock) (engine, why string) {
	if mode, why := s.ServerMode(); clock == ClockVirtual && mode == ServerProcess {
		return EngineGuest, why
	}
	return EngineNative, "one server, inside pindrop"
}

// checkServers checks what the servers of a mode can do, and what can be done to them.
func (c *checker) checkServers() {
	mode, _ := c.ServerMode()
	if mode == ServerEmbedded && c.Server.Nodes > 1 {
		c.errorf("server.nodes", "nodes: %d needs mode: process; inside pindrop runs one server", c.Server.Nodes)
	}
	if mode == ServerEmbedded && c.Server.Sync != "" {
		c.errorf("server.sync", "sync goes with mode: process, not with mode: %s", mode)
	}
	if mode != ServerProcess && c.Server.Log != "" {
		c.errorf("server.log", "log goes with mode: process, not with mode: %s", mode)
	}
	clock, _ := c.ResolveClock()
	virtual := c.Clock == ClockVirtual || c.Clock == ClockBoth || clock == ClockVirtual && mode == ServerProcess
	if virtual && c.Server.Binary != "" {
		c.errorf("server.binary", "binary needs the real clock, and clock is %s: a guest has the server that it was built with", clock)
	}
	for i := range c.Faults {
		for _, do := range c.Faults[i].Do {
			c.checkServerFault(&c.Faults[i], do, itemPath("faults", i), mode, clock)
		}
	}
}

// checkServerFault checks whether the servers of a mode can be broken in the way of a fault.
func (c *checker) checkServerFault(f *Fault, do, path, mode string, clock Clock) {
	kind := kindOf(do)
	hits := kind.hits
	switch {
	case kind.breaksServers() && mode == ServerEmbedded:
		c.errorf(path+".do", "do: %s needs server.mode: process; a server inside pindrop cannot be broken", do)
	case do == DoFreezeServer && clock != ClockReal:
		c.errorf(path+".do", "do: %s needs the real clock, and clock is %s: inside a guest nothing stands still alone; nearest: %s",
			do, clock, DoIsolate)
	case slices.Contains([]string{DoDiskFull, DoIOError}, do) && mode != ServerExternal && clock != ClockVirtual:
		c.errorf(path+".do", "do: %s needs the virtual clock, and clock is %s: only inside a guest is the disk pindrop's", do, clock)
	case do == DoPowerLoss && mode != ServerExternal && clock != ClockVirtual:
		c.errorf(path+".do", "do: %s needs the virtual clock, and clock is %s: a process cannot pull the plug of its machine; nearest: %s",
			do, clock, DoKillServer)
	case kind.breaksServers() && mode == ServerExternal:
		c.errorf(path+".do", "do: %s needs server.mode: process; of servers that are not pindrop's only %s can be asked",
			do, DoStepDown)
	case hits == hitsRoutes && c.Server.Nodes == 1:
		c.errorf(path+".do", "do: %s needs server.nodes: 3 or 5; a single server has no routes", do)
	case do == DoStepDown && mode == ServerExternal && f.Target == TargetMeta:
		c.errorf(path+".target", "target: meta needs the system account, which servers that are not pindrop's keep; nearest: %s or %s",
			TargetConsumer, TargetStream)
	case do == DoStepDown && mode != ServerExternal && c.Server.Nodes == 1:
		c.errorf(path+".do", "do: step_down needs server.nodes: 3 or 5; a single server has nobody to step down for")
	case do == DoStepDown && mode != ServerExternal && f.Target != TargetMeta && c.replicas(f.Target) == 1:
		c.errorf(path+".do", "do: step_down of the %s needs num_replicas of 3 or 5: a single replica has nobody to step down for", f.Target)
	case kind.breaksServers() && f.names(TargetFollower) && c.replicas(TargetConsumer) == 1:
		c.errorf(path+".target", "target: follower needs num_replicas of 3 or 5; nearest: %s", TargetLeader)
	case slices.Contains([]string{DoKillServer, DoRestartServer, DoLameDuck, DoPowerLoss}, do) && c.forgets():
		c.errorf(path+".do", "do: %s loses a stream of one replica with storage: memory; use storage: file, or num_replicas: 3", do)
	}
}

// replicas is how many servers keep the stream, or the consumer.
func (s *Scenario) replicas(of string) int {
	if of == TargetConsumer && s.Consumer.Replicas > 0 {
		return s.Consumer.Replicas
	}
	return s.Stream.Replicas
}

// forgets reports whether a server that ends takes the stream with it.
func (s *Scenario) forgets() bool {
	return s.Stream.Storage == jetstream.MemoryStorage && s.Stream.Replicas == 1
}
