package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results"
	"pindrop/results/history"
)

const (
	natsStream      = "bench"
	natsConsumer    = "nats-bench"
	pindropStream   = "PINDROP_peers"
	pindropConsumer = "workers"
	peersModule     = "cmd/bench-peers/peers"
	publishTime     = "6s" // of pindrop's publishers, at most
)

// peers are the programs, and the server that both are measured on.
type peers struct {
	dir           string
	serverVersion string
	natsVersion   string
	url           string
	server        *exec.Cmd
}

// measured is how fast something was, in messages per second.
type measured struct {
	rate float64 // as the program itself says: nats bench prints it, pindrop's history shows it
	seen float64 // as the server's counters showed it meanwhile
}

// build makes the programs.
func build(ctx context.Context, dir string) (*peers, error) {
	p := &peers{dir: dir}
	for _, b := range []struct{ where, what string }{
		{".", "./cmd/pindrop"},
		{peersModule, "github.com/nats-io/natscli/nats"},
		{peersModule, "github.com/nats-io/nats-server/v2"},
	} {
		c := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), b.what)
		c.Dir = b.where
		if out, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", b.what, err, out)
		}
	}
	var err error
	if p.serverVersion, err = version(p.program("nats-server"), "--version"); err != nil {
		return nil, err
	}
	p.natsVersion, err = moduleVersion(ctx, "github.com/nats-io/natscli")
	return p, err
}

func (p *peers) program(name string) string { return filepath.Join(p.dir, name) }

func version(program, flag string) (string, error) {
	out, err := exec.Command(program, flag).Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) == 0 {
		return "", fmt.Errorf("ask %s for its version: %w", program, err)
	}
	return words[len(words)-1], nil
}

func moduleVersion(ctx context.Context, module string) (string, error) {
	c := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", module)
	c.Dir = peersModule
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// startServer starts the server, and waits until it takes connections.
func (p *peers) startServer(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	listener.Close()
	p.url = "nats://" + address
	p.server = exec.CommandContext(ctx, p.program("nats-server"), "-js", "-sd", filepath.Join(p.dir, "store"),
		"-a", "127.0.0.1", "-p", address[strings.LastIndexByte(address, ':')+1:])
	if err := p.server.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.Join(errors.New("the server takes no connections"), p.server.Process.Kill())
}

func (p *peers) stopServer() {
	_ = p.server.Process.Kill() // an error means that it is gone
	_ = p.server.Wait()         // it was killed
}

// run runs a program and returns what it printed.
func (p *peers) run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, p.program(name), args...)
	c.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out.String())
	}
	return out.String(), nil
}

var statsLine = regexp.MustCompile(`stats: ([\d,]+) msgs/sec`)

// natsBench measures with nats bench. What is consumed is published before.
func (p *peers) natsBench(ctx context.Context, r row, n int) (m measured, err error) {
	env := []string{"NATS_URL=" + p.url, "XDG_CONFIG_HOME=" + p.dir}
	if !r.publishes() {
		fill := row{opAsync, r.size, 4}
		if _, err := p.run(ctx, env, "nats", fill.natsArgs(n)...); err != nil {
			return m, err
		}
	}
	seen := p.watch(ctx, r, natsStream, natsConsumer)
	out, err := p.run(ctx, env, "nats", r.natsArgs(n)...)
	m.seen = seen()
	if err != nil {
		return m, err
	}
	found := statsLine.FindAllStringSubmatch(out, -1)
	if len(found) == 0 {
		return m, fmt.Errorf("no result in what nats bench printed:\n%s", out)
	}
	m.rate, err = strconv.ParseFloat(strings.ReplaceAll(found[len(found)-1][1], ",", ""), 64)
	return m, errors.Join(err, p.forget(ctx, natsStream))
}

