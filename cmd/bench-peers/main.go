// Command bench-peers measures pindrop against `nats bench` on one external nats-server, in turns: what it takes away from
// the server that it measures.
//
// The path: peers.go builds the programs and runs one measurement with each; rows.go says what is measured, with which
// options; this file runs the pairs and prints medians and ratios. Only the ratios mean something on another machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	pairs := flag.Int("pairs", 5, "how often each row is measured with both programs")
	seconds := flag.Float64("seconds", 2, "about how long one measurement takes")
	only := flag.String("rows", "", "only rows whose name contains this")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *pairs, *seconds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench-peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, pairs int, seconds float64, only string) error {
	chosen := slices.DeleteFunc(rows(), func(r row) bool { return !strings.Contains(r.name(), only) })
	if len(chosen) == 0 {
		return fmt.Errorf("-rows %s: no row has such a name; they are like %q", only, rows()[0].name())
	}
	dir, err := os.MkdirTemp("", "bench-peers")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintln(os.Stderr, "building pindrop, nats and nats-server")
	p, err := build(ctx, dir)
	if err != nil {
		return err
	}
	if err := p.startServer(ctx); err != nil {
		return err
	}
	defer p.stopServer()
	printHead(p)
	for _, r := range chosen {
		if err := compare(ctx, p, r, pairs, seconds); err != nil {
			return fmt.Errorf("%s: %w", r.name(), err)
		}
	}
	return nil
}

func printHead(p *peers) {
	fmt.Printf("nats-server %s, nats %s; stream: file storage, 1 replica; consumer: explicit acks, max_ack_pending = batch × clients\n\n",
		p.serverVersion, p.natsVersion)
	fmt.Printf("| what | client options | nats bench | pindrop | ratio (of pairs) | on the server | unrecorded | recording costs |\n|---|---|---|---|---|---|---|---|\n")
}

// compare measures a row in turns, and prints it.
func compare(ctx context.Context, p *peers, r row, pairs int, seconds float64) error {
	n, err := calibrate(ctx, p, r, seconds)
	if err != nil {
		return err
	}
	var theirs, ours, ratios, served, shares, bare []float64
	for i := range pairs {
		fmt.Fprintf(os.Stderr, "%s: pair %d of %d, %d messages\n", r.name(), i+1, pairs, n)
		var nats, recorded, unrecorded measured
		steps := []func() error{
			func() (err error) { nats, err = p.natsBench(ctx, r, n); return err },
			func() (err error) { recorded, err = p.pindrop(ctx, r, n, true); return err },
			func() (err error) { unrecorded, err = p.pindrop(ctx, r, n, false); return err },
		}
		if i%2 == 1 {
			slices.Reverse(steps)
		}
		for _, step := range steps {
			if err := step(); err != nil {
				return err
			}
		}
		theirs, ours, bare = append(theirs, nats.rate), append(ours, recorded.rate), append(bare, unrecorded.seen)
		ratios = append(ratios, recorded.rate/nats.rate)
		served = append(served, recorded.seen/nats.seen)
		shares = append(shares, 1-recorded.seen/unrecorded.seen)
	}
	fmt.Printf("| %s | %s | %.0f/s | %.0f/s | %.2f (%.2f–%.2f) | %.2f | %.0f/s | %.0f %% (%.0f–%.0f) |\n",
		r.name(), r.options(), median(theirs), median(ours), median(ratios), slices.Min(ratios), slices.Max(ratios),
		median(served), median(bare), 100*median(shares), 100*slices.Min(shares), 100*slices.Max(shares))
	return nil
}

// calibrate is how many messages take about so many seconds.
func calibrate(ctx context.Context, p *peers, r row, seconds float64) (int, error) {
	first, err := p.natsBench(ctx, r, 2000*r.clients)
	if err != nil {
		return 0, err
	}
	n := int(first.rate*seconds) / r.clients * r.clients
	return max(n, 2000*r.clients), nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// scratch is a folder for one measurement.
func (p *peers) scratch() string { return filepath.Join(p.dir, "run") }
