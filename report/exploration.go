package report

import (
	"fmt"
	"io"
	"slices"
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
			v, text = markOf(measure.Unknown).sign, fmt.Sprintf("%s, a known loss in %d", text, l.Known)
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
	s.title(fmt.Sprintf("Found with seed %d: %s", f.Seed, f.What))
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
