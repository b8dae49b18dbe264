package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim"
)

// view is what a frame needs besides the snapshot.
type view struct {
	title         title
	rates         rates
	width, height int // in characters, and in lines
}

// title is what stays the same in a run.
type title struct {
	scenario string
	seed     uint64
	phases   scenarios.Phases
}

// The lines of a frame, by what is given up last where the window is too short. docs/live.md tells of each.
const (
	rankPhase = iota
	rankOverlap
	rankConsumer
	rankFault
	rankFlow
	rankTitle
	rankGroup
	rankOver
	rankWorker
	rankMore // what there may be many of, behind the first
)

// frame is a snapshot in at most height lines of at most width characters: what matters least is left out where there is
// no room. It is a function of its arguments alone.
func frame(s *sim.Snapshot, v view) []line {
	f := sheet{width: v.width}
	f.add(rankTitle, span{text: fmt.Sprintf("%s, real clock, seed %d, %v", v.title.scenario, v.title.seed, s.At.Round(time.Second))})
	f.add(rankPhase, span{text: doing(s, v.title.phases, &v.rates)})
	if s.Phase == "" || s.Phase == history.PhaseBacklog || s.Doing != "" {
		return f.fit(v.height)
	}
	f.overlaps(s)
	for i := range s.Consumers {
		f.consumer(&s.Consumers[i], rankConsumer+min(i, 1)*rankMore, len(s.Consumers) > 1)
	}
	f.flow("stored", s.Stored, v.rates.of(flowStored))
	if s.Counts {
		f.flow("handled", s.Handled, v.rates.of(flowHandled))
		f.add(rankOver, span{text: f.row("redelivered") + thousands(s.Redelivered)})
	}
	f.faults(s)
	f.workers(s)
	return f.fit(v.height)
}

// doing says what goes on, and how long it may take.
func doing(s *sim.Snapshot, phases scenarios.Phases, r *rates) string {
	switch {
	case s.Doing != "":
		return s.Doing + "…"
	case s.Phase == "":
		return "starting…"
	case s.Phase == history.PhaseBacklog:
		text := fmt.Sprintf("publishing the backlog: %s of %s", thousands(s.Sent), thousands(s.Backlog))
		if rate := r.of(flowSent); rate > 0 && s.Sent < s.Backlog {
			text += fmt.Sprintf(", %v left", (time.Duration(float64(s.Backlog-s.Sent)/rate) * time.Second))
		}
		return text
	}
	p := progress{phases: phases}
	return p.inPhase(s.Phase, s.At-s.Since)
}

// Below narrow characters nothing stands in columns, and what can be said in words and in numbers is said in both from wide
// ones on.
const (
	narrow = 30
	wide   = 60
)

// row is the first column of a line.
func (f *sheet) row(name string) string {
	if f.width < narrow {
		return name + " "
	}
	return fmt.Sprintf("%-12s ", name)
}

func (f *sheet) flow(name string, n int64, rate float64) {
	f.add(rankFlow, span{text: fmt.Sprintf("%s%s  %s/s", f.row(name), thousands(n), thousands(int64(rate+0.5)))})
}

// overlaps says who works under two pins now, or did last, and how often there was such a thing.
func (f *sheet) overlaps(s *sim.Snapshot) {
	for i := len(s.Overlaps) - 1; i >= 0; i-- {
		if o := &s.Overlaps[i]; o.Active {
			f.add(rankOverlap, span{f.row("! overlap"), red}, span{text: fmt.Sprintf("%s and %s for %s, under pins %d and %d%s",
				o.Old, o.New, brief(o.Time), o.GenOld, o.GenNew, on(o.Consumer, s))})
		}
	}
	if s.OverlapCount > 0 {
		last := s.Overlaps[len(s.Overlaps)-1]
		f.add(rankOver, span{text: fmt.Sprintf("%s%s so far, %s in all; the last %s and %s at %s", f.row("overlaps"),
			thousands(s.OverlapCount), brief(s.OverlapTime), last.Old, last.New, brief(last.From))})
	}
}

// on names a consumer where there are several.
func on(consumer string, s *sim.Snapshot) string {
	if len(s.Consumers) < 2 {
		return ""
	}
	return " on " + consumer
}

