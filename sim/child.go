package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// childEnv marks a process that pindrop started, and says what for.
const childEnv = "PINDROP_CHILD"

const (
	childRun    = "run"    // it runs one plan on the virtual clock
	childWorker = "worker" // it is a worker
	childServer = "server" // it is a nats-server
)

// The exit codes of a child: its run failed, its virtual deadline was reached, the server refused the scenario, a server that the
// run needs gave up, the disk did not take the history.
const (
	exitFailed   = 1
	exitDeadline = 3
	exitRefused  = 4
	exitServer   = 5
	exitStorage  = 6
	exitPanic    = 2  // as Go has it
	exitByKill   = -1 // as package os/exec has it
)

// The ways in which a virtual run can end before its end. What was recorded until then is in the logs.
var (
	ErrVirtualDeadline = errors.New("deadline reached on the virtual clock")
	ErrWallDeadline    = errors.New("deadline reached on the wall clock")
	ErrGuestMemory     = fmt.Errorf("the guest's memory was used up, of which there are %d MiB", GuestMemoryMax>>20)
	ErrNoProgress      = errors.New("virtual time stood still, or nearly")
	ErrKilled          = errors.New("the process of the virtual run was killed")
)

// Cause is the cause of package history for which a run ended before its end with an error; "" where that is none of those that are
// expected.
func Cause(err error) string {
	switch {
	case errors.Is(err, ErrGivenUp):
		return history.CauseInterrupted
	case errors.Is(err, ErrVirtualDeadline), errors.Is(err, ErrWallDeadline), errors.Is(err, errOverran):
		return history.CauseDeadline
	case errors.Is(err, ErrGuestMemory):
		return history.CauseMemory
	case errors.Is(err, ErrNoProgress):
		return history.CauseNoProgress
	case errors.Is(err, ErrKilled):
		return history.CauseKilled
	case errors.Is(err, ErrServersGone), errors.Is(err, ErrServerGone), errors.Is(err, ErrServerEnded):
		return history.CauseServerGone
	case errors.Is(err, ErrStorage):
		return history.CauseStorage
	case errors.Is(err, ErrWorkerEnded):
		return history.CauseWorkerGone
	}
	return ""
}

// gcPercent lets a child's memory grow to five times what is live before it is collected.
const gcPercent = 400

// GuestMemoryMax is the most memory that a guest has, and guestMemory from where on it is collected more often.
const (
	GuestMemoryMax = 600 << 20
	guestMemory    = 400 << 20
)

// planned is in what every child is told that has to do with a plan: which one.
type planned struct {
	Scenario []byte `json:"scenario"` // YAML, complete
	Seed     uint64 `json:"seed"`
}

func plannedOf(plan *scenarios.Plan) planned { return planned{plan.Scenario.YAML(), plan.Seed} }

// plan is that plan.
func (p *planned) plan() (*scenarios.Plan, error) {
	scenario, err := scenarios.Load("the parent's scenario", p.Scenario, nil)
	if err != nil {
		return nil, fmt.Errorf("read what to do: %w", err)
	}
	return scenario.Plan(p.Seed), nil
}

// order is what the child of a virtual run is told, on its standard input.
type order struct {
	planned
	Dirs Dirs `json:"dirs"`

	Limit time.Duration `json:"limit"` // of virtual time
}

// Virtual runs plan on the virtual clock, in a child process of this same binary, with its files in dirs. A run that
// takes longer than limit in real time is ended with [ErrWallDeadline], one that reaches its virtual deadline with
// [ErrVirtualDeadline]. When ctx ends, the child is killed. What was recorded is in the logs whatever happens.
func Virtual(ctx context.Context, plan *scenarios.Plan, dirs Dirs, limit time.Duration, progress Progress) error {
	if engine, why := plan.Scenario.Engine(scenarios.ClockVirtual); engine == scenarios.EngineGuest {
		return fmt.Errorf("%w: the virtual clock needs a guest here, since %s", ErrUnfit, why)
	}
	return virtualIn(ctx, itself, plan, dirs, limit, progress)
}

// virtualIn has a child run a plan: one that command makes.
func virtualIn(ctx context.Context, command maker, plan *scenarios.Plan, dirs Dirs, limit time.Duration, progress Progress) error {
	bounded, cancel := context.WithTimeoutCause(ctx, limit, ErrWallDeadline)
	defer cancel()
	bounded, hear, stop := pace.watch(bounded, progress)
	defer stop()
	err := start(bounded, command, order{planned: plannedOf(plan), Dirs: dirs, Limit: virtualDeadline(plan)}, hear)
	// A child that was ended has left its server's files behind.
	if removeErr := os.RemoveAll(dirs.Store); removeErr != nil {
		err = errors.Join(err, fmt.Errorf("remove the server's files: %w", removeErr))
	}
	return err
}

// maker makes the command of a child that reads an order from its standard input. One that is a file has the order in it.
type maker func(ctx context.Context, o order) (*exec.Cmd, error)

// itself is the maker of a child that is this same program.
func itself(ctx context.Context, _ order) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to start it again: %w", err)
	}
	child := exec.CommandContext(ctx, self)
	child.Env = environ(childEnv + "=" + childRun)
	return child, nil
}

