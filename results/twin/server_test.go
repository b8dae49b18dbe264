package twin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"pindrop/results/history"
)

const ns = 1e9 // nanoseconds of a second

// config is what the server's view rests on.
type config struct {
	Policy     string `json:"priority_policy"`
	AckPolicy  string `json:"ack_policy"`
	Limit      int    `json:"max_ack_pending"`
	MaxMsgs    uint64 `json:"max_msgs"`
	MaxBytes   int    `json:"max_bytes"`
	MaxAge     int    `json:"max_age"`
	PerSubject int    `json:"max_msgs_per_subject"`
	Discard    string `json:"discard"`
}

// instant is what the server holds once all of an instant has happened, until the next one.
type instant struct {
	at, until        int64
	waiting, pending int
	limit            int
	sent             bool // a new message left
	counted          uint64
	floor            uint64 // the lowest sequence that is ack pending; 0: none
}

// server follows one consumer, as it is at the server.
type server struct {
	cfg      config
	keeps    uint64 // the stream keeps as many of the last sequences; 0: all
	untold   bool   // it removes messages by another limit, and no event says so
	waiting  map[uint64]bool
	pending  map[uint64]bool
	sent     map[uint64]bool
	known    map[uint64]bool
	purged   map[uint64]bool
	answered map[uint64]bool // settled by an ack or a term
	counted  uint64
	stream   []history.Event // what was stored for all consumers
	acked    [2]uint64       // ack policy all: the delivery that was answered last, by consumer sequence, and its sequence
	instants []instant
}

// serverOf takes what was stored, sent and answered, instant by instant: within one, stored, then sent, then answered. All are the
// events of every consumer, since a limit counts what is stored for any.
func serverOf(events, all []history.Event) *server {
	s := &server{stream: slices.DeleteFunc(slices.Clone(all), func(e history.Event) bool {
		return e.Kind != history.Persisted && e.Kind != history.Stored
	}), waiting: map[uint64]bool{}, pending: map[uint64]bool{}, sent: map[uint64]bool{}, known: map[uint64]bool{}, purged: map[uint64]bool{}, answered: map[uint64]bool{}}
	for i, j := 0, 0; i < len(all); {
		at, from := all[i].At, j
		for i < len(all) && all[i].At == at {
			i++
		}
		for j < len(events) && events[j].At == at {
			j++
		}
		s.step(at, events[from:j])
	}
	for k := range s.instants {
		s.instants[k].until = all[len(all)-1].At
		if k+1 < len(s.instants) {
			s.instants[k].until = s.instants[k+1].at
		}
	}
	return s
}

func (s *server) step(at int64, now []history.Event) {
	in := instant{at: at}
	now = slices.Clone(now)
	slices.SortStableFunc(now, func(e, o history.Event) int { return cmp.Compare(e.ConsumerSeq, o.ConsumerSeq) }) // as the server counted them
	for _, e := range now {
		if e.Kind == history.Config {
			s.configure(e)
		}
	}
	for _, e := range now {
		if (e.Kind == history.Persisted || e.Kind == history.Stored) && !s.known[e.Seq] {
			if s.known[e.Seq] = true; !s.sent[e.Seq] { // the publisher may hear of it later
				s.waiting[e.Seq] = true
			}
		}
	}
	s.trim(in.at)
	for _, e := range now {
		if e.Kind == history.Sent {
			in.sent = s.send(e) || in.sent
		}
	}
	for _, e := range now {
		s.settle(e)
	}
	in.waiting, in.pending, in.limit, in.counted = len(s.waiting), len(s.pending), s.cfg.Limit, s.counted
	for seq := range s.pending {
		if in.floor == 0 || seq < in.floor {
			in.floor = seq
		}
	}
	s.instants = append(s.instants, in)
}

// trim removes what waits and is not among the last messages that the stream keeps.
func (s *server) trim(at int64) {
	if s.keeps == 0 {
		return
	}
	last := uint64(0)
	for _, e := range s.stream {
		if e.At <= at {
			last = max(last, e.Seq)
		}
	}
	for seq := range s.waiting {
		if seq+s.keeps <= last {
			delete(s.waiting, seq)
		}
	}
}

// removed reports whether the stream removed a message that the server had still to deliver or to see acked.
func (s *server) removed(seq uint64) bool {
	last := uint64(0)
	for _, e := range s.stream {
		last = max(last, e.Seq)
	}
	return s.purged[seq] || s.keeps > 0 && seq+s.keeps <= last && !s.answered[seq]
}

