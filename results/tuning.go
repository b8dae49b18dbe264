package results

import (
	"fmt"
	"slices"
)

// Tuning is a search for the right limit of ack pending, and what came of it.
//
// Each limit is tried in up to three arms: [ArmFaults] is the scenario as it stands, [ArmCalm] the same without its
// faults, [ArmFree] without faults and without a limit, which is the most that any limit can reach.
type Tuning struct {
	Study
	Goals     []Goal      `json:"goals"`
	Question  Question    `json:"question"`
	Free      []Probe     `json:"free"`            // the arm free
	Loose     []Probe     `json:"loose,omitempty"` // without a limit as well, but with faults; none where the scenario has none
	Reach     int64       `json:"reach"`           // most ack pending that was seen without a limit: above it no limit acts
	Limits    []Tried     `json:"limits"`
	Low       Edge        `json:"low"`              // of the limits that meet every goal, the smallest
	High      Edge        `json:"high"`             // and the largest; Reach where none is too large
	Knee      int64       `json:"knee"`             // smallest limit that takes nothing from rate and latency without faults; 0: not known
	Advised   int64       `json:"advised"`          // the limit that is recommended; 0: none
	Verdict   string      `json:"verdict"`          // found, unmet, unknown
	Reason    string      `json:"reason"`           // the recommendation, or why there is none, in words
	Why       []string    `json:"why"`              // sentences behind it
	Rules     []Estimate  `json:"rules"`            // what rules of thumb would have said
	Levers    []Lever     `json:"levers,omitempty"` // other settings that were tried because a goal cannot be met by a limit
	Also      []Axis      `json:"also,omitempty"`
	Variants  []Variant   `json:"variants,omitempty"`   // of the settings in Also
	ConfirmOn string      `json:"confirm_on,omitempty"` // the clock of Confirm
	Confirm   []Confirmed `json:"confirm,omitempty"`
}

// The arms of a tuning.
const (
	ArmFaults = "faults"
	ArmCalm   = "calm"
	ArmFree   = "free"
)

// The verdicts of a tuning.
const (
	TuningFound   = "found"   // a limit meets every goal
	TuningUnmet   = "unmet"   // none does
	TuningUnknown = "unknown" // the scenario is no valid experiment, or the search was interrupted
)

// Question is what is wrong with the scenario to begin with.
type Question struct {
	Kind string `json:"kind"` // limit: the limit decides; workers: they are too slow; acks: some are missing; reach: no limit is ever reached
	Text string `json:"text"`
}

// Goal is a condition over metrics of the arms and settings, and for which limits it holds.
type Goal struct {
	Expr   string `json:"expr"`
	Preset bool   `json:"preset"`         // nobody asked for it
	Side   string `json:"side"`           // lower: it bounds the limit from below, upper: from above, both; always: it holds at any limit; never
	Best   string `json:"best,omitempty"` // of a goal that never holds: the nearest that any limit came to it
}

// Met reports whether the goal counts as met where it holds with so many of the seeds that were tried: somebody's goal
// must hold with each, a preset with most of them.
func (g Goal) Met(held, of int) bool {
	if g.Preset {
		return 2*held > of
	}
	return held == of
}

// Tried is one limit with its probes.
type Tried struct {
	Limit  int64    `json:"limit"`
	OK     bool     `json:"ok"`               // every goal is met
	Held   []int    `json:"held,omitempty"`   // by goal: with how many of the seeds that were tried it holds
	Failed []Failed `json:"failed,omitempty"` // goals that are not met
	Faults []Probe  `json:"faults,omitempty"` // none where the scenario has no faults
	Calm   []Probe  `json:"calm,omitempty"`
}

// Failed is a goal that is not met at some limit.
type Failed struct {
	Goal  int    `json:"goal"`  // its place in the list of goals
	Seed  uint64 `json:"seed"`  // the first with which it does not hold
	Seeds int    `json:"seeds"` // with how many it does not
	Of    int    `json:"of"`    // of how many that were tried
	Got   string `json:"got"`   // the values with the first, or why it cannot be judged
}