// consumer is who holds the pin, ack pending against the limit, and the backlog. The bar is as long as the width lets it.
func (f *sheet) consumer(c *sim.ConsumerSnapshot, rank int, several bool) {
	if several {
		f.add(rank, span{text: c.Name})
	}
	if c.Holder != "" {
		f.add(rank, span{text: f.row("holder")}, span{fmt.Sprintf("%s, pin %d", c.Holder, c.Gen), green})
	}
	if !c.Sampled {
		return
	}
	name := f.row("ack pending")
	if c.Limit == 0 {
		f.add(rank, span{text: name + thousands(c.AckPending)})
	} else {
		ink, note := plain, ""
		if c.AckPending >= c.Limit {
			ink = yellow
			if f.width >= wide {
				note = ", at the limit" // the numbers say it too
			}
		}
		text := fmt.Sprintf("%s of %s", thousands(c.AckPending), thousands(c.Limit))
		// What changes must not make the bar longer and shorter.
		most := len(name) + 2*len(thousands(c.Limit)) + len(" of ") + len("[] ")
		if f.width >= wide {
			most += len(", at the limit")
		}
		if length := min(40, f.width-most); length >= 4 {
			full := int(min(int64(length), c.AckPending*int64(length)/c.Limit))
			text = "[" + strings.Repeat("#", full) + strings.Repeat(".", length-full) + "] " + text
		}
		f.add(rank, span{text: name}, span{text + note, ink})
	}
	f.add(rank, span{text: f.row("backlog") + thousands(c.Pending)})
}

// faults are the active ones, then those that are over, newest first.
func (f *sheet) faults(s *sim.Snapshot) {
	about := func(x sim.FaultSnapshot) string { return strings.TrimSpace(x.Do + " " + x.Target) }
	for _, x := range slices.Backward(s.Active) {
		f.add(rankFault, span{f.row(fmt.Sprintf("! fault %d", x.ID)), red}, span{text: about(x) + " for " + brief(s.At-x.At) + ", since " + brief(x.At)})
	}
	for _, x := range slices.Backward(s.Recent) {
		if !slices.Contains(s.Active, x) {
			f.add(rankOver, span{text: f.row(fmt.Sprintf("fault %d", x.ID)) + about(x) + " at " + brief(x.At) + ", over"})
		}
	}
}

// workers are how many there are in each state, with the names of the few that do not simply work, and then each of them.
func (f *sheet) workers(s *sim.Snapshot) {
	const named = 3
	var parts []span
	for _, state := range []string{
		sim.WorkerAlive, sim.WorkerFrozen, sim.WorkerDown, sim.WorkerDraining, sim.WorkerWaiting,
	} {
		var names []string
		for _, w := range s.Workers {
			if w.State == state {
				names = append(names, w.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		text, ink := fmt.Sprintf("%d %s", len(names), state), plain
		if state != sim.WorkerAlive && len(names) <= named {
			text += " (" + strings.Join(names, ", ") + ")"
		}
		if state == sim.WorkerFrozen || state == sim.WorkerDown {
			ink = red
		}
		if len(parts) > 0 {
			parts = append(parts, span{text: ", "})
		}
		parts = append(parts, span{text, ink})
	}
	f.add(rankGroup, append([]span{{text: f.row("workers")}}, parts...)...)
	width := 0
	if f.width >= narrow {
		width = 10
	}
	for _, w := range s.Workers {
		width = max(width, len(w.Name))
	}
	for i := range s.Workers {
		w := &s.Workers[i]
		state := span{text: fmt.Sprintf("%-9s", w.State)}
		if w.State == sim.WorkerFrozen || w.State == sim.WorkerDown {
			state.ink = red
		}
		text := fmt.Sprintf("%3d in service %6s held", w.InService, thousands(w.Held))
		if s.Counts {
			text += fmt.Sprintf(" %9s handled", thousands(w.Handled))
		}
		f.add(rankWorker, span{text: fmt.Sprintf("  %-*s ", width, w.Name)}, state, span{text: text})
	}
}

// brief is a time for people who watch.
func brief(d time.Duration) string { return fmt.Sprintf("%.1fs", max(0, d).Seconds()) }

// thousands is a number with its thousands apart.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// fit leaves out what has no room: first the lines that matter least, and of those the last ones.
func (f *sheet) fit(height int) []line {
	order := make([]int, len(f.lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(f.lines[a].rank, f.lines[b].rank) })
	order = order[:min(len(order), max(1, height))]
	slices.Sort(order)
	var fitted []line
	for _, i := range order {
		fitted = append(fitted, f.lines[i].cut(max(0, f.width)))
	}
	return fitted
}
