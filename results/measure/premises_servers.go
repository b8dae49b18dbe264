package measure

import (
	"fmt"

	"pindrop/results/history"
)

// noRoom are the server's error codes of publishes for which the account, or the server, has no room: JSAccountResourcesExceededErr,
// JSMemoryResourcesExceededErr, JSStorageResourcesExceededErr, JSInsufficientResourcesErr. A full stream is another matter: its
// limits are the scenario's.
var noRoom = []int32{10002, 10028, 10047, 10023}

// premiseServers: servers that are not pindrop's were there throughout. Nobody restarts or stops them for the run.
func (b *books) premiseServers(Asked) (Premise, bool) {
	p := Premise{Name: "the servers stayed", OK: len(b.silences) == 0, Got: "they did", Wanted: "no lost connection, and answers throughout"}
	if !p.OK {
		first := &b.silences[0]
		p.Got = fmt.Sprintf("%s at %.2f s", first.Reason, float64(first.Stamp)/1e9)
		if more := len(b.silences) - 1; more > 0 {
			p.Got += fmt.Sprintf(", and %d times more", more)
		}
	}
	return p, b.external
}

// taken reports whether somebody else removed the stream, or a consumer, from servers that are not pindrop's. A consumer that is
// to go where nobody uses it may have gone by itself.
func (b *books) taken() bool {
	return b.external && (b.lastCode() == history.NoStream || len(b.gone) > 0 && b.consumer.InactiveThreshold == 0)
}

// missing is how many acknowledged messages a stream on servers that are not pindrop's no longer has, though the run has
// removed none: somebody else has purged it, or started the server again.
func (b *books) missing() int {
	if !b.external || b.final == nil || b.final.Status != 0 || b.discreet() || b.stream.consumes() {
		return 0
	}
	acknowledged := 0
	for i := range b.messages {
		if b.messages[i].storedAt != never {
			acknowledged++
		}
	}
	return max(acknowledged-int(b.final.Stored), 0)
}

// premiseStream: the stream of a run on servers that are not pindrop's was the run's own until its end. One that vanishes is not
// the server's loss: somebody has removed it.
func (b *books) premiseStream(Asked) (Premise, bool) {
	p := Premise{Name: "the stream stayed", OK: !b.taken(), Got: "it did", Wanted: "a stream and consumers that stay, with all messages"}
	if missing := b.missing(); p.OK && missing > 0 {
		p.OK, p.Got = false, fmt.Sprintf("the stream no longer has %d of the messages that it acknowledged; the run has not removed them", missing)
	} else if !p.OK {
		p.Got = "the server no longer has the stream"
		if len(b.gone) > 0 {
			p.Got = fmt.Sprintf("the server no longer has the %s, first noticed at %.2f s", b.gone[0].What, float64(b.gone[0].At)/1e9)
		}
	}
	return p, b.external
}

// premiseRoom: no publish was refused because the account or the server had no room for it.
func (b *books) premiseRoom(Asked) (Premise, bool) {
	return Premise{
		Name: "there was room", OK: false,
		Got: fmt.Sprintf("%d of %d publishes refused for want of room", b.roomless, len(b.published)), Wanted: "none",
	}, b.roomless > 0
}

// premiseOwn: the messages of the stream are the run's own. A message that was delivered and that no publisher had an answer
// for is one of a publish without an answer, or it comes from elsewhere.
func (b *books) premiseOwn(Asked) (Premise, bool) {
	foreign := 0
	for i := range b.messages {
		if m := &b.messages[i]; m.storedAt == never && m.count > 0 {
			foreign++
		}
	}
	foreign -= len(b.ops) + b.unknown // publishes without an answer
	return Premise{
		Name: "all messages are the run's own", OK: false,
		Got: fmt.Sprintf("%d that no publisher of the run sent", foreign), Wanted: "none from elsewhere",
	}, foreign > 0 && len(b.published) > 0
}
