package guest

import (
	"bytes"
	_ "embed" // for the files that are added
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"pindrop/sim/disk"
)

// patch changes one file of Go's standard library for the guest.
type patch struct {
	file string // below GOROOT/src; "$ARCH" in it is the architecture
	old  string // stands in it once; "": there is no such file yet, or nothing of it stays
	new  string
	only string // the architecture that needs it; "": every one
}

// begin is the patch of a function: lines at its beginning.
func begin(file, function string, lines ...string) patch {
	function += "\n"
	return patch{file: file, old: function, new: function + "\t" + strings.Join(lines, "\n\t") + "\n"}
}

// descriptor is the patch of a function of package syscall that has to do with a descriptor.
func descriptor(function, call string) patch {
	return begin(systemCalls, function, "if fd >= pindropFirst {", "	return "+call, "}")
}

// path is the patch of a function that has to do with a path. The path is p in the call.
func path(file, pkg, function, dirfd, call string) patch {
	return begin(file, function, "if p, in := "+pkg+"PindropPath("+dirfd+", path); in {", "	return "+call, "}")
}

const systemCalls = "syscall/zsyscall_linux_$ARCH.go"

// hooks is what is added to package syscall.
//
//go:embed syscall.go.txt
var hooks string

// files names in it what package disk has.
var files = strings.NewReplacer("$ROOT", disk.Root, "$FIRST", strconv.Itoa(disk.FirstDescriptor)).Replace(hooks)

