package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pindrop/scenarios"
	"pindrop/sim"
)

// metrics serves what runs on the real clock know of themselves, for Prometheus and its relatives, while they go on. A
// scrape reads the newest snapshot, and asks nothing of the run.
//
// Gauges are of the run that goes on, and absent without one. Counters belong to a scenario and never go back: those of a
// run are added to those of the scenario's runs before, since a counter that began anew with each repetition would lose what
// it had counted since the last scrape.
type metrics struct {
	listener net.Listener
	server   *http.Server

	mu        sync.Mutex
	scenarios []string // in the order in which they ran first
	before    map[string]*totals
	running   *running // nil: no run goes on
}

// running is the run that goes on.
type running struct {
	scenario, server string
	seed             uint64
	now              sim.Snapshot
}

// metricsAddress is where to listen: a port alone means this machine only. A colon before it, with which Go and much else
// mean every network interface, is refused: nobody should open a port to the world by leaving something out.
func metricsAddress(text string) (string, error) {
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("--metrics %s: %s; expected a port, which only this machine can reach (9090), or an address and a port (127.0.0.1:9090; 0.0.0.0:9090 for every network interface)", text, why)
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = "127.0.0.1", text
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return refuse(fmt.Sprintf("%q is no port", port))
	}
	if host == "" {
		return refuse("it does not say on which address")
	}
	return net.JoinHostPort(host, port), nil
}

// serveMetrics begins to serve, before the first run; nil where nobody asked for it.
func (a *app) serveMetrics(jobs []*job, o runOptions) (*metrics, error) {
	if o.metrics == "" {
		return nil, nil
	}
	for _, j := range jobs {
		if !slices.Contains(j.clocks, scenarios.ClockReal) {
			return nil, &exit{exitUsage, fmt.Errorf("--metrics shows a run while it goes on, and %s runs on the virtual clock, in milliseconds: "+
				"run it with --clock real, or export what it leaves with pindrop report --format csv", j.scenario.Name)}
		}
	}
	address, err := metricsAddress(o.metrics)
	if err != nil {
		return nil, &exit{exitUsage, err}
	}
	m := &metrics{before: map[string]*totals{}}
	if m.listener, err = net.Listen("tcp", address); err != nil {
		return nil, &exit{exitIO, fmt.Errorf("--metrics %s: %w", o.metrics, err)}
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(m); err != nil {
		return nil, errors.Join(err, m.listener.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4}))
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = m.server.Serve(m.listener) }() // ends with close, and says so
	if !o.quiet && !o.json {
		fmt.Fprintf(a.stderr, "metrics at http://%s/metrics\n", m.listener.Addr())
	}
	return m, nil
}

// close ends the serving. A nil metrics was never there.
func (m *metrics) close() {
	if m != nil {
		_ = m.server.Close() // nothing is left to lose
	}
}

// begin says that a run begins. What it may count is there from the start, as zero: else the first of a kind would be
// no increase.
func (m *metrics) begin(plan *scenarios.Plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := plan.Scenario.Name
	if m.before[name] == nil {
		m.scenarios = append(m.scenarios, name)
		m.before[name] = newTotals()
	}
	for i := range plan.Faults {
		m.before[name].faults[plan.Faults[i].Do] += 0
	}
	for i := range plan.Workers {
		m.before[name].workers[plan.Workers[i].Name] += 0
	}
	server, _ := plan.Scenario.ServerMode()
	m.running = &running{scenario: name, server: server, seed: plan.Seed}
}

// see takes in a snapshot of the run.
func (m *metrics) see(s sim.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running.now = s
}

// end says that the run is over.
func (m *metrics) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.before[m.running.scenario]
	*t = *t.and(&m.running.now)
	t.runs++
	m.running = nil
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for i := range families {
		to <- families[i].desc
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range m.scenarios {
		t := m.before[name]
		if m.running != nil && m.running.scenario == name {
			t = t.and(&m.running.now)
		}
		t.collect(sink{to, name})
	}
	if m.running != nil {
		m.running.collect(sink{to, m.running.scenario})
	}
}
