package scenarios

import "time"

// Times in a consumer's configuration are written as spans, which count from the moment at which the run creates the
// consumer: a run has no date. On the virtual clock it begins in the year 2000, and a date that means a few seconds today
// means years tomorrow. Until that moment is known, a span is kept as a time after the epoch.
var epoch = time.Unix(0, 0).UTC()

func (d *decoder) time(n *node, into *time.Time, path string) {
	if !d.scalar(n, path) {
		return
	}
	if _, err := time.Parse(time.RFC3339Nano, n.text); err == nil {
		d.add(n.at, "%s: a run has no date; expected a span from when the consumer is created, such as 10s or -5s, got %s",
			last(path), n.text)
		return
	}
	var span Duration
	if err := span.UnmarshalText([]byte(n.text)); err != nil {
		d.add(n.at, "%s: %v", last(path), err)
		return
	}
	if span > durationMax || span < -durationMax {
		d.add(n.at, "%s must be at most %s away, got %s", last(path), durationMax, n.text)
	}
	*into = epoch.Add(span.D())
}

// spanTo is the inverse of the decoder.
func spanTo(t time.Time) Duration { return Duration(t.Sub(epoch)) }

// momentAfter is the time that a configuration means where its consumer is created at start; nil for none.
func momentAfter(start time.Time, t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	moment := start.Add(spanTo(*t).D()).UTC()
	return &moment
}
