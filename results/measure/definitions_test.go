package measure_test

import (
	"testing"

	"pindrop/results/measure"
)

const (
	pinned      = `{"priority_policy":"pinned_client","ack_wait":1000000000}`
	prioritized = `{"priority_policy":"prioritized","ack_wait":1000000000}`
	plain       = `{"ack_wait":1000000000}`
)

type wanted map[string]any

// levels is a primary and a standby of a prioritized consumer.
const levels = `0 w1 pull batch=1; 0 w2 pull batch=1 priority=1;`

// TestDefinitions holds the definitions to small histories that the golden ones leave out.
func TestDefinitions(t *testing.T) {
	for _, c := range []struct {
		name, consumer, script string
		wanted                 wanted
	}{
		{"a begin in the instant of the kill is cut, and was held", pinned, `
			10 nemesis fault fault=1 do=kill target=w1
			10 w1 deliver seq=1 delivery=1 gen=1; 10 w1 deliver seq=2 delivery=1 gen=1; 10 w1 begin seq=1 delivery=1 gen=1
			50 w2 begin seq=3 delivery=1 gen=2; 60 w2 end seq=3 outcome=ok`,
			wanted{"held.at_fault": 2, "overlap.count": 0, "takeover.fault.max": 0.04}},
		{"a worker killed and started within one instant", pinned, `
			0 host start worker=w1 incarnation=1
			5 w1 deliver seq=1 delivery=1 gen=1; 5 w1 begin seq=1 delivery=1 gen=1
			10 nemesis fault fault=1 do=restart target=w1; 10 host stop worker=w1 incarnation=1 reason=killed; 10 host start worker=w1 incarnation=2
			10 w1 connect; 10 w1 pull batch=1; 10 w1 deliver seq=2 delivery=1 gen=2; 10 w1 begin seq=2 delivery=1 gen=2
			30 w1 end seq=2 delivery=1 outcome=ok; 30 runner phase phase=end reason=drained`,
			wanted{"held.at_fault": 1, "takeover.fault.count": 1, "takeover.fault.max": 0, "held.max": 1, "overlap.count": 0, "handled.count": 1}},
		{"a stop cuts what began after the kill was written down", plain, `
			10 nemesis fault fault=1 do=kill target=w1; 11 w1 begin seq=1 delivery=1; 12 host stop worker=w1 incarnation=1 reason=killed
			100 runner phase phase=end reason=drained`,
			wanted{"parallel.max": 1, "parallel.mean": 0.01, "duplicate.count": 0}},
		{"a frozen worker that is killed is frozen no more", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 10 nemesis fault fault=1 do=freeze target=w1; 20 w2 begin seq=2 delivery=1 gen=2
			30 nemesis fault fault=2 do=kill target=w1; 50 w2 end seq=2 outcome=ok; 60 nemesis heal fault=1`,
			wanted{"overlap.total": 0.01, "overlap.frozen": 0.01, "takeover.fault.count": 1, "takeover.fault.max": 0.01}},
		{"work out of the buffer does not keep a takeover from counting", pinned, `
			0 w1 deliver seq=1 delivery=1 gen=1; 0 w1 deliver seq=2 delivery=1 gen=1; 0 w1 begin seq=1 delivery=1 gen=1
			10 nemesis fault fault=1 do=partition target=w1; 20 w1 end seq=1 outcome=ok; 20 w1 begin seq=2 delivery=1 gen=1
			40 w2 deliver seq=3 delivery=1 gen=2; 45 w2 begin seq=3 delivery=1 gen=2; 50 w1 end seq=2 outcome=ok; 60 w2 end seq=3 outcome=ok`,
			wanted{"takeover.fault.count": 1, "takeover.fault.max": 0.035, "takeover.pull.max": "absent", "overlap.total": 0.005,
				"stale.total": 0.01, "stale.max": 0.01, "stale.messages": 1, "stale.acks": "absent"}},
		{"what still reaches a worker that only cannot be heard does not keep a takeover from counting", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 10 nemesis fault fault=1 do=partition target=w1; 20 w1 end seq=1 outcome=ok
			25 w1 deliver seq=2 delivery=1 gen=1; 25 w1 begin seq=2 delivery=1 gen=1; 30 w1 end seq=2 outcome=ok
			60 w2 deliver seq=3 delivery=1 gen=2; 60 w2 begin seq=3 delivery=1 gen=2; 70 w2 end seq=3 outcome=ok
			90 nemesis heal fault=1`,
			wanted{"takeover.fault.count": 1, "takeover.fault.max": 0.05}},
		{"the old holder was faster: no takeover", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 10 nemesis fault fault=1 do=disconnect target=w1; 20 nemesis heal fault=1
			30 w1 end seq=1 outcome=ok; 40 w1 deliver seq=2 delivery=1 gen=1; 40 w1 begin seq=2 delivery=1 gen=1
			50 w2 begin seq=3 delivery=1 gen=2`,
			wanted{"takeover.fault.count": 0, "takeover.fault.max": "absent"}},
		{"a fault on a standby makes no takeover", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 0 w2 pull batch=1; 10 nemesis fault fault=1 do=kill target=w2; 50 w3 begin seq=2 delivery=1 gen=2`,
			wanted{"takeover.fault.count": 0, "held.at_fault": 0}},
		{"two faults of one holder have one takeover, from the one that was not healed", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 5 w1 end seq=1 outcome=ok
			10 nemesis fault fault=1 do=disconnect target=w1; 20 nemesis heal fault=1; 100 nemesis fault fault=2 do=kill target=w1
			150 w2 begin seq=2 delivery=1 gen=2`,
			wanted{"takeover.fault.count": 1, "takeover.fault.max": 0.05}},
		{"prioritized: the holder is in service, and the next one takes over at once", prioritized, `
			0 w1 begin seq=1 delivery=1; 10 nemesis fault fault=1 do=kill target=w1; 10 w2 deliver seq=2 delivery=1; 12 w2 begin seq=2 delivery=1`,
			wanted{"takeover.fault.count": 1, "takeover.fault.max": 0.002, "overlap.count": "absent", "parallel.max": 1, "stale.total": "absent"}},
		{"prioritized: a standby that works beside the primary is no holder", prioritized, levels + `
			5 w1 begin seq=1 delivery=1; 5 w2 begin seq=2 delivery=1; 10 nemesis fault fault=1 do=kill target=w2; 20 w1 begin seq=3 delivery=1`,
			wanted{"takeover.fault.count": 0, "held.at_fault": 1}},
		{"prioritized: the primary is, beside a standby", prioritized, levels + `
			5 w1 begin seq=1 delivery=1; 5 w2 begin seq=2 delivery=1; 10 nemesis fault fault=1 do=kill target=w1; 20 w2 begin seq=3 delivery=1`,
			wanted{"takeover.fault.count": 1, "takeover.fault.max": 0.01}},
		{"prioritized: a standby that works alone is the holder", prioritized, levels + `
			5 w2 begin seq=2 delivery=1; 10 nemesis fault fault=1 do=kill target=w2; 20 w1 begin seq=3 delivery=1`,
			wanted{"takeover.fault.count": 1}},
		{"prioritized: while nobody works the primary is the holder, whoever worked last", prioritized, levels + `
			5 w2 begin seq=2 delivery=1; 6 w2 end seq=2 outcome=ok; 10 nemesis fault fault=1 do=kill target=w1; 20 w2 begin seq=3 delivery=1`,
			wanted{"takeover.fault.count": 1}},
		{"prioritized: the primary is down, so its standby is the holder", prioritized, levels + `
			5 nemesis fault fault=1 do=kill target=w1; 10 nemesis fault fault=2 do=kill target=w2; 20 w3 begin seq=3 delivery=1`,
			wanted{"takeover.fault.count": 2, "takeover.fault.max": 0.015}},
		{"prioritized: of equals the one that worked last is the holder", prioritized, `0 w1 pull; 0 w2 pull
			5 w1 begin seq=1 delivery=1; 6 w1 end seq=1 outcome=ok; 10 nemesis fault fault=1 do=kill target=w2; 20 w1 begin seq=3 delivery=1`,
			wanted{"takeover.fault.count": 0}},
		{"plain consumers have no takeovers, overlaps or pins", plain, `
			0 w1 begin seq=1 delivery=1; 10 nemesis fault fault=1 do=kill target=w1; 20 w2 begin seq=2 delivery=1; 30 w2 end seq=2 outcome=ok`,
			wanted{"takeover.fault.count": "absent", "overlap.total": "absent", "overlap.frozen": "absent", "pin.count": "absent",
				"parallel.max": 1, "held.at_fault": 1, "overlap.same_message": 0}},
		{"confirmed acks of stale work are counted", pinned, `
			0 w1 deliver seq=1 delivery=1 gen=1; 0 w1 begin seq=1 delivery=1 gen=1; 10 w2 deliver seq=2 delivery=1 gen=2
			20 w1 end seq=1 outcome=ok; 20 w1 ack seq=1 delivery=1; 21 w1 acked seq=1 delivery=1
			30 w2 begin seq=2 delivery=1 gen=2; 40 w2 end seq=2 outcome=ok; 41 w2 acked seq=2 delivery=1`,
			wanted{"stale.acks": 1, "stale.messages": 1, "stale.total": 0.01, "overlap.total": 0}},
		{"finished in the instant of the newer pin is not stale", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 10 w1 end seq=1 outcome=ok; 10 w2 begin seq=2 delivery=1 gen=2`,
			wanted{"stale.messages": 0, "stale.total": 0}},
		{"a newer pin of the same worker makes nothing stale", pinned, `
			0 w1 begin seq=1 delivery=1 gen=1; 5 w1 begin seq=2 delivery=1 gen=2; 10 w1 end seq=1 outcome=ok; 20 w2 begin seq=3 delivery=1 gen=3`,
			wanted{"stale.messages": 0, "stale.total": 0}},
		{"one key on two workers", plain, `
			0 publisher-1 stored op=1 seq=1 key=a; 0 publisher-1 stored op=2 seq=2 key=a; 0 publisher-1 stored op=3 seq=3 key=b
			0 w1 begin seq=1 delivery=1; 10 w2 begin seq=2 delivery=1; 10 w3 begin seq=3 delivery=1
			20 w1 end seq=1 outcome=ok; 20 w1 begin seq=1 delivery=2; 30 w2 end seq=2 outcome=ok`,
			wanted{"overlap.same_key": 2, "overlap.same_message": 0, "order.inversions": 1}},
		{"begins of one instant are no inversion", plain, `
			0 publisher-1 stored op=1 seq=1 key=a; 0 publisher-1 stored op=2 seq=2 key=a
			10 w1 begin seq=2 delivery=1; 10 w2 begin seq=1 delivery=1; 20 w2 begin seq=1 delivery=2`,
			wanted{"order.inversions": 1}},
		{"without keys nothing can be said of them", plain, `0 w1 begin seq=1 delivery=1; 10 w1 end seq=1 outcome=ok`,
			wanted{"order.inversions": "absent", "overlap.same_key": "absent", "gap.total": "absent", "cliff.count": "absent",
				"cliff.danger": "absent", "publish.unknown": "absent", "publish.refused": "absent", "backlog.max": "absent", "recovery.max": "absent"}},
		{"handled twice, one after the other", plain, `
			0 w1 begin seq=1 delivery=1; 10 w1 end seq=1 outcome=ok; 20 w2 begin seq=1 delivery=2; 30 w2 end seq=1 outcome=ok`,
			wanted{"duplicate.count": 1, "duplicate.concurrent": 0, "handled.count": 1, "overlap.same_message": 0}},
		{"the backlog and the warm-up do not count", plain, `
			0 publisher-1 publish op=1 due=0ms; 0 publisher-1 stored op=1 seq=1; 5 w1 deliver seq=1 delivery=2; 5 w1 begin seq=1 delivery=2
			10 runner phase phase=disturb; 60 w1 end seq=1 outcome=ok; 60 w1 ack seq=1
			20 publisher-1 publish op=2 due=15ms; 21 publisher-1 stored op=2 seq=2; 70 w1 deliver seq=2 delivery=1; 70 w1 begin seq=2 delivery=1
			80 w1 end seq=2 outcome=ok; 90 w1 ack seq=2; 110 runner phase phase=heal; 120 runner phase phase=end reason=drained`,
			wanted{"latency.store.max": 0.006, "latency.queue.max": 0.049, "latency.response.max": 0.075, "latency.service.max": 0.01,
				"published.count": 1, "published.rate": 10, "handled.rate": 20, "handled.count": 2, "stored.count": 2,
				"redelivery.count": 0, "delivered.count": 1, "busy.mean": 0.6, "backlog.drain": 0, "backlog.max": 1, "deliveries.max": 1}},
		{"what was refused was published", plain, `
			0 publisher-1 publish op=1 due=0ms; 1 publisher-1 refused op=1 reason=full; 2 publisher-1 publish op=2 due=2ms; 3 publisher-1 stored op=2 seq=1
			1000 runner phase phase=end`,
			wanted{"published.count": 2, "published.rate": 2, "publish.refused": 1, "publish.unknown": 0, "stored.count": 1}},
		{"a run that ended in its warm-up has no rates", plain, `
			0 runner phase phase=warmup; 0 publisher-1 publish op=1 due=0ms; 3 publisher-1 stored op=1 seq=1; 1000 runner phase phase=end`,
			wanted{"published.rate": "absent"}},
		{"confirmed acks answer where there are any", plain, `
			0 publisher-1 publish op=1 due=0ms; 0 publisher-1 stored op=1 seq=1; 5 w1 deliver seq=1 delivery=1; 5 w1 begin seq=1 delivery=1
			9 w1 end seq=1 outcome=ok; 10 w1 ack seq=1; 16 w1 acked seq=1`,
			wanted{"latency.response.max": 0.016}},
		{"beside workers that wait for confirmation, others answer by sending", plain, `
			0 publisher-1 publish op=1 due=0ms; 0 publisher-1 stored op=1 seq=1; 5 w1 deliver seq=1 delivery=1; 10 w1 ack seq=1; 16 w1 acked seq=1
			20 publisher-1 publish op=2 due=20ms; 20 publisher-1 stored op=2 seq=2; 25 w2 deliver seq=2 delivery=1; 60 w2 ack seq=2
			70 publisher-1 publish op=3 due=70ms; 70 publisher-1 stored op=3 seq=3; 75 w1 deliver seq=3 delivery=1; 170 w1 ack seq=3`,
			wanted{"latency.response.max": 0.04, "latency.response.p50": 0.016}},
		{"ack policy all frees all that came before", `{"ack_policy":"all","max_ack_pending":3}`, `
			0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3; 0 publisher-1 stored op=4 seq=4
			0 w1 deliver seq=1 delivery=1; 0 w1 deliver seq=2 delivery=1; 0 w1 deliver seq=3 delivery=1
			200 w1 ack seq=2; 200 w1 deliver seq=4 delivery=1; 300 runner phase phase=end`,
			wanted{"cliff.total": 0.2, "ack_pending.max": 3, "cliff.danger": 0.2}},
		{"ack policy none holds nothing", `{"ack_policy":"none","max_ack_pending":1}`, `0 w1 deliver seq=1 delivery=1; 5 w1 deliver seq=2 delivery=1`,
			wanted{"ack_pending.max": "absent", "cliff.count": "absent", "cliff.danger": "absent"}},
		{"no limit, no cliff", `{"max_ack_pending":-1}`, `0 publisher-1 stored op=1 seq=1; 0 w1 deliver seq=1 delivery=1; 5 w1 ack seq=1`,
			wanted{"ack_pending.max": 1, "cliff.count": "absent", "cliff.danger": "absent"}},
		{"an ack into a partition frees its slot when the partition heals", `{"max_ack_pending":1}`, `
			0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 w1 deliver seq=1 delivery=1
			10 nemesis fault fault=1 do=partition target=w1; 20 w1 ack seq=1; 200 nemesis heal fault=1; 400 runner phase phase=end`,
			wanted{"cliff.total": 0.2, "cliff.stall.max": 0.2}},
		{"a message that comes again is pending again", `{"max_ack_pending":1}`, `
			0 publisher-1 stored op=1 seq=1; 0 w1 deliver seq=1 delivery=1; 10 w1 ack seq=1; 50 w1 deliver seq=1 delivery=2; 60 w1 ack seq=1; 90 runner phase phase=end`,
			wanted{"cliff.danger": 0.02, "ack_pending.max": 1}},
		{"a frozen worker is in service and does not work", plain, `
			0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 w1 deliver seq=1 delivery=1; 0 w1 begin seq=1 delivery=1
			20 nemesis fault fault=1 do=freeze target=w1; 60 nemesis heal fault=1; 80 w1 end seq=1 outcome=ok; 80 w1 ack seq=1
			80 w1 deliver seq=2 delivery=1; 80 w1 begin seq=2 delivery=1; 85 nemesis fault fault=2 do=freeze target=w1
			100 runner phase phase=end`,
			wanted{"gap.total": 0.04, "gap.max": 0.04, "gap.locked": 0.015, "busy.mean": 0.45, "parallel.mean": 1}},
		{"an instant of service is service", plain, `
			0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 publisher-1 stored op=3 seq=3
			45 w1 deliver seq=1 delivery=1; 45 w1 begin seq=1 delivery=1; 45 w1 end seq=1 outcome=ok; 45 w1 ack seq=1
			50 w1 deliver seq=2 delivery=1; 50 w1 begin seq=2 delivery=1; 50 w1 end seq=2 outcome=ok; 50 w1 ack seq=2
			80 w1 deliver seq=3 delivery=1; 80 w1 begin seq=3 delivery=1; 80 w1 end seq=3 outcome=ok; 80 w1 ack seq=3; 100 runner phase phase=end`,
			wanted{"gap.total": 0.075, "gap.max": 0.045}}, // 5 ms are not worth a gap
		{"frozen, and then killed", plain, `
			0 publisher-1 stored op=1 seq=1; 0 publisher-1 stored op=2 seq=2; 0 w1 begin seq=1 delivery=1
			20 nemesis fault fault=1 do=freeze target=w1; 60 nemesis fault fault=2 do=kill target=w1; 80 w2 begin seq=2 delivery=1
			100 w2 end seq=2 outcome=ok; 100 runner phase phase=end`,
			wanted{"gap.total": 0.06, "gap.max": 0.06, "gap.locked": 0, "busy.mean": 0.2}},
		{"recovery ends when backlog and rate are back", plain, recoveryScript,
			wanted{"recovery.max": 1.5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkAll(t, measured(t, c.consumer, c.script), c.wanted)
		})
	}
}

