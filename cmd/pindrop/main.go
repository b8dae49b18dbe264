// Command pindrop shows what really happens to a JetStream consumer when a worker dies, stalls or falls behind.
//
// The path of a run: prepare.go loads and checks scenarios before anything starts; run.go has package sim run each plan,
// measures the history, judges it, and saves it; show.go prints what a person reads.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pindrop/redact"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/sim"
)

// The exit codes beside those of the verdicts (0 pass, 1 fail, 2 unknown).
const (
	exitUsage       = 64
	exitInternal    = 70
	exitIO          = 74
	exitInterrupted = 130
	exitCrashed     = 134 // by the Go runtime, whose own code 2 would mean unknown: see main
)

// exitCodes are what each code means, for every command.
var exitCodes = []struct {
	code  int
	means string
}{
	{results.ExitCode(measure.Pass), "as expected: the run passed, the search found an answer, nothing is worse, nothing was found"},
	{results.ExitCode(measure.Fail), "not as expected: an expectation failed, a regression, a broken law, no limit meets the goals"},
	{results.ExitCode(measure.Unknown), "unknown: the run was no valid experiment, or was ended before its end"},
	{exitUsage, "bad input: the command line, a file, a server that refuses what it is asked for"},
	{exitInternal, "an internal error of pindrop; please report it"},
	{exitIO, "the surroundings: a disk that is full or does not obey, a server that cannot be reached, no room for a guest"},
	{exitInterrupted, "interrupted by Ctrl-C or SIGTERM; what was measured is kept"},
	{exitCrashed, "pindrop crashed (SIGABRT); please report it"},
}

// exitCodesTopic is a help topic: pindrop help exit-codes.
func exitCodesTopic() *cobra.Command {
	var text strings.Builder
	text.WriteString("The exit codes of every command. Of several runs the worst verdict counts: 1 before 2 before 0.\n\n")
	for _, c := range exitCodes {
		fmt.Fprintf(&text, "%5d  %s\n", c.code, c.means)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: text.String()}
}

// messageMax bounds the message of an error, which may repeat what a file says.
const messageMax = 20_000

func main() {
	if sim.IsChild() {
		os.Exit(sim.Child(os.Stdin, os.Stdout, os.Stderr))
	}
	debug.SetTraceback("crash") // a crash is SIGABRT then, and not the runtime's exit code 2
	os.Exit(pindrop(os.Args[1:], os.Stdout, os.Stderr))
}

// pindrop is the program: it returns the exit code.
func pindrop(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprint(stderr, redact.Text(fmt.Sprintf("pindrop: internal error: %v\n\n%s\nPlease report this, with the command that caused it.\n",
				p, debug.Stack())))
			code = exitInternal
		}
	}()
	stdout, stderr = &visible{to: stdout}, &visible{to: stderr}
	a := &app{stdout: stdout, stderr: stderr}
	ctx, stop := interruptible(a.part)
	defer stop()
	root := newRoot(a)
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
		fmt.Fprintln(stderr, "pindrop: "+strings.ReplaceAll(scenarios.Brief(redact.Text(e.err.Error()), messageMax), "\n", "\n         "))
		excerpt(stderr, e.err)
	}
	return e.code
}

// excerpt shows the first mistake of a scenario in its line.
func excerpt(w io.Writer, err error) {
	var mistake *scenarios.Error
	if errors.As(err, &mistake) && mistake.Excerpt != "" {
		fmt.Fprintf(w, "\n%s\n", redact.Text(mistake.Excerpt))
	}
}

// app is what all commands share.
type app struct {
	stdout, stderr io.Writer
	metrics        *metrics               // of the runs of this command; nil: nobody asked for them
	parting        atomic.Pointer[string] // what a second interruption says; nil: nothing
}

// part is the last word where somebody interrupts twice.
func (a *app) part() {
	if word := a.parting.Load(); word != nil {
		fmt.Fprintln(a.stderr, *word)
	}
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
	root.AddCommand(exitCodesTopic(), runCommand(a), tuneCommand(a), sweepCommand(a), exploreCommand(a), listCommand(a), showCommand(a), reportCommand(a), compareCommand(a), historyCommand(a),
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
