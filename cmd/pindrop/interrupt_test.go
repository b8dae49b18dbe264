package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pindrop/results"
)

// Who interrupts a run waits for its measurement, but not for long: then what was recorded is left to be measured later.
func TestInterruptedWhileMeasuring(t *testing.T) {
	dir := t.TempDir()
	part := dir + "/.history.parquet.part"
	if err := os.WriteFile(part, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		measuring := func(takes time.Duration) error {
			ctx, interrupt := context.WithCancel(context.Background())
			impatient, stop := afterInterrupt(ctx, measuringMax)
			defer stop()
			time.Sleep(time.Hour)
			interrupt()
			_, err := unlessImpatient(impatient, &results.Run{Dir: dir}, func() (finished, error) {
				time.Sleep(takes)
				return finished{}, errors.New("measured")
			})
			return err
		}
		if err := measuring(4 * time.Second); err == nil || err.Error() != "measured" {
			t.Errorf("what takes 4 s ends with %v", err)
		}
		if _, err := os.Stat(part); err != nil {
			t.Error(err)
		}
		var e *exit
		begun := time.Now()
		err := measuring(10 * time.Second)
		if !errors.As(err, &e) || e.code != exitInterrupted || !strings.Contains(err.Error(), "pindrop report "+dir) {
			t.Errorf("what takes 10 s ends with %v", err)
		}
		if took := time.Since(begun) - time.Hour; took != measuringMax {
			t.Errorf("after %v", took)
		}
		if _, err := os.Stat(part); err == nil {
			t.Error("a part of a file is left")
		}
		time.Sleep(time.Minute) // what nobody waits for ends by itself
	})
}
