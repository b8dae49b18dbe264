package report

import (
	"fmt"
	"math"
	"math/rand/v2"

	"pindrop/results"
	"pindrop/results/measure"
)

const (
	ms  = int64(1_000_000)
	sec = 1000 * ms
)

func span(from, to int64) measure.Span { return measure.Span{From: from, To: to} }

// newRecord is a record with everything that does not depend on what happened.
func newRecord(name, doc string) *results.Record {
	return &results.Record{
		Format: results.Format, Scenario: name, Doc: doc, Verdict: measure.Pass, Complete: true,
		Clock: "virtual", Engine: "native", Server: "embedded", Host: "goroutine", Seed: 1,
		Digest: "sha256:5f1d0c4b9a", Events: 6421, Started: "2026-03-01T02:00:00Z",
		Command:  "pindrop run " + name + " --clock virtual --seed 1",
		Versions: results.Versions{Pindrop: "v0.1.0", NATSServer: "2.15.2", NATSGo: "1.55.0", Go: "go1.26.0"},
		Machine:  results.Machine{OS: "linux", Arch: "amd64", CPUs: 2},
		YAML:     "name: " + name + "\nconsumer:\n  ack_wait: 10s\n",
		Premises: []measure.Premise{
			{Name: "rate reached", OK: true, Got: "16/s", Wanted: "at least 15.2/s"},
			{Name: "every event present", OK: true, Got: "no hole", Wanted: "no hole"},
		},
		Metrics: map[string]float64{},
	}
}

