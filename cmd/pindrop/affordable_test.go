package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/sim"
)

// What no machine has room or time for is refused before anything starts, with the arithmetic.
func TestHugeRequestsAreRefused(t *testing.T) {
	_, free := sim.Room(t.TempDir())
	for _, test := range []struct{ args, want string }{
		{"explore steady --seeds 1000000000000000000", "--seeds 1,000,000,000,000,000,000: expected at most 1,000,000; at 10 ms and 2 kB a run"},
		{"explore steady --seeds 5 --jobs 1000000", "--jobs 1000000: expected at most 1000"},
		{"sweep steady --vary workers.batch=1,2 --repeat 1000000000", "--repeat 1,000,000,000: expected at most 1,000,000"},
		{"sweep steady --vary workers.batch=1,2 --repeat 600000", "1,200,000: expected at most 1,000,000; at 10 ms and 2 kB a run these would take 3 hours and 2.4 GB"},
		{"run steady --repeat 1000000000", "--repeat 1,000,000,000: expected at most 1,000"},
		{"tune steady --repeat 1000000000", "--repeat 1,000,000,000: expected at most 1,000,000"},
		{"claims --seeds 1000000000", "--seeds 1,000,000,000: expected at most 1,000"},
		{"run steady --set publishers.backlog=1000000 --set publishers.size=1000000", "its stream holds up to 1.001 TB, which takes about 1.002 TB of memory on 1 replica; expected at most"},
		{"run steady --set publishers.backlog=1000000 --set publishers.size=1000000 --set stream.storage=file", "of disk on 1 replica; expected at most"},
		{"run steady --set publishers.rate=1000000/s --set phases.disturb=10000h", "steady publishes up to 36,0"},
	} {
		if strings.Contains(test.want, "of disk") && free > 1e12 {
			continue // there is room
		}
		var stdout, stderr bytes.Buffer
		if code := pindrop(strings.Fields(test.args), &stdout, &stderr); code != exitUsage || !strings.Contains(stderr.String(), test.want) {
			t.Errorf("%s: exit code %d, %s, want %q", test.args, code, stderr.String(), test.want)
		}
	}
}

// Probes are made when their turn comes: a budget that is over leaves most of them unmade.
func TestProbesAreMadeWhenTheirTurnComes(t *testing.T) {
	l := &lab{over: func() bool { return true }, status: &statusLine{w: io.Discard, silent: true}}
	made := 0
	done, err := l.runEach(context.Background(), 1_000_000_000, 1, func(int) results.Probe { made++; return results.Probe{} })
	if err != nil || len(done) != 0 || made != 0 {
		t.Errorf("%d were made, %d run, error %v", made, len(done), err)
	}
}
