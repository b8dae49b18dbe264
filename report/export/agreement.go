package export

import (
	"fmt"
	"strings"

	"pindrop/report"
	"pindrop/results"
	"pindrop/scenarios"
)

// both writes the values of a metric on two clocks.
func both(a *results.Agreement, c results.Compared) [2]string {
	var words [2]string
	for i, v := range c.Values {
		words[i] = report.Value(c.Metric, v)
		if c.Missing != "" && c.Missing == a.Clocks[i] {
			words[i] = "absent"
		}
	}
	return words
}

// wanted says how near two values have to be.
func wanted(c results.Compared) string {
	if c.Within == "exactly" {
		return "the same"
	}
	return "within " + c.Within
}

// addAgreement makes a test case of each metric that has to agree with the same plan on the other clock.
func (s *testSuite) addAgreement(a *results.Agreement, which string) {
	if a == nil {
		return
	}
	for _, c := range a.Metrics {
		if c.Within == "" {
			continue // clocks may differ in it
		}
		one := testCase{Name: clean(c.Metric+" on both clocks") + which, Class: s.Name + ".agreement"}
		if !c.OK {
			v := both(a, c)
			one.Failure = &problem{Type: "clocks do not agree", Message: clean(fmt.Sprintf("%s on the %s clock, %s on the %s clock; expected %s",
				v[0], a.Clocks[0], v[1], a.Clocks[1], wanted(c)))}
		}
		s.add(one)
	}
}

// summarizeAgreement says whether two clocks agree, and lists what they do not agree in.
func summarizeAgreement(out *strings.Builder, a *results.Agreement) {
	if a == nil {
		return
	}
	if a.OK {
		fmt.Fprintf(out, "The %s and the %s clock agree in %s", said(a.Clocks[0]), said(a.Clocks[1]), scenarios.Counted(a.Judged(), "judged metric"))
		if kinds := a.Unjudged(); len(kinds) > 0 {
			fmt.Fprintf(out, "; not judged: %s", said(strings.Join(kinds, ", ")))
		}
		out.WriteString(".\n\n")
		return
	}
	fmt.Fprintf(out, "The %s and the %s clock do not agree:\n\n", said(a.Clocks[0]), said(a.Clocks[1]))
	fmt.Fprintf(out, "| metric | %s | %s | expected |\n|---|---:|---:|---|\n", said(a.Clocks[0]), said(a.Clocks[1]))
	shown := 0
	for _, c := range a.Metrics {
		if c.OK {
			continue
		}
		if shown++; shown > rowsShown {
			out.WriteString("| … | | | |\n")
			break
		}
		v := both(a, c)
		fmt.Fprintf(out, "| %s | %s | %s | %s |\n", said(c.Metric), said(v[0]), said(v[1]), said(wanted(c)))
	}
	out.WriteString("\n")
}
