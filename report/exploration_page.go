package report

import (
	_ "embed"
	"fmt"
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
	Asserted sheet // what servers assert
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
	p.Laws, p.Open, p.Asserted = lawsSheet(e), openSheet(e), assertedSheet(e)
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

// assertedSheet has a row for each assertion of nats-server, in the order of its source: of those that no run has come to as well. One
// that is new in another version of the server follows behind.
func assertedSheet(e *results.Exploration) sheet {
	t := sheet{Head: []string{"message", "called", "held", "broken", "known cause", "disk broken", "seeds", "what it means"}}
	if len(e.Assertions) == 0 {
		return t // an older exploration, or one whose servers nobody heard
	}
	known := map[string]bool{}
	row := func(message, means string) {
		c := results.AssertionCount{}
		if i := slices.IndexFunc(e.Assertions, func(a results.AssertionCount) bool { return a.Message == message }); i >= 0 {
			c = e.Assertions[i]
		}
		t.Rows = append(t.Rows, []string{
			message, count(int64(c.Runs)), count(int64(c.Held)), count(int64(c.Broken)), count(int64(c.Known)), count(int64(c.Expected)), seedList(&c), means,
		})
	}
	for _, a := range safety.Assertions() {
		known[a.Message] = true
		row(a.Message, fmt.Sprintf("%s %s:%d", a.Means, a.File, a.Line))
	}
	for i := range e.Assertions {
		if !known[e.Assertions[i].Message] {
			row(e.Assertions[i].Message, "not in nats-server "+safety.AssertionsOf)
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
	t := sheet{Head: []string{"law or expectation", "held", "broken", "known cause", "excused", "not judged", "what it says"}}
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