// patches are all that the standard library of a guest has of its own. Whatever they change is nothing that nats-server or
// nats.go is told of.
var patches = []patch{
	// The clock outside of the simulation counts the looks at it, a microsecond each. Inside of a bubble time stands still
	// meanwhile; what lies outside, the runtime's own affairs, sees time pass by its own deeds and never by the machine's.
	{file: "runtime/time_nofake.go", old: "	return nanotime1()\n}", new: "	pindropNow += 1000\n	return pindropNow\n}\n\nvar pindropNow int64"},
	{file: "runtime/timestub.go", old: "	sec, nsec = walltime()\n	return sec, nsec, nanotime()\n", new: "	now := nanotime()\n	return now / 1e9, int32(now % 1e9), now\n"},
	{file: "runtime/timestub.go", old: " && !(linux && amd64)", new: "", only: "amd64"},
	{file: "runtime/timeasm.go", new: "package runtime\n", only: "amd64"},
	{file: "runtime/time_linux_amd64.s", new: "// time·now is in timestub.go.\n", only: "amd64"},
	begin("runtime/netpoll_epoll.go", "func netpoll(delay int64) (gList, int32) {", "if delay > 0 {", "	pindropNow += delay", "	delay = 0", "}"),

	// One thread, which nobody interrupts, as on WebAssembly.
	{file: "runtime/proc.go", old: `const haveSysmon = GOARCH != "wasm"`, new: "const haveSysmon = false"},
	{file: "runtime/os_linux.go", old: "	numCPUStartup = getCPUCount()\n", new: "	numCPUStartup = 1\n"},

	// Each goroutine belongs to the server whose goroutine started it, so that package assertion can tell whose code calls. What a
	// timer starts belongs to the server that set the timer.
	{file: "runtime/runtime2.go", old: "	valgrindStackID uintptr\n}\n", new: "	valgrindStackID uintptr\n\n	pindropOwner int\n}\n"},
	{file: "runtime/proc.go", old: "	newg.parentGoid = callergp.goid\n", new: "	newg.parentGoid = callergp.goid\n	newg.pindropOwner = callergp.pindropOwner\n"},
	{file: "runtime/pindrop.go", new: "package runtime\n\nfunc PindropOwner() int { return getg().pindropOwner }\n\n" +
		"func PindropOwn(owner int) { getg().pindropOwner = owner }\n"},
	begin("time/sleep.go", "func AfterFunc(d Duration, f func()) *Timer {", "f = pindropOwned(f)"),
	{file: "time/pindrop.go", new: "package time\n\nimport \"runtime\"\n\nfunc pindropOwned(f func()) func() {\n" +
		"	owner := runtime.PindropOwner()\n	if owner == 0 {\n		return f\n	}\n" +
		"	return func() {\n		runtime.PindropOwn(owner)\n		f()\n	}\n}\n"},

	// Everything random is drawn from the first argument, and no map's order depends on what the processor can do.
	begin("runtime/rand.go", "func randinit() {", "startupRand = pindropSeed[:]",
		"for i, c := range []byte(gostringnocopy(argv_index(argv, 1))) {", "	startupRand[i%len(startupRand)] ^= c", "}"),
	{file: "runtime/rand.go", old: "var readRandomFailed bool\n", new: "var readRandomFailed bool\n\nvar pindropSeed = [32]byte{1, 8: 1}\n"},
	{file: "runtime/alg.go", old: "		cpu.X86.HasAES && // AESENC\n", new: "		false && cpu.X86.HasAES && // AESENC\n"},
	{file: "runtime/alg.go", old: `	if GOARCH == "arm64" && cpu.ARM64.HasAES {`, new: "	if false && cpu.ARM64.HasAES {"},
	// No profile of memory is kept: it draws when so many bytes were allocated, from the source that decides among the ready cases
	// of a select.
	{file: "runtime/mprof.go", old: "var MemProfileRate int = 512 * 1024\n", new: "var MemProfileRate int = 0\n"},
	begin("crypto/internal/sysrand/rand.go", "func Read(b []byte) {",
		"for i := range b {", "	b[i] = byte(runtimeRand() >> 32)", "}", "if len(b) >= 0 {", "	return", "}"),
	{file: "crypto/internal/sysrand/rand.go", old: "var testingOnlyFailRead bool\n", new: "var testingOnlyFailRead bool\n\n//go:linkname runtimeRand runtime.rand\nfunc runtimeRand() uint64\n"},

	// Whoever listens or dials asks package memnet.
	begin("net/dial.go", "func (lc *ListenConfig) Listen(ctx context.Context, network, address string) (Listener, error) {",
		"if PindropListen != nil {", "	return PindropListen(ctx, network, address)", "}"),
	begin("net/dial.go", "func (d *Dialer) DialContext(ctx context.Context, network, address string) (Conn, error) {",
		"if PindropDial != nil {", "	return PindropDial(ctx, network, address)", "}"),
	{file: "net/pindrop.go", new: "package net\n\nimport \"context\"\n\nvar (\n" +
		"	PindropListen func(ctx context.Context, network, address string) (Listener, error)\n" +
		"	PindropDial   func(ctx context.Context, network, address string) (Conn, error)\n)\n"},

	// The files of the servers are on the disk of package disk.
	{file: "syscall/pindrop.go", new: files},
	path(systemCalls, "", "func openat(dirfd int, path string, flags int, mode uint32) (fd int, err error) {", "dirfd", "PindropFiles.Open(p, flags)"),
	path(systemCalls, "", "func unlinkat(dirfd int, path string, flags int) (err error) {", "dirfd", "PindropFiles.Remove(p, flags&_AT_REMOVEDIR != 0)"),
	path(systemCalls, "", "func Mkdirat(dirfd int, path string, mode uint32) (err error) {", "dirfd", "PindropFiles.Mkdir(p)"),
	path(systemCalls, "", "func fchmodat(dirfd int, path string, mode uint32) (err error) {", "dirfd", "pindropThere(p)"),
	path(systemCalls, "", "func utimensat(dirfd int, path string, times *[2]Timespec, flag int) (err error) {", "dirfd", "pindropThere(p)"),
	{file: systemCalls, only: "amd64", old: "func fstatat(fd int, path string, stat *Stat_t, flags int) (err error) {\n",
		new: "func fstatat(fd int, path string, stat *Stat_t, flags int) (err error) {\n	if p, in := PindropPath(fd, path); in {\n		return PindropFiles.Stat(p, stat)\n	}\n"},
	{file: systemCalls, only: "arm64", old: "func fstatat(dirfd int, path string, stat *Stat_t, flags int) (err error) {\n",
		new: "func fstatat(dirfd int, path string, stat *Stat_t, flags int) (err error) {\n	if p, in := PindropPath(dirfd, path); in {\n		return PindropFiles.Stat(p, stat)\n	}\n"},
	begin(systemCalls, "func Renameat(olddirfd int, oldpath string, newdirfd int, newpath string) (err error) {",
		"if p, in := PindropPath(olddirfd, oldpath); in {", "	return pindropRename(p, newdirfd, newpath)", "}"),
	descriptor("func read(fd int, p []byte) (n int, err error) {", "PindropFiles.Read(fd, p)"),
	descriptor("func write(fd int, p []byte) (n int, err error) {", "PindropFiles.Write(fd, p)"),
	descriptor("func pread(fd int, p []byte, offset int64) (n int, err error) {", "PindropFiles.Pread(fd, p, offset)"),
	descriptor("func pwrite(fd int, p []byte, offset int64) (n int, err error) {", "PindropFiles.Pwrite(fd, p, offset)"),
	descriptor("func Seek(fd int, offset int64, whence int) (off int64, err error) {", "PindropFiles.Seek(fd, offset, whence)"),
	descriptor("func Close(fd int) (err error) {", "PindropFiles.Close(fd)"),
	descriptor("func Fsync(fd int) (err error) {", "PindropFiles.Sync(fd)"),
	descriptor("func Fdatasync(fd int) (err error) {", "PindropFiles.Sync(fd)"),
	descriptor("func Ftruncate(fd int, length int64) (err error) {", "PindropFiles.Truncate(fd, length)"),
	descriptor("func Fstat(fd int, stat *Stat_t) (err error) {", "PindropFiles.Fstat(fd, stat)"),
	descriptor("func Fchmod(fd int, mode uint32) (err error) {", "nil"),
	descriptor("func Getdents(fd int, buf []byte) (n int, err error) {", "PindropFiles.Getdents(fd, buf)"),
	path("internal/syscall/unix/at.go", "syscall.", "func Unlinkat(dirfd int, path string, flags int) error {", "dirfd", "syscall.PindropFiles.Remove(p, flags&AT_REMOVEDIR != 0)"),
	path("internal/syscall/unix/at.go", "syscall.", "func Openat(dirfd int, path string, flags int, perm uint32) (int, error) {", "dirfd", "syscall.PindropFiles.Open(p, flags)"),
	path("internal/syscall/unix/at_fstatat.go", "syscall.", "func Fstatat(dirfd int, path string, stat *syscall.Stat_t, flags int) error {", "dirfd", "syscall.PindropFiles.Stat(p, stat)"),

	// Of the machine a server learns nothing: not how much memory or disk there is, which process it is in, or where its
	// program is.
	begin(systemCalls, "func readlinkat(dirfd int, path string, buf []byte) (n int, err error) {", "if len(path) >= 0 {", "	return 0, EINVAL", "}"),
	begin(systemCalls, "func Sysinfo(info *Sysinfo_t) (err error) {", "if info != nil {", "	return ENOSYS", "}"),
	begin(systemCalls, "func Statfs(path string, buf *Statfs_t) (err error) {", "if buf != nil {", "	return ENOSYS", "}"),
	begin(systemCalls, "func Getpid() (pid int) {", "if pid == 0 {", "	return 1", "}"),
}

