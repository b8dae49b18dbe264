package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/sim"
	"pindrop/sim/guest"
)

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "The versions of pindrop, nats-server, nats.go and Go, and the guest that there is",
		Example: `  pindrop version`,
		Args:    arguments(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			v := versions()
			_, err := fmt.Fprintf(a.stdout, "pindrop %s, nats-server %s, nats.go %s, %s\n%s\n",
				v.Pindrop, v.NATSServer, v.NATSGo, v.Go, whichGuest())
			return printed(err)
		},
	}
}

// whichGuest is a line about the guest that runs would take.
func whichGuest() string {
	g, ready, err := guest.Which()
	switch {
	case err != nil:
		return noGuest()
	case !ready:
		return fmt.Sprintf("guest %s, to be %s when it is needed", g.ID, g.Origin)
	}
	return fmt.Sprintf("guest %s, %s", g.ID, g.Origin)
}

// noGuest says why there is no guest and none can be built; "" where there is one, or it can. A test has none.
var noGuest = sync.OnceValue(func() string {
	_, _, err := guest.Which()
	if err == nil {
		return ""
	}
	return "no guest: " + strings.TrimPrefix(err.Error(), guest.ErrNone.Error()+": ")
})

// versionsOf are the versions of a run: servers that are not this program have said theirs.
func versionsOf(h *history.History) results.Versions {
	v := versions()
	var told []string
	for e := range h.Events() {
		if e.Kind == history.Usage && e.Reason != "" && !slices.Contains(told, e.Reason) {
			told = append(told, e.Reason)
		}
	}
	if len(told) > 0 {
		v.NATSServer = strings.Join(told, ", ")
	}
	return v
}

// versions are those that this binary was built of. A build from a checkout is named by its revision, where the Go
// tool recorded it.
func versions() results.Versions {
	v := results.Versions{Pindrop: "(devel)", NATSServer: sim.ServerVersion, NATSGo: sim.ClientVersion, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Pindrop = info.Main.Version
	}
	return v
}
