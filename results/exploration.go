package results

import (
	"fmt"
	"slices"
	"strings"

	"pindrop/results/measure"
	"pindrop/results/safety"
)

// ExploreFile is the result of an exploration, beside [ScenarioFile]; the runs that it found are in [FoundDir].
const (
	ExploreFile = "explore.json"
	FoundDir    = "found"
)

// Exploration is many runs of one scenario, each with faults that its seed has drawn.
type Exploration struct {
	Study
	Seeds   int     `json:"seeds"` // that were asked for, from Study.Seed on
	Engine  string  `json:"engine"`
	Jobs    int     `json:"jobs"`                 // runs side by side
	Going   bool    `json:"keep_going,omitempty"` // what is found does not end it
	Run     int     `json:"run"`                  // seeds that were run
	Ended   string  `json:"ended"`                // why not all of them: found, budget, interrupted; "": all were
	Wall    float64 `json:"wall"`                 // seconds that all of its processes took together
	Virtual float64 `json:"virtual"`              // seconds that passed inside the runs

	Laws      []LawCount `json:"laws"`
	Expect    []LawCount `json:"expect,omitempty"` // what became of each expectation; open where a premise was broken
	Histories int        `json:"histories"`        // different ones
	Elections int        `json:"elections"`        // different orders in which servers came to lead the consumer
	Faults    int        `json:"faults"`           // drawn
	None      int        `json:"none"`             // runs that came to no verdict
	Broken    int        `json:"broken"`           // runs that broke something
	Losses    Losses     `json:"losses,omitzero"`

	Only       []string         `json:"only,omitempty"`       // the laws that were looked for; none: all of them, and the expectations
	Assertions []AssertionCount `json:"assertions,omitempty"` // what servers have asserted, in all runs; those that no run has called are not here

	Nothing []Unjudged `json:"nothing,omitempty"` // the first of the runs that came to no verdict, and why

	Found []Found `json:"found"`
}

// Losses are the known losses of all runs.
type Losses struct {
	Runs     int      `json:"runs"`     // in which acknowledged messages are gone, for a reason that is documented
	Messages int      `json:"messages"` // in all of them
	Refs     []string `json:"refs"`     // where the reasons are documented
}

// add takes in the loss of a run; nil is none.
func (l *Losses) add(one *measure.Loss) {
	if one == nil || !one.Known {
		return
	}
	l.Runs++
	l.Messages += one.Messages
	for _, ref := range one.Refs {
		if !slices.Contains(l.Refs, ref) {
			l.Refs = append(l.Refs, ref)
		}
	}
	slices.Sort(l.Refs)
}

// Unjudged is a run that came to no verdict, of the run or of one law.
type Unjudged struct {
	Seed   uint64 `json:"seed"`
	Reason string `json:"reason"`
}

// LawCount is what became of a law in all runs.
type LawCount struct {
	Law     string `json:"law"`
	Held    int    `json:"held"`
	Broken  int    `json:"broken"`
	Known   int    `json:"known,omitempty"`
	Excused int    `json:"excused"`
	Open    int    `json:"open"`

	Why []Unjudged `json:"why,omitempty"` // the first of the runs in which it could not be judged
}

// whyMax is how many of the runs in which something could not be judged are named, with their reasons.
const whyMax = 3

// open counts a run in which it could not be judged.
func (c *LawCount) open(seed uint64, reason string) {
	if c.Open++; len(c.Why) < whyMax && reason != "" {
		c.Why = append(c.Why, Unjudged{seed, reason})
	}
}

// Found is a run that broke something.
type Found struct {
	Seed    uint64 `json:"seed"`
	What    string `json:"what"`              // the law, or the expectation
	Message string `json:"message,omitempty"` // of the law server_assertion: which assertion of the server
	Text    string `json:"text"`              // of the run that is kept, or of the one that was drawn, if none is
	Digest  string `json:"digest"`            // of that run's history
	Drawn   *Drawn `json:"drawn,omitempty"`   // the run in which it was found, where another one is kept
	Faults  string `json:"faults"`            // as they were drawn
	Shrunk  string `json:"shrunk,omitempty"`  // what is left of them, and what else was made smaller
	Runs    int    `json:"runs,omitempty"`    // that this took
	Dir     string `json:"dir,omitempty"`     // of the run that is kept
	Command string `json:"command,omitempty"` // repeats it
}

// Name is what was broken.
func (f *Found) Name() string {
	if f.Message == "" {
		return f.What
	}
	return fmt.Sprintf("%s %q", f.What, f.Message)
}

