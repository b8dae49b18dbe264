// Command pindrop shows what really happens to a JetStream consumer when a worker dies, stalls or falls behind.
//
// The path of a run: prepare.go loads and checks scenarios before anything starts; run.go has package sim run each plan,
// measures the history, judges it, and saves it; show.go prints what a person reads.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pindrop/scenarios"
	"pindrop/sim"
)

// The exit codes beside those of the verdicts (0 pass, 1 fail, 2 unknown).
const (
	exitUsage       = 64
	exitInternal    = 70
	exitIO          = 74
	exitInterrupted = 130
)

func main() {
	if sim.IsChild() {
		os.Exit(sim.Child(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(pindrop(os.Args[1:], os.Stdout, os.Stderr))
}

// pindrop is the program: it returns the exit code.
func pindrop(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "pindrop: internal error: %v\n\n%s\nPlease report this, with the command that caused it.\n",
				p, debug.Stack())
			code = exitInternal
		}
	}()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal ends the program at once
	root := newRoot(&app{stdout: stdout, stderr: stderr})
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var e *exit
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &e):
		e = &exit{exitUsage, err} // cobra's own: unknown commands and flags
	}
	if e.err != nil {
		fmt.Fprintln(stderr, "pindrop: "+strings.ReplaceAll(e.err.Error(), "\n", "\n         "))
		excerpt(stderr, e.err)
	}
	return e.code
}

// excerpt shows the first mistake of a scenario in its line.
func excerpt(w io.Writer, err error) {
	var mistake *scenarios.Error
	if errors.As(err, &mistake) && mistake.Excerpt != "" {
		fmt.Fprintf(w, "\n%s\n", mistake.Excerpt)
	}
}

// app is what all commands share.
type app struct {
	stdout, stderr io.Writer
	metrics        *metrics // of the runs of this command; nil: nobody asked for them
}

// exit is an error that ends the program with a code; without err there is nothing more to say.
type exit struct {
	code int
	err  error
}

// Error implements error.
func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap implements the interface of package errors.
func (e *exit) Unwrap() error { return e.err }

// failed gives an error the code that fits its cause: input that is not there or not right is the user's, a file
// system that does not obey is I/O.
func failed(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return &exit{exitIO, err}
	}
	return &exit{exitUsage, err}
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "pindrop",
		Short: "What really happens to a JetStream consumer when a worker dies, stalls or falls behind",
		Long: `pindrop starts a real nats-server, drives publishers and pull consumers' workers against it, breaks things on
purpose, and measures what happens: takeovers, overlaps, ack pending at its limit, redeliveries, losses.
On the virtual clock a two-minute failover takes milliseconds and repeats exactly.`,
		Example: `  pindrop list                        the scenarios that come with it
  pindrop run kill-mid-batch          run one, print what happened, leave a report
  pindrop run mine.yaml --clock both  your own, on the virtual and on the real clock`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(runCommand(a), tuneCommand(a), sweepCommand(a), exploreCommand(a), listCommand(a), showCommand(a), reportCommand(a), compareCommand(a), historyCommand(a),
		measureCommand(a), claimsCommand(a), importCommand(a), cleanCommand(a), schemaCommand(a), versionCommand(a))
	root.SetHelpCommand(helpCommand(root))
	return root
}

// flagError names the nearest flag where one was mistyped.
func flagError(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return &exit{exitUsage, fmt.Errorf("%s: --%s %s: expected %s", c.Name(), invalid.GetFlag().Name, invalid.GetValue(),
			expected(invalid.GetFlag().Value.Type()))}
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return &exit{exitUsage, fmt.Errorf("%s: %w", c.Name(), err)}
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	nearest := scenarios.Nearest(unknown.GetSpecifiedName(), names)
	return &exit{exitUsage, fmt.Errorf("%s: unknown flag --%s; nearest: --%s", c.Name(), unknown.GetSpecifiedName(), nearest)}
}

// expected says what a flag of a type takes.
func expected(kind string) string {
	switch kind {
	case "uint", "uint64":
		return "a whole number of 0 or more"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "duration":
		return "a duration such as 90s or 10m"
	case "bool":
		return "true or false"
	}
	return kind
}

// helpCommand is cobra's, and fails for what is no command.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about a command",
		RunE: func(c *cobra.Command, args []string) error {
			of, rest, err := root.Find(args)
			if err == nil && len(rest) == 0 {
				of.InitDefaultHelpFlag()
				return of.Help()
			}
			var names []string
			for _, one := range root.Commands() {
				names = append(names, one.Name())
			}
			return &exit{exitUsage, fmt.Errorf("help: there is no command %q; nearest: %s", args[0], scenarios.Nearest(args[0], names))}
		},
	}
}

// arguments checks how many arguments a command gets, and says what they are.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least {
			return &exit{exitUsage, fmt.Errorf("%s: expected %s; see pindrop %s --help", c.Name(), what, c.Name())}
		}
		if most >= 0 && len(args) > most {
			return &exit{exitUsage, fmt.Errorf("%s: unexpected %q; expected %s", c.Name(), args[most], what)}
		}
		return nil
	}
}
