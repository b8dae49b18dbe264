//go:build prove && linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"pindrop/results"
	"pindrop/results/history"
)

// mutatedEnv is how many mutated files the campaign reads; mutatedFrom tells a child its first one, its number of them and
// where the valid files are.
const (
	mutatedEnv  = "PINDROP_MUTATED"
	mutatedFrom = "PINDROP_MUTATED_FROM"
)

// The bounds of reading one file.
const (
	mutatedTime   = 20 * time.Second
	mutatedMemory = 1 << 30
	mutatedChunk  = 2000
)

// TestMutatedFiles changes valid files of every kind that pindrop reads (cut off, bits turned, parts put elsewhere, numbers made
// extreme) and reads them: nothing panics, none takes 20 s or 1 GB. PINDROP_MUTATED=100000 reads so many.
func TestMutatedFiles(t *testing.T) {
	n := 4000
	if text := os.Getenv(mutatedEnv); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	validFiles(t, dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	counts, read := map[string]int{}, 0
	for from := 0; from < n; {
		child := exec.Command(self, "-test.run=^TestMutatedChild$", "-test.timeout=0")
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d %s", mutatedFrom, from, min(mutatedChunk, n-from), dir), "TMPDIR="+dir, "GOGC=50")
		out, err := child.CombinedOutput()
		last := from - 1
		for line := range strings.Lines(string(out)) {
			var what string
			if _, scanErr := fmt.Sscanf(line, "read %d %s", &last, &what); scanErr == nil {
				counts[what]++
				read++
			}
		}
		if err == nil {
			from += mutatedChunk
			t.Logf("%d files so far: %v", read, counts)
			continue
		}
		tail := out[max(0, bytes.LastIndex(out, []byte("\nread "))):]
		t.Errorf("file %d: %v\n%s", last+1, err, tail[:min(len(tail), 3000)])
		from = last + 2
	}
	t.Logf("%d files: %v", read, counts)
}

// TestMutatedChild reads the files of one part of the campaign.
func TestMutatedChild(t *testing.T) {
	var from, n int
	var dir string
	if _, err := fmt.Sscan(os.Getenv(mutatedFrom), &from, &n, &dir); err != nil {
		t.Skip("a part of TestMutatedFiles")
	}
	limit := unix.Rlimit{Cur: mutatedMemory, Max: mutatedMemory}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &limit); err != nil {
		t.Fatal(err)
	}
	for i := from; i < from+n; i++ {
		r := readers[i%len(readers)]
		watch := time.AfterFunc(mutatedTime, func() { panic(fmt.Sprintf("file %d, %s: it takes longer than %v", i, r.name, mutatedTime)) })
		work := filepath.Join(dir, "work")
		if err := errors.Join(os.RemoveAll(work), os.CopyFS(work, os.DirFS(filepath.Join(dir, "valid", r.dir)))); err != nil {
			t.Fatal(err)
		}
		path, err := filepath.Glob(filepath.Join(work, r.file))
		if err != nil || len(path) == 0 {
			t.Fatalf("no %s in %s: %v", r.file, r.dir, err)
		}
		draw := rand.New(rand.NewPCG(uint64(i), 1))
		file := path[draw.IntN(len(path))]
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, mutated(draw, text), 0o666); err != nil {
			t.Fatal(err)
		}
		r.read(work, file)
		watch.Stop()
		fmt.Printf("\nread %d %s\n", i, r.name)
	}
}

// reader is one kind of files, a directory of which is copied for each of them, and what reads it.
type reader struct {
	name, dir, file string
	read            func(dir, file string)
}

// pindropEnds runs pindrop, which must end as it is documented.
func pindropEnds(args ...string) {
	var out bytes.Buffer
	code := pindrop(args, &out, &out)
	if !slices.Contains([]int{0, 1, 2, exitUsage, exitIO}, code) || bytes.Contains(out.Bytes(), []byte("goroutine ")) || bytes.ContainsRune(out.Bytes(), '\x1b') {
		panic(fmt.Sprintf("pindrop %q: exit code %d: %.3000s", args, code, out.String()))
	}
}