// Drawn is a run as its seed has drawn it, before it was made smaller.
type Drawn struct {
	Text   string `json:"text"`
	Digest string `json:"digest"`
}

// Verdict is fail where something was found, unknown where nothing was and runs came to no verdict or none was run, else
// pass.
func (e *Exploration) Verdict() measure.Verdict {
	switch {
	case e.Broken > 0:
		return measure.Fail
	case e.None > 0 || e.Run == 0:
		return measure.Unknown
	}
	return measure.Pass
}

// Count takes in the probes of an exploration, which are held against laws and expectations.
func (e *Exploration) Count(probes []Probe, expect []string) {
	for _, expr := range expect {
		c := LawCount{Law: expr}
		for i := range probes {
			p := &probes[i]
			switch failed := slices.Contains(p.Failed, expr); {
			case len(p.Broken) > 0:
				c.open(p.Seed, "broken premise: "+strings.Join(p.Broken, "; "))
			case p.Verdict == measure.Unknown && !failed:
				c.open(p.Seed, p.Reason)
			case failed:
				c.Broken++
			default:
				c.Held++
			}
		}
		e.Expect = append(e.Expect, c)
	}
	histories, elections := map[string]bool{}, map[string]bool{}
	at := map[string]int{}
	for _, l := range safety.Laws {
		at[l.Name] = len(e.Laws)
		e.Laws = append(e.Laws, LawCount{Law: l.Name})
	}
	for i := range probes {
		p := &probes[i]
		e.Run++
		e.Virtual += p.Lasted
		e.Losses.add(p.Loss)
		histories[p.Digest] = true
		order := ""
		for _, name := range p.Leaders {
			order += name + " "
		}
		elections[order] = true
		for _, j := range p.Laws {
			e.countAssertions(p.Seed, j.Assertions)
			k, known := at[j.Law]
			if !known {
				continue
			}
			c := &e.Laws[k]
			switch j.Outcome {
			case safety.Held:
				c.Held++
			case safety.Broken:
				c.Broken++
			case safety.Known:
				c.Known++
			case safety.Excused:
				c.Excused++
			default:
				c.open(p.Seed, j.Text)
			}
		}
	}
	e.Histories, e.Elections = len(histories), len(elections)
	slices.SortFunc(e.Assertions, func(a, b AssertionCount) int { return strings.Compare(a.Message, b.Message) })
}

// AssertionCount is what became of one assertion of nats-server in all runs. All but Calls count runs; of Broken, Known and Expected each
// run counts once, under the worst of what it saw.
type AssertionCount struct {
	Message  string `json:"message"`
	Kind     string `json:"kind"`
	Runs     int    `json:"runs"`     // that called it
	Held     int    `json:"held"`     // in which its condition held at least once: what sometimes and reachable ask for
	Calls    int64  `json:"calls"`    // that violated it, at least
	Broken   int    `json:"broken"`   // nothing explains it
	Known    int    `json:"known"`    // after a fault that lets a server forget what it had
	Expected int    `json:"expected"` // it reports a disk that a fault broke

	Seeds []uint64 `json:"seeds,omitempty"` // the first of those that violated it
}

// seedsMax is how many seeds an assertion names.
const seedsMax = 20

func (e *Exploration) countAssertions(seed uint64, all []safety.Asserted) {
	for i := range all {
		a := &all[i]
		k := slices.IndexFunc(e.Assertions, func(c AssertionCount) bool { return c.Message == a.Message })
		if k < 0 {
			k = len(e.Assertions)
			e.Assertions = append(e.Assertions, AssertionCount{Message: a.Message, Kind: a.Kind})
		}
		c := &e.Assertions[k]
		c.Runs++
		if a.Held > 0 {
			c.Held++
		}
		c.Calls += a.Violated()
		switch {
		case a.Broken > 0:
			c.Broken++
		case a.Known > 0:
			c.Known++
		case a.Disk > 0:
			c.Expected++
		default:
			continue
		}
		if len(c.Seeds) < seedsMax {
			c.Seeds = append(c.Seeds, seed)
		}
	}
}

// Exploration reads the exploration of a directory.
func (r *Run) Exploration() (*Exploration, error) {
	e := &Exploration{}
	return e, r.readStudy(ExploreFile, e, &e.Study, e.check)
}

// check refuses a number of seeds that no exploration has.
func (e *Exploration) check() error {
	if e.Seeds < 0 || e.Seeds > probesMax {
		return fmt.Errorf("seeds is %d; expected at most %d", e.Seeds, probesMax)
	}
	return nil
}
