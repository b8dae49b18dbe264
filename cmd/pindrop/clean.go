package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pindrop/scenarios"
	"pindrop/sim"
)

// cleanOptions are the flags of pindrop clean.
type cleanOptions struct {
	serverFlags
	sim.Cleaning
}

func cleanCommand(a *app) *cobra.Command {
	var o cleanOptions
	c := &cobra.Command{
		Use:   "clean --server URL | --context NAME",
		Short: "Remove what dead runs left on external servers",
		Long: `Lists the streams and buckets that runs of pindrop have made on external servers, and removes those of dead runs.

A stream says in its metadata which run made it, on which host, since when, and until when that run ends at the latest.
A run lives if it answers on _pindrop.run.<id>. It is dead if it does not answer and its time is over (by the clock of the
servers), or if its process was on this machine and is gone. In doubt nothing is removed, and the list says so. Streams
that pindrop did not make are never removed. What --keep left is removed only with --kept.

The user needs the permission to publish to $JS.API.STREAM.LIST, $JS.API.STREAM.INFO.*, $JS.API.STREAM.DELETE.* and
_pindrop.run.*, and to subscribe to its inbox.

Exit code: 0 done, also where nothing was found, 64 bad flags, or servers that refuse it, 74 servers that cannot be
reached, or something that could not be removed.`,
		Example: `  pindrop clean --server nats://localhost:4222 --dry-run
  pindrop clean --context staging
  pindrop clean --context staging --older 1h --kept`,
		Args: arguments(0, 0, "flags only"),
		RunE: func(c *cobra.Command, _ []string) error { return a.clean(c.Context(), o) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.server, "server", "", "`URL` of the servers")
	f.StringVar(&o.context, "context", "", "nats CLI context `name` of the servers")
	f.DurationVar(&o.Older, "older", 0, "only streams that are older than that")
	f.BoolVar(&o.Kept, "kept", false, "also what runs with --keep left")
	f.BoolVar(&o.Dry, "dry-run", false, "only list")
	return c
}

func (a *app) clean(ctx context.Context, o cleanOptions) error {
	if o.server != "" && o.context != "" {
		return &exit{exitUsage, errors.New("clean: expected --server or --context, and got both")}
	}
	if o.server == "" && o.context == "" || o.context == "" && !strings.Contains(o.server, "://") {
		return &exit{exitUsage, errors.New("clean: expected the servers, as --server URL or as --context NAME")}
	}
	if o.Older < 0 {
		return &exit{exitUsage, fmt.Errorf("clean: --older %v: expected a positive duration such as 1h", o.Older)}
	}
	t, err := o.target()
	if err != nil {
		return &exit{exitUsage, err}
	}
	at := scenarios.Server{Mode: scenarios.ServerExternal, Context: o.context}
	if o.context == "" {
		at.URL = t.words[1]
	}
	found, err := sim.Clean(ctx, at, t.access, o.Cleaning)
	for _, l := range found {
		if _, err := fmt.Fprintln(a.stdout, o.line(l)); err != nil {
			return printed(err)
		}
	}
	switch {
	case ctx.Err() != nil:
		return &exit{exitInterrupted, err}
	case errors.Is(err, sim.ErrRefuses):
		return &exit{exitUsage, err}
	case err != nil:
		return &exit{exitIO, err}
	case len(found) == 0:
		_, err = fmt.Fprintln(a.stdout, "nothing found")
	}
	return printed(err)
}

// line says of a stream what became of it, whose it is, and why.
func (o cleanOptions) line(l sim.Leftover) string {
	does := "left alone"
	switch {
	case l.Removed:
		does = "removed"
	case o.Wants(l) && o.Dry:
		does = "to be removed"
	case o.Wants(l):
		does = "not removed"
	}
	why := string(l.Life)
	switch {
	case l.Life == sim.Foreign:
		return fmt.Sprintf("%-14s %s: no run of this version of pindrop made it; if nobody needs it: nats stream rm %s", does, l.Stream, l.Stream)
	case l.Life == sim.Unsure:
		why = "does not answer, and its time is not over"
	case l.Life == sim.Dead && l.Owner.Keep && !o.Kept:
		why = "dead, and asked to keep it: --kept removes it"
	case l.Life == sim.Dead && l.Age < o.Older:
		why = fmt.Sprintf("dead, and not older than %v: %v", o.Older, l.Age.Round(time.Second))
	}
	return fmt.Sprintf("%-14s %s: %s; %s", does, l.Stream, l.Owner, why)
}

// stays says what still lies on external servers, and how to remove it; "" for none.
func stays(where string, streams []string) string {
	return fmt.Sprintf("still on %s, or not known to be removed: %s; to remove what dead runs left: pindrop clean %s",
		where, strings.Join(streams, ", "), serversFlag(where))
}

// keeps says what --keep leaves on external servers, and how to remove it.
func keeps(where string, streams []string) string {
	return fmt.Sprintf("--keep leaves on %s: %s; to remove them: pindrop clean %s --kept", where, strings.Join(streams, ", "), serversFlag(where))
}

// serversFlag is the flag that names external servers.
func serversFlag(where string) string {
	if name, ok := strings.CutPrefix(where, "context "); ok {
		return "--context " + quote(name)
	}
	return "--server " + quote(where)
}

// whereIs is the external servers of a scenario, as [stays] takes it; "" for pindrop's own.
func whereIs(s *scenarios.Scenario) string {
	switch mode, _ := s.ServerMode(); {
	case mode != scenarios.ServerExternal:
		return ""
	case s.Server.Context != "":
		return "context " + s.Server.Context
	}
	return s.Server.URL
}
