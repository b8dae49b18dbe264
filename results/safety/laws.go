package safety

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pindrop/results/history"
)

// WriteLost is the name of the law about acknowledged messages that are gone.
const WriteLost = "write_lost"

// Laws are all laws, the gravest first.
var Laws = []Law{
	{
		Name:   WriteLost,
		Says:   "A publish that the server has acknowledged is in the stream in the end, as the leader has it that most servers follow (where there is none, on any server that was read), at the sequence of its acknowledgement, and no other has that sequence.",
		Except: "Removed by right is what a purge took, what a limit may have taken (max_msgs, max_bytes, max_age, max_msgs_per_subject), and with retention workqueue or interest what a worker acked. Known, with the number of messages, after a fault that lets everybody forget it who had it: the end of the only server of a stream in memory; a power loss of the only server, or a kill of one that writes after it has acknowledged (persist_mode async); and of a cluster a power loss (in memory: any end) of one server within 30 s of another server's end or cut. A power loss counts as a kill if it cost no write, or if the server syncs each one (sync: always): then a loss is a finding; any end of a server whose disk has damaged a file meanwhile counts as a power loss. A process that is killed forgets no other file.",
		Source: "The leader acknowledges an entry that a quorum has appended to its log: raft.go trackResponse and applyCommit, jetstream_cluster.go applyStreamMsgOp; a single server once it is in the store: stream.go processJetStreamMsg.",
		judge:  (*facts).writeLost,
	},
	{
		Name:   "write_doubled",
		Says:   "A publish that was sent once is in the stream at most once.",
		Except: "Publishers here never send a message twice; only messages that carry their publisher's mark (payloads of 40 bytes and more) are told apart.",
		Source: "The client library sends a publish once, and one leader proposes it once: jetstream_cluster.go processClusteredInboundMsg.",
		judge:  (*facts).writeDoubled,
	},
	{
		Name:   "order_broken",
		Says:   "Of two publishes of which the second was sent after the first had been acknowledged, the first has the lower sequence; and a replica's sequences rise.",
		Except: "Not under what explains a loss of write_lost: a stream that has forgotten its end gives its sequences again.",
		Source: "The log of a group has one order, and its end never goes back behind what was committed: raft.go processAppendEntry.",
		judge:  (*facts).orderBroken,
	},
	{
		Name:   "acked_redelivered",
		Says:   "A message whose ack has settled is not delivered again. Settled is an ack from the server's answer to a double ack on; a plain one 5 s after it left, if no fault touched the time from 5 s before to 5 s after it.",
		Except: "What was sent before may be on its way: a delivery within 1 s is not meant, nor one while a fault lasts that holds what is sent, or within 5 s of its heal (partition, freeze, isolate, split, freeze_server, slow_link, slow_routes). Nor what a server delivers that was cut off and does not know yet that it leads no longer (isolate, split, freeze_server, the same time): there is no lease of the leader. A consumer of one replica keeps acks back for 100 ms and more before it writes them: not after an abrupt end of its server, nor any end of one in memory. And not under what explains a loss of write_lost.",
		Source: "The leader answers a double ack once the group has applied it: consumer.go processAckMsg, ackReplyIfSetup, jetstream_cluster.go applyConsumerEntries; what was applied is never delivered: consumer.go getNextMsg, ackMsg (rdq and pending are cleared).",
		judge:  (*facts).ackedRedelivered,
	},
	{
		Name:   "consumer_stuck",
		Says:   "While messages wait, or wait for an ack, and a worker pulls, something is delivered.",
		Except: "Judged at the end, when all is healed: nothing has arrived for longer than twice ack_wait, the pin's timeout and 20 s, though somebody pulled in that time. Not while a worker says that it is at work, not while paused, nor with max_deliver, nor under policy overflow, which leaves a rest by design. Not under what explains a loss of write_lost: a consumer may wait for an ack of what is lost. Not where a disk has failed (disk_full, io_error) under a server that was not started again on a sound one: until then it gives up what had a write error.",
		Source: "consumer.go loopAndGatherMsgs, processNextMsgRequest: a request in the queue is served as soon as there is a message.",
		judge:  (*facts).consumerStuck,
	},
	{
		Name:   "replicas_disagree",
		Says:   "Once all is healed, within the time that the converge phase gives, all replicas of the stream have the same messages, and all replicas of a consumer the same state.",
		Except: "Not under what explains a loss of write_lost: servers that have forgotten what they had agreed on agree on nothing. Nor after a failed disk, as for consumer_stuck. Messages are compared where they were read.",
		Source: "Followers catch up by log or snapshot: raft.go catchupFollower, jetstream_cluster.go processSnapshot, runCatchup.",
		judge:  (*facts).replicasDisagree,
	},
	{
		Name:   "not_converged",
		Says:   "Once all is healed, within the time that the converge phase gives, everybody answers, stream and consumers are led, and nothing is pending that workers could do.",
		Except: "What consumer_stuck and replicas_disagree say is not said twice. Work that workers are too slow for, or do not acknowledge, or that none pulls for any more, is not the server's. Nor under what explains a loss of write_lost, nor after a failed disk, as for consumer_stuck.",
		Source: "Elections begin 4 to 9 s after a leader fell silent (raft.go minElectionTimeout, maxElectionTimeout), and a group with a quorum has a leader soon after.",
		judge:  (*facts).notConverged,
	},
	{
		Name:   ServerAssertion,
		Says:   "What nats-server asserts about itself is so: no condition that it says always holds is false, and no place that it says is never reached is reached.",
		Except: "Judged for servers that pindrop builds itself, in a guest, embedded or as processes; of server.binary and of external servers nobody hears it. Not meant are reports of an I/O error from a server whose disk a fault broke (disk_full, io_error), until it has started again on a sound one, nor what a server reports whose disk damaged a file. Known, with the number of calls, after a fault that lets a server forget what it had (as for write_lost, whether another server was down or not), such as a loss of power that cost writes, with the default sync_interval. With sync: always such a violation is a finding.",
		Source: "nats-server states it by calls of antithesis-sdk-go, package assert; docs/assertions.md lists them.",
		judge:  (*facts).serverAssertion,
	},
}

