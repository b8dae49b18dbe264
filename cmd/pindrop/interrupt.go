package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"pindrop/results"
)

// interruptible is a context that the first SIGINT or SIGTERM ends; the second one ends the program at once, after a last word. Both do also where
// the program was started with such signals ignored, as a shell does in the background.
func interruptible(part func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, stopped := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for again := false; ; again = true {
			select {
			case <-signals:
			case <-stopped:
				return
			}
			if again {
				part()
				os.Exit(exitInterrupted)
			}
			cancel()
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(stopped)
		cancel()
	}
}

// measuringMax is how long after an interruption a run may still be measured, together with what the run itself takes to end:
// people are promised 5 seconds.
const measuringMax = 4700 * time.Millisecond

// afterInterrupt is a context that ends some time after ctx has.
func afterInterrupt(ctx context.Context, wait time.Duration) (late context.Context, stop func()) {
	late, cancel := context.WithCancel(context.Background())
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(wait, cancel) })
	return late, func() { forget() }
}

// unlessImpatient measures a run, unless that takes too long for somebody who has interrupted it: then what was recorded is left
// as it is, and can be measured later.
func unlessImpatient(impatient context.Context, run *results.Run, measure func() (finished, error)) (finished, error) {
	var f finished
	measured := aside(func() (err error) {
		f, err = measure()
		return err
	})
	select {
	case end := <-measured:
		err := end()
		return f, err
	case <-impatient.Done():
	}
	if err := run.Tidy(); err != nil {
		return finished{}, &exit{exitIO, err}
	}
	return finished{}, &exit{exitInterrupted, fmt.Errorf("interrupted before everything was measured; what was recorded is there, "+
		"and pindrop report %s measures it", run.Dir)}
}
