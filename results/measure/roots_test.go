package measure_test

import (
	"strings"
	"testing"
)

// What keeps an incarnation of a worker is no root of what happens to the next one; what belongs to its network, or ends with it, is.
func TestRootsEndWithTheirGrip(t *testing.T) {
	const next = `2000 w1 connect; 2100 w1 sent seq=1 delivery=1 cseq=1; 2100 w1 deliver seq=1 delivery=1 cseq=1; 2200 w1 nak seq=1 delivery=1
		2200 w1 reached seq=1 delivery=1 outcome=nak; 2300 w1 sent seq=1 delivery=2 cseq=2; 2300 w1 deliver seq=1 delivery=2 cseq=2
		2400 w1 ack seq=1 delivery=2; 2400 w1 reached seq=1 delivery=2 outcome=ok; 3000 nemesis heal fault=1; 4000 runner phase phase=end do=drained`
	const killed = `1000 nemesis fault fault=2 do=kill target=w1 incarnation=1; 2000 host start worker=w1 incarnation=2;`
	for _, c := range []struct{ name, script, root string }{
		{"a freeze that a kill ended", `500 nemesis fault fault=1 do=freeze target=w1 incarnation=1;` + killed, "none"},
		{"a slow incarnation", `500 nemesis fault fault=1 do=slow target=w1 incarnation=1;` + killed, "none"},
		{"a partition, which the next incarnation meets", `500 nemesis fault fault=1 do=partition target=w1 reason=out incarnation=1;` + killed, "fault 1"},
		{"a slow link, the same", `500 nemesis fault fault=1 do=slow_link target=w1 delay=1 incarnation=1;` + killed, "fault 1"},
		{"a restart that is over before its heal", `1000 nemesis fault fault=1 do=restart target=w1 incarnation=1; 2000 host start worker=w1 incarnation=2;`, "none"},
		{"a disconnect whose worker is connected again", `1000 nemesis fault fault=1 do=disconnect target=w1 incarnation=1;`, "none"},
		{"a drain before which it connects once more", `1000 nemesis fault fault=1 do=drain target=w1 incarnation=1;`, "fault 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := measured(t, plain, virtual+`0 publisher-1 stored op=1 seq=1; 0 host start worker=w1 incarnation=1; 0 w1 connect;`+c.script+next)
			if len(f.Redeliveries) != 1 || f.Redeliveries[0].Mechanism != "nak" || f.Redeliveries[0].Root != c.root {
				t.Errorf("%+v, want one by nak, and its root %s", f.Redeliveries, c.root)
			}
		})
	}
}

// The wait that counts is the one in force when it runs out.
func TestWaitInForce(t *testing.T) {
	const script = `0 publisher-1 stored op=1 seq=1; 0 w1 connect; 0 w2 connect; 100 w1 sent seq=1 delivery=1 cseq=1; 100 w1 deliver seq=1 delivery=1 cseq=1
		%s 2500 w1 disconnect; 2600 w2 sent seq=1 delivery=2 cseq=2; 2600 w2 deliver seq=1 delivery=2 cseq=2; 4000 runner phase phase=end do=drained`
	for _, c := range []struct{ name, update, mechanism string }{
		{"no update", "", "ack_wait"},
		{"a longer wait, too late", `1500 watcher config consumer={"ack_wait":9000000000};`, "ack_wait"},
		{"a longer wait, in time", `500 watcher config consumer={"ack_wait":9000000000};`, "no_interest"},
		{"a shorter wait after it came again", `500 watcher config consumer={"ack_wait":9000000000}; 3000 watcher config consumer={"ack_wait":1000000000};`, "no_interest"},
		{"a shorter wait after a longer one", `500 watcher config consumer={"ack_wait":9000000000}; 2400 watcher config consumer={"ack_wait":1000000000};`, "ack_wait"},
	} {
		f := measured(t, plain, virtual+strings.Replace(script, "%s", c.update, 1))
		if len(f.Redeliveries) != 1 || f.Redeliveries[0].Mechanism != c.mechanism {
			t.Errorf("%s: %+v, want %s", c.name, f.Redeliveries, c.mechanism)
		}
	}
}
