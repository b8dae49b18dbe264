package measure

import (
	"fmt"

	"pindrop/results/history"
)

// refused is a configuration that the server refused.
type refused struct {
	what   string // stream, consumer
	code   int32
	reason string
	at     int64
}

// refuse notes that the server refused a configuration; the one before it stays in force.
func (b *books) refuse(e *history.Event) {
	b.refusals = append(b.refusals, refused{e.Target, e.Status, e.Reason, e.At})
}

// check is one look of the health check that the consumer's metadata asks for.
type check struct {
	at       int64
	critical bool
}

// measureChecks says how often the health check was critical.
func (b *books) measureChecks(f *Findings) {
	all, critical := 0, 0
	for _, c := range b.checks {
		if b.window.holds(c.at) {
			all++
			if c.critical {
				critical++
			}
		}
	}
	if all > 0 {
		f.set("check.critical", float64(critical)/float64(all))
	}
}

// nothing reports whether the server refused the stream or the consumer before anything could begin: the refusal is all
// that there is to measure.
func (b *books) nothing() bool { return b.policy == "" && len(b.refusals) > 0 }

// measureConfig says what the server made of the configuration.
func (b *books) measureConfig(f *Findings) {
	if b.policy == "" && len(b.refusals) == 0 {
		return
	}
	if b.given != 0 {
		f.set("config.max_ack_pending", float64(b.given))
	}
	b.measureRemovals(f)
	f.set("config.refused", 0)
	for i, r := range b.refusals {
		if i == 0 {
			f.set("config.refused", float64(r.code))
		}
		f.warn("at %s the server refused the configuration of the %s: %s (error %d)", seconds(r.at), r.what, r.reason, r.code)
	}
}

// measureRemovals counts the times that a consumer was removed, where that could be, and says what that leaves in the dark.
func (b *books) measureRemovals(f *Findings) {
	n, might := 0, false
	for _, c := range b.consumers() {
		n += len(c.removals)
		might = might || c.consumer.InactiveThreshold > 0
		if c.withoutConsumer() {
			f.warn("%sthe consumer was removed at %s: whether the server had more to deliver, and whether every delivery was seen, cannot be judged",
				c.prefix(), seconds(c.removals[len(c.removals)-1].From))
		}
	}
	if n > 0 || might {
		f.set("consumer.removed", float64(n))
	}
}

// measureRefusal is all that is measured where there is nothing but a refusal: every other metric is absent, and what the
// scenario planned was not to happen.
func (b *books) measureRefusal(f *Findings) *Findings {
	b.measureConfig(f)
	f.Premises = b.judge(Asked{}, b.premiseNumbers, b.premiseComplete)
	f.Diagnosis = Diagnosis{Cause: CauseNone, Text: fmt.Sprintf("Nothing to diagnose: the server refused the configuration of the %s.", b.refusals[0].what)}
	return f
}
