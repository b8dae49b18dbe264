package safety_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/history"
	"pindrop/results/safety"
)

// script reads a history: on each line a time, an actor, a kind, and fields by their names in JSON; ";" parts lines as well.
func script(t *testing.T, text string) []history.Event {
	t.Helper()
	var events []history.Event
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == ';' }) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		at, err := time.ParseDuration(words[0])
		if err != nil {
			t.Fatal(err)
		}
		fields := map[string]any{"at": at.Nanoseconds(), "actor": words[1], "kind": words[2]}
		for _, word := range words[3:] {
			name, value, _ := strings.Cut(word, "=")
			fields[name] = value
			if name == "key" {
				fields[name] = strings.ReplaceAll(value, "_", " ")
			}
			if name == "reason" {
				fields[name] = strings.NewReplacer("_", " ", "§", ";").Replace(value)
			}
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				fields[name] = n
			}
			if name == "stream" || name == "consumer" {
				fields[name] = json.RawMessage(value)
			}
		}
		encoded, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var e history.Event
		if err := json.Unmarshal(encoded, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		events = append(events, e)
	}
	history.Order(events)
	return events
}

// What servers assert: they are heard; one gave up commits, reads what it has not written, could not write.
const (
	heard       = `0s watcher assertion do=heard target=n1 incarnation=1; 0s watcher assertion do=heard target=n2 incarnation=1;`
	lostCommits = `20s watcher assertion do=unreachable key=WAL_truncate_lost_commits target=n1 outcome=critical count=1 incarnation=1 reason={};`
	noSense     = `20s watcher assertion do=unreachable key=Filestore_encountered_read_error target=n1 outcome=critical count=1 incarnation=1 reason={};`
	noWrite     = `20s watcher assertion do=unreachable key=Raft_encountered_write_error target=n1 outcome=critical count=1 incarnation=1 reason={};`
)

// r3 is the configuration of three replicas, r1 of one; both with files.
const (
	r3 = `0s watcher config stream={"num_replicas":3,"storage":"file","retention":"limits"} consumer={"ack_policy":"explicit","ack_wait":5000000000}
`
	r1 = `0s watcher config stream={"num_replicas":1,"storage":"file","retention":"limits"} consumer={"ack_policy":"explicit","ack_wait":5000000000}
`
	memory = `0s watcher config stream={"num_replicas":1,"storage":"memory","retention":"limits"} consumer={"ack_policy":"explicit","ack_wait":5000000000}
`
	limits = `0s watcher config stream={"num_replicas":3,"storage":"file","retention":"limits","max_msgs":1} consumer={"ack_policy":"explicit"}
`
	work = `0s watcher config stream={"num_replicas":3,"storage":"file","retention":"workqueue"} consumer={"ack_policy":"explicit"}
`
	// two messages are published one after the other, and stored; then one is acked, twice as long ago as it takes to settle.
	published = `
1s publisher-1 publish op=1; 1.1s publisher-1 stored op=1 seq=1; 2s publisher-1 publish op=2; 2.1s publisher-1 stored op=2 seq=2
`
	handled = `
3s w1 deliver seq=1 delivery=1; 3s w1 ack seq=1 delivery=1; 3s w1 deliver seq=2 delivery=1; 3s w1 ack seq=2 delivery=1
`
	// what three servers have of that
	kept = `
60s runner phase phase=converge; 61s watcher converged outcome=ok
62s watcher replica do=stream target=n1 base=1 seq=2 stored=2 sum=7
62s watcher entry target=n1 seq=1 worker=publisher-1 op=1; 62s watcher entry target=n1 seq=2 worker=publisher-1 op=2
62s watcher replica do=stream target=n2 base=1 seq=2 stored=2 sum=7
62s watcher replica do=consumer target=n1 cseq=2 seq=2 ack_floor=2 outcome=ok; 62s watcher replica do=consumer target=n2 cseq=2 seq=2 ack_floor=2
`
	// the second message is nowhere
	short = `
60s runner phase phase=converge; 61s watcher converged outcome=ok
62s watcher replica do=stream target=n1 base=1 seq=1 stored=1 sum=7; 62s watcher entry target=n1 seq=1 worker=publisher-1 op=1
`
	// there is no stream any more
	nothing = `
60s runner phase phase=converge; 180s watcher converged outcome=critical do=servers reason=nobody_has_the_stream; 181s watcher final status=10059
`
	// the run did not converge within two minutes
	late = `
60s runner phase phase=converge; 180s watcher converged outcome=critical do=work reason=workers_on_n1_has_1_pending_and_0_ack_pending
180s watcher replica do=stream target=n1 seq=2; 180s watcher replica do=consumer target=n1 outcome=ok pending=1
`
)

