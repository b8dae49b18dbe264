//go:build !wasip1

package sim

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pindrop/sim/guest"
)

// guestChild is the whole life of a process that has a guest run a plan.
func guestChild(in io.Reader, out, trouble io.Writer) int {
	unwanted := make(chan struct{})
	o, err := takeOrder(in, func() { close(unwanted) })
	if err != nil {
		return exitCode(err, trouble)
	}
	var last tail
	job := guest.Job{
		Module: o.Guest.Module, Cache: o.Guest.Cache, Seed: o.Seed, Out: out, Trouble: io.MultiWriter(trouble, &last),
		Unwanted: unwanted, Quit: func(err error) { os.Exit(exitCode(errors.Join(errUnwanted, err), trouble)) },
		Logs: o.Dirs.Logs, Servers: cmp.Or(o.Dirs.Servers, o.Dirs.Store), Temp: filepath.Join(o.Dirs.Store, "tmp"),
	}
	o.Guest, o.Dirs = nil, Dirs{Logs: guest.LogsDir, Store: guest.StoreDir, Servers: guest.ServersDir, Disk: guest.DiskFile}
	inside, err := json.Marshal(o)
	if err != nil {
		return exitCode(fmt.Errorf("tell the guest what to do: %w", err), trouble)
	}
	job.Order = bytes.NewReader(inside)
	code, err := guest.Run(context.Background(), job)
	if err != nil {
		return exitCode(err, trouble)
	}
	if code == exitPanic && bytes.Contains(last.text, []byte("out of memory")) {
		return exitMemory
	}
	return code
}

// errUnwanted is what a guest's process says when it ends because nobody wants its run.
var errUnwanted = errors.New("nobody wants the run any more")

// tail is a writer that keeps the end of what is written: a fatal error of the runtime comes last.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	if len(t.text) > 64<<10 {
		t.text = append([]byte(nil), t.text[len(t.text)-32<<10:]...)
	}
	return len(b), nil
}

// Both sides know how much memory a guest has.
var _ = [1]struct{}{}[guest.MemoryMax-guestMemoryMax]
