//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// asPindrop is this binary under the name by which TestMain takes it for pindrop.
func asPindrop(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pindrop")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// watched is a scenario; with a long disturb it goes on for longer than any test looks.
const watched = `
name: watched
consumer: {ack_wait: 1s, priority_policy: pinned_client, priority_groups: [g], priority_timeout: 500ms, max_ack_pending: 50}
publishers: [{backlog: 400, rate: 100/s}]
workers: [{name: w, count: 2, batch: 10, expires: 1s, service: 5ms}]
faults: [{on: "begin#5 of pinned", do: kill}]
phases: {disturb: DISTURB, drain: 10s}
`

// watchedFor is that scenario with a short disturb. No message is due at its end, where a stall of the machine would break a
// premise.
func watchedFor(disturb string) string {
	return strings.NewReplacer("DISTURB", disturb, "rate: 100/s", "rate: 100/s, total: 100").Replace(watched)
}

// seat is a terminal with pindrop at it.
type seat struct {
	*testing.T
	screen *screen
	tty    *os.File // our end
	c      *exec.Cmd
	before *term.State
	said   string // all that came
	bytes  []byte // the begin of a character
}

// sit starts pindrop at a terminal.
func sit(t *testing.T, width, height int, env []string, args ...string) *seat {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"watched.yaml": strings.ReplaceAll(watched, "DISTURB", "60s"), "soon.yaml": watchedFor("1500ms")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	t.Cleanup(func() { ours.Close() })
	defer theirs.Close()
	if err := pty.Setsize(ours, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
	s := &seat{T: t, screen: newScreen(width), tty: ours}
	if s.before, err = term.GetState(int(ours.Fd())); err != nil {
		t.Fatal(err)
	}
	s.c = exec.Command(asPindrop(t), args...)
	s.c.Dir, s.c.Env = dir, append(append(os.Environ(), "TERM=xterm-256color"), env...)
	s.c.Stdin, s.c.Stdout, s.c.Stderr = theirs, theirs, theirs
	s.c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.c.Process.Kill() })
	return s
}

// read takes in what came, once; false at the end.
func (s *seat) read() bool {
	buf := make([]byte, 4096)
	n, err := s.tty.Read(buf)
	s.bytes = append(s.bytes, buf[:n]...)
	whole := len(s.bytes)
	for whole > 0 && s.bytes[whole-1] >= 0x80 { // it may be the middle of a character
		whole--
	}
	if err != nil {
		whole = len(s.bytes)
	}
	s.said += string(s.bytes[:whole])
	s.screen.write(string(s.bytes[:whole]))
	s.bytes = s.bytes[whole:]
	return err == nil
}

// until reads until something is on the screen. What never comes ends with the test's own time.
func (s *seat) until(what string) {
	s.Helper()
	for pattern := regexp.MustCompile(what); !pattern.MatchString(s.screen.text()); {
		if !s.read() {
			s.Fatalf("%q never came; the screen at the end:\n%s", what, s.screen.text())
		}
	}
}

// leave reads to the end, and demands the exit code (-1: a signal ended it) and a terminal as it was before.
func (s *seat) leave(code int) {
	s.Helper()
	for s.read() {
	}
	var exit *exec.ExitError
	if err := s.c.Wait(); err != nil && !errors.As(err, &exit) {
		s.Fatal(err)
	}
	if got := s.c.ProcessState.ExitCode(); got != code {
		s.Errorf("exit code %d, want %d; the screen:\n%s", got, code, s.screen.text())
	}
	s.unchanged()
}

// unchanged demands that no mode of the terminal is another, no colour is left and the cursor was never hidden.
func (s *seat) unchanged() {
	s.Helper()
	after, err := term.GetState(int(s.tty.Fd()))
	if err != nil || *after != *s.before {
		s.Errorf("the terminal is not what it was: %v", err)
	}
	if s.screen.inked || s.screen.escape != "" || len(s.screen.strange) > 0 {
		s.Errorf("a colour is left (%v), or the middle of %q, or modes were asked for: %q", s.screen.inked, s.screen.escape, s.screen.strange)
	}
}