// readers are the servers whose messages are in the history: one of those that agree, and each that does not. A stream
// that holds nothing has been read too.
func (f *facts) readers() []string {
	var list []string
	for _, r := range f.replicas[entity{of: history.OfStream}] {
		if len(f.entries[r.Target]) > 0 || r.Stored == 0 && r.Sum != 0 && len(list) == 0 {
			list = append(list, r.Target)
		}
	}
	return list
}

// leading is a server that has what the stream's leader has, which is what clients see: a follower that lags has lost nothing.
// Where nobody leads, it is all that were read: a write is lost then if none of them has it.
func (f *facts) leading() []string {
	readers, replicas := f.readers(), f.replicas[entity{of: history.OfStream}]
	for _, leader := range replicas {
		if leader.Outcome != history.OK {
			continue
		}
		for _, r := range replicas {
			if r.Sum != 0 && r.Sum == leader.Sum && slices.Contains(readers, r.Target) {
				return []string{r.Target}
			}
		}
		return nil
	}
	return readers
}

// removed reports whether a message is not there by right.
func (f *facts) removed(seq uint64) bool {
	if seq < f.purged {
		return true
	}
	switch f.stream.Retention {
	case "workqueue", "interest":
		return f.taken[seq] || f.consumer.AckPolicy != "explicit"
	}
	return false
}

func (f *facts) writeDoubled() Judgement {
	var found evidence
	marked := 0
	for _, server := range f.readers() {
		at := map[operation]uint64{}
		for _, m := range f.entries[server] {
			if m.publisher == "" {
				continue
			}
			marked++
			if other, ok := at[m.operation]; ok {
				found.add("", "%s has %s twice, as sequences %d and %d", server, m.operation, other, m.seq)
			}
			at[m.operation] = m.seq
		}
	}
	if marked == 0 {
		return unsure("no server has a message that was read and carries its publisher's mark")
	}
	return found.judgement(held("%d messages, each once", marked))
}

func (f *facts) orderBroken() Judgement {
	var found evidence
	acks := slices.Clone(f.acks)
	slices.SortStableFunc(acks, func(a, b acknowledged) int { return cmp.Compare(a.at, b.at) })
	bySent := slices.Clone(f.acks)
	slices.SortStableFunc(bySent, func(a, b acknowledged) int { return cmp.Compare(a.sent, b.sent) })
	var high acknowledged // of those acknowledged before, the one with the highest sequence
	next := 0
	for _, b := range bySent {
		for ; next < len(acks) && acks[next].at < b.sent; next++ {
			if acks[next].seq > high.seq {
				high = acks[next]
			}
		}
		if b.seq < high.seq {
			found.add(f.forgotten(), "%s, sent at %s, is sequence %d; %s, acknowledged at %s, is %d",
				b.operation, seconds(b.sent), b.seq, high.operation, seconds(high.at), high.seq)
		}
	}
	for _, server := range f.readers() {
		last := uint64(0)
		for _, m := range f.entries[server] {
			if m.seq <= last {
				found.add("", "%s gives sequence %d after %d", server, m.seq, last)
			}
			last = m.seq
		}
	}
	return found.judgement(held("%d publishes in their order", len(acks)))
}

// seconds writes a time since the run's origin for people.
func seconds(ns int64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", float64(ns)/float64(second)), "0"), ".") + " s"
}
