package measure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pindrop/results/measure"
)

// published is a message a second that is stored, from one second on to before another.
func published(from, to int) string {
	var s strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&s, "%d publisher-1 publish op=%d due=%dms; %d publisher-1 stored op=%d seq=%d;", 1000*i, i+1, 1000*i, 1000*i+1, i+1, i+1)
	}
	return s.String()
}

// sampled is a sample each half second, from one second on to before another.
func sampled(from, to int, fields string) string {
	var s strings.Builder
	for i := 2 * from; i < 2*to; i++ {
		fmt.Fprintf(&s, "%d watcher sample %s;", 500*i+10, fields)
	}
	return s.String()
}

// handled is the work on the messages of some seconds, from a second on, each for 10 ms.
func handled(from, to, at int) string {
	var s strings.Builder
	for i := from; i < to; i++ {
		begin := max(1000*i+2, 1000*at+10*(i-from))
		fmt.Fprintf(&s, "%d w1 deliver seq=%d delivery=1; %d w1 begin seq=%d delivery=1; %d w1 end seq=%d outcome=ok; %d w1 ack seq=%d;",
			begin, i+1, begin, i+1, begin+10, i+1, begin+10, i+1)
	}
	return s.String()
}

// stalledRun is a message a second for 20 s; those of seconds 5 to 15 are handled only then.
const stalledEnd = "20100 runner phase phase=end reason=drained; 20050 watcher final;"

func stalledRun(meanwhile ...string) string {
	return "0 w1 pull batch=10 expires=30s;" + published(0, 20) + handled(0, 5, 0) + handled(5, 15, 15) + handled(15, 20, 15) +
		strings.Join(meanwhile, ";") + ";" + stalledEnd
}

const stepDown = "5100 nemesis fault fault=1 do=step_down target=n1; 5110 watcher leader target=n2"

