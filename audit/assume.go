package audit

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// workers is a group of workers that would explain what was measured. Every field is an assumption; the questions beside
// them say which, and what is known.
type workers struct {
	API         string
	Count       int
	Concurrency int
	Batch       int
	Expires     scenarios.Duration
	Service     float64 // seconds, on average

	CountAsked, ConcurrencyAsked, BatchAsked, ServiceAsked string
}

// What is assumed where nothing was measured.
const (
	batchAssumed   = 100
	serviceAssumed = 10 * time.Millisecond
	rateAssumed    = 100 // per second
	countMost      = 10_000
	handlersMost   = 100_000
)

// regime is in which way a consumer works, which decides what its state tells of its clients.
type regime int

const (
	keepsUp regime = iota // what arrives is delivered at once: all that is ack pending may be in work
	atLimit               // max_ack_pending holds it back: it would have more in work without
	behind                // messages wait, and no pull does: the clients have what they asked for and are busy
)

// atLimitShare is the share of the time at the limit above which the limit is what decides.
const atLimitShare = 0.1

func (m *Measured) regime() regime {
	switch {
	case m.AtLimit != nil && *m.AtLimit > atLimitShare:
		return atLimit
	case m.Pending.Mean >= 1 && m.Waiting.Mean < 0.5:
		return behind
	}
	return keepsUp
}

// assume makes workers of what was measured; m is nil where nothing was.
func (l *Live) assume(m *Measured) workers {
	w := workers{API: scenarios.APIConsume, Expires: scenarios.Duration(30 * time.Second)}
	if most := scenarios.Duration(l.Consumer.Config.MaxRequestExpires); most > 0 && most < w.Expires {
		w.Expires = most
	}
	if w.Expires < scenarios.Duration(time.Second) { // too short for consume
		w.API = scenarios.APIFetch
	}
	w.clients(l, m)
	w.handlers(l, m)
	w.pulls(l, m)
	w.service(l, m)
	return w
}

// clients guesses the number of clients from the pulls that wait.
func (w *workers) clients(l *Live, m *Measured) {
	least, most, mean := float64(l.Consumer.NumWaiting), float64(l.Consumer.NumWaiting), float64(l.Consumer.NumWaiting)
	if m != nil {
		least, most, mean = m.Waiting.Min, m.Waiting.Max, m.Waiting.Mean
	}
	w.Count = 1
	if most == 0 {
		w.CountAsked = "How many clients pull? No pull waited at the server, so nothing tells: assumed 1."
		return
	}
	w.Count = min(countMost, int(max(math.Ceil(most/2), math.Round(mean))))
	waited := number(least) + " to " + number(most)
	if least == most {
		waited = number(most)
	}
	w.CountAsked = fmt.Sprintf("How many clients pull? %s pulls waited at the server. nats.go's Consume has one or two waiting "+
		"there, a Fetch one, a busy client none: assumed %d.", waited, w.Count)
}

// atWork is how many of the clients get messages: with the policy pinned_client only one.
func (w *workers) atWork(l *Live) int {
	if l.Consumer.Config.PriorityPolicy == jetstream.PriorityPolicyPinned {
		return 1
	}
	return w.Count
}

// handlers guesses how many handlers each client has.
func (w *workers) handlers(l *Live, m *Measured) {
	w.Concurrency = 1
	const ask = "How many handlers run at once in each client? "
	if m == nil || m.AckPending == nil || m.AckPending.Max == 0 {
		w.ConcurrencyAsked = ask + "The server does not know: assumed 1."
		return
	}
	inWork := m.AckPending.Max
	switch m.regime() {
	case behind:
		w.ConcurrencyAsked = ask + "The server does not know. Messages waited while no pull did, so the clients were busy, and most " +
			"of what was ack pending stood in their buffers: assumed 1."
		return
	case atLimit:
		inWork = float64(l.limit())
	}
	w.Concurrency = int(min(handlersMost, max(1, math.Ceil(inWork/float64(w.atWork(l))))))
	w.ConcurrencyAsked = fmt.Sprintf(ask+"The server does not know. Up to %s messages were ack pending, and all of them may have "+
		"been in work: assumed %d. With fewer handlers, service is shorter: see the table above.", number(inWork), w.Concurrency)
	if m.Hold() == nil {
		w.ConcurrencyAsked = strings.TrimSuffix(w.ConcurrencyAsked, ": see the table above.") + "."
	}
}

// pulls guesses how much a client asks for.
func (w *workers) pulls(l *Live, m *Measured) {
	const ask = "How many messages does a client's pull ask for (PullMaxMessages, batch)? "
	w.Batch = max(batchAssumed, w.Concurrency)
	why := "The server does not tell"
	if m != nil && m.AckPending != nil && m.regime() == behind && m.AckPending.Max > 0 {
		w.Batch = max(1, int(math.Round(m.AckPending.Max/float64(w.atWork(l)))))
		why = "Messages waited while no pull did, so the clients held what they asked for, " + number(m.AckPending.Max) + " in all"
	}
	if most := l.Consumer.Config.MaxRequestBatch; most > 0 && w.Batch > most {
		w.Batch, why = most, why+", and max_batch allows no more"
	}
	w.Batch = min(w.Batch, 1_000_000)
	w.BatchAsked = fmt.Sprintf(ask+"%s: assumed %d.", why, w.Batch)
}

// service guesses how long a handler works.
func (w *workers) service(l *Live, m *Measured) {
	const ask = "How long does a handler work, and how much does that vary? "
	const own = " Times of your own go in as service: {from: times.csv} (or .hgrm)."
	w.Service = serviceAssumed.Seconds()
	if m == nil || m.Left == nil || m.Left.Count <= 0 {
		w.ServiceAsked = ask + "Nothing was measured that tells: assumed " + span(w.Service) + " and exponential." + own
		return
	}
	if m.AckPending.Max == 0 {
		// Of something that was not seen in n independent looks, the share is below 3/n with 95 % confidence.
		w.Service = 3 / float64(m.Samples) / m.Left.PerSecond
		w.ServiceAsked = fmt.Sprintf(ask+"Nothing was ack pending in any of %d samples, so it takes less than %s on average "+
			"(95 %%): assumed that, and exponential."+own, m.Samples, span(w.Service))
		return
	}
	handlers := w.Concurrency * w.atWork(l)
	busy := m.Busy(float64(handlers))
	w.Service = busy.Value
	w.ServiceAsked = fmt.Sprintf(ask+"It follows from the number of handlers, %d here, by Little's law: %s on average. How much it "+
		"varies cannot be known: assumed exponential, with a 99th percentile of 4.6 times the mean. The tail decides how much ack "+
		"pending a consumer needs."+own, handlers, span(w.Service))
}