func (s *server) configure(e history.Event) {
	if len(e.Consumer) > 0 {
		c := config{}
		_ = json.Unmarshal(e.Consumer, &c)
		s.cfg = c
	}
	c := config{}
	if len(e.Stream) > 0 && json.Unmarshal(e.Stream, &c) == nil {
		s.untold = c.MaxBytes > 0 || c.MaxAge > 0 || c.PerSubject > 0
		if s.keeps = c.MaxMsgs; c.Discard == "new" {
			s.keeps = 0
		}
	}
}

// send is a delivery. New messages leave in the order of the stream: those before it that wait have left, and nobody saw it.
func (s *server) send(e history.Event) (fresh bool) {
	s.counted = max(s.counted, e.ConsumerSeq)
	gone := []uint64{e.Seq}
	fresh = e.Delivery <= 1 && !s.sent[e.Seq]
	for seq := range s.waiting {
		if e.Delivery <= 1 && seq < e.Seq && !s.untold {
			gone, fresh = append(gone, seq), true
		}
	}
	for _, seq := range gone {
		delete(s.waiting, seq)
		if s.sent[seq] = true; s.cfg.AckPolicy != "none" {
			s.pending[seq] = true
		}
	}
	return fresh
}

// settle is an answer that reaches the server, what the server says of a message by itself, or a purge.
func (s *server) settle(e history.Event) {
	switch {
	case e.Kind == history.Reached && (e.Outcome == history.OK || e.Outcome == history.Termed):
		if s.cfg.AckPolicy == "all" && (e.ConsumerSeq <= s.acked[0] || e.Seq <= s.acked[1]) {
			return // the server takes no notice of an older one
		}
		s.acked = [2]uint64{e.ConsumerSeq, e.Seq}
		for seq := range s.pending {
			if seq == e.Seq || s.cfg.AckPolicy == "all" && seq < e.Seq {
				delete(s.pending, seq)
				s.answered[seq] = true
			}
		}
	case e.Kind == history.MaxDeliveries || e.Kind == history.Terminated:
		delete(s.pending, e.Seq)
	case e.Kind == history.Fault && e.Do == "purge":
		for _, set := range []map[uint64]bool{s.waiting, s.pending} {
			for seq := range set {
				if e.Seq == 0 || seq < e.Seq {
					delete(set, seq)
					s.purged[seq] = true
				}
			}
		}
	}
}

// before is the last instant before a time.
func (s *server) before(at int64) instant {
	i, _ := slices.BinarySearchFunc(s.instants, at, func(in instant, at int64) int {
		if in.at < at {
			return -1
		}
		return 1
	})
	if i == 0 {
		return instant{}
	}
	return s.instants[i-1]
}

// contradiction says what of a sample the server cannot have said between its question and its answer.
func (s *server) contradiction(e history.Event, events []history.Event) string {
	was, now := s.before(e.Stamp), s.before(e.At+1)
	within := func(what string, said, from, to int64) string {
		if said >= min(from, to) && said <= max(from, to) {
			return ""
		}
		return fmt.Sprintf("%d %s at %d, and %d to %d by the events", said, what, e.At, from, to)
	}
	if text := within("ack pending", e.AckPending, int64(was.pending), int64(now.pending)); text != "" {
		return text
	}
	if text := within("pending", e.Pending, int64(was.waiting), int64(now.waiting)); text != "" && !s.untold {
		return text
	}
	next := now.counted // what passed no wire is counted as well: up to the next delivery that did
	if i := slices.IndexFunc(events, func(o history.Event) bool {
		return o.At > e.At && (o.Kind == history.Sent || o.Kind == history.Final) && o.ConsumerSeq > 0
	}); i >= 0 {
		next = max(next, events[i].ConsumerSeq-1)
		if events[i].Kind == history.Final {
			next = max(next, events[i].ConsumerSeq)
		}
	}
	if e.ConsumerSeq > 0 && (e.ConsumerSeq < was.counted || e.ConsumerSeq > next) {
		return fmt.Sprintf("%d deliveries at %d, and %d to %d by the wires", e.ConsumerSeq, e.At, was.counted, next)
	}
	if was.floor > 0 && was.floor == now.floor && e.AckFloor >= was.floor {
		return fmt.Sprintf("all acked up to %d at %d, and %d is ack pending", e.AckFloor, e.At, was.floor)
	}
	return ""
}