// The same ten seconds without work, by what the history knows of them.
func TestCauses(t *testing.T) {
	pulled := sampled(0, 20, "waiting=1 pending=3")
	for _, c := range []struct{ name, cause, consumer, script, says string }{
		{"paused, and a leader steps down", measure.CausePaused, plain,
			stalledRun(pulled, stepDown, "4900 watcher paused stamp=15s; 15000 watcher resumed"),
			"The consumer was paused, from 4.9 s to 15 s: for 9.999 s of that messages waited and nobody worked. Meanwhile a new leader was there 0.01 s after fault 1 (step_down n1)."},
		{"paused, as the fault alone says", measure.CausePaused, plain,
			stalledRun("4900 nemesis fault fault=1 do=pause; 15000 nemesis heal fault=1"), "The consumer was paused, from 4.9 s to 15 s"},
		{"paused, and nobody heard when that was over", measure.CausePaused, plain,
			stalledRun(pulled, "4900 watcher paused stamp=15s"), "from 4.9 s to 15 s"},
		{"no pull", measure.CauseNoPull, plain, stalledRun(sampled(0, 5, "waiting=1"), sampled(5, 15, "pending=4"), sampled(15, 20, "waiting=1"),
			"14990 w1 pull batch=10 expires=30s", stepDown),
			"No worker asked for messages for 9.98 s: from 5.01 s to 14.99 s the server had no pull waiting, and up to 4 messages. A new leader was there 0.01 s after fault 1 (step_down n1)."},
		{"a pull in between", measure.CauseUnexplained, plain, stalledRun(sampled(0, 15, "pending=4"), "5200 w1 pull; 10000 w1 pull", pulled),
			"Nobody worked for 9.999 s, and the history does not show why: from 5.001 s to 15 s."},
		{"servers that answer nobody", measure.CauseServers, plain, stalledRun(sampled(0, 5, "waiting=1"), sampled(15, 20, "waiting=1"),
			"5100 nemesis fault fault=1 do=kill_server target=n1; 14900 watcher leader target=n2"),
			"The servers were away: nobody worked for 9.9 s after fault 1 (kill_server n1), at the longest. A new leader was there 9.8 s after fault 1 (kill_server n1)."},
		{"a fault of servers, and no sample", measure.CauseUnexplained, plain, stalledRun(stepDown),
			"Nobody worked for 9.999 s after fault 1 (step_down n1), and the history does not show why"},
		{"a slow link", measure.CauseNetwork, plain, stalledRun(pulled, "4900 nemesis fault fault=1 do=slow_link target=w1 delay=1500ms; 16000 nemesis heal fault=1"),
			"The network was slow: nobody worked for 8.501 s while everything from and to w1 took 1.5 s longer, each way (fault 1)."},
		{"servers that answered before, and publishers who hear nothing", measure.CauseNoPull, plain, strings.NewReplacer("publisher-1 stored op=7 seq=7", "publisher-1 unknown op=7",
			"publisher-1 stored op=8 seq=8", "publisher-1 unknown op=8").Replace(stalledRun(sampled(0, 5, "waiting=1"), sampled(5, 15, "pending=4"), sampled(15, 20, "waiting=1"), stepDown, "14990 w1 pull")),
			"No worker asked for messages for 9.98 s"},
		{"a frozen worker", measure.CauseAbsent, plain, stalledRun(pulled, "4900 nemesis fault fault=1 do=freeze target=w1; 14900 nemesis heal fault=1"),
			"w1, the only worker, was not there (down, frozen or cut off) while messages waited, for 9.899 s."},
		{"two causes, the more costly first", measure.CauseAbsent, plain, stalledRun(pulled,
			"4900 nemesis fault fault=1 do=freeze target=w1; 11900 nemesis heal fault=1; 11900 watcher paused stamp=15s; 15000 watcher resumed"),
			"for 6.899 s. Besides, the consumer was paused, from 11.9 s to 15 s: for 3.1 s"},
		{"removed, since nobody used it", measure.CauseRemoved, `{"ack_wait":1000000000,"inactive_threshold":5000000000}`,
			"0 w1 pull batch=10 expires=1s;" + published(0, 20) + handled(0, 5, 0) + sampled(0, 9, "waiting=1") +
				"9500 watcher deleted; 20100 runner phase phase=end reason=removed",
			"The consumer was removed at 9.5 s, since no worker had used it for 5 s, its inactive_threshold; one that is longer than the longest time without any worker prevents that. 15 new messages were left in the stream."},
		{"removed by somebody", measure.CauseRemoved, `{"ack_wait":1000000000,"inactive_threshold":6000000000}`,
			"0 w1 pull batch=10 expires=1s;" + published(0, 20) + handled(0, 5, 0) + "9500 watcher deleted; 20100 runner phase phase=end reason=removed",
			"The consumer was removed at 9.5 s, by a request: its settings do not explain it."},
		{"removed, and made again", measure.CauseRemoved, plain, stalledRun("5100 watcher deleted; 13000 watcher sample waiting=1"),
			"The consumer was removed at 5.1 s, by a request: its settings do not explain it. 8 new messages were left in the stream. Besides, nobody worked for 2 s"},
		{"handlers that take no time", measure.CauseNone, plain, "0 w1 pull batch=1;" + stored(3) + instantly(1, 900) + instantly(2, 1800) + instantly(3, 2700) +
			"3000 runner phase phase=end reason=drained; 2900 watcher final", "No limit held the work up"},
		{"a full stream", measure.CauseFull, plain, published(0, 5) + handled(0, 5, 0) + `5000 publisher-1 publish op=6; 6000 publisher-1 publish op=7; 7000 publisher-1 publish op=8
			5001 publisher-1 refused op=6 reason=maximum·messages·exceeded; 6001 publisher-1 refused op=7 reason=maximum·messages·exceeded
			7001 publisher-1 stored op=8 seq=6; 8000 runner phase phase=end reason=drained; 7900 watcher final`,
			"The stream was full: it refused 2 publishes, for 2.001 s at the longest."},
		{"an ack wait that is shorter than the service", measure.CauseAckWait, `{"backoff":[1000000000,9000000000]}`, stored(3) + twice(1, 0) + twice(2, 3000) + twice(3, 6000) +
			"9000 runner phase phase=end reason=drained; 8900 watcher final",
			"50 % of the work was done twice: 3 deliveries came after the ack wait that backoff begins with (1 s), since handlers take longer than that."},
		{"a limit that was reached and cost nothing", measure.CauseNone, `{"ack_wait":9000000000,"max_ack_pending":2}`, "0 w1 pull batch=10;" +
			strings.ReplaceAll(published(0, 20), "0 publisher-1 publish op=1 due=0ms;", "0 publisher-1 publish op=1 due=0ms; 0 publisher-1 publish op=99 due=0ms; 0 publisher-1 stored op=99 seq=99;"+
				"0 publisher-1 publish op=98 due=0ms; 10 publisher-1 stored op=98 seq=98; 0 w1 deliver seq=99 delivery=1; 0 w1 begin seq=99 delivery=1; 11 w1 end seq=99 outcome=ok; 11 w1 ack seq=99;"+
				"11 w1 deliver seq=98 delivery=1; 11 w1 begin seq=98 delivery=1; 12 w1 end seq=98 outcome=ok; 12 w1 ack seq=98;") +
			handled(0, 20, 0) + stalledEnd,
			"of a limit of 2, which was reached once while messages waited, for 0.001 s in all, and cost nothing."},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := measured(t, c.consumer, c.script).Diagnosis
			says := strings.ReplaceAll(d.Text, "50.0 %", "50 %")
			if d.Cause != c.cause || !strings.Contains(says, c.says) {
				t.Errorf("%s: %s\nwant %s: …%s…", d.Cause, d.Text, c.cause, c.says)
			}
			if len(d.Causes) > 0 && d.Causes[0].ID != d.Cause {
				t.Errorf("%+v are the causes, %s is the diagnosis", d.Causes, d.Cause)
			}
			if !slices.IsSortedFunc(d.Causes, func(a, b measure.Cause) int { return int(b.Cost*1e9) - int(a.Cost*1e9) }) {
				t.Errorf("%+v: the most costly is not the first", d.Causes)
			}
		})
	}
}