// With says with how many seeds the goal does not hold, and what was got with the first of them, to be put behind "does
// not hold".
func (f Failed) With() string {
	if f.Of < 2 {
		return ": " + f.Got
	}
	return fmt.Sprintf(" with %d of %d seeds: with seed %d, %s", f.Seeds, f.Of, f.Seed, f.Got)
}

// Edge is where the limits that meet every goal end.
type Edge struct {
	Limit  int64    `json:"limit"`  // the last that meets them
	Beyond int64    `json:"beyond"` // the nearest that was tried and does not; 0: there is none
	Failed []Failed `json:"failed"` // what fails there
}

// Estimate is what a rule says about the limit, and what becomes of the goals there.
type Estimate struct {
	Name    string   `json:"name"`
	Formula string   `json:"formula"`
	Limit   int64    `json:"limit"` // 0: the rule says nothing here
	OK      bool     `json:"ok"`    // every goal is met at that limit
	Failed  []Failed `json:"failed,omitempty"`
}

// Lever is another setting, changed to see whether a goal that no limit meets would be met.
type Lever struct {
	Goal int    `json:"goal"`
	Set  string `json:"set"` // "path=value"
	Met  bool   `json:"met"`
	Got  string `json:"got"`
}

// Variant is one combination of the settings that are searched beside the limit, with one limit.
type Variant struct {
	Values []string `json:"values"` // one of each of the axes in Also
	Limit  int64    `json:"limit"`
	OK     bool     `json:"ok"`    // every goal holds
	Front  bool     `json:"front"` // no other variant is as good in everything and better in something
	Faults []Probe  `json:"faults,omitempty"`
	Calm   []Probe  `json:"calm"`
}

// Confirmed is a limit tried again on another clock.
type Confirmed struct {
	Limit  int64    `json:"limit"`
	Clock  string   `json:"clock"`
	OK     bool     `json:"ok"`
	Agrees bool     `json:"agrees"` // with what came out on the clock of the search with the same seed
	Failed []Failed `json:"failed,omitempty"`
	Faults []Probe  `json:"faults,omitempty"`
	Calm   []Probe  `json:"calm,omitempty"`
}

// Tuning reads the tuning of a directory.
func (r *Run) Tuning() (*Tuning, error) {
	t := &Tuning{}
	return t, r.readStudy(TuningFile, t, &t.Study, t.check)
}

// check refuses what speaks of goals that there are not, and variants that are not on the axes.
func (t *Tuning) check() error {
	for i := range t.Limits {
		if t.Limits[i].Limit <= 0 {
			return fmt.Errorf("limits.%d: limit is %d; expected more than 0", i, t.Limits[i].Limit)
		}
		if held := len(t.Limits[i].Held); held != 0 && held != len(t.Goals) {
			return fmt.Errorf("limits.%d: held has %d goals; there are %d", i, held, len(t.Goals))
		}
	}
	for i := range t.Variants {
		if err := onAxes(t.Also, t.Variants[i].Values); err != nil {
			return fmt.Errorf("variants.%d: %w", i, err)
		}
	}
	for _, goal := range t.goalsNamed() {
		if goal < 0 || goal >= len(t.Goals) {
			return fmt.Errorf("it speaks of goal %d; there are %d", goal, len(t.Goals))
		}
	}
	return nil
}

// goalsNamed are the goals that a tuning speaks of, by their places in the list of goals.
func (t *Tuning) goalsNamed() []int {
	failed := slices.Concat(t.Low.Failed, t.High.Failed)
	for i := range t.Limits {
		failed = append(failed, t.Limits[i].Failed...)
	}
	for i := range t.Rules {
		failed = append(failed, t.Rules[i].Failed...)
	}
	for i := range t.Confirm {
		failed = append(failed, t.Confirm[i].Failed...)
	}
	var goals []int
	for _, f := range failed {
		goals = append(goals, f.Goal)
	}
	for _, l := range t.Levers {
		goals = append(goals, l.Goal)
	}
	return goals
}
