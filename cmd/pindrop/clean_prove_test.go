//go:build prove

package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// Servers that go for good end a run within seconds, with what was recorded and the way to remove what it left.
func TestServersGo(t *testing.T) {
	s, out := somebodys(t, plainServer), t.TempDir()
	at := s.ClientURL()
	_, js := jetStreamAt(t, at)
	gone := make(chan time.Time, 1)
	go func() {
		awaitStream(t, js, "PINDROP_short")
		gone <- time.Now()
		s.Shutdown()
	}()
	code, text := shortRun(t, strings.Replace(longer, "disturb: 1s", "disturb: 1h", 1), out, "--server", at, "--clock", "real", "--quiet")
	if took := time.Since(<-gone); took > 12*time.Second {
		t.Errorf("it took %v", took)
	}
	if code != 2 || !strings.Contains(text, "the servers are gone") || !strings.Contains(text, "pindrop clean --server "+at) {
		t.Errorf("exit code %d:\n%s", code, text)
	}
	if files, err := os.ReadDir(out); err != nil || len(files) == 0 {
		t.Errorf("no result: %v", err)
	}
}
