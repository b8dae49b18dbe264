package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// Guest is the program (see package sim/guest) that runs a plan in the place of a child process: then a run is an exact function
// of its seed, also where workers race.
type Guest struct {
	Path string // of the program
	ID   string // of what it was built from
}

// InGuest is [Virtual] with the plan run by a guest.
func InGuest(ctx context.Context, g Guest, plan *scenarios.Plan, dirs Dirs, limit time.Duration, progress Progress) error {
	if err := roomFor(dirs.Logs); err != nil {
		return err
	}
	return virtualIn(ctx, g.command, plan, dirs, limit, progress)
}

// The folders of a run as its guest sees them: the same for every run, wherever its files are, so that a run does not depend
// on that. The first two are in the folder in which the guest is started.
const (
	guestLogs    = "logs"
	guestServers = "servers"
	guestStore   = disk.Root + "/store"
	guestOrder   = "order.json"
)

// command is the maker of a guest. Nothing that it is told differs from one run of a plan to the next, and it is told by a file:
// how much of a pipe is there when it is read hangs on when.
func (g Guest) command(ctx context.Context, o order) (*exec.Cmd, error) {
	scratch := o.Dirs.Store
	err := errors.Join(shown(o.Dirs.Logs, scratch, guestLogs), shown(o.Dirs.Servers, scratch, guestServers))
	if err != nil {
		return nil, fmt.Errorf("make the guest's folders: %w", err)
	}
	o.Dirs = Dirs{Logs: guestLogs, Servers: guestServers, Store: guestStore}
	told, err := json.Marshal(o)
	if err == nil {
		err = os.WriteFile(filepath.Join(scratch, guestOrder), told, 0o666)
	}
	child := exec.CommandContext(ctx, g.Path)
	if err == nil {
		child.Stdin, err = os.Open(filepath.Join(scratch, guestOrder))
	}
	if err != nil {
		return nil, fmt.Errorf("tell the guest what to do: %w", err)
	}
	child.Args = []string{"pindrop-guest", strconv.FormatUint(o.Seed, 10)}
	child.Env = []string{"TZ=", "TMPDIR=" + disk.Root, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1", "GOTRACEBACK=all"}
	child.Dir = scratch
	child.SysProcAttr = guestProcess()
	return child, nil
}

// shown shows a guest a folder under a name in its scratch folder; "" is one of its own.
func shown(dir, scratch, name string) error {
	if dir == "" {
		return os.MkdirAll(filepath.Join(scratch, name), 0o777)
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(whole, 0o777), os.MkdirAll(scratch, 0o777)); err != nil {
		return err
	}
	return os.Symlink(whole, filepath.Join(scratch, name))
}

// Inside is the whole life of a guest, whose files are on a disk in memory: it runs the one plan that it is told of. It
// returns the exit code.
func Inside(files *disk.Files, in io.Reader, out, trouble io.Writer) int {
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return exitCode(fmt.Errorf("read what to do: %w", err), trouble)
	}
	return exitCode(o.run(out, files), trouble)
}

// ErrNoRoom is in the error of a run that never began because the machine has no room for a guest.
var ErrNoRoom = errors.New("no room for a guest")

// The least room on the disk, for the logs, and in the machine's memory with which a guest begins: a cluster that does little takes
// some 70 MiB.
const (
	diskMin   = 64 << 20
	memoryMin = 128 << 20
)

// roomFor says why there is not enough room for a guest with its files in a folder.
func roomFor(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("make the folder of the logs: %w", err)
	}
	if free, ok := freeDisk(dir); ok && free < diskMin {
		return fmt.Errorf("%w: it needs %d MiB for files, and %d MiB are free in %s", ErrNoRoom, diskMin>>20, free>>20, dir)
	}
	if free, ok := availableMemory("/proc/meminfo"); ok && free < memoryMin {
		return fmt.Errorf("%w: it needs %d MiB of memory, and %d MiB are available", ErrNoRoom, memoryMin>>20, free>>20)
	}
	return nil
}

// availableMemory is how many bytes can be had without swapping, as Linux says in a file (proc_meminfo(5)); false where it says
// nothing.
func availableMemory(file string) (bytes uint64, ok bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	_, rest, found := strings.Cut(string(text), "\nMemAvailable:")
	words := strings.Fields(rest)
	if !found || len(words) == 0 {
		return 0, false
	}
	kib, err := strconv.ParseUint(words[0], 10, 64)
	return kib << 10, err == nil
}
