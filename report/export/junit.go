package export

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/results/safety"
)

// testSuites is a file of JUnit XML. A failure is an expectation that was not met; an error is what makes a run no valid
// experiment, or an expectation that cannot be judged.
type testSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []*testSuite `xml:"testsuite"`
}

// testSuite is one scenario. It has no time: that of a virtual clock would be taken for how long the test took.
type testSuite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Timestamp  string     `xml:"timestamp,attr,omitempty"`
	Properties []property `xml:"properties>property"`
	Cases      []testCase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testCase struct {
	Name    string   `xml:"name,attr"`
	Class   string   `xml:"classname,attr"`
	Failure *problem `xml:"failure"`
	Error   *problem `xml:"error"`
	Skipped *problem `xml:"skipped"`
	Out     string   `xml:"system-out,omitempty"`
}

type problem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func writeJUnit(w io.Writer, runs []Run, _ Options) error {
	var file testSuites
	byScenario, several := map[string]*testSuite{}, map[string]int{}
	for _, r := range runs {
		several[r.Record.Scenario]++
	}
	for _, r := range runs {
		rec := r.Record
		s := byScenario[rec.Scenario]
		if s == nil {
			s = newSuite(rec.Scenario, rec.Started, rec.Versions)
			byScenario[rec.Scenario] = s
			file.Suites = append(file.Suites, s)
		}
		which := ""
		if several[rec.Scenario] > 1 {
			which = fmt.Sprintf(" (%s clock, seed %d)", rec.Clock, rec.Seed)
		}
		s.Properties = append(s.Properties, property{"command" + clean(which), clean(rec.Command)},
			property{"digest" + clean(which), clean(rec.Digest)})
		s.addRun(rec, clean(which))
	}
	return file.write(w)
}

func newSuite(scenario, started string, v results.Versions) *testSuite {
	return &testSuite{Name: clean(scenario), Timestamp: clean(strings.TrimSuffix(started, "Z")), Properties: []property{
		{"pindrop", clean(v.Pindrop)}, {"nats-server", clean(v.NATSServer)}, {"nats.go", clean(v.NATSGo)}, {"go", clean(v.Go)},
	}}
}

// addRun adds the premises and the expectations of a run. Expectations of a run that was no valid experiment are skipped:
// whatever came out of them says nothing.
func (s *testSuite) addRun(r *results.Record, which string) {
	if !r.Complete {
		s.add(testCase{Name: "the run came to its end" + which, Class: s.Name + ".premises",
			Error: &problem{Message: clean(r.Reason), Type: "incomplete", Text: clean("repeat: " + r.Command)}})
	}
	for _, p := range r.Premises {
		c := testCase{Name: clean(p.Name) + which, Class: s.Name + ".premises"}
		if !p.OK {
			c.Error = &problem{Message: clean(fmt.Sprintf("broken premise: wanted %s, got %s", p.Wanted, p.Got)), Type: "broken premise",
				Text: clean("Nothing is claimed of this run. Repeat: " + r.Command)}
		}
		s.add(c)
	}
	s.addLaws(r, which)
	invalid := !r.Complete || len(r.Broken()) > 0
	for _, e := range r.Expect {
		c := testCase{Name: clean(e.Expr) + which, Class: s.Name + ".expect"}
		switch {
		case invalid:
			c.Skipped = &problem{Message: "not judged: the run was no valid experiment"}
		case e.Verdict == measure.Pass:
			c.Out = clean("got " + e.Got)
		case e.Verdict == measure.Fail:
			c.Failure = &problem{Message: clean("got " + e.Got), Type: "not as expected",
				Text: clean(fmt.Sprintf("expected %s; got %s. Repeat: %s", e.Expr, e.Got, r.Command))}
		default:
			c.Error = &problem{Message: clean("cannot be judged: " + e.Why), Type: "unknown", Text: clean(e.Got)}
		}
		s.add(c)
	}
	if !invalid {
		s.addAgreement(r.Other, which)
	}
}

// addLaws adds the safety laws, and what the server had acknowledged and lost. A known loss fails nothing, and is skipped: every
// reader of these files shows that, with the number of messages.
func (s *testSuite) addLaws(r *results.Record, which string) {
	for _, j := range r.Findings.Laws {
		c := testCase{Name: clean(j.Law) + which, Class: s.Name + ".laws"}
		switch j.Outcome {
		case safety.Held:
			c.Out = clean(j.Text)
		case safety.Broken:
			c.Failure = &problem{Message: clean(j.Text), Type: "broken law", Text: clean("repeat: " + r.Command)}
		default:
			c.Skipped = &problem{Message: clean(string(j.Outcome) + ": " + j.Text)}
		}
		s.add(c)
	}
	if l := r.Findings.Loss; l != nil {
		c := testCase{Name: "no acknowledged message is lost" + which, Class: s.Name + ".laws"}
		if l.Known {
			c.Skipped = &problem{Message: clean("known loss: " + l.String() + ": " + l.Cause)}
		} else {
			c.Failure = &problem{Message: clean("lost: " + l.String()), Type: "loss", Text: clean("repeat: " + r.Command)}
		}
		s.add(c)
	}
}

