package history

import (
	"cmp"
	"slices"
	"strings"
)

// The actors that are not workers. Publishers are called publisher-1, publisher-2, …
const (
	Runner          = "runner"
	Nemesis         = "nemesis"
	Host            = "host"
	Watcher         = "watcher"
	PublisherPrefix = "publisher-"
)

// The writers of one actor, where it has several, in the order in which they stand within one instant: a worker's wire
// inwards, its body, its wire outwards; a publisher's sending and the answers it gets.
const (
	WireIn  = "in"
	Body    = "body"
	WireOut = "out"
	Answers = "answers"
)

// Merge puts what several writers wrote into one history, in [Order], and gives each actor one counter over all its
// writers. A hole in a writer's own counter stays a hole. What one writer wrote at one instant for several consumers
// stands by consumer: they know nothing of each other, and who comes first is chance.
func Merge(parts []Part) []Event {
	ranks := ranking{}
	parts = slices.Clone(parts)
	// At one instant a part stands where its actor and writer do, so parts in that order only need a stable sort by time.
	slices.SortStableFunc(parts, func(a, b Part) int {
		return cmp.Or(ranks.compare(a.Actor, b.Actor), cmp.Compare(writerRank(a.Writer), writerRank(b.Writer)))
	})
	type place struct {
		at                 int64
		part, shard, index int32
	}
	var places []place
	for p := range parts {
		for i := range parts[p].Events {
			e := &parts[p].Events[i]
			places = append(places, place{e.At, int32(p), e.Shard, int32(i)})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.part, b.part), cmp.Compare(a.shard, b.shard),
			cmp.Compare(a.index, b.index))
	})
	events := make([]Event, len(places))
	counters := map[string]int64{}
	for i, at := range places {
		e, written := &events[i], parts[at.part].Events
		*e = written[at.index]
		counters[e.Actor] += e.N
		if at.index > 0 {
			counters[e.Actor] -= written[at.index-1].N
		}
		e.N = counters[e.Actor]
	}
	return events
}

// Order sorts events by time, kind of actor, number of actor, and the actor's counter: an order for files, not for
// causes. Within one instant nothing can be said of what came first.
func Order(events []Event) {
	ranks := ranking{}
	slices.SortStableFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.At, b.At), ranks.compare(a.Actor, b.Actor), cmp.Compare(a.N, b.N))
	})
}

// CompareActors orders actors: runner, nemesis, host, publishers, workers, watcher; equal kinds by name, then by the
// number behind it, so that w2 stands before w10.
func CompareActors(a, b string) int { return rankOf(a).compare(rankOf(b)) }

type rank struct {
	kind   int
	name   string
	number uint64
}

func (r rank) compare(o rank) int {
	return cmp.Or(cmp.Compare(r.kind, o.kind), cmp.Compare(r.name, o.name), cmp.Compare(r.number, o.number))
}

func rankOf(actor string) rank {
	r := rank{name: strings.TrimRight(actor, "0123456789")}
	for _, digit := range actor[len(r.name):] {
		r.number = 10*r.number + uint64(digit-'0')
	}
	switch {
	case actor == Runner:
	case actor == Nemesis:
		r.kind = 1
	case actor == Host:
		r.kind = 2
	case r.name == PublisherPrefix:
		r.kind = 3
	case actor == Watcher:
		r.kind = 5
	default:
		r.kind = 4
	}
	return r
}

// ranking remembers the ranks of the few actors that a history has.
type ranking map[string]rank

func (m ranking) compare(a, b string) int {
	if a == b {
		return 0
	}
	return m.of(a).compare(m.of(b))
}

func (m ranking) of(actor string) rank {
	r, ok := m[actor]
	if !ok {
		r = rankOf(actor)
		m[actor] = r
	}
	return r
}

func writerRank(w string) int { return slices.Index([]string{WireIn, Body, WireOut, Answers}, w) }
