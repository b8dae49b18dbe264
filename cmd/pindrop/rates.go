package main

import (
	"time"

	"pindrop/sim"
)

// rateOver is the time over which a rate is a mean: it is to be read, and not to flicker.
const rateOver = 2 * time.Second

// What is counted for a rate.
const (
	flowSent = iota
	flowStored
	flowHandled
	flows
)

// rates are means over the last rateOver. The zero value has seen nothing.
type rates struct {
	seen []reading // oldest first: those of the last rateOver, and the one before
}

type reading struct {
	at time.Duration
	n  [flows]int64
}

// add takes in a snapshot. Where time goes back, another clock has begun, that of the run itself behind that of its set-up.
func (r *rates) add(s *sim.Snapshot) {
	now := reading{s.At, [flows]int64{flowSent: s.Sent, flowStored: s.Stored, flowHandled: s.Handled}}
	if n := len(r.seen); n > 0 && now.at <= r.seen[n-1].at {
		if now.at == r.seen[n-1].at {
			return
		}
		r.seen = nil
	}
	r.seen = append(r.seen, now)
	for len(r.seen) > 2 && now.at-r.seen[1].at >= rateOver {
		r.seen = r.seen[1:]
	}
}

// of is a rate per second, 0 where too little has been seen.
func (r *rates) of(flow int) float64 {
	if len(r.seen) < 2 {
		return 0
	}
	first, last := &r.seen[0], &r.seen[len(r.seen)-1]
	return float64(last.n[flow]-first.n[flow]) / (last.at - first.at).Seconds()
}