// The view draws, follows the size of the window, and is gone when the result stands there.
func TestTerminal(t *testing.T) {
	t.Parallel()
	s := sit(t, 100, 30, nil, "run", "soon.yaml", "--clock", "real")
	s.until(`(?m)^watched, real clock, seed 1, \d+s\ndisturb, \ds left of 1.5s, then drain\n(.*\n)*holder +w[12], pin \d\nack pending  \[[#.]{40}\] \d+ of 50(.*\n)*stored +\d+  \d+/s\nhandled +\d+  \d+/s\n(.*\n)*workers +1 alive, 1 down \(w[12]\)`)
	if n := strings.Count(s.screen.text(), "real clock"); n != 1 || s.screen.overflow {
		t.Errorf("%d views are on the screen, want one, in lines that fit (%v):\n%s", n, !s.screen.overflow, s.screen.text())
	}
	if err := pty.Setsize(s.tty, &pty.Winsize{Cols: 40, Rows: 8}); err != nil {
		t.Fatal(err)
	}
	s.screen.resize(40)
	s.until(`(?m)^ack pending  \[[#.]{15}\] \d+ of 50`)
	s.screen.overflow = false                        // one view may have been under way for the wider window
	s.until(`(?m)^drain, at most.*\n(.*\n)*holder `) // a fault that is still open has the holder's place
	text := s.screen.text()
	if s.screen.overflow || strings.Count(text, "real clock") > 1 || strings.Count(text, "holder ") != 1 || strings.Count(text, "\n") != 7 {
		t.Errorf("in a window of 40 × 8 there should be one view of 7 lines that fit (%v):\n%s", !s.screen.overflow, text)
	}
	s.leave(0)
	if text := s.screen.text(); strings.Contains(text, "ack pending  [") || strings.Contains(text, "watched, real clock") || !strings.Contains(text, "report.html") {
		t.Errorf("at the end there is\n%s", text)
	}
	if !strings.Contains(s.said, "\x1b[32m") {
		t.Error("there was no colour")
	}
}

// Whatever ends pindrop leaves a terminal that works. Asked to end, it takes the view away and says what it found; what
// comes behind a sudden end begins a line.
func TestTerminalIsLeftAsItWas(t *testing.T) {
	for _, c := range []struct {
		name string
		code int
		end  func(*seat) error
		left string // what the screen shows at the end
		gone bool   // whether the view has been taken away
	}{
		{"Ctrl-C", exitInterrupted, func(s *seat) error { _, err := s.tty.Write([]byte{3}); return err }, `UNKNOWN`, true},
		{"SIGTERM", exitInterrupted, func(s *seat) error { return s.c.Process.Signal(syscall.SIGTERM) }, `UNKNOWN`, true},
		{"SIGQUIT", -1, func(s *seat) error { return s.c.Process.Signal(syscall.SIGQUIT) }, `(?m)^SIGQUIT: quit`, false},
		{"SIGKILL", -1, func(s *seat) error { return s.c.Process.Kill() }, `(?m)^handled`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := sit(t, 90, 60, nil, "run", "watched.yaml", "--clock", "real")
			s.until(`(?m)^handled +[1-9].*\n(.*\n)*.*fault 1 +kill w`)
			if err := c.end(s); err != nil {
				t.Fatal(err)
			}
			s.leave(c.code)
			text := s.screen.text()
			if !regexp.MustCompile(c.left).MatchString(text) || strings.Contains(text, "watched, real clock, seed 1, ") == c.gone {
				t.Errorf("at the end there is\n%s", text)
			}
			if s.screen.col != 0 {
				t.Errorf("the cursor is in column %d: what follows does not begin a line:\n%s", s.screen.col, text)
			}
		})
	}
}

