// Package guest runs pindrop's simulation inside a WebAssembly module, so that a run is a function of its seed: the
// module (cmd/pindrop-guest, built for GOOS=wasip1) has one thread, and its clock, its random source and its network are
// handed to it or are its own.
//
// The path of a run: module.go finds the module, which is built once (build.go) or carried in the binary (carried.go);
// this file runs it with the folders of one run mounted, and for the servers' files a disk in memory (files.go, package disk). What is inside talks to package sim, not to this one.
package guest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental/sysfs"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"

	"pindrop/sim/disk"
)

// The folders that a guest sees.
const (
	LogsDir    = "/logs"
	ServersDir = "/servers" // for the servers' logs
	dataDir    = "/data"
	// DiskFile stands for the file system that StoreDir is on; see [disk.Tell].
	DiskFile = dataDir + "/" + control
	// StoreDir is for the servers' files; it is the guest's own to make and to remove.
	StoreDir = dataDir + "/store"
)

// Job is one run.
type Job struct {
	Module  string // path of the WebAssembly module
	Cache   string // folder for its compiled form, which takes half a minute to make
	Seed    uint64 // of everything that is random inside
	Order   io.Reader
	Out     io.Writer
	Trouble io.Writer

	Logs    string // folder of this machine for the logs
	Servers string // one for the servers' logs
	Temp    string // one for files of the guest's own

	// Unwanted is closed when nobody wants the run any more; then what was logged is written to files, and Quit called, which
	// does not return: a guest cannot be stopped from outside.
	Unwanted <-chan struct{}
	Quit     func(error)
}

// MemoryMax is the most memory that a guest may take, in bytes.
const MemoryMax = 600 << 20

// memoryPages is the same in pages of 64 KiB.
const memoryPages = MemoryMax / (64 << 10)

// tick is how far the guest's clock goes on, in nanoseconds, each time the guest looks at it. Time inside a bubble stands
// still meanwhile; what lies outside, the runtime's own affairs, sees time pass by its own deeds and never by ours.
const tick = 1000

// Run runs a job to its end and returns the module's exit code, 0 where the run came to its end. An error means that it
// could not be run. What the guest logged is in files then, also where it did not come to its end.
func Run(ctx context.Context, j Job) (code int, err error) {
	touch(j.Module)
	module, err := os.ReadFile(j.Module)
	if err != nil {
		return 0, fmt.Errorf("read the guest: %w", err)
	}
	r, compiled, err := compile(ctx, module, j.Cache)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, r.Close(context.WithoutCancel(ctx))) }()
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return 0, fmt.Errorf("start the guest: %w", err)
	}
	var kept logs
	if err := kept.offer(ctx, r); err != nil {
		return 0, err
	}
	for _, dir := range []string{j.Logs, j.Servers, j.Temp} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return 0, fmt.Errorf("make the guest's folders: %w", err)
		}
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-j.Unwanted:
			j.Quit(kept.save(j.Logs))
		case <-ended:
		}
	}()
	_, err = r.InstantiateModule(ctx, compiled, j.config())
	if saveErr := kept.save(j.Logs); saveErr != nil {
		return 0, errors.Join(err, saveErr)
	}
	var exit *sys.ExitError
	if errors.As(err, &exit) {
		return int(exit.ExitCode()), nil
	}
	if err != nil {
		return 0, fmt.Errorf("run the guest: %w", err)
	}
	return 0, nil
}

// config is what the guest sees of the world.
func (j Job) config() wazero.ModuleConfig {
	now := int64(0)
	look := func() int64 {
		now += tick
		return now
	}
	mounted := wazero.NewFSConfig().
		WithDirMount(j.Logs, LogsDir).WithDirMount(j.Servers, ServersDir).WithDirMount(j.Temp, "/tmp").(sysfs.FSConfig).
		WithSysFSMount(files{disk: disk.New()}, dataDir)
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], j.Seed)
	return wazero.NewModuleConfig().
		WithArgs("pindrop-guest").
		WithStdin(j.Order).WithStdout(j.Out).WithStderr(j.Trouble).
		WithFSConfig(mounted).
		WithRandSource(rand.NewChaCha8(seed)).
		WithNanotime(look, sys.ClockResolution(tick)).
		WithWalltime(func() (int64, int32) {
			at := look()
			return at / 1e9, int32(at % 1e9)
		}, sys.ClockResolution(tick)).
		WithNanosleep(func(ns int64) { now += ns })
}

// compile makes machine code of a module, or finds it in the cache.
func compile(ctx context.Context, module []byte, cache string) (wazero.Runtime, wazero.CompiledModule, error) {
	made, err := wazero.NewCompilationCacheWithDir(cache)
	if err != nil {
		return nil, nil, fmt.Errorf("open the cache of guests: %w", err)
	}
	// With the room for all of its memory set aside, which costs nothing before it is used, a guest that grows is not copied:
	// that took a third more memory, and twice as much in the end.
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCompilationCache(made).WithMemoryLimitPages(memoryPages).WithMemoryCapacityFromMax(true))
	compiled, err := r.CompileModule(ctx, module)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("compile the guest: %w", err), r.Close(context.WithoutCancel(ctx)))
	}
	return r, compiled, nil
}
