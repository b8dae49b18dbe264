package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"pindrop/audit"
)

// importOptions are the flags of pindrop import.
type importOptions struct {
	target  audit.Target
	observe time.Duration
	every   time.Duration
	out     string
	quiet   bool
}

func importCommand(a *app) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "import STREAM CONSUMER",
		Short: "Write a scenario from a live consumer; only reads",
		Long: `Writes a scenario with the settings of a live pull consumer and of its stream, and with what can be measured while it
is observed: rates of publishing, delivery and acks, ack pending and the time at its limit, waiting pulls, redeliveries,
and between which bounds service times lie. What no server knows (how many handlers, which batch, how much service times
vary) is left as a question, a comment that begins with "# ?", with an assumption below it. Answer them, then tune:

  pindrop tune FILE

It only reads: $JS.API.STREAM.INFO.STREAM and $JS.API.CONSUMER.INFO.STREAM.CONSUMER, and where one of them does not exist
STREAM.NAMES or CONSUMER.NAMES, for the nearest name. CONSUMER.INFO makes the server forget pulls of clients that are
gone; unobserved, such a pull can be pinned and hold up a pinned_client consumer for a priority_timeout.

Without --server or --context it connects to the context of the NATS tools that is selected, and if none is to
` + audit.DefaultURL + `. Ctrl-C ends the observation early and writes what was measured until then.

Exit code: 0 written, 64 bad input (no such stream, consumer or context; a push consumer), 74 the server cannot be
reached, does not answer, or does not allow it, or the file cannot be written, 130 interrupted (what was measured is
written).`,
		Example: `  pindrop import ORDERS worker --out orders.yaml
  pindrop import ORDERS worker --context production --observe 5m --out orders.yaml
  pindrop import ORDERS worker --server tls://nats.example.com:4222 --observe 0s    settings only
  pindrop tune orders.yaml --set workers.concurrency=8`,
		Args: arguments(2, 2, "a stream and a consumer"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.importConsumer(c.Context(), args[0], args[1], o)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.target.URL, "server", "", "`URL` of the server")
	f.StringVar(&o.target.Context, "context", "", "`name` of a context of the NATS tools: URL, credentials, TLS, JetStream domain")
	f.DurationVar(&o.observe, "observe", 30*time.Second, "how long to observe; 0s for the settings only")
	f.DurationVar(&o.every, "every", 250*time.Millisecond, "time between two samples, on average")
	f.DurationVar(&o.target.Timeout, "timeout", 5*time.Second, "how long to wait for a connection, or for an answer")
	f.StringVar(&o.out, "out", "", "`file` to write, which must not exist yet (default: standard output)")
	f.BoolVar(&o.quiet, "quiet", false, "do not tell what is going on")
	return c
}

// check refuses flags that make no sense, before anything is observed.
func (o *importOptions) check() error {
	var err error
	switch {
	case o.target.URL != "" && o.target.Context != "":
		err = errors.New("--server and --context: expected one of them; a context names its server")
	case o.observe < 0:
		err = fmt.Errorf("--observe %v: expected a duration such as 30s, or 0s for the settings only", o.observe)
	case o.every < 10*time.Millisecond:
		err = fmt.Errorf("--every %v: expected 10ms or more: each sample is work for the server", o.every)
	case o.target.Timeout <= 0:
		err = fmt.Errorf("--timeout %v: expected a positive duration such as 5s", o.target.Timeout)
	case o.observe > 0 && o.observe < 2*o.every:
		err = fmt.Errorf("--observe %v: expected at least two samples, one every %v", o.observe, o.every)
	}
	if _, missing := os.Stat(o.out); err == nil && o.out != "" && missing == nil {
		err = fmt.Errorf("--out %s: it exists already, perhaps with your answers; remove it or choose another name", o.out)
	}
	if err != nil {
		return &exit{exitUsage, err}
	}
	return nil
}

// importConsumer reads, observes, and writes.
func (a *app) importConsumer(ctx context.Context, stream, consumer string, o importOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	conn, err := audit.Dial(o.target)
	if err != nil {
		return unanswered(ctx, err)
	}
	defer conn.Close()
	live, err := conn.Find(ctx, stream, consumer)
	if err != nil {
		return unanswered(ctx, err)
	}
	a.note(o, "reading consumer %s of stream %s from %s", consumer, stream, conn.Where)
	measured, err := a.observe(ctx, live, o)
	if err != nil {
		return unanswered(ctx, err)
	}
	text, err := live.Scenario(measured)
	if err != nil {
		return &exit{exitInternal, err}
	}
	if err := a.writeScenario(text, o.out); err != nil {
		return err
	}
	if o.out != "" {
		a.note(o, "wrote %s: answer the questions in it (lines with \"# ?\"), then run pindrop tune %s", o.out, quote(o.out))
	}
	if ctx.Err() != nil {
		return &exit{code: exitInterrupted}
	}
	return nil
}

// observe measures the consumer; nil if that was not asked for.
func (a *app) observe(ctx context.Context, live *audit.Live, o importOptions) (*audit.Measured, error) {
	if o.observe == 0 {
		return nil, nil
	}
	status := a.statusLine(o.quiet)
	watch := audit.Watch{For: o.observe, Every: o.every, Tell: func(left time.Duration, samples []audit.Sample) {
		status.say(func() string { return watching(live, left, samples) })
	}}
	seen, err := live.Observe(ctx, watch)
	status.close()
	if err != nil {
		return nil, err
	}
	if seen.Cut != "" {
		a.note(o, "%s: what was measured until then is used", seen.Cut)
	}
	return live.Measure(seen)
}

// watching is the line of progress: the time left, and what the last seconds looked like.
func watching(live *audit.Live, left time.Duration, samples []audit.Sample) string {
	line := fmt.Sprintf("observing, %v left", left.Round(time.Second))
	const window = 20 // samples
	m, err := live.Measure(&audit.Observation{Samples: samples[max(0, len(samples)-window):]})
	if err != nil {
		return line
	}
	line += fmt.Sprintf(": %.3g/s published, %.3g/s delivered", m.Published.PerSecond, m.Delivered.PerSecond)
	if m.Left != nil {
		line += fmt.Sprintf(", %.3g/s acked, %.0f ack pending", m.Left.PerSecond, m.AckPending.Last)
	}
	return line
}

// note tells what is going on, beside the scenario.
func (a *app) note(o importOptions, format string, args ...any) {
	if !o.quiet {
		fmt.Fprintf(a.stderr, format+"\n", args...)
	}
}

// writeScenario writes the scenario to standard output or to a new file.
func (a *app) writeScenario(text []byte, file string) error {
	if file == "" {
		_, err := a.stdout.Write(text)
		return printed(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return &exit{exitUsage, fmt.Errorf("--out %s: it exists already; remove it or choose another name", file)}
	}
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return &exit{exitIO, err}
	}
	return nil
}

// unanswered gives an error about a live server its code: names are the user's, an interruption is one, and everything
// else is the server's or the network's.
func unanswered(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, audit.ErrNotFound), errors.Is(err, audit.ErrPush), errors.Is(err, audit.ErrTarget):
		return &exit{exitUsage, err}
	case ctx.Err() != nil:
		return &exit{exitInterrupted, err}
	}
	return &exit{exitIO, err}
}
