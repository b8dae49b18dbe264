package report

import (
	_ "embed"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/results/safety"
)

//go:embed assets/explore.html.tmpl
var exploreText string

var exploreTemplate = pageOf(studyText, exploreText)

// explorePage is all that the template needs.
type explorePage struct {
	studyFrame
	Verdict  measure.Verdict
	Story    string
	Course   string
	Engine   string
	Found    []foundRun
	Unjudged []results.Unjudged
	Left     int // runs without a verdict that are not listed
	Laws     sheet
	Open     sheet // why some of them could not be judged
}

// foundRun is a finding, with the address of its run's page; "" where it was not kept.
type foundRun struct {
	*results.Found
	Page string
}

// ExplorationHTML writes an exploration as one self-contained page, for the directory that holds its result: the runs that
// were kept are linked from there. It returns the writer's first error.
func ExplorationHTML(w io.Writer, e *results.Exploration) error {
	return fill(w, exploreTemplate, e.Scenario, newExplorePage(e))
}

func newExplorePage(e *results.Exploration) *explorePage {
	p := &explorePage{
		studyFrame: newStudyFrame(&e.Study, "exploration of "+e.Scenario, results.ExploreFile, nil),
		Verdict:    e.Verdict(), Story: ExplorationStory(e), Course: explorationCourse(e), Engine: e.Engine,
		Unjudged: e.Nothing, Left: e.None - len(e.Nothing),
	}
	p.Seeds = seedRange(e.Seed, e.Run)
	for i := range e.Found {
		p.Found = append(p.Found, foundRun{&e.Found[i], keptPage(e.Found[i].Dir)})
	}
	p.Laws, p.Open = lawsSheet(e), openSheet(e)
	return p
}

// openSheet has a row for each run that is named because a law or an expectation could not be judged there.
func openSheet(e *results.Exploration) sheet {
	t := sheet{Head: []string{"law or expectation", "seed", "why it is not judged"}}
	for _, l := range slices.Concat(e.Laws, e.Expect) {
		for _, w := range l.Why {
			t.Rows = append(t.Rows, []string{l.Law, strconv.FormatUint(w.Seed, 10), w.Reason})
		}
	}
	return t
}

// keptPage is the address of a kept run's page, as seen from the exploration's directory, which may have been moved since.
func keptPage(dir string) string {
	parts := strings.Split(filepath.ToSlash(dir), "/")
	for i := len(parts) - 1; i >= 0; i-- {
		if parts[i] == results.FoundDir {
			path := strings.Join(append(parts[i:], results.ReportFile), "/")
			return (&url.URL{Path: path}).String()
		}
	}
	return ""
}

func lawsSheet(e *results.Exploration) sheet {
	says := map[string]string{}
	for _, l := range safety.Laws {
		says[l.Name] = l.Says
	}
	t := sheet{Head: []string{"law or expectation", "held", "broken", "known loss", "excused", "not judged", "what it says"}}
	for _, l := range e.Laws {
		t.Rows = append(t.Rows, []string{
			l.Law, count(int64(l.Held)), count(int64(l.Broken)), count(int64(l.Known)), count(int64(l.Excused)), count(int64(l.Open)), says[l.Law],
		})
	}
	for _, l := range e.Expect {
		t.Rows = append(t.Rows, []string{
			l.Law, count(int64(l.Held)), count(int64(l.Broken)), count(int64(l.Known)), count(int64(l.Excused)), count(int64(l.Open)), "expected by the scenario",
		})
	}
	return t
}
