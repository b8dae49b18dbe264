package report

import (
	"fmt"
	"maps"
	"slices"

	"pindrop/results/measure"
)

// event is a fault, an overlap or a cliff in the list from which the charts are zoomed. Times are the page's.
type event struct {
	ID   string // anchor
	Kind string
	When string
	What string
	From int64
	To   int64
}

// eventsMax is how many events a page lists: more is a table for a machine.
const eventsMax = 60

func (b *board) events() (listed []event, left int) {
	f := &b.r.Findings
	add := func(kind string, n int, s measure.Span, what string) {
		listed = append(listed, event{fmt.Sprintf("%s-%d", kind, n), kind, b.when(s.From), what, s.From - b.origin, s.To - b.origin})
	}
	for _, x := range f.Faults {
		add("fault", int(x.ID), b.reach(x), deed(x)+lostFiles(x)+inHand(x)+pinsOf(x, f))
	}
	for i, x := range f.Overlaps {
		frozen := ""
		if x.Frozen > 0 {
			frozen = ", " + duration(x.Frozen) + " of it frozen"
		}
		add("overlap", i+1, x.Span, fmt.Sprintf("%s%s (pin %d) and %s (pin %d) worked at once for %s%s; cause: %s",
			atConsumer(x.Shard), x.Old, x.GenOld, x.New, x.GenNew, duration(x.Time), frozen, cause(x)))
	}
	short := shortCliffs(f.Cliffs)
	for i, x := range f.Cliffs {
		if x.To-x.From < short {
			continue
		}
		add("cliff", i+1, x.Span, fmt.Sprintf("%sat the limit of %s for %s; no new delivery for %s of it",
			atConsumer(x.Shard), count(f.Limit), duration(x.To-x.From), duration(x.Stalled)))
	}
	slices.SortStableFunc(listed, func(x, y event) int { return int(min(max(x.From-y.From, -1), 1)) })
	if len(listed) > eventsMax {
		return listed[:eventsMax], len(listed) - eventsMax
	}
	return listed, 0
}

// cliffsMax is how many cliffs a list shows: the longest ones. A limit that is just reached makes dozens.
const cliffsMax = 8

// shortCliffs is the length below which cliffs are not listed.
func shortCliffs(cliffs []measure.Cliff) int64 {
	if len(cliffs) <= cliffsMax {
		return 0
	}
	var lengths []int64
	for _, c := range cliffs {
		lengths = append(lengths, c.To-c.From)
	}
	slices.Sort(lengths)
	return lengths[len(lengths)-cliffsMax]
}

// reach is what to look at for a fault: until it healed by itself, and until somebody took over. A kill lasts until the
// end of the run, which is nothing to zoom to.
func (b *board) reach(f measure.Fault) measure.Span {
	s := measure.Span{From: f.From, To: f.From}
	if lasts(f.Do) && f.Healed {
		s.To = f.To
	}
	if t := (teller{r: b.r, f: &b.r.Findings}).takeover(f.ID); t != nil {
		s.To = max(s.To, t.BeginAt)
	}
	return s
}

func cause(o measure.Overlap) string {
	switch o.Cause {
	case "fault":
		return fmt.Sprintf("fault %d", o.FaultID)
	case "expiry":
		return "the pin ran out without a fault"
	case "unpin":
		return "the pin was cleared"
	case "leader":
		return "the leader changed"
	}
	return "not known"
}

// failover is one line of the failover table: how the work went on after a fault.
type failover struct {
	Anchor   string
	Fault    string
	At       string
	Held     string
	Repinned string
	First    string
	LastPull string
	Idle     string
	Overlap  string
	Again    string
	Empty    string // when the backlog was empty again
}

func (b *board) failovers() []failover {
	s := teller{r: b.r, f: &b.r.Findings}
	var out []failover
	for _, f := range b.r.Findings.Faults {
		row := failover{
			Anchor: fmt.Sprintf("fault-%d", f.ID), Fault: faultLabel(f), At: b.when(f.From), Held: count(int64(f.Held)),
			Again: b.again(f.ID),
		}
		if !several(s.f) {
			out = append(out, b.takenOver(row, f, s.takeover(f.ID), 0))
			continue
		}
		all := s.takeovers(f)
		if len(all) == 0 {
			out = append(out, b.takenOver(row, f, nil, 0))
		}
		for _, t := range all {
			named := row
			named.Fault += fmt.Sprintf(", consumer %d", t.Shard)
			out = append(out, b.takenOver(named, f, &t, t.Shard))
			row.Held, row.Again = "see above", "see above" // of the fault, not of each consumer
		}
	}
	return out
}

