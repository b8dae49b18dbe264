//go:build !wasip1

package sim

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"pindrop/sim/guest"
)

// guestChild is the whole life of a process that has a guest run a plan.
func guestChild(in io.Reader, out, trouble io.Writer) int {
	o, err := takeOrder(in)
	if err != nil {
		return exitCode(err, trouble)
	}
	job := guest.Job{
		Module: o.Guest.Module, Cache: o.Guest.Cache, Seed: o.Seed, Out: out, Trouble: trouble,
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
	return code
}