// recoveryScript: a message a second, none handled from 3 s to 6 s, three waiting at the heal at 6 s, the last of
// them gone at 7.5 s.
const recoveryScript = `
	0 publisher-1 stored op=1 seq=1; 0 w1 begin seq=1 delivery=1; 100 w1 end seq=1 outcome=ok
	1000 publisher-1 stored op=2 seq=2; 1000 w1 begin seq=2 delivery=1; 1100 w1 end seq=2 outcome=ok
	2000 publisher-1 stored op=3 seq=3; 2000 w1 begin seq=3 delivery=1; 2100 w1 end seq=3 outcome=ok
	2500 nemesis fault fault=1 do=freeze target=w1
	3000 publisher-1 stored op=4 seq=4; 4000 publisher-1 stored op=5 seq=5; 5000 publisher-1 stored op=6 seq=6
	6000 nemesis heal fault=1
	6500 w1 begin seq=4 delivery=1; 6600 w1 end seq=4 outcome=ok; 7000 w1 begin seq=5 delivery=1; 7100 w1 end seq=5 outcome=ok
	7500 w1 begin seq=6 delivery=1; 7600 w1 end seq=6 outcome=ok; 8500 runner phase phase=end`

func checkAll(t *testing.T, f *measure.Findings, all wanted) {
	t.Helper()
	for name, want := range all {
		checkMetric(t, f, name, want)
	}
}
