//go:build soak && linux

package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"pindrop/scenarios/drawn"
)

var (
	soakTime = flag.Duration("soak", time.Hour, "how long to soak")
	soakSeed = flag.Uint64("soak-seed", 1, "of the commands and the kills")
)

// interruptMax is how long a command may take to end after Ctrl-C, on a machine that is busy with others.
const interruptMax = 8 * time.Second

// soak runs random commands of the built binary against random servers, interrupts and kills them, and looks at what is left.
type soak struct {
	*testing.T
	*rand.Rand
	binary, dir, tmp, out string
	url                   string
	foreign               *foreign
	counts                map[string]int
}

// TestSoak: whatever is run, and however it ends, there is no orphan, no leftover, no exit code that is not documented, no result that
// cannot be read, and a stream of somebody else is as it was.
func TestSoak(t *testing.T) {
	s := newSoak(t)
	began, told := time.Now(), time.Now()
	for i := 0; time.Since(began) < *soakTime && !t.Failed(); i++ {
		s.once(i)
		if time.Since(told) > time.Minute {
			told = time.Now()
			t.Logf("after %v: %v", time.Since(began).Round(time.Second), s.counts)
		}
	}
	t.Logf("%v: %v", time.Since(began).Round(time.Second), s.counts)
}

func newSoak(t *testing.T) *soak {
	dir := t.TempDir()
	s := &soak{
		T: t, Rand: rand.New(rand.NewPCG(*soakSeed, 0)), dir: dir, binary: filepath.Join(dir, "pindrop"), tmp: filepath.Join(dir, "tmp"),
		out: filepath.Join(dir, "out"), counts: map[string]int{},
	}
	if err := os.Mkdir(s.tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", s.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: filepath.Join(dir, "store"), NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(ns.Shutdown)
	s.url = ns.ClientURL()
	s.foreign = newForeign(t, s.url)
	return s
}

// command draws what to run.
func (s *soak) command(i int) []string {
	file := filepath.Join(s.dir, "drawn.yaml")
	menu := drawn.Menu{Limits: s.IntN(4) == 0}
	if err := os.WriteFile(file, drawn.Text(uint64(s.IntN(5000)), menu), 0o666); err != nil {
		s.Fatal(err)
	}
	short := filepath.Join(s.dir, "short.yaml")
	text := fmt.Sprintf("name: short-%d\npublishers: [{rate: 200/s}]\nworkers: [{name: w, count: 3, host: %s, service: 5ms}]\nfaults: [{at: 500ms, do: %s, target: w1, for: 500ms}]\nphases: {disturb: 2s, drain: 5s}\n",
		i%3, []string{"goroutine", "process"}[s.IntN(2)], []string{"kill", "freeze", "partition"}[s.IntN(3)])
	if err := os.WriteFile(short, []byte(text), 0o666); err != nil {
		s.Fatal(err)
	}
	runs, _ := filepath.Glob(filepath.Join(s.out, "*", "*"))
	commands := [][]string{
		{"run", file, "--quiet"}, {"run", file, "--json"}, {"run", short, "--clock", "real"}, {"run", short, "--clock", "both", "--quiet"},
		{"run", short, "--clock", "real", "--server", s.url}, {"run", short, "--clock", "real", "--server", s.url, "--quiet"},
		{"run", short, "--clock", "real", "--set", "server.mode=process"},
		{"sweep", short, "--vary", "consumer.max_ack_pending=1,10,100", "--clock", "virtual", "--set", "workers.w.host=goroutine"},
		{"tune", short, "--clock", "virtual", "--set", "workers.w.host=goroutine"},
		{"clean", "--server", s.url}, {"clean", "--server", s.url, "--dry-run"},
	}
	if len(runs) > 0 {
		run := runs[s.IntN(len(runs))]
		commands = append(commands, []string{"report", run}, []string{"history", run}, []string{"measure", run}, []string{"compare", run, runs[s.IntN(len(runs))]})
	}
	return commands[s.IntN(len(commands))]
}

// once runs one command, perhaps ends it, and looks at what is left.
func (s *soak) once(i int) {
	words := s.command(i)
	if slices.Contains([]string{"run", "sweep", "tune"}, words[0]) {
		words = append(words, "--out", s.out)
	}
	var told bytes.Buffer
	cmd := exec.Command(s.binary, words...)
	cmd.Stdout, cmd.Stderr = &told, &told
	cmd.Env = append(os.Environ(), "TMPDIR="+s.tmp)
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	how := []string{"let be", "interrupted", "interrupted twice", "killed", "a part killed"}[s.IntN(5)]
	limit := 5 * time.Minute
	if how != "let be" {
		select {
		case <-ended:
			how = "let be"
			ended <- nil
		case <-time.After(time.Duration(s.IntN(3_000)) * time.Millisecond):
			limit = s.end(cmd.Process, how)
		}
	}
	select {
	case <-ended:
	case <-time.After(limit):
		s.Errorf("%v, %s: it does not end within %v\n%s", words, how, limit, told.String())
		_ = cmd.Process.Kill()
	}
	s.counts[words[0]+", "+how]++
	s.check(cmd, words, how, told.String())
}

// end ends a command in some way, and says how long it may take.
func (s *soak) end(p *os.Process, how string) time.Duration {
	switch how {
	case "killed":
		_ = p.Kill()
	case "interrupted twice":
		_ = p.Signal(os.Interrupt)
		_ = p.Signal(os.Interrupt)
	case "interrupted":
		_ = p.Signal(os.Interrupt)
	case "a part killed":
		if children := s.processes(p.Pid); len(children) > 0 {
			_ = syscall.Kill(children[s.IntN(len(children))], syscall.SIGKILL)
		}
		return 5 * time.Minute
	}
	return interruptMax
}

// check looks at the exit code and at what is left.
func (s *soak) check(cmd *exec.Cmd, words []string, how, told string) {
	code := cmd.ProcessState.ExitCode()
	documented := slices.ContainsFunc(exitCodes, func(c struct {
		code  int
		means string
	}) bool {
		return c.code == code && code != exitInternal && code != exitCrashed
	})
	signalled := code < 0 && how != "let be" && how != "a part killed"
	if !documented && !signalled || strings.Contains(told, "goroutine 1 [") {
		s.Errorf("%v, %s: exit code %d\n%s", words, how, code, told)
	}
	late := time.After(interruptMax)
	for left := s.processes(0); len(left) > 0; left = s.processes(0) {
		select {
		case <-late:
			s.Fatalf("%v, %s: processes %v are left", words, how, left)
		case <-time.After(50 * time.Millisecond):
		}
	}
	s.foreign.same(fmt.Sprint(words, ", ", how))
	if how == "let be" {
		if files, _ := os.ReadDir(s.tmp); len(files) > 0 && slices.Contains([]string{"sweep", "tune"}, words[0]) {
			s.Errorf("%v: %v is left in the folder for temporary files", words, files)
		}
	}
	runs, _ := filepath.Glob(filepath.Join(s.out, "*", "*"))
	for _, run := range runs {
		if out, err := exec.Command(s.binary, "history", run, "--json").CombinedOutput(); err != nil && !empty(run) {
			s.Errorf("%v, %s: %s cannot be read: %v\n%s", words, how, run, err, out[:min(len(out), 500)])
		}
	}
	if len(runs) > 6 {
		_ = os.RemoveAll(s.out)
	}
}

// empty reports whether a run ended before anything was recorded, or is a study.
func empty(run string) bool {
	logs, err := os.ReadDir(filepath.Join(run, "logs"))
	_, study := os.Stat(filepath.Join(run, "probes.jsonl"))
	studies, _ := filepath.Glob(filepath.Join(run, "*.json*"))
	return errors.Is(err, os.ErrNotExist) && study != nil && len(studies) <= 1 || len(logs) == 0 && len(studies) > 0 || study == nil
}

// processes are those of the binary: children of a process, or all.
func (s *soak) processes(parent int) []int {
	var found []int
	all, _ := os.ReadDir("/proc")
	for _, one := range all {
		pid, err := strconv.Atoi(one.Name())
		if err != nil {
			continue
		}
		exe, err := os.Readlink(filepath.Join("/proc", one.Name(), "exe"))
		if err != nil || strings.TrimSuffix(exe, " (deleted)") != s.binary {
			continue
		}
		if stat, err := os.ReadFile(filepath.Join("/proc", one.Name(), "stat")); err == nil && parent > 0 {
			fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
			if fields[1] != strconv.Itoa(parent) {
				continue
			}
		}
		found = append(found, pid)
	}
	return found
}
