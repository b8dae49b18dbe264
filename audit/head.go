package audit

import (
	"fmt"

	"pindrop/scenarios"
)

// head is the comment at the top: where this comes from, what was measured, and what follows from it.
func (l *Live) head(m *Measured) []string {
	lines := wrap(fmt.Sprintf("Imported from consumer %s of stream %s, nats-server %s. Lines that begin with \"# ?\" are questions: "+
		"nobody but you knows the answers, and the values below them are assumptions.", l.Consumer.Name, l.Stream.Config.Name, l.Server))
	lines = append(lines, "")
	if m == nil {
		return append(lines, "Nothing was observed (--observe 0s): the settings are real, all else is assumed.")
	}
	lines = append(lines, wrap(fmt.Sprintf("Measured from %s on, in %s; rates are the server's own counts:",
		stamp(m.steps[0].from.At), m.lasted()))...)
	lines = append(lines, "")
	lines = append(lines, m.table()...)
	for _, w := range m.Warnings {
		lines = append(append(lines, wrap("Warning: "+w+".")...), "")
	}
	return append(lines, m.service()...)
}

// table is what was counted.
func (m *Measured) table() []string {
	var lines []string
	row := func(name, value, meaning string) {
		lines = append(lines, fmt.Sprintf("  %-16s %-14s %s", name, value, meaning))
	}
	row("published", perSecond(m.Published.PerSecond), "messages stored in the stream")
	if m.Arrived.Count >= 0 {
		row("arrived", perSecond(m.Arrived.PerSecond), "of them for this consumer")
	}
	row("delivered", perSecond(m.Delivered.PerSecond), "deliveries")
	row("redelivered", perSecond(m.Redelivered.PerSecond), "of them not the first of their message, at least")
	if m.Left != nil {
		row("acked", perSecond(m.Left.PerSecond), "messages that were acked, terminated, given up, or deleted")
		row("ack pending", number(m.AckPending.Mean), "on average; "+m.AckPending.text())
	}
	if m.AtLimit != nil {
		row("at the limit", percent(*m.AtLimit), "of the time ack pending was max_ack_pending")
	}
	row("waiting pulls", number(m.Waiting.Mean), "on average; "+m.Waiting.text())
	row("waiting", number(m.Pending.Mean), "messages never delivered (num_pending); "+m.Pending.text())
	row("num_redelivered", number(m.Redelivers.Mean), "on average; "+m.Redelivers.text())
	return append(lines, "")
}

// text is a level in words.
func (l Level) text() string {
	return fmt.Sprintf("%s to %s, %s at last", number(l.Min), number(l.Max), number(l.Last))
}

// service is what follows for the time of handlers.
func (m *Measured) service() []string {
	hold := m.Hold()
	if hold == nil {
		return nil
	}
	lines := wrap(fmt.Sprintf("By Little's law a message is ack pending for %s on average (%s): on its way there and back, in the "+
		"buffer of its client, in its handler. So service takes at most that. It takes less the fewer handlers there are, and no "+
		"server knows their number. If none of them is idle while a message waits in a client:", span(hold.Value), hold.bounds()))
	lines = append(lines, "", "  handlers   service, on average")
	for _, n := range m.handlers() {
		busy := m.Busy(n)
		lines = append(lines, fmt.Sprintf("  %-10s %-10s %s to %s", number(n), span(busy.Value), span(busy.Low), span(busy.High)))
	}
	return append(lines, "")
}

// bounds says how sure an estimate is.
func (e *Estimate) bounds() string {
	text := span(e.Low) + " to " + span(e.High)
	if e.Blocks == 0 {
		return text + ", too few samples to say how sure"
	}
	return fmt.Sprintf("%s with 95 %% confidence, from %d blocks", text, e.Blocks)
}

// handlers are the numbers of handlers for which the service is told: 1, 2, 5, 10 and so on, up to as many as there
// were messages ack pending.
func (m *Measured) handlers() []float64 {
	var list []float64
	for tens := 1.0; tens < m.AckPending.Max; tens *= 10 {
		for _, n := range []float64{tens, 2 * tens, 5 * tens} {
			if n < m.AckPending.Max {
				list = append(list, n)
			}
		}
	}
	return append(list, m.AckPending.Max)
}

// text says how messages came.
func (a *Arrivals) text() string {
	rate := "At which rate are messages published? Here " + perSecond(a.PerSecond)
	switch {
	case !a.Tested:
		return rate + "; there were too few to say whether steadily: assumed Poisson."
	case !a.Steady:
		return fmt.Sprintf("%s on average, but not steadily: in %d intervals the variance was %s times that of a Poisson process, which "+
			"happens by chance in less than 1 of 1000 cases. So the rates of the intervals follow one another; neighbours that differ "+
			"no more than by chance are one.", rate, a.Intervals, number(a.Spread))
	case a.Arrival == scenarios.ArrivalConstant:
		return fmt.Sprintf("%s, more evenly than by chance: in %d intervals the variance was %s times that of a Poisson process.",
			rate, a.Intervals, number(a.Spread))
	}
	return fmt.Sprintf("%s, steadily: in %d intervals the variance was %s times that of a Poisson process, which is chance.",
		rate, a.Intervals, number(a.Spread))
}