var readers = []reader{
	{"scenario", "scenarios", "*.yaml", func(_, file string) { prepared(file) }},
	{"expectation", "scenarios", "expect.yaml", func(_, file string) { prepared(file) }},
	{"measured", "measured", "times.*", func(dir, _ string) { prepared(filepath.Join(dir, "a.yaml")) }},
	{"record", "run", "record.json", func(dir, _ string) {
		for _, args := range [][]string{{dir}, {dir, "--format", "summary"}, {dir, "--format", "junit"}, {dir, "--format", "bench"}} {
			pindropEnds(append([]string{"report"}, args...)...)
		}
		pindropEnds("compare", dir, dir)
	}},
	{"parquet", "run", "history.parquet", func(dir, _ string) {
		pindropEnds("history", dir)
		pindropEnds("measure", dir)
	}},
	{"history", "bare", "history.parquet", func(dir, _ string) { pindropEnds("measure", dir, "--json") }},
	{"lines", "lines", "*.jsonl", func(_, file string) { pindropEnds("measure", file) }},
	{"logs", "killed", "logs/*.log", func(dir, _ string) {
		pindropEnds("report", dir)
		pindropEnds("history", dir, "--json")
	}},
	{"begun", "killed", "begun.json", func(dir, _ string) { pindropEnds("report", dir) }},
	{"sweep", "sweep", "sweep.json", func(dir, _ string) { pindropEnds("report", dir); pindropEnds("report", dir, "--format", "csv") }},
	{"tuning", "tune", "tuning.json", func(dir, _ string) { pindropEnds("report", dir); pindropEnds("report", dir, "--format", "summary") }},
	{"exploration", "explore", "explore.json", func(dir, _ string) { pindropEnds("report", dir) }},
	{"resume", "sweep", "*.json*", func(dir, _ string) { resume(dir) }},
	{"exports", "run", "record.json", func(dir, _ string) {
		for _, format := range []string{"csv", "hlog", "hgrm", "trace"} {
			pindropEnds("report", dir, "--format", format)
		}
	}},
}

// prepared is all that happens to a scenario before it runs.
func prepared(file string) {
	if j, err := prepare(file, runOptions{}); err == nil {
		j.scenario.Plan(1)
		warnings(j.scenario)
	} else if len(err.Error()) > 50_000 {
		panic(fmt.Sprintf("a message of %d bytes", len(err.Error())))
	}
}

// resume is what happens to a study that goes on, but for its runs.
func resume(dir string) {
	var o sweepOptions
	o.resume, o.repeat, o.limit = dir, 1, time.Minute
	if s, err := planSweep(nil, &o); err == nil {
		if l, err := newLab(&app{stdout: io.Discard, stderr: io.Discard}, s.Arg, o.studyOptions); err == nil {
			_, _ = sweepProbes(l, s)
			l.close()
		}
	}
	if log, _, err := (&results.Run{Dir: dir}).OpenProbes(); err == nil {
		_ = log.Close()
	}
}

