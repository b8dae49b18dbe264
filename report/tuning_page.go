package report

import (
	_ "embed"
	"io"
	"slices"

	"pindrop/results"
	"pindrop/scenarios"
)

//go:embed assets/tuning.html.tmpl
var tuningText string

var tuningTemplate = pageOf(studyText, tuningText)

// tuningPage is all that the template needs.
type tuningPage struct {
	studyFrame
	T        *results.Tuning
	Badge    string
	Class    string // of the badge
	Apply    []string
	Tiles    []tile
	Figures  []figure
	Same     []string
	Goals    sheet
	Rules    sheet
	Levers   sheet
	Front    *figure
	Variants sheet
	Confirm  sheet
	Limits   sheet
}

// TuningHTML writes a tuning as one self-contained page: the recommendation, how to apply it, and what it rests on. It
// returns the writer's first error.
func TuningHTML(w io.Writer, t *results.Tuning) error {
	return fill(w, tuningTemplate, t.Scenario, newTuningPage(t))
}

func newTuningPage(t *results.Tuning) *tuningPage {
	p := &tuningPage{
		studyFrame: newStudyFrame(&t.Study, "tuning of "+t.Scenario, results.TuningFile, tuningProbes(t)), T: t,
		Tiles: tuningTiles(t), Goals: goalsSheet(t), Rules: rulesSheet(t), Levers: leversSheet(t),
		Variants: variantsSheet(t), Confirm: confirmSheet(t), Limits: limitsSheet(t),
	}
	p.Sure = append(p.Sure, edgeSure(t)...)
	most := 0
	for i := range t.Limits {
		most = max(most, len(t.Limits[i].Calm))
	}
	p.Seeds = seedRange(t.Seed, most) // no more than it took
	p.Badge, p.Class = tuningBadge(t)
	if t.Advised > 0 {
		p.Apply = applyLines(t)
	}
	p.Figures, p.Same = tuningFigures(t)
	if f, ok := frontFigure(t); ok {
		p.Front = &f
	}
	return p
}

// tuningBadge is the verdict with its sign, and the class that colours it.
func tuningBadge(t *results.Tuning) (badge, class string) {
	switch t.Verdict {
	case results.TuningFound:
		return "✓ FOUND", "v-pass"
	case results.TuningUnmet:
		return "✗ NO LIMIT MEETS THE GOALS", "v-fail"
	}
	return "? UNKNOWN", "v-unknown"
}

// tuningProbes are all runs of a tuning.
func tuningProbes(t *results.Tuning) []results.Probe {
	all := slices.Concat(t.Free, t.Loose)
	for i := range t.Limits {
		all = append(append(all, t.Limits[i].Faults...), t.Limits[i].Calm...)
	}
	for i := range t.Variants {
		all = append(append(all, t.Variants[i].Faults...), t.Variants[i].Calm...)
	}
	for i := range t.Confirm {
		all = append(append(all, t.Confirm[i].Faults...), t.Confirm[i].Calm...)
	}
	return all
}

// freeOf are the probes of an arm without a limit.
func freeOf(t *results.Tuning, arm string) []results.Probe {
	if arm == results.ArmFaults {
		return t.Loose
	}
	return t.Free
}

// tuningTiles are always the same six, so that two tunings can be held side by side.
func tuningTiles(t *results.Tuning) []tile {
	out := []tile{
		{Label: "recommended", Value: "none", Note: "no limit meets every goal"},
		{Label: "every goal holds", Value: "nowhere", Note: "among the limits that were tried"},
		limitTile("knee", t.Knee, "the smallest limit that takes nothing from rate and latency without faults"),
		limitTile("reach", t.Reach, "most ack pending without a limit: above it no limit acts"),
		ownTile(t),
		exposureTile(t),
	}
	if t.Verdict == results.TuningUnknown {
		out[0].Note, out[1].Value = "the search did not come to an end", "not known"
	}
	if t.Advised > 0 {
		out[0].Value, out[0].Note = count(t.Advised), "max_ack_pending"
	}
	if met(t) {
		out[1].Value, out[1].Note = rangeText(t), "the range of limits, as far as it was tried"
	}
	return out
}

// met reports whether there is a range of limits that meet every goal.
func met(t *results.Tuning) bool {
	return t.Verdict == results.TuningFound && t.Low.Limit > 0 && t.Low.Limit <= t.High.Limit
}

// rangeText is the range of limits that meet every goal.
func rangeText(t *results.Tuning) string {
	switch {
	case t.High.Beyond == 0:
		return count(t.Low.Limit) + " and more"
	case t.Low.Limit == t.High.Limit:
		return "only " + count(t.Low.Limit)
	}
	return count(t.Low.Limit) + " to " + count(t.High.Limit)
}

func limitTile(label string, limit int64, note string) tile {
	if limit <= 0 {
		return tile{Label: label, Value: none, Note: "not known"}
	}
	return tile{Label: label, Value: count(limit), Note: note}
}

// ownTile is the limit that the scenario has, and whether it would do.
func ownTile(t *results.Tuning) tile {
	out := tile{Label: "the scenario's own", Value: none, Note: "not known"}
	s, err := scenarios.Load(results.ScenarioFile, []byte(t.YAML), nil)
	if err != nil {
		return out
	}
	own := int64(s.Consumer.MaxAckPending)
	out.Value, out.Note = count(own), "max_ack_pending as the scenario stands"
	switch {
	case own <= 0:
		out.Value = "no limit"
	case !met(t):
	case own < t.Low.Limit:
		out.Note = "too small: " + out.Note
	case t.High.Beyond > 0 && own > t.High.Limit:
		out.Note = "too large: " + out.Note
	default:
		out.Note = "in the range: " + out.Note
	}
	return out
}

// exposureTile is what the recommended limit costs when a worker dies.
func exposureTile(t *results.Tuning) tile {
	out := tile{Label: "held at a fault", Value: none, Note: notApplied}
	for i := range t.Limits {
		if t.Limits[i].Limit != t.Advised {
			continue
		}
		if v, ok := results.SpreadOf(t.Limits[i].Faults, "held.at_fault"); ok {
			out.Value, out.Note = number(v.Median), "messages that a worker holds when it dies, at the recommended limit"
			if free, ok := results.SpreadOf(freeOf(t, results.ArmFaults), "held.at_fault"); ok {
				out.Note += "; without a limit " + number(free.Median)
			}
		}
	}
	return out
}