// instantly is the work on a message that takes no time.
func instantly(seq, at int) string { return work("w1", seq, at, at) }

// twice is a message that a worker handles for 2 s from an instant on, and another one from a second later for as long.
func twice(seq, at int) string {
	return fmt.Sprintf(`%d w1 deliver seq=%d delivery=1; %d w1 begin seq=%d delivery=1; %d w2 deliver seq=%d delivery=2; %d w2 begin seq=%d delivery=2
		%d w1 end seq=%d delivery=1 outcome=ok; %d w1 ack seq=%d delivery=1; %d w2 end seq=%d delivery=2 outcome=ok; %d w2 ack seq=%d delivery=2;`,
		at, seq, at, seq, at+1000, seq, at+1000, seq, at+2000, seq, at+2000, seq, at+3000, seq, at+3000, seq)
}

// What is left undone in the end takes nothing from a cause, and what a consumer leaves that is gone is lost to it.
func TestCausesOfWhatIsLeft(t *testing.T) {
	slow := stored(9) + `0 w1 pull batch=10; 0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 begin seq=1 delivery=1
		95 w1 end seq=1 outcome=ok; 95 w1 ack seq=1; 95 w1 deliver seq=3 delivery=1; 95 w1 begin seq=2 delivery=1
		100 watcher final pending=6 ack_pending=2; 100 runner phase phase=end reason=late`
	d := measured(t, limit2, slow).Diagnosis
	if d.Cause != measure.CauseSlow || !strings.Contains(d.Text, "From 0 s of disturb on there were more messages than handlers.") {
		t.Errorf("%s: %s", d.Cause, d.Text)
	}
	removed := "0 w1 pull;" + published(0, 20) + handled(0, 5, 0) + "9500 watcher deleted; 20100 runner phase phase=end reason=removed;"
	const threshold, left = `{"inactive_threshold":5000000000}`, `20050 watcher final status=10014 stored=`
	f := measured(t, threshold, removed)
	checkAll(t, f, wanted{"waiting.count": "absent", "lost.count": "absent", "consumer.removed": 1})
	if p := premise(f, "drained"); p.Name != "" || len(f.Warnings) == 0 || !strings.Contains(f.Warnings[0], "the consumer was removed at 9.5 s") {
		t.Errorf("premise %+v, warnings %q", p, f.Warnings)
	}
	f = measured(t, threshold, removed+left+"20")
	checkAll(t, f, wanted{"waiting.count": 15, "lost.count": 0, "removed.count": 0})
	if p := premise(f, "drained"); p.OK || p.Got != "the consumer was removed, with 15 messages neither handled nor given up" {
		t.Errorf("premise %+v", p)
	}
	if p := premise(measure.All(script(t, threshold, removed+left+"20"), measure.Asked{Gone: true}), "drained"); p.Name != "" {
		t.Errorf("it was meant to be removed, and yet: %+v", p)
	}
	f = measured(t, threshold, `0 watcher config stream={"retention":"workqueue"};`+removed+left+"15")
	checkAll(t, f, wanted{"waiting.count": 15, "lost.count": 0})
	f = measured(t, threshold, `0 watcher config stream={"retention":"workqueue"};`+removed+left+"12")
	checkAll(t, f, wanted{"waiting.count": 12, "lost.count": 3})
	f = measured(t, threshold, `0 watcher config stream={"retention":"interest"};`+removed+left+"0")
	checkAll(t, f, wanted{"waiting.count": 0, "removed.count": 15, "lost.count": 0})
	checkMetric(t, measured(t, `{"inactive_threshold":5000000000}`, stalledRun()), "consumer.removed", 0)
}

// Of several consumers, each has causes of its own.
func TestCausesOfOneConsumer(t *testing.T) {
	text := "4900 watcher paused shard=2 stamp=15s; 15000 watcher resumed shard=2;"
	for line := range strings.FieldsFuncSeq(stalledRun(), func(r rune) bool { return r == ';' }) {
		switch {
		case strings.Contains(line, "phase"):
			text += line + ";"
		case strings.TrimSpace(line) != "":
			text += line + " shard=2;"
		}
	}
	text += "0 publisher-1 publish op=90 shard=1; 1 publisher-1 stored op=90 seq=90 shard=1;" + strings.NewReplacer(";", " shard=1;").Replace(work("w2", 90, 1, 20)) + "20050 watcher final shard=1"
	d := measured(t, plain, text).Diagnosis
	if d.Cause != measure.CausePaused || !strings.HasPrefix(d.Text, "At consumer 2: The consumer was paused, from 4.9 s to 15 s") {
		t.Errorf("%s: %s", d.Cause, d.Text)
	}
}