// A panic beside the view ends the program as Go does, and begins a line.
func TestTerminalAfterPanic(t *testing.T) {
	if os.Getenv(panicEnv) != "" {
		a := &app{stdout: os.Stdout, stderr: os.Stderr}
		panicking(a)
		return
	}
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	defer ours.Close()
	s := &seat{T: t, screen: newScreen(80), tty: ours}
	if err := pty.Setsize(ours, &pty.Winsize{Cols: 80, Rows: 400}); err != nil {
		t.Fatal(err)
	}
	if s.before, err = term.GetState(int(ours.Fd())); err != nil {
		t.Fatal(err)
	}
	s.c = exec.Command(os.Args[0], "-test.run=^TestTerminalAfterPanic$")
	s.c.Env = append(os.Environ(), panicEnv+"=1", "TERM=xterm")
	s.c.Stdin, s.c.Stdout, s.c.Stderr = theirs, theirs, theirs
	if err := s.c.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	s.leave(2)
	if text := s.screen.text(); !regexp.MustCompile(`(?m)^  w2 .*\npanic: on purpose`).MatchString(text) {
		t.Errorf("at the end there is\n%s", text)
	}
}

const panicEnv = "PINDROP_TEST_PANIC"

// panicking draws a view, and panics elsewhere.
func panicking(a *app) {
	s := madeUp()["calm"]
	plan, err := planOfText(watched)
	if err != nil {
		panic(err)
	}
	view := a.liveOn(plan, "real", runOptions{})
	view.show(s)
	go panic("on purpose")
	select {}
}

// No colours for who wants none, and no view for terminals that cannot move their cursor.
func TestTerminalsThatAreAskedForLess(t *testing.T) {
	t.Parallel()
	s := sit(t, 80, 24, []string{"NO_COLOR=1"}, "run", "soon.yaml", "--clock", "real")
	s.until(`(?m)^holder +w[12], pin \d`)
	s.leave(0)
	if strings.Contains(s.said, "m") && regexp.MustCompile("\x1b\\[[0-9;]*m").MatchString(s.said) {
		t.Error("there are colours")
	}
	s = sit(t, 80, 24, []string{"TERM=dumb"}, "run", "soon.yaml", "--clock", "real")
	s.leave(0)
	if strings.Contains(s.said, "\x1b") {
		t.Errorf("there are control sequences:\n%q", s.said)
	}
}

// With --json a terminal shows nothing, and standard output has one document; with --quiet there is one line.
func TestTerminalSaysNothing(t *testing.T) {
	t.Parallel()
	s := sit(t, 80, 24, nil, "run", "soon.yaml", "--clock", "real", "--quiet")
	s.leave(0)
	if !regexp.MustCompile(`^pass watched \(real clock, seed 1\): .*\r\n$`).MatchString(s.said) {
		t.Errorf("--quiet says %q", s.said)
	}
	s = sit(t, 80, 24, nil, "run", "soon.yaml", "--clock", "real", "--json")
	s.leave(0)
	var document any
	decoder := json.NewDecoder(strings.NewReader(s.said))
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("--json says %v: %q", err, s.said)
	}
	if err := decoder.Decode(&document); err != io.EOF {
		t.Errorf("behind the document there is %v (%v)", document, err)
	}
}

// Without a terminal there are plain lines, the first one soon.
func TestWithoutTerminal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "watched.yaml")
	if err := os.WriteFile(file, []byte(watchedFor("3s")), 0o666); err != nil {
		t.Fatal(err)
	}
	for flags, want := range map[string]string{
		"":        `^watched, real clock: disturb, \ds left of 3s, then drain\n$`,
		"--quiet": `^$`,
		"--json":  `^$`,
	} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			c := exec.Command(asPindrop(t), append([]string{"run", file, "--clock", "real", "--out", t.TempDir()}, strings.Fields(flags)...)...)
			var stderr bytes.Buffer
			c.Stderr = &stderr
			started := time.Now()
			if out, err := c.Output(); err != nil {
				t.Fatalf("%v after %v: %s%s", err, time.Since(started), out, &stderr)
			}
			if !regexp.MustCompile(want).MatchString(stderr.String()) {
				t.Errorf("standard error is %q, want %s", &stderr, want)
			}
		})
	}
}