// forget removes a stream, so that the next measurement begins as the one before.
func (p *peers) forget(ctx context.Context, stream string) error {
	nc, err := nats.Connect(p.url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	if err := js.DeleteStream(ctx, stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return err
	}
	return nil
}

// pindrop measures with pindrop, which records every message's history unless told otherwise.
func (p *peers) pindrop(ctx context.Context, r row, n int, recorded bool) (m measured, err error) {
	out := p.scratch()
	defer os.RemoveAll(out)
	file := filepath.Join(p.dir, "peers.yaml")
	if err := os.WriteFile(file, []byte(r.scenario(p.url, n)), 0o666); err != nil {
		return m, err
	}
	seen := p.watch(ctx, r, pindropStream, pindropConsumer)
	var env []string
	if !recorded {
		env = []string{"PINDROP_RECORD=off"}
	}
	text, err := p.run(ctx, env, "pindrop", "run", file, "--quiet", "--out", out)
	m.seen = seen()
	var exit *exec.ExitError
	if !recorded && errors.As(err, &exit) && exit.ExitCode() == 2 {
		return m, nil // without a history nothing can be judged
	}
	if err != nil {
		return m, err
	}
	m.rate, err = rateOf(filepath.Join(out, "peers"), r)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, text)
	}
	return m, err
}

// rateOf reads the rate from the history of the only run in a folder: of messages stored, from the first that was sent to
// the last answer, or of messages ended, from the first that arrived.
func rateOf(dir string, r row) (float64, error) {
	runs, err := filepath.Glob(filepath.Join(dir, "*", results.HistoryFile))
	if err != nil || len(runs) != 1 {
		return 0, fmt.Errorf("%d histories in %s", len(runs), dir)
	}
	f, err := os.Open(runs[0])
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	h, err := results.ReadHistory(f, info.Size())
	if err != nil {
		return 0, err
	}
	first, last := history.Deliver, history.End
	if r.publishes() {
		first, last = history.Publish, history.Stored
	}
	from, to, n := int64(-1), int64(0), 0
	for e := range h.Events() {
		switch {
		case e.Kind == first && from < 0:
			from = e.At
		case e.Kind == last:
			to = e.At
			n++
		}
	}
	if to <= from {
		return 0, errors.New("nothing happened")
	}
	return float64(n) / time.Duration(to-from).Seconds(), nil
}

// watchEvery is how often the server is asked how far it is.
const watchEvery = 50 * time.Millisecond

// watch begins to ask the server how far a stream or its consumer is, which costs both programs the same. What it returns
// ends that, and gives the rate that the server's own counters showed, from the first message to the last; 0 for none.
func (p *peers) watch(ctx context.Context, r row, stream, consumer string) (rate func() float64) {
	watching, stop := context.WithCancel(ctx)
	seen := make(chan float64, 1)
	go func() { seen <- p.observe(watching, r, stream, consumer) }()
	return func() float64 {
		stop()
		return <-seen
	}
}

func (p *peers) observe(ctx context.Context, r row, stream, consumer string) float64 {
	nc, err := nats.Connect(p.url)
	if err != nil {
		return 0
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return 0
	}
	var from, to time.Time
	var first, last uint64
	for ctx.Err() == nil {
		now := time.Now()
		if count, ok := count(ctx, js, r, stream, consumer); ok && count > last {
			if last == 0 {
				from, first = now, count
			}
			to, last = now, count
		}
		time.Sleep(watchEvery)
	}
	if last == first {
		return 0
	}
	return float64(last-first) / to.Sub(from).Seconds()
}

// count is how many messages there are, or are acknowledged.
func count(ctx context.Context, js jetstream.JetStream, r row, stream, consumer string) (uint64, bool) {
	if r.publishes() {
		s, err := js.Stream(ctx, stream)
		if err != nil {
			return 0, false
		}
		return s.CachedInfo().State.Msgs, true
	}
	c, err := js.Consumer(ctx, stream, consumer)
	if err != nil {
		return 0, false
	}
	return c.CachedInfo().AckFloor.Stream, true
}
