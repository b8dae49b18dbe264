package main

import (
	"maps"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"pindrop/results/history"
	"pindrop/sim"
)

// family is a metric as Prometheus has it. Every one has the label scenario, and those that are named here.
type family struct {
	name   string
	kind   prometheus.ValueType
	unit   string // "" for none; else the name ends with it, but for _total
	labels []string
	help   string
	desc   *prometheus.Desc
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

// families are all metrics that are served. docs/exports.md has them as a table.
var families = describe([]family{
	{"pindrop_run_info", gauge, "", []string{"seed", "server"}, "The run that goes on: always 1.", nil},
	{"pindrop_run_phase", gauge, "", []string{"phase"}, "1 for the phase of the run, 0 for all others.", nil},
	{"pindrop_run_elapsed_seconds", gauge, "seconds", nil, "Time since the origin of the run; before the first phase, since its set-up began.", nil},
	{"pindrop_runs_total", counter, "", nil, "Runs that are over.", nil},

	{"pindrop_published_messages_total", counter, "messages", nil, "Messages published, the backlog included.", nil},
	{"pindrop_stored_messages_total", counter, "messages", nil, "Messages that the server has acknowledged to a publisher.", nil},
	{"pindrop_delivered_messages_total", counter, "messages", nil, "Deliveries that arrived at a worker, redeliveries included.", nil},
	{"pindrop_redelivered_messages_total", counter, "messages", nil, "Deliveries numbered above 1.", nil},
	{"pindrop_handled_messages_total", counter, "messages", nil, "Messages that ended ok, each once.", nil},
	{"pindrop_worker_handled_messages_total", counter, "messages", []string{"worker"}, "Messages that the worker ended ok, as often as it did.", nil},

	{"pindrop_ack_pending", gauge, "", []string{"consumer"}, "Messages delivered and not acked, as the last sample has them.", nil},
	{"pindrop_ack_pending_limit", gauge, "", []string{"consumer"}, "The consumer's max_ack_pending, as the server gave it last; absent without a limit.", nil},
	{"pindrop_backlog_messages", gauge, "messages", []string{"consumer"}, "Messages that were never delivered, as the last sample has them.", nil},
	{"pindrop_pin_holder_info", gauge, "", []string{"consumer", "worker"}, "The worker that holds the consumer's pin: always 1.", nil},
	{"pindrop_pin_generation", gauge, "", []string{"consumer"}, "Number of the consumer's pin, counted by first delivery.", nil},

	{"pindrop_worker_state", gauge, "", []string{"worker", "state"}, "1 for the state of the worker, 0 for all others.", nil},
	{"pindrop_worker_in_service_messages", gauge, "messages", []string{"worker"}, "Messages in the worker's handlers.", nil},
	{"pindrop_worker_held_messages", gauge, "messages", []string{"worker"}, "Messages delivered to the worker and not finished, those in service included.", nil},

	{"pindrop_overlaps_active", gauge, "", []string{"consumer"}, "Pairs of pins under which different workers are in service now; pinned consumers only.", nil},
	{"pindrop_overlaps_total", counter, "", nil, "Pairs of pins under which different workers were in service at one time, as far as that is sure.", nil},
	{"pindrop_overlap_seconds_total", counter, "seconds", nil, "Time in which there was such a pair, as far as that is sure; that of several consumers adds up.", nil},
	{"pindrop_faults_active", gauge, "", nil, "Faults that are not healed.", nil},
	{"pindrop_faults_total", counter, "", []string{"kind"}, "Faults that were injected, for each worker that they hit.", nil},
})

// describe gives each family its description.
func describe(list []family) []family {
	for i := range list {
		f := &list[i]
		var options []prometheus.DescOpt
		if f.unit != "" {
			options = append(options, prometheus.WithUnit(f.unit))
		}
		labels := append([]string{"scenario"}, f.labels...)
		f.desc = prometheus.V2.NewDesc(f.name, f.help, prometheus.UnconstrainedLabels(labels), nil, options...)
	}
	return list
}

// sink is where the metrics of one scenario go.
type sink struct {
	to       chan<- prometheus.Metric
	scenario string
}

// put sends a value of a family, with its labels besides that of the scenario.
func (s sink) put(name string, value float64, labels ...string) {
	for i := range families {
		if f := &families[i]; f.name == name {
			s.to <- prometheus.MustNewConstMetric(f.desc, f.kind, value, append([]string{s.scenario}, labels...)...)
			return
		}
	}
	panic("no family is called " + name)
}

// is is 1 for true.
func is(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// totals are the counters of a scenario.
type totals struct {
	runs, published, stored, delivered, redelivered, handled, overlaps int64

	overlapSeconds  float64
	workers, faults map[string]int64
}

func newTotals() *totals { return &totals{workers: map[string]int64{}, faults: map[string]int64{}} }

// and is the totals with those of a run.
func (t *totals) and(s *sim.Snapshot) *totals {
	sum := *t
	sum.published += s.Sent
	sum.stored += s.Stored
	sum.delivered += s.Delivered
	sum.redelivered += s.Redelivered
	sum.handled += s.Handled
	sum.overlaps += s.SureOverlapCount
	sum.overlapSeconds += s.SureOverlapTime.Seconds()
	sum.workers, sum.faults = maps.Clone(t.workers), maps.Clone(t.faults)
	for _, w := range s.Workers {
		sum.workers[w.Name] += w.Handled
	}
	for kind, n := range s.FaultCount {
		sum.faults[kind] += n
	}
	return &sum
}

func (t *totals) collect(s sink) {
	s.put("pindrop_runs_total", float64(t.runs))
	s.put("pindrop_published_messages_total", float64(t.published))
	s.put("pindrop_stored_messages_total", float64(t.stored))
	s.put("pindrop_delivered_messages_total", float64(t.delivered))
	s.put("pindrop_redelivered_messages_total", float64(t.redelivered))
	s.put("pindrop_handled_messages_total", float64(t.handled))
	s.put("pindrop_overlaps_total", float64(t.overlaps))
	s.put("pindrop_overlap_seconds_total", t.overlapSeconds)
	for worker, n := range t.workers {
		s.put("pindrop_worker_handled_messages_total", float64(n), worker)
	}
	for kind, n := range t.faults {
		s.put("pindrop_faults_total", float64(n), kind)
	}
}

// phaseSetup is what the label phase says before the run's first one.
const phaseSetup = "setup"

func (r *running) collect(s sink) {
	now := &r.now
	s.put("pindrop_run_info", 1, strconv.FormatUint(r.seed, 10), r.server)
	s.put("pindrop_run_elapsed_seconds", now.At.Seconds())
	s.put("pindrop_run_phase", is(now.Phase == ""), phaseSetup)
	for _, phase := range []string{
		history.PhaseBacklog, history.PhaseWarmup, history.PhaseDisturb, history.PhaseHeal, history.PhaseDrain, history.PhaseEnd,
	} {
		s.put("pindrop_run_phase", is(now.Phase == phase), phase)
	}
	s.put("pindrop_faults_active", float64(len(now.Active)))
	for _, w := range now.Workers {
		for _, state := range sim.WorkerStates {
			s.put("pindrop_worker_state", is(w.State == state), w.Name, state)
		}
		s.put("pindrop_worker_in_service_messages", float64(w.InService), w.Name)
		s.put("pindrop_worker_held_messages", float64(w.Held), w.Name)
	}
	for i := range now.Consumers {
		r.consumer(s, &now.Consumers[i])
	}
}

func (r *running) consumer(s sink, c *sim.ConsumerSnapshot) {
	if c.Holder != "" {
		s.put("pindrop_pin_holder_info", 1, c.Name, c.Holder)
		s.put("pindrop_pin_generation", float64(c.Gen), c.Name)
		active := 0
		for _, o := range r.now.Overlaps {
			if o.Active && o.Consumer == c.Name {
				active++
			}
		}
		s.put("pindrop_overlaps_active", float64(active), c.Name)
	}
	if c.Limit > 0 {
		s.put("pindrop_ack_pending_limit", float64(c.Limit), c.Name)
	}
	if c.Sampled {
		s.put("pindrop_ack_pending", float64(c.AckPending), c.Name)
		s.put("pindrop_backlog_messages", float64(c.Pending), c.Name)
	}
}