// killDrill is a run in which the pinned worker is killed 10.3 s into disturb, in its 4th message.
func killDrill() *results.Record {
	r := newRecord("kill-mid-batch", "The pinned worker is cut off three messages into a batch of ten.")
	const origin, end, kill, begin = 2 * sec, 42 * sec, 12*sec + 345*ms, 14*sec + 255*ms
	const redelivered = 22*sec + 310*ms
	rng := rand.New(rand.NewPCG(1, 2))
	w := []measure.Lane{{Worker: "w1"}, {Worker: "w2"}, {Worker: "w3"}}
	for at := origin; at < kill-60*ms; at += 62500000 / 1000 * 1000 {
		w[0].Service = append(w[0].Service, span(at, at+45*ms+rng.Int64N(10)*ms))
	}
	w[0].Service = append(w[0].Service, span(kill-30*ms, kill))
	w[0].Pinned = []measure.Span{span(origin, kill)}
	w[0].Down = []measure.Span{span(kill, end)}
	w[1].Pinned = []measure.Span{span(begin, end)}
	for at := begin; at < end-5*sec; at += 62500000 {
		if at > redelivered && len(w[1].Redelivered) < 7 {
			w[1].Redelivered = append(w[1].Redelivered, span(at, at+50*ms))
			continue
		}
		w[1].Service = append(w[1].Service, span(at, at+45*ms+rng.Int64N(10)*ms))
	}
	r.Findings = measure.Findings{
		Phases: []measure.Phase{{Name: "warmup", Span: span(0, origin)}, {Name: "disturb", Span: span(origin, 32*sec)},
			{Name: "heal", Span: span(32*sec, 32*sec)}, {Name: "drain", Span: span(32*sec, end)},
			{Name: "end", Span: span(end, end), Reason: "drained"}},
		Faults:    []measure.Fault{{ID: 1, Do: "kill", Target: "w1", Span: span(kill, end), Holder: true, Held: 7, Begun: 1, Nth: 4}},
		Takeovers: []measure.Takeover{{FaultID: 1, FaultAt: kill, LastPull: kill - 90*ms, Repinned: begin - ms, BeginAt: begin, From: "w1", To: "w2", FromFault: begin - kill, FromPull: begin - kill + 90*ms}},
		Gaps:      []measure.Gap{{Span: span(kill, begin)}},
		Limit:     100, Policy: "pinned_client", Lanes: w,
		Diagnosis: measure.Diagnosis{Cause: "takeover", Text: "The pin is held for 2 s after its holder's last pull: shorten priority_timeout to shorten the takeover."},
	}
	for i := range uint64(7) {
		r.Findings.Redeliveries = append(r.Findings.Redeliveries, measure.Redelivery{At: redelivered + int64(i)*62*ms, Seq: 161 + i,
			Delivery: 2, From: "w1", To: "w2", Mechanism: "ack_wait", Root: "fault 1", Owner: "another"})
	}
	for i := range uint64(3) {
		r.Findings.Worst = append(r.Findings.Worst, measure.Message{Seq: 161 + i, Key: fmt.Sprintf("k%d", i+1), Deliveries: 2, Response: 10*sec + int64(i)*62*ms,
			Story: []measure.Step{
				{At: kill - 30*ms, Who: "publisher-1", What: "published"}, {At: kill - 29*ms, Who: "w1", What: "delivered (1st)"},
				{At: kill, Who: "nemesis", What: "fault 1: kill w1"}, {At: redelivered, Who: "w2", What: "delivered again (2nd) after the ack wait"},
				{At: redelivered + 50*ms, Who: "w2", What: "ended ok"}}})
	}
	r.Findings.Shares = []measure.Share{{Worker: "w1", Delivered: 170, Handled: 163, Busy: 0.27, HeldMax: 10, Generation: 1},
		{Worker: "w2", Delivered: 317, Handled: 317, Busy: 0.55, HeldMax: 10, Generation: 1}, {Worker: "w3"}}
	r.Findings.Latencies = []measure.Latency{
		latencyOf("store", "due to stored", 480, 0.0001, 0.0004, 1.83), latencyOf("queue", "stored to begun", 480, 0.012, 10.1, 1.83),
		latencyOf("service", "begin to end", 480, 0.05, 0.055, 1.83), latencyOf("response", "due to ack sent", 480, 0.06, 10.2, 1.83)}
	for _, l := range []struct {
		phase    string
		span     measure.Span
		messages int64
		p99      int64
	}{{"before", span(origin, kill), 161, 65 * ms}, {"during", span(kill, begin), 38, 10200 * ms}, {"after", span(begin, end), 281, 71 * ms}} {
		r.Findings.Phased = append(r.Findings.Phased, measure.Phased{FaultID: 1, Phase: l.phase, Span: l.span, Latency: "response",
			Count: l.messages, P50: l.p99 - 8*ms, P99: l.p99, Max: l.p99 + ms})
	}
	r.Series = drillSeries(kill, begin, end)
	r.Expect = []results.Judged{
		{Expr: "takeover.fault.max <= priority_timeout + 100ms", Verdict: measure.Pass, OK: true, Got: "takeover.fault.max = 1.91 s, priority_timeout = 2 s"},
		{Expr: "lost.count == 0", Verdict: measure.Pass, OK: true, Got: "lost.count = 0"}}
	r.Reason = "both expectations hold"
	r.Metrics = map[string]float64{"takeover.fault.count": 1, "takeover.fault.max": 1.91, "takeover.fault.p50": 1.91, "takeover.pull.max": 2,
		"gap.max": 1.91, "gap.total": 1.91, "gap.locked": 0, "held.at_fault": 7, "held.max": 10, "pin.count": 2, "overlap.count": 0, "overlap.total": 0,
		"overlap.max": 0, "overlap.same_message": 0, "cliff.count": 0, "redelivery.count": 7, "deliveries.max": 2, "lost.count": 0, "duplicate.count": 0,
		"handled.rate": 15.97, "handled.count": 480, "published.rate": 16, "backlog.max": 31, "backlog.drain": 0.4,
		"latency.response.before.p99": 0.065, "latency.response.during.p99": 10.2, "latency.response.after.p99": 0.071}
	addLatencies(r)
	return r
}

// addLatencies puts the percentiles of the distributions among the metrics.
func addLatencies(r *results.Record) {
	for _, l := range r.Findings.Latencies {
		for name, q := range map[string]float64{"p50": 50, "p99": 99, "max": 100} {
			r.Metrics["latency."+l.Name+"."+name] = float64(at(l.Points, q)) / 1e9
		}
	}
}

// latencyOf rises from the median to the highest value, both in seconds, which it reaches at the given number of nines.
func latencyOf(name, label string, messages int64, median, highest, reached float64) measure.Latency {
	l := measure.Latency{Name: name, Label: label, Count: messages}
	most := math.Log10(float64(messages))
	for nines := 0.0; nines <= most; nines += 0.0625 {
		p := 100 * (1 - math.Pow(10, -nines))
		share := math.Pow(min(nines/reached, 1), 5)
		l.Points = append(l.Points, measure.Point{Percentile: p, Value: int64(1e6*median*math.Pow(highest/median, share)) * 1000})
	}
	l.Points = append(l.Points, measure.Point{Percentile: 100, Value: int64(1e9 * highest)})
	return l
}

