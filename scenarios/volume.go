package scenarios

import (
	"math"

	"github.com/nats-io/nats.go/jetstream"
)

// Volume is how many messages a run publishes at most, and how many bytes of payload its stream holds at most. What publishers
// with a window and without a total add is not in it: they go as fast as the server answers.
func (s *Scenario) Volume() (messages, held float64) {
	kept := s.Stream.Retention == jetstream.LimitsPolicy && s.Stream.MaxAge == 0 // others lose what was handled
	largest := 0
	for i := range s.Publishers {
		p := &s.Publishers[i]
		each := p.rates(s.Phases).until((s.Phases.Warmup + s.Phases.Disturb).D())
		if p.Window > 0 {
			each = float64(p.Total)
		}
		if p.Total > 0 {
			each = min(each, float64(p.Total))
		}
		messages += float64(p.Backlog) + float64(p.Count)*each
		held += float64(p.Backlog) * float64(p.Size)
		if kept {
			held += float64(p.Count) * each * float64(p.Size)
		}
		largest = max(largest, p.Size)
	}
	return messages, min(held, limitOf(s.Stream.MaxBytes), limitOf(s.Stream.MaxMsgs)*float64(largest))
}

// limitOf is a limit of JetStream, of which 0 and -1 are none.
func limitOf(n int64) float64 {
	if n <= 0 {
		return math.Inf(1)
	}
	return float64(n)
}
