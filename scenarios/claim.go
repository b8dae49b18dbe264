package scenarios

import (
	"fmt"
	"strings"
)

// Claim is a statement that people rely on, put to the test by the scenario around it.
//
// The scenario is run once for each arm, and once more for each arm with the control on top. The prediction is judged
// in each run, or, where it names arms, in all of them together.
type Claim struct {
	// Name in the table of claims; default: the scenario's.
	ID string `json:"id"`
	// Where the statement comes from; see below.
	Source string `json:"source" enum:"E|M|A|R|I"`
	// Source I: the issue or pull request that the claim reproduces, as owner/repository#number.
	Issue string `json:"issue,omitempty"`
	// What people believe, in a sentence.
	Statement string `json:"statement"`
	// What is true of the metrics if the statement is: a condition as in expect; with names of arms in front (long.overlap.max > short.overlap.max) it is judged once.
	Predicts Expectation `json:"predicts"`
	// The deciding number, or a list of them: a metric, of every arm, or arm.metric.
	Number Numbers `json:"number"`
	// Variations of the scenario; at least one.
	Arms []Arm `json:"arms"`
	// The mechanism removed.
	Control Control `json:"control"`
	// The condition, in words, on which the arms differ.
	OnlyIf string `json:"only_if,omitempty"`
	// The reason, in the source of the server or the client, for an outcome that surprises.
	Why string `json:"why,omitempty"`
	// What the last measurement said; varies: one thing with one seed, another with another.
	Expected string `json:"expected" enum:"holds|refuted|only if|varies"`
}

// Link is the address of the issue, "" without one. Pull requests are found there as well.
func (c *Claim) Link() string {
	repository, number, ok := strings.Cut(c.Issue, "#")
	if !ok {
		return ""
	}
	return "https://github.com/" + repository + "/issues/" + number
}

// Arm is one variation of a claim's scenario.
type Arm struct {
	// Name of the arm: letters, digits and underscores.
	Name string `json:"name"`
	// Overrides: paths with their values.
	Set Sets `json:"set"`
}

// Control is what is changed on top of every arm so that the prediction comes out the other way. A verdict that cannot
// flip is no verdict.
type Control struct {
	// Overrides: paths with their values.
	Set Sets `json:"set"`
}

// Numbers are names of metrics; one alone may stand without a list.
type Numbers []string

func (l *Numbers) fromNode(d *decoder, n *node, path string) {
	d.oneOrMore(n, (*[]string)(l), field{}, path)
}

func (l Numbers) toNode() *node { return encodeOneOrMore(l) }

// Sets are overrides, each "path=value" as for [Load], written as a mapping of paths to values.
type Sets []string

func (s *Sets) fromNode(d *decoder, n *node, path string) {
	if n.kind != mapping {
		d.wrong(n, path, "a mapping of paths to values such as {workers.batch: 50}")
		return
	}
	for i, k := range n.keys {
		*s = append(*s, k.name+"="+n.items[i].flow())
	}
}

func (s Sets) toNode() *node {
	m := &node{kind: mapping}
	for _, set := range s {
		path, text, _ := strings.Cut(set, "=")
		value, err := parseYAML("", []byte(text))
		if err != nil {
			panic(fmt.Sprintf("scenarios: the override %s was written by us, but cannot be read: %v", set, err))
		}
		m.put(key{name: path}, value)
	}
	return m
}