func drillSeries(kill, begin, end int64) []measure.Series {
	pending := measure.Series{Name: "ack_pending", Unit: "messages"}
	backlog := measure.Series{Name: "backlog", Unit: "messages"}
	for i, at := 0, int64(0); at < end; i, at = i+1, at+100*ms {
		p, b := float64(3+i%5), 0.0
		switch {
		case at >= kill && at < begin:
			p, b = 7, float64((at-kill)/(62*ms))
		case at >= begin && at < begin+8*sec:
			p, b = 17, math.Max(0, 31-float64((at-begin)/(200*ms)))
		case at > end-8*sec:
			p = 0
		}
		pending.At, pending.V = append(pending.At, at), append(pending.V, p)
		backlog.At, backlog.V = append(backlog.At, at), append(backlog.V, b)
	}
	out := []measure.Series{pending, backlog}
	for _, name := range []string{"published", "delivered", "handled"} {
		s := measure.Series{Name: name, Unit: "/s"}
		for at := int64(0); at < end; at += sec {
			v := 16.0
			switch {
			case at > end-10*sec:
				v = 0
			case name != "published" && at >= kill && at < begin:
				v = 0.5
			case name != "published" && at >= begin && at < begin+6*sec:
				v = 19.7
			}
			s.At, s.V = append(s.At, at), append(s.V, v)
		}
		out = append(out, s)
	}
	return out
}

// cliffRun is a run without a fault that stands at its limit in three stretches, in which the pin flaps with two
// overlaps, and which misses an expectation.
func cliffRun() *results.Record {
	r := newRecord("ack-pending-cliff", "Five thousand messages a second meet workers that ack three thousand.")
	r.Verdict, r.Clock, r.Reason = measure.Fail, "real", "1 of 2 expectations missed: cliff.stall.total == 0"
	const end = 60 * sec
	f := &r.Findings
	f.Phases = []measure.Phase{{Name: "disturb", Span: span(0, 50*sec)}, {Name: "drain", Span: span(50*sec, end)},
		{Name: "end", Span: span(end, end), Reason: "drain took longer than 10 s"}}
	f.Cliffs = []measure.Cliff{{Span: span(500*ms, 12*sec)}, {Span: span(20*sec, 28*sec), Stalled: 3200 * ms}, {Span: span(40*sec, 41*sec), Stalled: 900 * ms}}
	f.Overlaps = []measure.Overlap{
		{Span: span(14*sec, 18200*ms), Time: 4 * sec, GenOld: 1, GenNew: 2, Old: "w1", New: "w2", Cause: "expiry"},
		{Span: span(33*sec, 36*sec), Time: 3 * sec, GenOld: 2, GenNew: 3, Old: "w2", New: "w1", Cause: "expiry"}}
	f.Limit, f.Policy = 1000, "pinned_client"
	f.Diagnosis = measure.Diagnosis{Cause: "slow", Text: "The workers are too slow: a higher limit would only lengthen the queue."}
	one, two := measure.Lane{Worker: "w1"}, measure.Lane{Worker: "w2"}
	for at := int64(0); at < 50*sec; at += 2 * ms {
		switch {
		case at < 18*sec:
			one.Service = append(one.Service, span(at, at+ms))
		case at > 33*sec:
			one.Service = append(one.Service, span(at, at+2*ms-1000))
		}
		if at >= 14*sec && at < 36*sec {
			two.Service = append(two.Service, span(at, at+ms))
		}
	}
	one.Pinned = []measure.Span{span(0, 14*sec), span(33*sec, 50*sec)}
	one.Stale, one.Frozen = []measure.Span{span(14*sec, 18200*ms)}, []measure.Span{span(22*sec, 25*sec)}
	two.Pinned, two.Stale = []measure.Span{span(14*sec, 33*sec)}, []measure.Span{span(33*sec, 36*sec)}
	f.Lanes = []measure.Lane{one, two}
	s := measure.Series{Name: "ack_pending", Unit: "messages"}
	for at := int64(0); at < end; at += 10 * ms {
		v := 1000.0
		if !onCliff(f.Cliffs, at) {
			v = 600 + 150*math.Sin(float64(at)/1e9)
		}
		if at > 50*sec {
			v = math.Max(0, 600-float64(at-50*sec)/1e7)
		}
		s.At, s.V = append(s.At, at), append(s.V, math.Round(v))
	}
	r.Series = []measure.Series{s}
	f.Latencies = []measure.Latency{latencyOf("response", "due to acked", 150_000, 0.004, 21, 4.5)}
	r.Expect = []results.Judged{
		{Expr: "cliff.stall.total == 0", Verdict: measure.Fail, Got: "cliff.stall.total = 4.1 s"},
		{Expr: "guard.lost_update == 0", Verdict: measure.Unknown, Got: "guard.lost_update is absent", Why: "no guard was in use"}}
	r.Warnings = []string{"The publishers were late by more than 10 ms for 2 % of their messages: the machine was busy."}
	r.Other = &results.Agreement{Clocks: [2]string{"virtual", "real"}, OK: false, Metrics: []results.Compared{
		{Metric: "overlap.max", Values: [2]float64{4, 4.02}, Within: "50 ms or 2 %", OK: true},
		{Metric: "cliff.first", Values: [2]float64{0.5, 0.71}, Within: "50 ms or 2 %"},
		{Metric: "handled.rate", Values: [2]float64{3000, 2874}}}}
	r.Metrics = map[string]float64{"pin.count": 3, "overlap.count": 2, "overlap.max": 4, "overlap.total": 7, "stale.messages": 3500, "cliff.count": 3,
		"cliff.total": 20.5, "cliff.max": 11.5, "cliff.first": 0.5, "cliff.stall.total": 4.1, "cliff.stall.max": 3.2, "cliff.danger": 28.4,
		"held.max": 1000, "backlog.max": 104000, "redelivery.count": 0, "lost.count": 0,
		"handled.rate": 3000, "handled.count": 150000, "published.rate": 5000}
	addLatencies(r)
	return r
}

