package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"pindrop/redact"
	"pindrop/scenarios"
	"pindrop/sim"
)

// serverFlags say where the servers are, in all commands that run something on the real clock. What they hold may be a
// password: it goes nowhere but into a [target].
type serverFlags struct {
	server  string
	context string
}

func (o *serverFlags) register(f *pflag.FlagSet) {
	f.StringVar(&o.server, "server", "", "auto, embedded, process or a `URL` (default: what the scenario says)")
	f.StringVar(&o.context, "context", "", "nats CLI context `name` of an external server")
}

// onClock are the flags for a run on a clock: the virtual one has its server inside pindrop, or, for a process, a guest.
func (o serverFlags) onClock(c scenarios.Clock) serverFlags {
	if c == scenarios.ClockVirtual && o.server != scenarios.ServerProcess {
		return serverFlags{}
	}
	return o
}

// used refuses flags that no run of a command would use, and says what would.
func (o serverFlags) used(c scenarios.Clock, instead string) error {
	virtual := []string{"", scenarios.ServerAuto, scenarios.ServerEmbedded, scenarios.ServerProcess}
	if c != scenarios.ClockVirtual || o.context == "" && slices.Contains(virtual, o.server) {
		return nil
	}
	name := "--server"
	if o.context != "" {
		name = "--context"
	}
	return fmt.Errorf("%s: on the virtual clock nothing would use it, pindrop has servers of its own there; %s", name, instead)
}

// flagsIn reads the flags back from the words of a [target]. User and password are not in them.
func flagsIn(words []string) serverFlags {
	var o serverFlags
	for i := 0; i+1 < len(words); i += 2 {
		switch words[i] {
		case "--server":
			o.server = words[i+1]
		case "--context":
			o.context = words[i+1]
		}
	}
	return o
}

// target is what the flags --server and --context come to: settings of the scenario, and apart from them what nobody
// writes down.
type target struct {
	sets   []string
	words  []string // the flags again, without user and password
	access sim.Access
}

// theirs are the settings of servers that are not pindrop's. How many there are is their own affair.
func theirs(where string) []string {
	return []string{"server.mode=" + scenarios.ServerExternal, "server.nodes=1", where}
}

// target reads the flags.
func (o serverFlags) target() (target, error) {
	var t target
	switch {
	case o.context != "" && o.server != "":
		return t, errors.New("--context names the server already: leave out --server")
	case strings.Contains(o.context, "://"):
		return t, errNoContext
	case o.context != "":
		t.sets = theirs("server.context=" + o.context)
		t.words = []string{"--context", o.context}
	case strings.Contains(o.server, "://"):
		list, err := redact.Servers(o.server)
		if err != nil {
			return t, fmt.Errorf("--server: %w", err)
		}
		t.sets = theirs("server.url=" + list.String())
		t.words = []string{"--server", list.String()}
		t.access.User = list.User
	case o.server != "" && !slices.Contains([]string{scenarios.ServerAuto, scenarios.ServerEmbedded, scenarios.ServerProcess}, o.server):
		return t, errNoServer
	case o.server != "":
		t.sets = []string{"server.mode=" + o.server}
		t.words = []string{"--server", o.server}
	}
	return t, nil
}

// errNoServer does not quote what was given: it may hold a password.
var errNoServer = errors.New("--server: expected auto, embedded, process or a URL such as nats://localhost:4222")

// errNoContext does not quote either.
var errNoContext = errors.New("--context: expected the name of a context; a URL goes with --server")

// onReal are the settings for a run on the real clock alone of a scenario that may ask for both; none where the flags are
// not given.
func (t *target) onReal() []string {
	if len(t.sets) == 0 {
		return nil
	}
	return append([]string{"clock=" + string(scenarios.ClockReal)}, t.sets...)
}