// start starts a child, tells it what to do, and waits for its end.
func start(ctx context.Context, command maker, o order, hear func(at time.Duration, events int64)) error {
	child, err := command(ctx, o)
	if err != nil {
		return err
	}
	tell := func() {}
	if file, ok := child.Stdin.(*os.File); ok {
		defer file.Close()
		// It ends with the thread that started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	} else if tell, err = piped(child, o); err != nil {
		return err
	}
	var trouble head
	child.Stderr = &trouble
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		return fmt.Errorf("start the virtual run: %w", err)
	}
	tell()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var at, events int64
		if _, err := fmt.Sscan(lines.Text(), &at, &events); err == nil {
			hear(time.Duration(at), events)
		}
	}
	return verdict(ctx, child.Wait(), trouble.String())
}

// piped is what tells a child its order, once it has started, over a pipe that stays open for as long as this process lives: its
// end is the end of the child.
func piped(child *exec.Cmd, o order) (tell func(), err error) {
	told, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("tell the virtual run what to do: %w", err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the virtual run: %w", err)
	}
	return func() {
		_, _ = in.Write(told) // if it fails, the child has ended already, and why is told by its end
	}, nil
}

// headMax is how much of a child's trouble is told: a panic begins with its reason, and may go on for a megabyte.
const headMax = 4 << 10

// head is a writer that keeps the beginning of what is written.
type head struct{ bytes.Buffer }

func (h *head) Write(b []byte) (int, error) {
	h.Buffer.Write(b[:min(len(b), max(0, headMax-h.Len()))])
	return len(b), nil
}

// verdict tells how a child ended.
func verdict(ctx context.Context, err error, trouble string) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &exit) && exit.ExitCode() == exitDeadline:
		return ErrVirtualDeadline
	case errors.As(err, &exit) && exit.ExitCode() == exitPanic && strings.Contains(trouble, "out of memory"):
		return ErrGuestMemory
	case errors.As(err, &exit) && exit.ExitCode() == exitServer:
		return fmt.Errorf("%w: %s", ErrServerEnded, strings.TrimSpace(trouble))
	case errors.As(err, &exit) && exit.ExitCode() == exitPanic && panicked(trouble) != "":
		return fmt.Errorf("%w: %s", ErrServerEnded, panicked(trouble))
	case errors.As(err, &exit) && exit.ExitCode() == exitByKill:
		return fmt.Errorf("%w, by somebody else or by the system for want of memory: %w", ErrKilled, err)
	case errors.As(err, &exit) && exit.ExitCode() == exitStorage:
		return fmt.Errorf("%w%s", ErrStorage, strings.TrimPrefix(strings.TrimSpace(trouble), ErrStorage.Error()))
	case errors.As(err, &exit) && exit.ExitCode() == exitRefused:
		return fmt.Errorf("%w%s", ErrRefused, strings.TrimPrefix(strings.TrimSpace(trouble), ErrRefused.Error()))
	}
	return fmt.Errorf("the virtual run failed: %w\n%s", err, strings.TrimSpace(trouble))
}

// IsChild reports whether this process was started by a run; then main calls [Child] and nothing else.
func IsChild() bool { return os.Getenv(childEnv) != "" }

// Child is the whole life of a process that was started by a run. It returns the exit code.
func Child(in io.Reader, out, trouble io.Writer) int {
	life := child
	switch os.Getenv(childEnv) {
	case childWorker:
		life = workerChild
	case childServer:
		life = serverChild
	}
	return exitCode(life(in, out), trouble)
}

// exitCode tells how a child's life went.
func exitCode(err error, trouble io.Writer) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(trouble, err)
	switch {
	case errors.Is(err, ErrRefused):
		return exitRefused
	case errors.Is(err, ErrStorage):
		return exitStorage
	}
	return exitFailed
}

func child(in io.Reader, out io.Writer) error {
	var o order
	orders := json.NewDecoder(in)
	if err := orders.Decode(&o); err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	signal.Ignore(os.Interrupt) // Ctrl-C reaches every process of a terminal; the parent decides
	go func() {
		_ = orders.Decode(new(order)) // returns at the end of the pipe
		os.Exit(exitFailed)           // the child ends with its parent
	}()
	return o.run(out, nil)
}

// run runs the plan on the virtual clock; files are those of a guest.
func (o *order) run(out io.Writer, files *disk.Files) error {
	plan, err := o.plan()
	if err != nil {
		return err
	}
	// In a bubble one goroutine at a time has something to do: a second processor only adds wake-ups. Memory is plenty.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(gcPercent)
	if files != nil {
		debug.SetMemoryLimit(guestMemory)
	}
	var last pulse
	// Outside the bubble, package time tells the wall clock.
	defer nowAndThen(func() { fmt.Fprintln(out, last.at.Load(), last.events.Load()) })()
	return bubble(plan, o.Dirs, files, &last, deadline{o.Limit, func() { os.Exit(exitDeadline) }, func(err error) { os.Exit(exitCode(err, os.Stderr)) }})
}
