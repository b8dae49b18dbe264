// Package safety judges a history by laws that hold whatever breaks: what the server has acknowledged stays, what was
// acknowledged to it does not come again, and once all is healed the replicas agree and the work goes on.
//
// The path: [Judge] reads a history once into facts (facts.go); each law of [Laws] looks at those alone and gives a
// [Judgement]. A law never accuses where a server may do what it did: what excuses it stands in the law's own text, and is
// what the law's function asks for.
package safety

import (
	"fmt"
	"iter"
	"slices"

	"pindrop/results/history"
)

// Outcome is what becomes of a law in one run.
type Outcome string

// The outcomes.
const (
	Held    Outcome = "held"
	Broken  Outcome = "broken"
	Known   Outcome = "known"   // something is lost, or was violated, for a reason that is documented: that is no finding, and no pass in silence
	Excused Outcome = "excused" // it was broken, and the run has what it does not apply under
	Open    Outcome = "open"    // nobody can tell
)

// Law is a statement about every run.
type Law struct {
	Name   string // what expectations of people, files and findings call it
	Says   string // the statement
	Except string // when it does not apply, and what it cannot tell
	Source string // why it must hold: where the server promises it
	judge  func(*facts) Judgement
}

// Judgement is what became of a law.
type Judgement struct {
	Law     string  `json:"law"`
	Outcome Outcome `json:"outcome"`
	Text    string  `json:"text"`            // what was seen, or why nobody can tell
	Count   int     `json:"count,omitempty"` // how often it was broken; of write_lost, how many acknowledged messages are gone

	Refs []string `json:"refs,omitempty"` // where the reason of what is known is documented

	Assertions []Asserted `json:"assertions,omitempty"` // of server_assertion: what servers have called
}

// Judge judges a history, in [history.Order], by every law. A history in which no server was asked what it has (there is no
// replica event) is judged by what servers assert, if something of that is not so, and else by nothing.
func Judge(events iter.Seq[*history.Event]) []Judgement {
	f := gather(events)
	if !f.asked {
		if !slices.ContainsFunc(f.remarks, func(r remark) bool { return r.Violated() }) {
			return nil
		}
		j := f.serverAssertion()
		j.Law = ServerAssertion
		return []Judgement{j}
	}
	all := make([]Judgement, len(Laws))
	for i := range Laws {
		all[i] = Laws[i].judge(f)
		all[i].Law = Laws[i].Name
	}
	return all
}

// WhyLost says why servers may have lost what they had acknowledged, though each of them kept to its promises; the zero value if
// they cannot have.
func WhyLost(events iter.Seq[*history.Event]) Cause { return gather(events).cause() }

// Accused are the judgements of laws that were broken without an excuse.
func Accused(all []Judgement) []Judgement {
	var broken []Judgement
	for _, j := range all {
		if j.Outcome == Broken {
			broken = append(broken, j)
		}
	}
	return broken
}

// Lookup finds a law by its name; false if there is none.
func Lookup(name string) (Law, bool) {
	for _, l := range Laws {
		if l.Name == name {
			return l, true
		}
	}
	return Law{}, false
}

func held(format string, args ...any) Judgement {
	return Judgement{Outcome: Held, Text: fmt.Sprintf(format, args...)}
}

func unsure(format string, args ...any) Judgement {
	return Judgement{Outcome: Open, Text: fmt.Sprintf(format, args...)}
}

// evidence collects the breaches of a law: the first is told in full, the others are counted.
type evidence struct {
	first, excuse string
	count         int
	excused       int
}

// add takes in a breach; one with an excuse accuses nobody.
func (e *evidence) add(excuse, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if excuse != "" {
		if e.excused++; e.excused == 1 {
			e.excuse = text + ", which is excused: " + excuse
		}
		return
	}
	if e.count++; e.count == 1 {
		e.first = text
	}
}

// judgement is the evidence put together; clean is what is said where there is none.
func (e *evidence) judgement(clean Judgement) Judgement {
	j := clean
	switch {
	case e.count > 0:
		j = Judgement{Outcome: Broken, Text: e.first, Count: e.count}
	case e.excused > 0:
		j = Judgement{Outcome: Excused, Text: e.excuse, Count: e.excused}
	}
	if j.Count > 1 {
		j.Text += fmt.Sprintf("; %d such cases", j.Count)
	}
	return j
}
