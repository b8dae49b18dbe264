//go:build prove

package main

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"pindrop/results"
	"pindrop/results/measure"
)

// Every scenario of the catalogue ends alike on both clocks: takeovers and overlaps within 50 ms or 2 %, counts of
// redeliveries, pins and messages exactly where one worker is active at a time. They run side by side: on the real
// clock they mostly wait.
func TestClocksAgree(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "pindrop")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range virtualScenarios(t) {
		t.Run(name, func(t *testing.T) {
			if name != "ack-pending-cliff" { // that one needs the processor for itself
				t.Parallel()
			}
			var out bytes.Buffer
			c := exec.Command(binary, "run", name, "--clock", "both", "--json", "--out", t.TempDir())
			c.Stdout = &out
			err := c.Run()
			for decoder := json.NewDecoder(&out); decoder.More(); {
				var r results.Record
				if err := decoder.Decode(&r); err != nil {
					t.Fatal(err)
				}
				if r.Verdict != measure.Pass {
					t.Errorf("on the %s clock: %s: %s", r.Clock, r.Verdict, r.Reason)
				}
				if r.Other == nil {
					t.Fatal("the record does not compare the clocks")
				}
				for _, m := range r.Other.Metrics {
					if !m.OK {
						t.Errorf("%s is %v on the %s clock and %v on the %s one, beyond %s",
							m.Metric, m.Values[0], r.Other.Clocks[0], m.Values[1], r.Other.Clocks[1], m.Within)
					}
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}