func onCliff(cliffs []measure.Cliff, at int64) bool {
	for _, c := range cliffs {
		if c.From <= at && at < c.To {
			return true
		}
	}
	return false
}

// attack would run a script, break out of attributes, and clear a terminal.
const attack = "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1>\x1b[2J\u202e\x00{{.}}</script><style>*{display:none}"

// hostile carries the attack in every text that a user, a server or a file can choose.
func hostile() *results.Record {
	r := killDrill()
	for _, s := range []*string{&r.Scenario, &r.Doc, &r.Reason, &r.Clock, &r.Engine, &r.Server, &r.Host, &r.Digest, &r.Started, &r.Command,
		&r.YAML, &r.Versions.Pindrop, &r.Versions.NATSServer, &r.Versions.NATSGo, &r.Versions.Go, &r.Machine.OS, &r.Machine.Arch,
		&r.Premises[0].Name, &r.Premises[0].Got, &r.Premises[0].Wanted, &r.Expect[0].Expr, &r.Expect[0].Got, &r.Expect[0].Why,
		&r.Findings.Policy, &r.Findings.Diagnosis.Text, &r.Findings.Lanes[0].Worker, &r.Findings.Faults[0].Do, &r.Findings.Faults[0].Target,
		&r.Findings.Takeovers[0].From, &r.Findings.Takeovers[0].To, &r.Findings.Worst[0].Key, &r.Findings.Worst[0].Story[0].Who,
		&r.Findings.Worst[0].Story[0].What, &r.Findings.Shares[0].Worker, &r.Findings.Phased[0].Phase, &r.Findings.Phased[0].Latency, &r.Findings.Latencies[0].Name, &r.Findings.Latencies[0].Label,
		&r.Series[0].Unit, &r.Findings.Phases[4].Reason} {
		*s = attack
	}
	r.Verdict, r.Expect[0].Verdict, r.Premises[0].OK, r.Complete = measure.Unknown, measure.Unknown, false, false
	r.Warnings = []string{attack}
	r.Metrics[attack] = 1
	r.Findings.Overlaps = []measure.Overlap{{Span: span(5*sec, 6*sec), Time: sec, Old: attack, New: attack, Cause: attack}}
	r.Other = &results.Agreement{Clocks: [2]string{attack, attack}, Metrics: []results.Compared{{Metric: attack, Within: attack}}}
	r.Beside = results.BesideOf(r, attack)
	r.Beside.Clock = attack
	for range 2 {
		r.Repeats = append(r.Repeats, results.Repeat{Dir: attack, Verdict: attack, Reason: attack, Broken: []string{attack}, Metrics: r.Metrics})
	}
	return r
}
