package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// ExplorationText writes what came of an exploration for a person at a terminal. It returns the writer's first error.
func ExplorationText(w io.Writer, e *results.Exploration, o TextOptions) error {
	s := newScreen(o)
	s.wrapped("", 2, bold, e.Scenario+": "+ExplorationStory(e))
	s.wrapped("", 2, dim, explorationCourse(e))
	s.line("")
	all, longest := slices.Concat(e.Laws, e.Expect), 0
	for _, l := range all {
		longest = max(longest, len(l.Law))
	}
	for _, l := range all {
		v, text := "✓", fmt.Sprintf("held in %d", l.Held)
		if l.Known > 0 {
			v, text = markOf(measure.Unknown).sign, fmt.Sprintf("%s, broken with a known cause in %d", text, l.Known)
		}
		switch {
		case l.Held+l.Broken+l.Excused+l.Known == 0 && l.Open > 0:
			v = "?"
		case l.Broken > 0:
			v, text = "✗", fmt.Sprintf("broken in %d, %s", l.Broken, text)
		}
		if l.Excused > 0 {
			text += fmt.Sprintf(", broken with an excuse in %d", l.Excused)
		}
		if l.Open > 0 {
			text += fmt.Sprintf(", not to be judged in %d", l.Open)
		}
		s.wrapped("  "+v, 4, "", fmt.Sprintf("%-*s %s", min(longest, 40), l.Law, text))
		for _, w := range l.Why {
			s.wrapped("     ", 5, dim, fmt.Sprintf("seed %d: %s", w.Seed, w.Reason))
		}
	}
	if e.None > 0 {
		s.wrapped("  ?", 4, "", fmt.Sprintf("%s came to no verdict", scenarios.Counted(e.None, "run")))
		for _, n := range e.Nothing[:min(3, len(e.Nothing))] {
			s.wrapped("     ", 5, dim, fmt.Sprintf("seed %d: %s", n.Seed, n.Reason))
		}
	}
	assertionsText(&s, e)
	for i := range e.Found {
		foundText(&s, &e.Found[i])
	}
	s.line("")
	for _, f := range o.Files {
		s.line(fmt.Sprintf("  %-8s %s", f.What, f.Path))
	}
	s.line("  repeat   " + e.Command)
	return s.print(w)
}

// assertionsText lists what servers asserted and was not so.
func assertionsText(s *screen, e *results.Exploration) {
	titled := false
	for i := range e.Assertions {
		a := &e.Assertions[i]
		if a.Broken+a.Known+a.Expected == 0 {
			continue
		}
		if !titled {
			s.title("What servers assert, and was not so")
			titled = true
		}
		mark := markOf(measure.Unknown).sign
		if a.Broken > 0 {
			mark = "✗"
		}
		s.wrapped("  "+mark, 4, "", fmt.Sprintf("%s: %s", a.Message, assertionRuns(a)))
	}
}

// assertionRuns says in how many runs an assertion was violated, why, and with which seeds.
func assertionRuns(a *results.AssertionCount) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{a.Broken, "without a reason"}, {a.Known, "after a loss of what was not synced, or in memory"}, {a.Expected, "on a disk that a fault broke"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%s in %s", c.what, scenarios.Counted(c.n, "run")))
		}
	}
	return fmt.Sprintf("%s (%s)", strings.Join(parts, ", "), seedList(a))
}

// seedList names the seeds with which an assertion was violated.
func seedList(a *results.AssertionCount) string {
	if len(a.Seeds) == 0 {
		return ""
	}
	text := "seed "
	if len(a.Seeds) > 1 {
		text = "seeds "
	}
	for i, seed := range a.Seeds {
		if i > 0 {
			text += ", "
		}
		text += strconv.FormatUint(seed, 10)
	}
	if more := a.Broken + a.Known + a.Expected - len(a.Seeds); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// ExplorationStory says in a line how many seeds were run, and what came of it.
func ExplorationStory(e *results.Exploration) string {
	return fmt.Sprintf("%s of %d, %s", scenarios.Counted(e.Run, "seed"), e.Seeds, ended(e)) + lossesNote(e.Losses)
}

// lossesNote tells the known losses of all runs: nothing that was found, and nothing to pass over.
func lossesNote(l results.Losses) string {
	if l.Runs == 0 {
		return ""
	}
	refs := ""
	if len(l.Refs) > 0 {
		refs = " (" + strings.Join(l.Refs, ", ") + ")"
	}
	return fmt.Sprintf("; known losses: %s in %s%s", plural(l.Messages, "acknowledged message"), plural(l.Runs, "run"), refs)
}

// explorationCourse says how they were run, how much they differed, and how fast that went.
func explorationCourse(e *results.Exploration) string {
	speed := ""
	if e.Wall > 0 && e.Virtual > 0 {
		speed = fmt.Sprintf("; %s of virtual time in %s, %s times as fast", quantity(e.Virtual, "s"), quantity(e.Wall, "s"), digits(e.Virtual/e.Wall))
	}
	return fmt.Sprintf("%s engine, seeds from %d on, %d at once: %s, %s of servers that came to lead the consumer%s",
		e.Engine, e.Seed, e.Jobs, counted(e.Histories, "different history", "different histories"),
		counted(e.Elections, "different order", "different orders"), speed)
}

func foundText(s *screen, f *results.Found) {
	s.title(fmt.Sprintf("Found with seed %d: %s", f.Seed, f.Name()))
	s.wrapped("", 2, "", f.Text)
	s.wrapped("", 2, "", "drawn: "+f.Faults)
	if f.Drawn != nil && f.Drawn.Text != f.Text {
		s.wrapped("", 2, "", "as it was drawn: "+f.Drawn.Text)
	}
	if f.Shrunk != "" {
		s.wrapped("", 2, "", fmt.Sprintf("left of it after %s: %s", scenarios.Counted(f.Runs, "run"), f.Shrunk))
	}
	if f.Command != "" {
		s.line("  repeat it: " + f.Command)
	}
}

func ended(e *results.Exploration) string {
	what := "nothing found"
	if e.Broken > 0 {
		what = fmt.Sprintf("%s broke something", scenarios.Counted(e.Broken, "run"))
	}
	return strings.TrimSuffix(what+", ended by "+e.Ended, ", ended by ")
}

func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
