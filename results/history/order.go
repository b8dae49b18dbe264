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
	// The server's end of an actor's wire.
	ServerOut = "server-out"
	ServerIn  = "server-in"
)

// Order sorts events by time, kind of actor, number of actor, and the actor's counter: an order for files, not for
// causes. Within one instant nothing can be said of what came first.
func Order(events []Event) {
	ranks := ranking{}
	slices.SortStableFunc(events, func(a, b Event) int { return ranks.order(&a, &b) })
}

// CompareActors orders actors: runner, nemesis, host, publishers, workers, watcher; equal kinds by name, then by the
// number behind it, so that w2 stands before w10.
func CompareActors(a, b string) int { return rankOf(a).compare(rankOf(b)) }

// IsPublisher reports whether an actor is a publisher by its name.
func IsPublisher(actor string) bool { return rankOf(actor).kind == rankOf(PublisherPrefix+"1").kind }

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

// order compares events as [Order] does.
func (m ranking) order(a, b *Event) int {
	return cmp.Or(cmp.Compare(a.At, b.At), m.compare(a.Actor, b.Actor), cmp.Compare(a.N, b.N))
}

func (m ranking) of(actor string) rank {
	r, ok := m[actor]
	if !ok {
		r = rankOf(actor)
		m[actor] = r
	}
	return r
}

func writerRank(w string) int {
	return slices.Index([]string{WireIn, Body, WireOut, Answers, ServerOut, ServerIn}, w)
}
