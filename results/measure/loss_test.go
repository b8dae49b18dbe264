package measure_test

import (
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// Three messages are acknowledged, two of them handled, and the server loses its power, and with that the stream, or more.
const beforeLoss = `0 runner phase phase=disturb
	1 publisher-1 stored op=1 seq=1; 1 publisher-1 stored op=2 seq=2; 1 publisher-1 stored op=3 seq=3
	5 w1 deliver seq=1 delivery=1 cseq=1; 5 w1 begin seq=1 delivery=1; 6 w1 end seq=1 outcome=ok; 6 w1 ack seq=1
	7 w1 deliver seq=2 delivery=1 cseq=2; 7 w1 begin seq=2 delivery=1; 8 w1 end seq=2 outcome=ok; 8 w1 ack seq=2
	10 nemesis fault fault=1 do=power_loss target=n1 key=two_minutes count=3; 20 nemesis heal fault=1 do=power_loss target=n1;`

func TestLoss(t *testing.T) {
	const end = `; 60 runner phase phase=end reason=drained`
	for _, c := range []struct {
		name, script string
		loss         measure.Loss // the zero value: none
		drained      bool
		wanted       wanted
	}{
		{"the whole stream", beforeLoss + `30 watcher gone target=stream status=10059; 50 watcher final status=10059`,
			measure.Loss{Messages: 3, Stream: true, Known: true}, true,
			wanted{"publish.lost": 3, "lost.count": 1, "waiting.count": 0, "removed.count": 0}},
		{"the whole stream, for no reason", strings.Replace(beforeLoss, "key=two_minutes", "key=always", 1) + `50 watcher final status=10059`,
			measure.Loss{Messages: 3, Stream: true}, true, wanted{"publish.lost": 3}},
		{"all that was in it", beforeLoss + `50 watcher final outcome=ok`,
			measure.Loss{Messages: 3, Known: true}, true, wanted{"publish.lost": 3, "lost.count": 1}},
		{"its end, and somebody still waits for the ack of it", beforeLoss + `50 watcher final outcome=ok seq=2 stored=2 cseq=3 ack_floor=2 ack_pending=1`,
			measure.Loss{Messages: 1, Known: true}, true, wanted{"publish.lost": 1, "lost.count": 1, "waiting.count": 0}},
		{"nothing, and somebody waits for an ack", beforeLoss + `50 watcher final outcome=ok seq=3 stored=3 cseq=3 ack_floor=2 ack_pending=1`,
			measure.Loss{}, false, wanted{"publish.lost": 0, "lost.count": 0, "waiting.count": 1}},
		{"the consumer alone", beforeLoss + `30 watcher gone target=consumer status=10014; 50 watcher final status=10014 outcome=ok seq=3 stored=3`,
			measure.Loss{}, false, wanted{"publish.lost": 0, "lost.count": "absent", "waiting.count": "absent"}},
		{"a stream of work, of which only the third was left", `0 watcher config stream={"retention":"workqueue"};` + beforeLoss + `50 watcher final status=10059`,
			measure.Loss{Messages: 1, Stream: true, Known: true}, true, wanted{"publish.lost": 1, "lost.count": 1}},
		{"a stream with a limit, of which nobody knows what was left", `0 watcher config stream={"max_msgs":2};` + beforeLoss + `50 watcher final status=10059`,
			measure.Loss{Messages: 3, AtMost: true, Stream: true, Known: true}, true, wanted{"publish.lost": "absent", "lost.count": "absent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := measured(t, plain, c.script+end)
			checkAll(t, f, c.wanted)
			got := measure.Loss{}
			if f.Loss != nil {
				got = *f.Loss
			}
			if got.Messages != c.loss.Messages || got.AtMost != c.loss.AtMost || got.Stream != c.loss.Stream || got.Known != c.loss.Known {
				t.Errorf("the loss is %+v, want %+v", got, c.loss)
			}
			if got.Known && (got.Cause == "" || len(got.Refs) == 0) {
				t.Errorf("a known loss without its cause, or where that is documented: %+v", got)
			}
			if p := premise(f, "drained"); p.OK != c.drained {
				t.Errorf("drained: %+v, want %v", p, c.drained)
			}
			if gone := strings.Contains(c.script, " gone "); (len(f.Gone) == 1) != gone {
				t.Errorf("gone: %+v", f.Gone)
			}
		})
	}
}

// Where servers were asked what they have, the loss is what the law has counted message by message.
func TestLossIsThatOfTheLaw(t *testing.T) {
	events := script(t, plain, beforeLoss+`30 runner phase phase=converge; 40 watcher converged outcome=ok
		41 watcher replica do=stream target=n1 base=1 seq=2 stored=2 sum=7; 41 watcher entry target=n1 seq=2 worker=publisher-1 op=2
		50 watcher final outcome=ok seq=3 stored=3; 60 runner phase phase=end reason=drained`)
	for i := range events {
		if events[i].Kind == history.Config {
			events[i].Stream = []byte(`{"num_replicas":1,"storage":"file"}`)
		}
	}
	f := measure.All(events, measure.Asked{})
	checkMetric(t, f, "publish.lost", 2)
	checkMetric(t, f, "laws.broken", 0)
	if f.Loss == nil || f.Loss.Messages != 2 || !f.Loss.Known {
		t.Errorf("the loss is %+v, want 2 messages, known", f.Loss)
	}
}
