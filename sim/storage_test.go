package sim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
)

// A disk that does not take a log ends the run at once, with the reason; what the other logs took is there.
func TestDiskThatDoesNotTakeALog(t *testing.T) {
	const text = "clock: %s\npublishers: [{rate: 50/s}]\nworkers: [{name: w, count: 2, host: HOST}]\nphases: {disturb: 20s, drain: 1s}\n"
	for clock, host := range map[string]string{"virtual": "goroutine", "real": "process"} {
		t.Run(clock, func(t *testing.T) {
			t.Parallel()
			plan := planOf(t, strings.NewReplacer("%s", clock, "HOST", host).Replace(text), 1)
			d := dirs(t)
			if err := os.MkdirAll(filepath.Join(d.Logs, "w2.body"+logSuffix), 0o777); err != nil { // a folder takes no bytes
				t.Fatal(err)
			}
			var err error
			if clock == "virtual" {
				err = Virtual(context.Background(), plan, d, wallLimit, func(time.Duration) {})
			} else {
				err = Real(context.Background(), plan, d, func(time.Duration) {})
			}
			if err != nil && !errors.Is(err, ErrStorage) {
				t.Fatal(err)
			}
			h, damaged, err := ReadLogs(d.Logs)
			if err != nil || damaged == nil || !strings.Contains(damaged.Error(), "w2.body") {
				t.Fatalf("damaged: %v, %v", damaged, err)
			}
			var end history.Event
			for e := range h.Events() {
				if e.Phase == history.PhaseEnd {
					end = *e
				}
			}
			if end.Cause() != history.CauseStorage || !strings.Contains(end.Reason, "w2.body") || end.At > 10e9 {
				t.Errorf("the end is %v at %d: %s", end.Cause(), end.At, end.Reason)
			}
		})
	}
}
