package report

import (
	"fmt"

	"pindrop/results/measure"
	"pindrop/results/safety"
	"pindrop/scenarios"
)

// laws are told one by one where they were broken, or where that is known or excused; else it is enough to say how many held.
func (t *texter) laws() {
	all := t.r.Findings.Laws
	if len(all) == 0 {
		return
	}
	t.title("Safety laws: " + LawsSentence(all))
	for _, j := range all {
		switch j.Outcome {
		case safety.Broken:
			v := markOf(measure.Fail)
			t.wrapped("  "+t.paint(v.code, v.sign), 4, "", j.Law+": "+j.Text)
		case safety.Known, safety.Excused:
			v := markOf(measure.Unknown)
			t.wrapped("  "+t.paint(v.code, v.sign), 4, "", j.Law+": "+j.Text)
		}
	}
}

// LawsSentence says how many laws came to what.
func LawsSentence(all []safety.Judgement) string {
	count := map[safety.Outcome]int{}
	for _, j := range all {
		count[j.Outcome]++
	}
	text := fmt.Sprintf("%s held", scenarios.Counted(count[safety.Held], "law"))
	for _, o := range []struct {
		outcome safety.Outcome
		words   string
	}{{safety.Broken, "broken"}, {safety.Known, "with a known cause"}, {safety.Excused, "excused"}, {safety.Open, "cannot be judged"}} {
		if n := count[o.outcome]; n > 0 {
			text += fmt.Sprintf(", %d %s", n, o.words)
		}
	}
	return text
}
