package report

import (
	"fmt"

	"pindrop/results"
)

// studySure says what the numbers of a study are worth.
func studySure(s *results.Study, probes []results.Probe) []string {
	out := []string{studyClockSure(s), studyRepeatSure(s)}
	if len(probes) == 0 {
		return out
	}
	broken := brokenOf(probes)
	if broken == 0 {
		return append(out, fmt.Sprintf("Premises: all hold in %s.", each(len(probes))))
	}
	return append(out, fmt.Sprintf("Premises: one or more do not hold in %s of %s; these runs count for nothing here, and which they are stands with their settings.",
		count(int64(broken)), plural(len(probes), "run")))
}

func each(runs int) string {
	if runs == 1 {
		return "the one run"
	}
	return fmt.Sprintf("each of the %s runs", count(int64(runs)))
}

func studyClockSure(s *results.Study) string {
	if s.Clock == "virtual" {
		return "Clock: virtual, and exact for the order in which things happened; a machine under load changes nothing. What takes processor time is not in these numbers: only a run on the real clock tells it."
	}
	return "Clock: times are read from one monotonic clock as each event is written down, so the delay of a busy machine is in every one of them. The runs came one after the other, and the machine may have changed between them."
}

func studyRepeatSure(s *results.Study) string {
	if s.Repeat < 2 {
		return "Repeats: none. Each set of settings was run once, with one seed; a difference between two of them that another seed would undo cannot be told. --repeat 5 tells."
	}
	return fmt.Sprintf("Repeats: %s of each set of settings, with %d different seeds; the same seeds for each, so that chance hits all alike. Where a spread is shown, it is from the lowest to the highest.",
		plural(s.Repeat, "run"), s.Repeat)
}

// edgeSure says how far the edges of a tuning are known.
func edgeSure(t *results.Tuning) []string {
	var out []string
	for _, e := range []struct {
		name string
		edge results.Edge
	}{{"smallest", t.Low}, {"largest", t.High}} {
		if e.edge.Limit == 0 || e.edge.Beyond == 0 {
			continue
		}
		apart := max(e.edge.Limit, e.edge.Beyond) - min(e.edge.Limit, e.edge.Beyond)
		text := fmt.Sprintf("Edge: the %s limit that meets every goal is %s, and %s does not meet them.", e.name, count(e.edge.Limit), count(e.edge.Beyond))
		if apart > 1 {
			text += " Between them " + verbs(int(apart-1), "was", "were") + " not tried."
		}
		out = append(out, text)
	}
	if len(t.Confirm) == 0 && t.Clock == "virtual" && t.Verdict == "found" {
		out = append(out, "Other clock: not asked. --confirm real runs the recommendation, and a limit on each side of it, on the real clock.")
	}
	return out
}