// takenOver completes a line with how the work of one consumer went on; t is nil where nobody took it over.
func (b *board) takenOver(row failover, f measure.Fault, t *measure.Takeover, shard int32) failover {
	row.Repinned, row.First, row.LastPull, row.Idle, row.Overlap = "–", "–", "–", "–", "–"
	row.Empty = "–"
	if idle := f.Idle; t == nil && idle.To > idle.From {
		row.Idle = duration(idle.To - idle.From)
		if row.First = "none"; f.Next != "" {
			row.First = fmt.Sprintf("%s later, by %s", duration(idle.To-f.From), f.Next)
		}
		if empty := b.emptyAgain(idle.To); empty >= 0 {
			row.Empty = duration(empty-f.From) + " later"
		}
	}
	if t != nil {
		row.First = fmt.Sprintf("%s later, by %s", duration(t.FromFault), t.To)
		if empty := b.emptyAgain(t.BeginAt); empty >= 0 {
			row.Empty = duration(empty-f.From) + " later"
		}
		if t.Repinned >= 0 {
			row.Repinned = duration(t.Repinned-t.FaultAt) + " later"
		}
		if t.FromPull >= 0 {
			row.LastPull = duration(t.FromPull)
		}
		if idle := longestGap(b.r.Findings.Gaps, measure.Span{From: f.From, To: t.BeginAt}, shard); idle > 0 {
			row.Idle = duration(idle)
		}
	}
	var overlap int64
	for _, o := range b.r.Findings.Overlaps {
		if o.FaultID == f.ID && (shard == 0 || o.Shard == shard) {
			overlap += o.Time
		}
	}
	if overlap > 0 {
		row.Overlap = duration(overlap)
	}
	return row
}

// again counts the redeliveries that go back to the fault.
func (b *board) again(fault int32) string {
	n := 0
	for _, d := range b.r.Findings.Redeliveries {
		if d.Root == fmt.Sprintf("fault %d", fault) {
			n++
		}
	}
	return count(int64(n))
}

// worst is one message with its story.
type worst struct {
	Anchor string
	Head   string
	Steps  []step
}

type step struct{ When, Who, What string }

func (b *board) worst() []worst {
	var out []worst
	for _, m := range b.r.Findings.Worst {
		head := fmt.Sprintf("message %s", count(int64(m.Seq)))
		if m.Key != "" {
			head += " of key " + m.Key
		}
		head += fmt.Sprintf(": %s, ", plural(m.Deliveries, "delivery"))
		if m.Response < 0 {
			head += "never answered"
		} else {
			head += "answered after " + duration(m.Response)
		}
		w := worst{Anchor: fmt.Sprintf("message-%d", m.Seq), Head: head}
		for _, s := range m.Story {
			w.Steps = append(w.Steps, step{b.when(s.At), s.Who, s.What})
		}
		out = append(out, w)
	}
	return out
}

// share is one worker's part of the work, with bars out of 100.
type share struct {
	Worker                      string
	Delivered, Handled, HeldMax string
	Pins                        string
	Part, Busy                  string // percent
	PartWide, BusyWide          string
}

func shares(all []measure.Share) []share {
	handled := 0
	for _, s := range all {
		handled += s.Handled
	}
	var out []share
	for _, s := range all {
		part := 0.0
		if handled > 0 {
			part = 100 * float64(s.Handled) / float64(handled)
		}
		busy := 100 * s.Busy
		out = append(out, share{s.Worker, count(int64(s.Delivered)), count(int64(s.Handled)), count(int64(s.HeldMax)),
			count(int64(s.Generation)), digits(part) + " %", digits(busy) + " %", digits(part), digits(min(busy, 100))})
	}
	return out
}

// defined is a metric with its value and what it means.
type defined struct {
	Name, Value, Doc string
	Spread           string // over the repeats, "" where there are none
}

// definitions are all metrics of the run, in the order of the table, then those that the table does not know.
func definitions(metrics map[string]float64, several bool) []defined {
	var out []defined
	for _, m := range measure.Table {
		if v, ok := metrics[m.Name]; ok {
			doc := m.Doc
			if several {
				doc += together(m, " Summed over the consumers.", " Of one consumer: the "+m.Together()+".")
			}
			out = append(out, defined{Name: m.Name, Value: quantity(v, m.Unit), Doc: doc})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		if _, known := measure.Lookup(name); !known {
			out = append(out, defined{Name: name, Value: number(metrics[name])})
		}
	}
	return out
}