// validFiles writes a directory of valid files for each reader.
func validFiles(t *testing.T, dir string) {
	t.Helper()
	valid := filepath.Join(dir, "valid")
	write := func(name, text string) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(valid, name)), 0o777), os.WriteFile(filepath.Join(valid, name), []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	small := "name: small\nconsumer: {ack_wait: 1s, priority_policy: pinned_client, priority_groups: [g], priority_timeout: 500ms, max_ack_pending: 5}\n" +
		"publishers: [{backlog: 5, rate: 20/s, keys: 3}]\nworkers: [{name: w, count: 2, batch: 5, expires: 1s, service: 5ms}]\n" +
		"faults: [{on: \"begin#5 of pinned\", do: kill}]\nphases: {disturb: 2s, drain: 10s}\nexpect: [lost.count == 0]\n"
	write("scenarios/small.yaml", small)
	for _, name := range []string{"kill-mid-batch", "leader-kill-r3", "guarded-writes", "latency-creep"} {
		text, err := os.ReadFile("../../scenarios/catalogue/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		write("scenarios/"+name+".yaml", string(text))
	}
	write("scenarios/expect.yaml", strings.Replace(small, "expect: [lost.count == 0]",
		"expect: ['takeover.fault.max <= priority_timeout + 100ms', 'absent(gap.max) or not (gap.max > 5% * 2)', 'min(1, lost.count) - -3 == 3']", 1))
	write("measured/a.yaml", strings.Replace(small, "service: 5ms", "service: {from: times.csv}", 1))
	write("measured/times.csv", "ms\n1.5\n2\n3.25\n100\n")
	run := func(args ...string) string {
		var out, trouble bytes.Buffer
		if code := pindrop(args, &out, &trouble); code > 2 {
			t.Fatalf("%q: %s", args, trouble.String())
		}
		return strings.TrimSpace(out.String())
	}
	file, made := filepath.Join(valid, "scenarios/small.yaml"), filepath.Join(dir, "made")
	newest := func(command string, args ...string) string {
		run(append([]string{command, file, "--out", filepath.Join(made, command), "--quiet"}, args...)...)
		paths, err := filepath.Glob(filepath.Join(made, command, "small", "*"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s left nothing: %v", command, err)
		}
		return paths[0]
	}
	for to, from := range map[string]string{
		"run": newest("run"), "sweep": newest("sweep", "--vary", "workers.batch=1,5"), "tune": newest("tune", "--repeat", "2"),
		"explore": newest("explore", "--seeds", "4", "--keep-going", "--shrink", "0"),
	} {
		if err := os.CopyFS(filepath.Join(valid, to), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	derivedFiles(t, valid, small)
}

// derivedFiles writes what is made of a stored run and of a sweep: histories in other forms, a run that was killed, and probes.
func derivedFiles(t *testing.T, valid, scenario string) {
	t.Helper()
	stored, err := (&results.Run{Dir: filepath.Join(valid, "run")}).History()
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	if err := results.WriteJSONL(&lines, stored); err != nil {
		t.Fatal(err)
	}
	bare, made := &results.Run{Dir: filepath.Join(valid, "bare")}, filepath.Join(valid, "lines")
	if err := errors.Join(os.MkdirAll(bare.Dir, 0o777), bare.Keep(stored), os.MkdirAll(made, 0o777),
		os.WriteFile(filepath.Join(made, "a.jsonl"), lines.Bytes(), 0o666)); err != nil {
		t.Fatal(err)
	}
	killedRun(t, filepath.Join(valid, "killed"), scenario, stored)
	sweep, err := (&results.Run{Dir: filepath.Join(valid, "sweep")}).Sweep()
	if err != nil {
		t.Fatal(err)
	}
	var probes bytes.Buffer
	for _, p := range sweep.Points {
		for i := range p.Probes {
			if err := json.NewEncoder(&probes).Encode(&p.Probes[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(valid, "sweep", results.ProbesFile), probes.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// killedRun writes what a run leaves that was killed: its scenario, where it came from, and the logs of its actors.
func killedRun(t *testing.T, dir, scenario string, h *history.History) {
	t.Helper()
	logs := map[string]*history.Log{}
	memory := map[string][]byte{}
	for e := range h.Events() {
		if logs[e.Actor] == nil {
			grow, actor := history.InMemory(), e.Actor
			logs[actor] = history.NewLog(actor, "", func(used, size int) ([]byte, error) {
				buf, err := grow(used, size)
				memory[actor] = buf
				return buf, err
			})
		}
		own := *e
		logs[e.Actor].Append(&own)
	}
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "logs"), 0o777), os.WriteFile(filepath.Join(dir, results.ScenarioFile), []byte(scenario), 0o666),
		os.WriteFile(filepath.Join(dir, begunFile), []byte(`{"clock":"virtual","engine":"native","server":"embedded","seed":1,"started":"2026-01-01T12:00:00Z"}`), 0o666))
	for actor, buf := range memory {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "logs", actor+".log"), bytes.TrimRight(buf, "\x00"), 0o666))
	}
	if err != nil {
		t.Fatal(err)
	}
}

var anyNumber = regexp.MustCompile(`-?\d+(\.\d+)?`)

// mutated changes a text in one to three ways.
func mutated(draw *rand.Rand, text []byte) []byte {
	for range 1 + draw.IntN(3) {
		if len(text) == 0 {
			return text
		}
		at, to := draw.IntN(len(text)), draw.IntN(len(text))
		from, until := min(at, to), max(at, to)
		switch draw.IntN(7) {
		case 0:
			text = text[:at]
		case 1:
			text = bytes.Clone(text)
			for range 1 + draw.IntN(8) {
				text[draw.IntN(len(text))] ^= 1 << draw.IntN(8)
			}
		case 2: // a part goes
			text = slices.Concat(text[:from], text[min(until, from+200):])
		case 3: // a part comes again, elsewhere, up to many times
			part := text[from:min(until, from+500)]
			text = slices.Concat(text[:to], bytes.Repeat(part, 1<<draw.IntN(8)), text[to:])
		case 4, 5:
			text = extremeNumber(draw, text)
		case 6: // a part is overwritten with another
			text = bytes.Clone(text)
			copy(text[at:], text[to:min(len(text), to+1+draw.IntN(16))])
		}
	}
	return text
}

// extremeNumber puts an extreme in the place of a number.
func extremeNumber(draw *rand.Rand, text []byte) []byte {
	places := anyNumber.FindAllIndex(text, 20_000)
	if len(places) == 0 {
		return text
	}
	extremes := []string{"0", "-1", "1e19", "-1e19", "1e308", "9007199254740992", "9223372036854775807", "-9223372036854775808",
		"576460752303423488", "4294967295", "2147483647", "18446744073709551615", "1e-320", "NaN", "", "null", "99999999999999999999999"}
	place := places[draw.IntN(len(places))]
	return slices.Concat(text[:place[0]], []byte(extremes[draw.IntN(len(extremes))]), text[place[1]:])
}