// overlay writes the changed files into a folder, with the list of them that go build reads after -overlay. It returns the
// list's path. The error is [ErrBuild] where the standard library is not the one that the patches are for.
func overlay(goroot, arch, dir string) (string, error) {
	source := func(file string) string { return filepath.Join(goroot, "src", filepath.FromSlash(file)) }
	texts := map[string][]byte{}
	for _, p := range patches {
		if p.only != "" && p.only != arch {
			continue
		}
		file := strings.ReplaceAll(p.file, "$ARCH", arch)
		if p.old == "" {
			texts[file] = []byte(p.new)
			continue
		}
		if texts[file] == nil {
			text, err := os.ReadFile(source(file))
			if err != nil {
				return "", fmt.Errorf("%w: read Go's standard library: %w", ErrBuild, err)
			}
			texts[file] = text
		}
		if n := bytes.Count(texts[file], []byte(p.old)); n != 1 {
			return "", fmt.Errorf("%w with the Go toolchain in %s: %q stands %d times in its %s, and once was expected; pindrop is made for %s",
				ErrBuild, goroot, p.old, n, file, runtime.Version())
		}
		texts[file] = bytes.Replace(texts[file], []byte(p.old), []byte(p.new), 1)
	}
	list := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range texts {
		changed := filepath.Join(dir, strings.ReplaceAll(file, "/", "-"))
		if err := os.WriteFile(changed, text, 0o666); err != nil {
			return "", fmt.Errorf("change Go's standard library: %w", err)
		}
		list.Replace[source(file)] = changed
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	at := filepath.Join(dir, "overlay.json")
	return at, os.WriteFile(at, text, 0o666)
}
