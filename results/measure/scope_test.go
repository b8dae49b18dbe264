package measure_test

import (
	"slices"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// What a consumer never has to deliver neither waits nor is lost.
func TestScope(t *testing.T) {
	const work = `0 runner phase phase=disturb
		10 publisher-1 stored op=1 seq=1; 10 publisher-1 stored op=2 seq=2; 10 publisher-1 stored op=3 seq=3
		20 w1 deliver seq=3 delivery=1 cseq=1; 20 w1 begin seq=3 delivery=1; 60 w1 end seq=3 delivery=1 outcome=ok; 60 w1 ack seq=3 delivery=1
		200 watcher final cseq=1; 200 runner phase phase=end reason=drained`
	for _, c := range []struct {
		name, consumer, script string
		wanted                 wanted
	}{
		{"it begins at the third", `{"deliver_policy":"by_start_sequence","opt_start_seq":3}`, work,
			wanted{"stored.count": 3, "handled.count": 1, "skipped.count": 2, "lost.count": 0, "gap.max": 0.01, "backlog.max": 1}},
		{"a purge takes what was skipped", `{"deliver_policy":"by_start_sequence","opt_start_seq":3}`, work + `; 100 nemesis fault do=purge`,
			wanted{"skipped.count": 2, "removed.count": 0, "lost.count": 0}},
		{"it has all", `{"deliver_policy":"all"}`, work,
			wanted{"skipped.count": "absent", "lost.count": 2, "gap.max": 0.01, "gap.locked": 0.14, "backlog.max": 3}},
		{"new in an empty stream is all", `{"deliver_policy":"new"}`, work,
			wanted{"skipped.count": 0, "lost.count": 2, "gap.max": 0.01, "gap.locked": 0.14, "backlog.max": 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkAll(t, measured(t, c.consumer, c.script), c.wanted)
		})
	}
}

// A consumer that was made when the stream had messages begins where no event says: what waits is not known, and is not guessed.
func TestScopeIsNotKnown(t *testing.T) {
	events := script(t, plain, `0 runner phase phase=disturb; 5 publisher-1 stored op=1 seq=1; 7 watcher config consumer={"deliver_policy":"last","max_ack_pending":2}
		20 w1 deliver seq=1 delivery=1 cseq=1; 20 w1 begin seq=1 delivery=1; 60 w1 end seq=1 delivery=1 outcome=ok; 60 w1 ack seq=1 delivery=1
		200 watcher final cseq=1; 200 runner phase phase=end reason=drained`)
	events = slices.DeleteFunc(events, func(e history.Event) bool { return e.Kind == history.Config && e.At == 0 })
	f := measure.All(number(events), measure.Asked{})
	for _, name := range []string{"gap.max", "gap.total", "gap.locked", "backlog.max", "cliff.count", "waiting.count", "removed.count", "lost.count", "skipped.count"} {
		checkMetric(t, f, name, "absent")
	}
	checkMetric(t, f, "handled.count", 1)
	if len(f.Warnings) != 1 {
		t.Errorf("warnings %q, want one on where the consumer began", f.Warnings)
	}
}
