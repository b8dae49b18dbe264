package report

import (
	"fmt"

	"pindrop/report/chart"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
)

// clocks is the comparison of a plan on both clocks.
type clocks struct {
	Words   string
	Judged  sheet
	Others  sheet  // metrics that are not judged
	Page    string // link to the page of the other run, "" where there is none
	Beside  string // its clock
	Verdict measure.Verdict
	Grain   string // how coarse the other run is shown; "" where nothing is left out
	Figures []figure
}

func (b *board) clocks() *clocks {
	a := b.r.Other
	if a == nil {
		return nil
	}
	c := &clocks{Words: agreementWords(a)}
	c.Judged.Head = []string{"metric", a.Clocks[0], a.Clocks[1], "within"}
	c.Others.Head = c.Judged.Head
	for _, m := range a.Metrics {
		row := []string{m.Metric, metric(m.Metric, m.Values[0]), metric(m.Metric, m.Values[1]), within(m)}
		for i, clock := range a.Clocks {
			if m.Missing == clock {
				row[i+1] = none
			}
		}
		if m.Within == "" {
			c.Others.Rows = append(c.Others.Rows, row)
		} else {
			c.Judged.Rows = append(c.Judged.Rows, row)
		}
	}
	if o := b.r.Beside; o != nil {
		c.Page, c.Beside, c.Verdict = "../"+o.Dir+"/"+results.ReportFile, o.Clock, o.Verdict
		if o.Grain > 0 {
			c.Grain = duration(o.Grain)
		}
		c.Figures = b.besideFigures(o)
	}
	return c
}

// besideExtent makes room on the axis of time for the run on the other clock, which may take longer.
func (b *board) besideExtent() {
	if b.r.Beside == nil {
		return
	}
	start, first := disturbStart(b.r.Beside.Phases), true
	for _, p := range b.r.Beside.Phases {
		if first {
			b.from = min(b.from, p.From-start)
		}
		b.to, first = max(b.to, p.To-start), false
	}
}

// besideFigures are the charts in which the run on the other clock is seen: its lanes under those of the page's run, and
// its ack pending and latencies in the same picture.
func (b *board) besideFigures(o *results.Beside) []figure {
	other := &results.Record{Clock: o.Clock, Findings: measure.Findings{Phases: o.Phases, Faults: o.Faults, Lanes: o.Lanes,
		Policy: o.Policy, Consumers: o.Consumers}, Series: o.Series}
	beside := &board{r: other, suffix: o.Clock, from: b.from, to: b.to, columns: b.columns}
	beside.start()
	beside.mark()
	figures := []figure{beside.lanes()}
	b.columns = beside.columns
	if f, ok := b.pendingBeside(beside); ok {
		figures = append(figures, f)
	}
	if f, ok := latenciesBeside(b.r, o); ok {
		figures = append(figures, f)
	}
	return figures
}

// pendingBeside is ack pending on both clocks.
func (b *board) pendingBeside(beside *board) (figure, bool) {
	own, ok := b.series("ack_pending")
	other, ok2 := beside.series("ack_pending")
	if !ok || !ok2 {
		return figure{}, false
	}
	moved := measure.Series{Name: other.Name, Unit: other.Unit, V: other.V}
	for _, at := range other.At {
		moved.At = append(moved.At, at-beside.origin+b.origin)
	}
	c := b.chart("ack-pending-beside", "Ack pending on both clocks", lineHeight)
	c.Desc = fmt.Sprintf("Ack pending reached %s on the %s clock and %s on the %s clock.", number(highest(own.V)), b.r.Clock,
		number(highest(other.V)), beside.r.Clock)
	return b.quantities(c, []drawn{
		{own, "ack pending, " + b.r.Clock + " clock", chart.Paint{Role: "delivered"}},
		{moved, "ack pending, " + beside.r.Clock + " clock", chart.Paint{Role: "handled", Dash: "7 3"}},
	}, 0), true
}

func highest(values []float64) float64 {
	top := values[0]
	for _, v := range values {
		top = max(top, v)
	}
	return top
}

// latenciesBeside are the response times of both runs by percentile, or their queue times where nothing is acked.
func latenciesBeside(r *results.Record, o *results.Beside) (figure, bool) {
	for _, name := range []string{"response", "queue"} {
		own, ok := latencyNamed(r.Findings.Latencies, name)
		other, ok2 := latencyNamed(o.Latencies, name)
		if ok && ok2 {
			return percentiles("latency-beside", "Latency by percentile on both clocks", []compared{
				{own, name + ", " + r.Clock + " clock", chart.Paint{Role: "delivered"}},
				{other, name + ", " + o.Clock + " clock", chart.Paint{Role: "handled", Dash: "7 3"}},
			}), true
		}
	}
	return figure{}, false
}

// disturbStart is the instant from which metrics count.
func disturbStart(phases []measure.Phase) int64 {
	var start int64
	for _, p := range phases {
		if p.Name == history.PhaseDisturb {
			start = p.From
		}
	}
	return start
}