// sweepJUnit makes a test case of each run of a sweep: whether the scenario's own expectations were met there.
func sweepJUnit(w io.Writer, sweep *results.Sweep) error {
	s := newSuite(sweep.Scenario, sweep.Started, sweep.Versions)
	s.Properties = append(s.Properties, property{"command", clean(sweep.Command)})
	for _, p := range sweepProbes(sweep) {
		var words []string
		for _, v := range p.varied {
			words = append(words, v.key+"="+v.value)
		}
		c := testCase{Name: clean(fmt.Sprintf("%s (seed %d)", strings.Join(words, " "), p.Seed)), Class: s.Name + ".sweep"}
		switch {
		case len(p.Broken) > 0:
			c.Error = &problem{Message: clean(strings.Join(p.Broken, "; ")), Type: "broken premise"}
		case p.Verdict == measure.Fail:
			c.Failure = &problem{Message: clean(p.Reason), Type: "not as expected"}
		case p.Verdict != measure.Pass:
			c.Error = &problem{Message: clean(p.Reason), Type: "unknown"}
		}
		s.add(c)
	}
	if !sweep.Complete {
		s.add(testCase{Name: "the sweep came to its end", Class: s.Name + ".sweep", Error: &problem{Message: "it was interrupted", Type: "incomplete"}})
	}
	file := testSuites{Suites: []*testSuite{s}}
	return file.write(w)
}

// tuningJUnit makes a test case of each goal, and one of the recommendation.
func tuningJUnit(w io.Writer, t *results.Tuning) error {
	s := newSuite(t.Scenario, t.Started, t.Versions)
	s.Properties = append(s.Properties, property{"command", clean(t.Command)}, property{"advised", fmt.Sprint(t.Advised)})
	found := testCase{Name: "a limit meets every goal", Class: s.Name + ".tune", Out: clean(t.Reason)}
	switch t.Verdict {
	case results.TuningFound:
	case results.TuningUnmet:
		found.Out, found.Failure = "", &problem{Message: clean(t.Reason), Type: "unmet"}
	default:
		found.Out, found.Error = "", &problem{Message: clean(t.Reason), Type: "unknown"}
	}
	s.add(found)
	for _, g := range t.Goals {
		c := testCase{Name: clean(g.Expr), Class: s.Name + ".goals"}
		if g.Side == "never" {
			c.Failure = &problem{Message: clean("no limit meets it; nearest: " + g.Best), Type: "unmet"}
		}
		s.add(c)
	}
	for _, cf := range t.Confirm {
		c := testCase{Name: clean(fmt.Sprintf("limit %d agrees on the %s clock", cf.Limit, cf.Clock)), Class: s.Name + ".confirm"}
		if !cf.Agrees {
			c.Failure = &problem{Message: clean(failedGoals(t, cf.Failed)), Type: "does not agree"}
		}
		s.add(c)
	}
	file := testSuites{Suites: []*testSuite{s}}
	return file.write(w)
}

// failedGoals lists goals that do not hold, each with what was there instead.
func failedGoals(t *results.Tuning, failed []results.Failed) string {
	var list []string
	for _, f := range failed {
		expr := fmt.Sprintf("goal %d", f.Goal+1)
		if f.Goal >= 0 && f.Goal < len(t.Goals) {
			expr = t.Goals[f.Goal].Expr
		}
		list = append(list, fmt.Sprintf("%s (seed %d: %s)", expr, f.Seed, f.Got))
	}
	if len(list) == 0 {
		return "every goal holds there, but not here"
	}
	return strings.Join(list, "; ")
}

func (s *testSuite) add(c testCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	for _, count := range []struct {
		of *problem
		n  *int
	}{{c.Failure, &s.Failures}, {c.Error, &s.Errors}, {c.Skipped, &s.Skipped}} {
		if count.of != nil {
			*count.n++
		}
	}
}

func (f *testSuites) write(w io.Writer) error {
	f.Name = "pindrop"
	for _, s := range f.Suites {
		f.Tests, f.Failures, f.Errors, f.Skipped = f.Tests+s.Tests, f.Failures+s.Failures, f.Errors+s.Errors, f.Skipped+s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(f); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
