package twin

import (
	"encoding/json"

	"pindrop/results/history"
)

// settings are the metrics of what the server was configured to, and of what it refused.
func (t *twin) settings(m map[string]float64) {
	var c struct {
		Limit float64 `json:"max_ack_pending"`
	}
	for _, e := range t.events {
		if e.Kind != history.Config {
			continue
		}
		if m["config.refused"] == 0 {
			m["config.refused"] = float64(e.Status)
		}
		if len(e.Consumer) > 0 && e.At <= t.window[0] && json.Unmarshal(e.Consumer, &c) == nil && c.Limit != 0 {
			m["config.max_ack_pending"] = c.Limit
		}
	}
}

// forgotten counts the deliveries of what the server had confirmed as acked.
func (t *twin) forgotten(m map[string]float64) {
	confirmed := map[uint64]int64{}
	for _, e := range t.events {
		if at, ok := confirmed[e.Seq]; e.Kind == history.Acked && (!ok || e.At < at) {
			m["redelivery.acked"], confirmed[e.Seq] = 0, e.At
		}
	}
	for _, d := range t.workers.tries {
		_, sent := t.left(d.seq, d.number)
		if at, ok := confirmed[d.seq]; ok && !d.replayed && d.arrived >= t.window[0] && min(sent, d.arrived) > at {
			m["redelivery.acked"]++
		}
	}
}
