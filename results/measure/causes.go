package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The causes that a diagnosis may name.
const (
	CauseNone       = "none"       // nothing held the work up
	CauseCasualties = "casualties" // nothing did, and not every message was handled

	CauseRemoved     = "removed"     // the server removed the consumer
	CausePaused      = "paused"      // the consumer was paused
	CauseAbsent      = "absent"      // all workers were down, frozen or cut off
	CauseServers     = "servers"     // servers answered nobody
	CauseNoPull      = "no_pull"     // no worker had asked for messages
	CauseNetwork     = "network"     // a fault had made links slow
	CauseUnexplained = "unexplained" // nobody worked, and the history does not show why
	CauseFull        = "full"        // the stream refused messages, since it was full

	CauseAcks     = "acks"
	CauseSlow     = "slow"
	CauseAckWait  = "ack_wait"
	CauseTakeover = "takeover"
	CauseStuck    = "stuck"
	CauseLimit    = "limit"
	CauseOverlap  = "overlap"
)

// Cause is something that held the work up, or made workers work twice or at once.
type Cause struct {
	ID   string  `json:"id"`
	Cost float64 `json:"cost"` // seconds without work, at the limit, of work done twice, or of overlap that it explains
	Text string  `json:"text"`
}

func newCause(id string, cost int64, format string, args ...any) (Cause, bool) {
	return Cause{id, float64(cost) / 1e9, fmt.Sprintf(format, args...)}, true
}

// trouble is what went wrong with one consumer and no cause explains yet: a cause takes away what it explains. Both rise.
type trouble struct {
	idle  []Span // nobody worked though new messages waited, or, after a fault of servers, were published
	limit []Span // ack pending stood at the limit while new messages waited

	locked []Span // nobody worked, and all work was ack pending or delayed
	all    int64  // how much of all three there was in the beginning
}

// any is all of it together.
func (t *trouble) any() []Span { return union(slices.Concat(t.idle, t.limit, t.locked)) }

// claim takes the times without work that lie in some spans, and says how much that is, and the longest of it.
func (t *trouble) claim(spans []Span) (claimed []Span, total, longest int64) {
	claimed = intersect(t.idle, spans)
	t.idle = subtract(t.idle, claimed)
	total, longest = extent(claimed)
	return claimed, total, longest
}

// look finds a cause in the trouble of a consumer, and takes out of it what that explains.
type look func(*books, *Findings, *trouble) (Cause, bool)

// looks are all of them. What one takes, the next ones do not see: those stand first that events prove, and of those about
// the limit the ones that fill any limit.
var looks = []look{
	(*books).removed, (*books).paused, (*books).absent,
	(*books).missingAcks, (*books).slowWorkers, (*books).workTwice, (*books).slowTakeover,
	(*books).serversAway, (*books).noPull, (*books).slowNetwork,
	(*books).stuckSlots, (*books).smallLimit, (*books).unexplained, (*books).overlapping,
}

// causes are what held the work up, the most costly first.
func (b *books) causes(f *Findings) []Cause {
	var all []Cause
	if len(b.own) == 0 {
		all, _ = b.explain(f, b.trouble(f))
	} else {
		all = b.explainEach(f)
	}
	if c, found := b.fullStream(); found {
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(c, d Cause) int { return cmp.Compare(d.Cost, c.Cost) })
	return all
}

// trouble is all of it: the gaps and cliffs, and what faults of servers left without work.
func (b *books) trouble(f *Findings) *trouble {
	t := &trouble{}
	for _, g := range f.Gaps {
		if g.Locked {
			t.locked = append(t.locked, g.Span)
		} else {
			t.idle = append(t.idle, g.Span)
		}
	}
	for _, x := range f.Faults {
		if x.Idle.length() > 0 {
			t.idle = append(t.idle, x.Idle)
		}
	}
	for _, c := range f.Cliffs {
		t.limit = append(t.limit, c.Span)
	}
	t.idle, t.limit = split(union(t.idle), b.instants()), union(t.limit)
	t.all, _ = extent(t.any())
	return t
}

// explain looks for every cause, and returns the times without work that it explained.
func (b *books) explain(f *Findings, t *trouble) (found []Cause, explained []Span) {
	idle := t.idle
	for _, look := range looks {
		if c, ok := look(b, f, t); ok {
			found = append(found, c)
		}
	}
	return found, subtract(idle, t.idle)
}

// explainEach looks for causes at each of several consumers, and tells each cause once, as the consumer has it to which it
// was most costly. What faults of servers did to all of them comes on top.
func (b *books) explainEach(f *Findings) []Cause {
	var all []Cause
	var explained []Span
	of := map[string]int{} // consumers, by cause
	for _, c := range b.own {
		found, spans := c.explain(c.found, c.trouble(c.found))
		explained = append(explained, spans...)
		for _, cause := range found {
			cause.Text = fmt.Sprintf("At consumer %d: %s", c.shard, cause.Text)
			of[cause.ID]++
			i := slices.IndexFunc(all, func(o Cause) bool { return o.ID == cause.ID })
			if i < 0 {
				all = append(all, cause)
			} else if cause.Cost > all[i].Cost {
				all[i] = cause
			}
		}
	}
	for i := range all {
		switch more := of[all[i].ID] - 1; {
		case more == 1:
			all[i].Text += " The same goes for one more consumer."
		case more > 1:
			all[i].Text += fmt.Sprintf(" The same goes for %d more consumers.", more)
		}
	}
	of[CauseServers] += of[CauseUnexplained]
	rest := &trouble{idle: subtract(b.trouble(&Findings{Faults: f.Faults}).idle, union(explained))}
	for _, look := range []look{(*books).serversAway, (*books).unexplained} {
		if cause, ok := look(b, f, rest); ok && of[cause.ID] == 0 {
			all = append(all, cause)
		}
	}
	return all
}

const (
	besidesShare = 0.05 // of the first cause's cost: what another one must cost to be told besides
	besidesMin   = 1.0  // seconds that it must cost as well
	besidesMost  = 2    // other causes that are told
)

// tell makes one text of the causes, the first one being the diagnosis.
func tell(causes []Cause) string {
	text := causes[0].Text
	for i, c := range causes[1:] {
		if i == besidesMost || c.Cost < max(besidesShare*causes[0].Cost, besidesMin) {
			break
		}
		text += " Besides, " + strings.ToLower(c.Text[:1]) + c.Text[1:]
	}
	return text
}