// planted are histories by law: what becomes of it in each.
var planted = []struct {
	law, name, text string
	want            safety.Outcome
}{
	{"write_lost", "all is there", r3 + published + kept, safety.Held},
	{"write_lost", "one is not", r3 + published + short, safety.Broken},
	{"write_lost", "a follower lags", r3 + published + kept + `62s watcher replica do=stream target=n3 base=1 seq=1 stored=1 sum=9
		62s watcher replica do=stream target=n4 base=1 seq=2 stored=2 sum=7 outcome=ok; 62s watcher entry target=n3 seq=1 worker=publisher-1 op=1`, safety.Held},
	{"write_lost", "the leader lags", r3 + published + kept + `62s watcher replica do=stream target=n3 base=1 seq=1 stored=1 sum=9 outcome=ok
		62s watcher entry target=n3 seq=1 worker=publisher-1 op=1`, safety.Broken},
	{"write_lost", "one is not, after a crash", r3 + published + `10s nemesis fault fault=1 do=kill_server target=n1;` + short, safety.Broken},
	{"write_lost", "the only server lost its power", r1 + published + `10s nemesis fault fault=1 do=power_loss target=n1;` + short, safety.Known},
	{"write_lost", "the only server was killed, and forgot a file", r1 + published + `10s nemesis fault fault=1 do=kill_server target=n1;` + short, safety.Broken},
	{"write_lost", "the only server was killed, and had it in memory", memory + published + `10s nemesis fault fault=1 do=kill_server target=n1;` + short, safety.Known},
	{"write_lost", "one of three lost its power, and nothing else broke", r3 + published + `10s nemesis fault fault=1 do=power_loss target=n1;` + short, safety.Broken},
	{"write_lost", "one of three lost its power, another was killed soon after", r3 + published +
		`10s nemesis fault fault=1 do=power_loss target=n1; 15s nemesis fault fault=2 do=kill_server target=n2;` + short, safety.Known},
	{"write_lost", "one of three lost its power, another was cut off before", r3 + published + `5s nemesis fault fault=1 do=isolate target=n2; 9s nemesis heal fault=1 target=n2
		10s nemesis fault fault=2 do=power_loss target=n1;` + short, safety.Known},
	{"write_lost", "one of three lost its power, and the same one was cut off before", r3 + published + `5s nemesis fault fault=1 do=isolate target=n1; 9s nemesis heal fault=1 target=n1
		10s nemesis fault fault=2 do=power_loss target=n1;` + short, safety.Broken},
	{"write_lost", "one of three lost its power, another was cut off long before", r3 + published + `1s nemesis fault fault=1 do=isolate target=n2; 2s nemesis heal fault=1 target=n2
		50s nemesis fault fault=2 do=power_loss target=n1;` + short, safety.Broken},
	{"write_lost", "the only server lost its power, and no write", r1 + published +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=2m pending=11;` + short, safety.Broken},
	{"write_lost", "the only server lost its power, and a write", r1 + published +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=2m count=1 pending=11;` + short, safety.Known},
	{"write_lost", "the only server lost its power, which syncs each write", r1 + published +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=always count=1 pending=11;` + short, safety.Broken},
	{"write_lost", "the servers lost their power, which sync each write", r3 + published + `10s nemesis fault fault=1 do=power_loss target=n1 key=always count=1 pending=2
		10s nemesis fault fault=2 do=power_loss target=n2 key=always count=1 pending=2;` + short, safety.Broken},
	{"write_lost", "the only server was killed, which writes after it has acknowledged", strings.Replace(r1, `"limits"`, `"limits","persist_mode":"async"`, 1) + published +
		`10s nemesis fault fault=1 do=kill_server target=n1;` + short, safety.Known},
	{"write_lost", "the only server was shut down, which writes after it has acknowledged", strings.Replace(r1, `"limits"`, `"limits","persist_mode":"async"`, 1) + published +
		`10s nemesis fault fault=1 do=restart_server target=n1;` + short, safety.Broken},
	{"write_lost", "the whole stream is gone, after a loss of power", r1 + published + `10s nemesis fault fault=1 do=power_loss target=n1 key=2m count=1;` + nothing, safety.Known},
	{"write_lost", "the whole stream is gone", r1 + published + nothing, safety.Broken},
	{"write_lost", "the whole stream is gone, and all was acked and removed", work + published + handled + nothing, safety.Open},
	{"write_lost", "the only server was killed, and its disk damaged a file", r1 + published +
		`10s nemesis fault fault=1 do=kill_server target=n1; 10s nemesis damage fault=1 do=bit_flip target=n1 outcome=ok;` + short, safety.Known},
	{"write_lost", "the only server was killed, and there was no file to damage", r1 + published +
		`10s nemesis fault fault=1 do=kill_server target=n1; 10s nemesis damage fault=1 do=bit_flip target=n1 outcome=ignored;` + short, safety.Broken},
	{"write_lost", "one of three was killed and damaged, and nothing else broke", r3 + published +
		`10s nemesis fault fault=1 do=kill_server target=n1; 10s nemesis damage fault=1 do=truncate target=n1 outcome=ok;` + short, safety.Broken},
	{"write_lost", "one of three was killed and damaged, another was killed soon after", r3 + published + `10s nemesis fault fault=1 do=kill_server target=n1
		10s nemesis damage fault=1 do=truncate target=n1 outcome=ok; 15s nemesis fault fault=2 do=kill_server target=n2;` + short, safety.Known},
	{"write_lost", "a limit may have taken it", limits + published + short, safety.Held},
	{"write_lost", "a purge took it", r3 + published + `10s nemesis fault fault=1 do=purge seq=3;` + short, safety.Held},
	{"write_lost", "it was acked, and is removed", work + published + handled + short, safety.Held},
	{"write_lost", "it is removed, and nobody acked it", work + published + short, safety.Broken},
	{"write_lost", "one sequence, two publishes", r3 + published + `3s publisher-2 stored op=1 seq=2;` + kept, safety.Broken},
	{"write_lost", "another message is there", r3 + `1s publisher-1 publish op=1; 1.1s publisher-1 stored op=1 seq=2;` + kept, safety.Broken},

	{"write_doubled", "each once", r3 + published + kept, safety.Held},
	{"write_doubled", "one twice", r3 + published + kept + `63s watcher entry target=n1 seq=3 worker=publisher-1 op=2`, safety.Broken},
	{"write_doubled", "nobody's", r3 + published + `60s watcher replica do=stream target=n1 stored=1; 60s watcher entry target=n1 seq=1`, safety.Open},

	{"order_broken", "in order", r3 + published + kept, safety.Held},
	{"order_broken", "the later one is before", r3 + kept +
		`1s publisher-1 publish op=1; 1.1s publisher-1 stored op=1 seq=2; 2s publisher-2 publish op=1; 2.1s publisher-2 stored op=1 seq=1`, safety.Broken},
	{"order_broken", "sent before the answer: any order", r3 + kept +
		`1s publisher-1 publish op=1; 2.1s publisher-1 stored op=1 seq=2; 2s publisher-2 publish op=1; 2.2s publisher-2 stored op=1 seq=1`, safety.Held},
	{"order_broken", "a replica goes back", r3 + published + kept + `63s watcher entry target=n1 seq=1 worker=publisher-1 op=3`, safety.Broken},

	{"acked_redelivered", "never again", r3 + published + handled + kept, safety.Held},
	{"acked_redelivered", "long after its ack", r3 + published + handled + kept + `9s w2 deliver seq=1 delivery=2`, safety.Held /* within a second of settling */},
	{"acked_redelivered", "longer after its ack", r3 + published + handled + kept + `10s w2 deliver seq=1 delivery=2`, safety.Broken},
	{"acked_redelivered", "a fault near the ack", r3 + published + handled + kept +
		`4s nemesis fault fault=1 do=kill_server target=n1; 5s nemesis heal fault=1 target=n1; 20s w2 deliver seq=1 delivery=2`, safety.Open},
	{"acked_redelivered", "confirmed, and a fault near", r3 + published + handled + kept +
		`3.1s w1 acked seq=1; 4s nemesis fault fault=1 do=kill_server target=n1; 5s nemesis heal fault=1 target=n1; 20s w2 deliver seq=1 delivery=2`, safety.Broken},
	{"acked_redelivered", "confirmed by the only server, which was killed", r1 + published + handled + kept +
		`3.1s w1 acked seq=1; 4s nemesis fault fault=1 do=kill_server target=n1; 5s nemesis heal fault=1 target=n1; 20s w2 deliver seq=1 delivery=2`, safety.Excused},
	{"acked_redelivered", "held by a partition", r3 + published + handled + kept +
		`3.1s w1 acked seq=1; 2s nemesis fault fault=1 do=partition target=w2; 20s nemesis heal fault=1 target=w2; 20s w2 deliver seq=1 delivery=2`, safety.Excused},
	{"acked_redelivered", "held by a freeze that met the start of its instant", r3 + published + handled + kept + `3.1s w1 acked seq=1
		6s nemesis fault fault=1 do=freeze target=w2 incarnation=2; 6s host stop worker=w2 incarnation=1; 6s host start worker=w2 incarnation=2
		20s nemesis heal fault=1 target=w2; 19s w2 deliver seq=1 delivery=2`, safety.Excused},
	{"acked_redelivered", "after a freeze that a stop of its instant ended", r3 + published + handled + kept + `3.1s w1 acked seq=1
		6s nemesis fault fault=1 do=freeze target=w2 incarnation=2; 6s host stop worker=w2 incarnation=2
		20s nemesis heal fault=1 target=w2; 19s w2 deliver seq=1 delivery=2`, safety.Broken},
	{"acked_redelivered", "long after the partition", r3 + published + handled + kept +
		`3.1s w1 acked seq=1; 2s nemesis fault fault=1 do=partition target=w2; 20s nemesis heal fault=1 target=w2; 30s w2 deliver seq=1 delivery=2`, safety.Broken},
	{"acked_redelivered", "as late as a slow link allows", r3 + published + handled + kept +
		`3.1s w1 acked seq=1; 2s nemesis fault fault=1 do=slow_link target=w2 delay=6000000000; 10s nemesis heal fault=1 target=w2; 26s w2 deliver seq=1 delivery=2`, safety.Excused},
	{"acked_redelivered", "later than a slow link allows", r3 + published + handled + kept +
		`3.1s w1 acked seq=1; 2s nemesis fault fault=1 do=slow_link target=w2 delay=6000000000; 10s nemesis heal fault=1 target=w2; 28s w2 deliver seq=1 delivery=2`, safety.Broken},

	{"consumer_stuck", "in vain, long after faults that nothing heals", r3 + published + handled + late + `3s nemesis fault fault=1 do=step_down target=consumer
		4s nemesis fault fault=2 do=reset target=n1_/_n2; 5s nemesis fault fault=3 do=unpin; 179s w1 pull`, safety.Broken},
	{"consumer_stuck", "in vain, long after a freeze that a kill ended", r3 + published + handled + late + `3s nemesis fault fault=1 do=freeze target=w2
		4s nemesis fault fault=2 do=kill target=w2; 5s nemesis heal fault=2 target=w2; 179s w1 pull`, safety.Broken},
	{"not_converged", "nobody is there to have the pin", r3 + published + handled + `3s w1 pull; 60s runner phase phase=converge
		180s watcher converged outcome=critical do=pin reason=workers_on_n1_has_1_pending_and_0_ack_pending§_workers_has_no_pin
		180s watcher replica do=stream target=n1 seq=2; 180s watcher replica do=consumer target=n1 outcome=ok pending=1`, safety.Open},
	{"write_lost", "nobody leads, and one of two has it", r3 + published + `60s runner phase phase=converge; 61s watcher converged outcome=critical do=servers reason=n1_knows_no_leader_of_the_stream
		62s watcher replica do=stream target=n1 base=1 seq=1 stored=1 sum=6; 62s watcher entry target=n1 seq=1 worker=publisher-1 op=1
		62s watcher replica do=stream target=n2 base=1 seq=2 stored=2 sum=7; 62s watcher entry target=n2 seq=1 worker=publisher-1 op=1; 62s watcher entry target=n2 seq=2 worker=publisher-1 op=2`, safety.Held},
	{"write_lost", "nobody leads, and none of two has it", r3 + published + `60s runner phase phase=converge; 61s watcher converged outcome=critical do=servers reason=n1_knows_no_leader_of_the_stream
		62s watcher replica do=stream target=n1 base=1 seq=1 stored=1 sum=6; 62s watcher entry target=n1 seq=1 worker=publisher-1 op=1
		62s watcher replica do=stream target=n2 base=1 seq=1 stored=1 sum=7; 62s watcher entry target=n2 seq=1 worker=publisher-1 op=1`, safety.Broken},
	{"consumer_stuck", "nothing waits", r3 + published + handled + kept, safety.Held},
	{"consumer_stuck", "somebody pulls in vain", r3 + published + handled + late + `179s w1 pull`, safety.Broken},
	{"consumer_stuck", "somebody pulls in vain, after servers lost what may be waited for", r3 + published + handled + late + `10s nemesis fault fault=1 do=power_loss target=n1
		11s nemesis heal fault=1 target=n1; 10s nemesis fault fault=2 do=power_loss target=n2; 11s nemesis heal fault=2 target=n2; 179s w1 pull`, safety.Excused},
	{"consumer_stuck", "nobody pulls", r3 + published + handled + late, safety.Open},
	{"consumer_stuck", "it goes on", r3 + published + handled + late + `175s w1 pull; 179s w1 deliver seq=1 delivery=2`, safety.Held},
	{"consumer_stuck", "healed too late to tell", r3 + published + handled + late + `179s w1 pull; 3s nemesis fault fault=1 do=kill_server target=n1; 170s nemesis heal fault=1 target=n1`, safety.Open},

	{"replicas_disagree", "all the same", r3 + published + kept, safety.Held},
	{"replicas_disagree", "another digest", r3 + published + kept + `62s watcher replica do=stream target=n3 base=1 seq=2 stored=2 sum=8`, safety.Broken},
	{"replicas_disagree", "another digest, and what was agreed on is forgotten", r3 + published + kept + `62s watcher replica do=stream target=n3 base=1 seq=2 stored=2 sum=8
		10s nemesis fault fault=1 do=power_loss target=n1; 15s nemesis fault fault=2 do=kill_server target=n2`, safety.Excused},
	{"replicas_disagree", "one lags", r3 + published + kept + `62s watcher replica do=stream target=n3 base=1 seq=1 stored=1 sum=8`, safety.Broken},
	{"replicas_disagree", "one lags since its disk was full", r3 + published + `10s nemesis fault fault=1 do=disk_full target=n3; 15s nemesis heal fault=1 target=n3;` + kept +
		`62s watcher replica do=stream target=n3 base=1 seq=1 stored=1 sum=8`, safety.Excused},
	{"replicas_disagree", "one lags though it was started again after its disk was full", r3 + published + `10s nemesis fault fault=1 do=disk_full target=n3; 15s nemesis heal fault=1 target=n3
		16s nemesis fault fault=2 do=restart_server target=n3; 17s nemesis heal fault=2 target=n3;` + kept + `62s watcher replica do=stream target=n3 base=1 seq=1 stored=1 sum=8`, safety.Broken},
	{"replicas_disagree", "one lags, and another had a disk that failed", r3 + published + `10s nemesis fault fault=1 do=io_error target=n2; 15s nemesis heal fault=1 target=n2
		16s nemesis fault fault=2 do=restart_server target=n2; 17s nemesis heal fault=2 target=n2;` + kept + `62s watcher replica do=stream target=n3 base=1 seq=1 stored=1 sum=8`, safety.Broken},
	{"replicas_disagree", "one was not read", r3 + published + kept + `62s watcher replica do=stream target=n3 base=1 seq=2 stored=2`, safety.Held},
	{"replicas_disagree", "another ack floor", r3 + published + kept + `62s watcher replica do=consumer target=n3 cseq=2 seq=2 ack_floor=1`, safety.Broken},

	{"not_converged", "converged", r3 + published + kept, safety.Held},
	{"not_converged", "nobody leads", r3 + published + `60s runner phase phase=converge; 180s watcher converged outcome=critical do=servers reason=nobody_leads_workers; 180s watcher replica do=stream target=n1`, safety.Broken},
	{"not_converged", "an older history does not say what is open", r3 + published + `60s runner phase phase=converge; 180s watcher converged outcome=critical reason=nobody_leads_workers`, safety.Open},
	{"not_converged", "somebody pulls, and nobody has the pin", r3 + published + handled + `179s w1 pull; 60s runner phase phase=converge
		180s watcher converged outcome=critical do=pin reason=x; 180s watcher replica do=stream target=n1 seq=2`, safety.Broken},
	{"not_converged", "workers are at work", r3 + published + late, safety.Open},

	{"server_assertion", "nobody was heard", r3 + published + kept, safety.Open},
	{"server_assertion", "nothing was called", r3 + published + heard + kept, safety.Held},
	{"server_assertion", "what was called holds", r3 + published + heard + `20s watcher assertion do=always key=m target=n1 outcome=ok count=1;` + kept, safety.Held},
	{"server_assertion", "what is to be so sometimes was not so", r3 + published + heard + `20s watcher assertion do=sometimes key=m target=n1 outcome=critical count=1;` + kept, safety.Held},
	{"server_assertion", "a condition that always holds does not", r3 + published + heard + `20s watcher assertion do=always_or_unreachable key=m target=n1 outcome=critical count=1;` + kept, safety.Broken},
	{"server_assertion", "commits were lost", r3 + published + heard + lostCommits + kept, safety.Broken},
	{"server_assertion", "commits were lost after another server lost its power", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n2 key=2m count=4; 12s nemesis heal fault=1 target=n2;` + lostCommits + kept, safety.Known},
	{"server_assertion", "commits were lost before a server lost its power", r3 + published + heard + lostCommits +
		`21s nemesis fault fault=1 do=power_loss target=n2 key=2m count=4;` + kept, safety.Broken},
	{"server_assertion", "commits were lost after a loss of power that cost nothing", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=2m pending=9;` + lostCommits + kept, safety.Broken},
	{"server_assertion", "commits were lost by servers that sync each write", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=always count=4;` + lostCommits + kept, safety.Broken},
	{"server_assertion", "commits were lost after a kill", r3 + published + heard + `10s nemesis fault fault=1 do=kill_server target=n1;` + lostCommits + kept, safety.Broken},
	{"server_assertion", "its disk is full", r3 + published + heard + `10s nemesis fault fault=1 do=disk_full target=n1;` + noWrite + kept, safety.Held},
	{"server_assertion", "its disk was full, and it was not started again", r3 + published + heard +
		`10s nemesis fault fault=1 do=disk_full target=n1; 12s nemesis heal fault=1 target=n1;` + noWrite + kept, safety.Held},
	{"server_assertion", "its disk was full, and it was started again", r3 + published + heard + `10s nemesis fault fault=1 do=disk_full target=n1
		12s nemesis heal fault=1 target=n1; 13s nemesis fault fault=2 do=restart_server target=n1; 14s nemesis heal fault=2 target=n1;` + noWrite + kept, safety.Broken},
	{"server_assertion", "the disk of another one is full", r3 + published + heard + `10s nemesis fault fault=1 do=disk_full target=n2;` + noWrite + kept, safety.Broken},
	{"server_assertion", "its disk is full, and it lost commits", r3 + published + heard + `10s nemesis fault fault=1 do=disk_full target=n1;` + lostCommits + kept, safety.Broken},
	{"server_assertion", "it could not write after another server lost its power", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n2 key=2m count=4;` + noWrite + kept, safety.Broken},
	{"server_assertion", "it reads what it has not written after it lost its power", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=2m count=4; 12s nemesis heal fault=1 target=n1;` + noSense + kept, safety.Known},
	{"server_assertion", "it reads what it has not written after another server lost its power", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n2 key=2m count=4; 12s nemesis heal fault=1 target=n2;` + noSense + kept, safety.Broken},
	{"server_assertion", "it reads what it has not written while its disk is full", r3 + published + heard +
		`10s nemesis fault fault=1 do=disk_full target=n1;` + noSense + kept, safety.Broken},
	{"server_assertion", "it could not write after it lost its power", r3 + published + heard +
		`10s nemesis fault fault=1 do=power_loss target=n1 key=2m count=4; 12s nemesis heal fault=1 target=n1;` + noWrite + kept, safety.Broken},
	{"server_assertion", "its disk damaged a file", r3 + published + heard + `10s nemesis fault fault=1 do=kill_server target=n1
		10s nemesis damage fault=1 do=bit_flip target=n1 outcome=ok; 12s nemesis heal fault=1 target=n1;` + noWrite + kept, safety.Held},
}

func judged(t *testing.T, text, law string) safety.Judgement {
	t.Helper()
	events := script(t, text)
	all := safety.Judge(func(yield func(*history.Event) bool) {
		for i := range events {
			if !yield(&events[i]) {
				return
			}
		}
	})
	i := slices.IndexFunc(all, func(j safety.Judgement) bool { return j.Law == law })
	if i < 0 {
		t.Fatalf("nothing was judged by %s", law)
	}
	return all[i]
}

// Each law finds the history that breaks it, and accuses nobody in one that does not.
func TestPlanted(t *testing.T) {
	for _, p := range planted {
		t.Run(p.law+"/"+p.name, func(t *testing.T) {
			if got := judged(t, p.text, p.law); got.Outcome != p.want || got.Text == "" {
				t.Errorf("got %+v, want %s", got, p.want)
			}
		})
	}
	for _, l := range safety.Laws {
		for _, outcome := range []safety.Outcome{safety.Broken, safety.Held} {
			if !slices.ContainsFunc(planted, func(p struct {
				law, name, text string
				want            safety.Outcome
			}) bool {
				return p.law == l.Name && p.want == outcome
			}) {
				t.Errorf("no history is planted for %s that is to be %s", l.Name, outcome)
			}
		}
	}
}

// Calls are counted over all servers and lives, each under what explains it: the worst comes first, with its own words.
func TestAssertionsAreCounted(t *testing.T) {
	got := judged(t, r3+published+heard+`10s watcher assertion do=always key=m target=n1 outcome=ok count=1 incarnation=1; 11s watcher assertion do=always key=m target=n1 outcome=ok count=8 incarnation=1
		12s watcher assertion do=sometimes key=s target=n2 outcome=critical count=4 incarnation=1; 13s watcher assertion do=sometimes key=s target=n2 outcome=ok count=1 incarnation=1
		15s nemesis fault fault=1 do=disk_full target=n2; 16s watcher assertion do=unreachable key=Raft_encountered_write_error target=n2 outcome=critical count=1 incarnation=1 reason=full
		17s watcher assertion do=unreachable key=Raft_encountered_write_error target=n2 outcome=critical count=4 incarnation=1 reason=full
		18s watcher assertion do=unreachable key=Raft_encountered_write_error target=n1 outcome=critical count=1 incarnation=1 reason=why
		30s watcher assertion do=unreachable key=Raft_encountered_write_error target=n1 outcome=critical count=1 incarnation=2 reason=again;`+kept, safety.ServerAssertion)
	want := []safety.Asserted{
		{Message: "Raft encountered write error", Kind: history.AssertUnreachable, Servers: []string{"n1", "n2"}, Broken: 2, Disk: 4, First: 18e9, Text: "n1 says why"},
		{Message: "m", Kind: history.AssertAlways, Servers: []string{"n1"}, Held: 8},
		{Message: "s", Kind: history.AssertSometimes, Servers: []string{"n2"}, Held: 1, Unmet: 4},
	}
	if diff := cmp.Diff(want, got.Assertions); diff != "" {
		t.Error(diff)
	}
	if got.Count != 2 || got.Text != `what servers assert was not so: "Raft encountered write error" 2 times; first at 18 s: n1 says why` {
		t.Errorf("%d: %s", got.Count, got.Text)
	}
	got = judged(t, r3+published+heard+`10s nemesis fault fault=1 do=power_loss target=n2 key=2m count=4;`+lostCommits+kept, safety.ServerAssertion)
	if got.Count != 1 || !slices.Equal(got.Refs, []string{"nats-server#7564"}) {
		t.Errorf("known %d times, documented in %v", got.Count, got.Refs)
	}
}

// Every assertion of the server has a meaning, and every meaning an assertion.
func TestAssertionsHaveMeanings(t *testing.T) {
	said := map[string]bool{}
	for _, a := range safety.Assertions() {
		said[a.Message] = true
		if a.Means == "" {
			t.Errorf("%s:%d: %q: say in meanings.go what it means", a.File, a.Line, a.Message)
		}
	}
	for _, message := range safety.Meanings() {
		if !said[message] {
			t.Errorf("no server asserts %q", message)
		}
	}
}

// A history in which nobody was asked is judged by nothing, unless a server says that something is not so.
func TestNobodyAsked(t *testing.T) {
	if all := safety.Judge(func(func(*history.Event) bool) {}); all != nil {
		t.Errorf("judged %v", all)
	}
	if got := judged(t, r1+heard+lostCommits, safety.ServerAssertion); got.Outcome != safety.Broken {
		t.Errorf("a server that nobody asked: %+v", got)
	}
}

// An excuse names the failure next to the one that it is about, not the first that there was.
func TestExcuseNamesTheNearest(t *testing.T) {
	got := judged(t, r3+published+`2s nemesis fault fault=1 do=isolate target=n3; 3s nemesis heal fault=1 target=n3
		10s nemesis fault fault=2 do=power_loss target=n1; 10s nemesis fault fault=3 do=power_loss target=n2;`+short, "write_lost")
	if want := "power_loss of n1 about the time of power_loss of n2"; !strings.Contains(got.Text, want) {
		t.Errorf("%s: %s, want %s", got.Outcome, got.Text, want)
	}
}

// A loss is counted message by message, once each: also where a sequence was given again.
func TestLossIsCounted(t *testing.T) {
	const loss = `10s nemesis fault fault=1 do=power_loss target=n1 key=2m count=4; 10s nemesis fault fault=2 do=power_loss target=n2 key=2m count=4;`
	for _, c := range []struct {
		name, text string
		count      int
		refs       string
	}{
		{"one is not there", r3 + published + loss + short, 1, "nats-server#7564"},
		{"the whole stream", r3 + published + loss + nothing, 2, "nats-server#7564"},
		{"the other one was given again", r3 + published + loss + `20s publisher-2 publish op=1; 20.1s publisher-2 stored op=1 seq=1
			62s watcher replica do=stream target=n1 base=1 seq=1 stored=1 sum=7; 62s watcher entry target=n1 seq=1 worker=publisher-2 op=1`, 2, "nats-server#7564"},
		{"and again, without marks", r3 + published + loss + `20s publisher-2 publish op=1; 20.1s publisher-2 stored op=1 seq=1
			30s publisher-2 publish op=2; 30.1s publisher-2 stored op=2 seq=1
			62s watcher replica do=stream target=n1 base=1 seq=1 stored=1 sum=7; 62s watcher entry target=n1 seq=1`, 3, "nats-server#7564"},
		{"another server was cut off", r3 + published + `10s nemesis fault fault=1 do=power_loss target=n1 key=2m count=1; 10s nemesis fault fault=2 do=isolate target=n2;` + short, 1, "nats-server#7567"},
	} {
		got := judged(t, c.text, "write_lost")
		if got.Outcome != safety.Known || got.Count != c.count || strings.Join(got.Refs, " ") != c.refs || !strings.Contains(got.Text, c.refs) {
			t.Errorf("%s: got %+v, want %d known by %s", c.name, got, c.count, c.refs)
		}
	}
}
