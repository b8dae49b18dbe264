package report

import (
	"fmt"
	"strings"

	"pindrop/results/safety"
)

// gone tells what the server said that it no longer has.
func (s teller) gone() string {
	if len(s.f.Gone) == 0 {
		return ""
	}
	g := s.f.Gone[0]
	clause := fmt.Sprintf("from %s after the start of disturb on, the server no longer had the %s", duration(g.At-disturbStart(s.f.Phases)), g.What)
	if g.Shard > 0 {
		clause += fmt.Sprintf(" %d", g.Shard)
	}
	if n := len(s.f.Gone); n > 1 {
		clause += fmt.Sprintf(", and %s more", count(int64(n-1)))
	}
	return clause
}

// unfinished tells what became of the messages that nobody handled.
func (s teller) unfinished() string {
	var parts []string
	for _, fate := range []struct{ metric, words string }{
		{"publish.refused", "refused by the server"},
		{"publish.unknown", "published without an answer"},
		{"given_up.count", "given up at max_deliver"},
		{"terminated.count", "terminated by a worker"},
		{"removed.count", "removed by the stream before it was handled"},
		{"publish.lost", "acknowledged, and then forgotten by the stream"},
		{"lost.count", "lost: it never came to an end"},
	} {
		if n := s.at(fate.metric); n > 0 {
			verb := " was "
			words := fate.words
			if n > 1 {
				verb = " were "
				words = strings.NewReplacer("before it was", "before they were", "it never", "they never").Replace(words)
			}
			parts = append(parts, plural(n, "message")+verb+words)
		}
	}
	if s.r.Metrics["publish.outage.max"] >= float64(gapTold)/1e9 {
		parts = append(parts, "publishing failed for "+s.seconds("publish.outage.max")+" at the longest")
	}
	return strings.Join(parts, "; ")
}

// loss tells why acknowledged messages are gone, and how many at most where no metric can.
func (s teller) loss() string {
	l := s.f.Loss
	if l == nil {
		return ""
	}
	what := "acknowledged messages"
	if l.AtMost {
		what = fmt.Sprintf("at most %s", plural(l.Messages, "acknowledged message"))
	}
	if l.Cause == "" {
		return "nothing that is documented explains the loss of " + what
	}
	clause := fmt.Sprintf("the loss of %s has a known cause: %s", what, l.Cause)
	if len(l.Refs) > 0 {
		clause += " (" + strings.Join(l.Refs, ", ") + ")"
	}
	return clause
}

// excused names the safety laws that did not hold where nobody had promised that they would: what was lost is lost all the same.
func (s teller) excused() string {
	var laws []string
	for _, l := range s.f.Laws {
		if l.Outcome == safety.Excused {
			laws = append(laws, l.Law)
		}
	}
	if len(laws) == 0 {
		return ""
	}
	return fmt.Sprintf("%s did not hold, with an excuse (%s)", plural(len(laws), "safety law"), strings.Join(laws, ", "))
}
