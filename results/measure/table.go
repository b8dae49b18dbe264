package measure

// Metric is one number that pindrop can measure.
type Metric struct {
	Name   string
	Unit   string // "s", "count", "ratio", "/s", "code"
	Better string // "lower", "higher", "": neither
	Doc    string // one sentence
}

// Table is every metric, in the order in which people want to read them. Metrics count from the start of disturb on,
// where the doc does not say otherwise.
var Table = []Metric{
	{"takeover.fault.count", "count", "", "Takeovers after a fault that stopped the holder: pinned and prioritized consumers only."},
	{"takeover.fault.p50", "s", "lower", "Median time from the fault that stopped the holder to the first begin of another worker or a new incarnation."},
	{"takeover.fault.max", "s", "lower", "Longest time from the fault that stopped the holder to the first begin of another worker or a new incarnation."},
	{"takeover.pull.max", "s", "lower", "Longest time from the last pull of a holder that a fault stopped to the first begin of another worker or a new incarnation."},
	{"recovery.max", "s", "lower", "Longest time from the heal of a fault until backlog and rates are back to what they were before it; absent if one never was."},

	{"overlap.count", "count", "lower", "Pairs of pin generations under which different workers were in service at one time."},
	{"overlap.total", "s", "lower", "Time in which different workers were in service under different pin generations: the union over all pairs."},
	{"overlap.max", "s", "lower", "Longest time of one pair of generations: all times in which both were in service, added up."},
	{"overlap.frozen", "s", "lower", "The part of overlap.total in which no two of the workers were both awake."},
	{"overlap.same_message", "count", "lower", "Pairs of services of one message on different workers at one time."},
	{"overlap.same_key", "count", "lower", "Pairs of services of one key on different workers at one time."},
	{"stale.total", "s", "lower", "Time in service under an older pin generation after a different worker's first arrival under a newer one: the union over all workers."},
	{"stale.max", "s", "lower", "Longest stale time of one worker under one generation: the sum of its pieces."},
	{"stale.messages", "count", "lower", "Messages in service in stale time, those included that were begun and done in one instant of it."},
	{"stale.acks", "count", "lower", "Acks of stale work that the server confirmed; absent where acks are not confirmed."},
	{"pin.count", "count", "lower", "Pin generations that delivered at least one message."},

	{"owned.before.max", "count", "lower", "Consumers whose newest pin the worker with most of them had just before the first fault: several pinned consumers only, dead workers do not count."},
	{"owned.before.min", "count", "higher", "The same of the worker with fewest."},
	{"owned.max", "count", "lower", "Consumers whose newest pin the worker with most of them had at the end of disturb: several pinned consumers only, dead workers do not count."},
	{"owned.min", "count", "higher", "The same of the worker with fewest."},

	{"cliff.count", "count", "lower", "Times at the limit of ack pending while new messages waited, both as the server saw them; a dip of either under 100 ms does not end one."},
	{"cliff.total", "s", "lower", "Time in such cliffs, their dips included."},
	{"cliff.limited", "s", "lower", "The part of cliff.total without the dips: ack pending was at the limit, and new messages waited."},
	{"cliff.max", "s", "lower", "Longest cliff."},
	{"cliff.first", "s", "higher", "Start of the first cliff, from the start of disturb."},
	{"cliff.stall.total", "s", "lower", "Time in cliffs in which the server sent no new message for at least 100 ms."},
	{"cliff.stall.max", "s", "lower", "Longest time in a cliff in which the server sent no new message."},
	{"cliff.danger", "s", "lower", "Time at 80 % of the limit of ack pending or more, as the server saw it."},
	{"ack_pending.max", "count", "", "Most messages ack pending at one time, as the server saw it."},

	{"gap.total", "s", "lower", "Time in which new messages waited at the server and nobody was in service, or only frozen workers were, for at least 10 ms each."},
	{"gap.max", "s", "lower", "Longest such time."},
	{"gap.locked", "s", "lower", "Time in which nobody was in service, or only frozen workers were, no new message waited, and all that was ack pending was dead or delayed, for at least 10 ms each."},
	{"held.max", "count", "lower", "Most messages that one worker held: delivered and not finished."},
	{"held.at_fault", "count", "lower", "Most messages that a worker held when a fault stopped it."},
	{"redelivery.count", "count", "lower", "Deliveries numbered above 1."},
	{"redelivery.acked", "count", "lower", "Deliveries of a message after the server had confirmed an ack of it: it had forgotten the ack, as a server that crashes may; absent where acks are not confirmed."},
	{"deliveries.max", "count", "lower", "Highest delivery number of a message."},
	{"duplicate.count", "count", "lower", "Messages that ended ok more than once."},
	{"duplicate.concurrent", "count", "lower", "Messages that ended ok more than once, in services that intersected."},
	{"order.inversions", "count", "lower", "Begins of a message after a later message of its key had begun."},

	{"guard.applied", "count", "", "Writes that the server took into the state, in the whole run, as its own log of the state has them."},
	{"guard.rejected", "count", "", "Writes that a guard or the server refused, in the whole run: conflicts that were tried again, messages applied before, lost leases, writes after that of a later delivery."},
	{"guard.lost_update", "count", "lower", "Messages that ended ok and of whose writes none is in the final state, in the whole run."},
	{"guard.stale_write", "count", "lower", "Writes that the server took into an entry after one of a later delivery, in the whole run."},
	{"guard.double_apply", "count", "lower", "Messages that are in the final state more than once, in the whole run."},
	{"guard.stale_read", "count", "lower", "Entries on which work was begun though the server had a newer one when the worker asked for it, or took it from its memory, in the whole run."},

	{"latency.response.p50", "s", "lower", "Median time from due to the first ack: the first that was confirmed, or where none was, the first that was sent."},
	{"latency.response.p90", "s", "lower", "90th percentile of the time from due to the first ack."},
	{"latency.response.p99", "s", "lower", "99th percentile of the time from due to the first ack."},
	{"latency.response.p999", "s", "lower", "99.9th percentile of the time from due to the first ack."},
	{"latency.response.max", "s", "lower", "Longest time from due to the first ack."},
	{"latency.response.before.p99", "s", "lower", "99th percentile of the time from due to the first ack, of messages acked before a fault and due after the one before it was over."},
	{"latency.response.during.p99", "s", "lower", "99th percentile of the time from due to the first ack, of messages on their way at some instant of a fault, which lasts until it is healed and another worker has taken over."},
	{"latency.response.after.p99", "s", "lower", "99th percentile of the time from due to the first ack, of messages due once a fault was over and acked before the next one."},
	{"latency.store.p50", "s", "lower", "Median time from due until the publisher heard that the message was stored."},
	{"latency.store.p90", "s", "lower", "90th percentile of the time from due until the publisher heard that the message was stored."},
	{"latency.store.p99", "s", "lower", "99th percentile of the time from due until the publisher heard that the message was stored."},
	{"latency.store.p999", "s", "lower", "99.9th percentile of the time from due until the publisher heard that the message was stored."},
	{"latency.store.max", "s", "lower", "Longest time from due until the publisher heard that the message was stored."},
	{"latency.queue.p50", "s", "lower", "Median time from when the server had the message to its first begin."},
	{"latency.queue.p90", "s", "lower", "90th percentile of the time from when the server had the message to its first begin."},
	{"latency.queue.p99", "s", "lower", "99th percentile of the time from when the server had the message to its first begin."},
	{"latency.queue.p999", "s", "lower", "99.9th percentile of the time from when the server had the message to its first begin."},
	{"latency.queue.max", "s", "lower", "Longest time from when the server had the message to its first begin."},
	{"latency.service.p50", "s", "lower", "Median time from begin to end."},
	{"latency.service.p90", "s", "lower", "90th percentile of the time from begin to end."},
	{"latency.service.p99", "s", "lower", "99th percentile of the time from begin to end."},
	{"latency.service.p999", "s", "lower", "99.9th percentile of the time from begin to end."},
	{"latency.service.max", "s", "lower", "Longest time from begin to end."},

	{"handled.rate", "/s", "higher", "Messages that ended ok for the first time in disturb, per second."},
	{"published.rate", "/s", "higher", "Messages published in disturb, per second: all that were sent, whether or not they were stored."},
	{"published.count", "count", "", "Messages published: all that were sent, whether or not they were stored."},
	{"publish.late.p99", "s", "lower", "99th percentile of how late messages were published."},
	{"publish.unknown", "count", "lower", "Publishes without an answer in time, in the whole run."},
	{"publish.outage.max", "s", "lower", "Longest time from a publish that was never acknowledged to the acknowledgement of the next one that was, or to the last publish."},
	{"publish.outage.total", "s", "lower", "The same, in all."},
	{"publish.refused", "count", "lower", "Publishes that the server refused, in the whole run."},
	{"delivered.count", "count", "", "Deliveries, redeliveries included."},
	{"backlog.max", "count", "lower", "Most new messages that waited at the server at one time; absent where the stream removed messages and nobody knows when."},
	{"backlog.drain", "s", "lower", "Time from the heal phase until no new message waited at the server."},
	{"busy.mean", "ratio", "", "Mean share of disturb that a worker was in service and not frozen."},
	{"parallel.max", "count", "", "Most messages in service at one time: consumers without pins only."},
	{"parallel.mean", "count", "", "Mean number of messages in service in disturb: consumers without pins only."},

	{"stored.count", "count", "", "Messages known to have been in the stream, in the whole run: the sum of the following."},
	{"handled.count", "count", "higher", "Messages that ended ok at least once, in the whole run."},
	{"given_up.count", "count", "lower", "Messages that were delivered too often and never ended ok, in the whole run."},
	{"terminated.count", "count", "", "Messages that a worker terminated and that never ended ok, in the whole run."},
	{"removed.count", "count", "lower", "Messages that the stream removed before they were handled, whether they had been delivered or not, in the whole run."},
	{"skipped.count", "count", "", "Messages before the one that the consumer's deliver_policy begins with, in the whole run: it never has to deliver them; absent where deliver_policy is all."},
	{"waiting.count", "count", "lower", "Messages that the server still had to deliver or to see acked at the end, or that a living worker had, or that a removed consumer left in the stream."},
	{"lost.count", "count", "lower", "Stored messages that nothing accounts for; absent after an interruption or a deadline."},
	{"laws.broken", "count", "lower", "Safety laws that the run breaks without an excuse, see docs/explore.md; absent where no server was asked in the end what it has."},
	{"publish.lost", "count", "lower", "Publishes that the server had acknowledged and whose messages the stream no longer had, handled or not, in the whole run: their sequences were given again after a fault of servers, lie behind the stream's last one in the end, or are missing in a stream that removes nothing, or the whole stream is gone; absent where no fault breaks servers, and where the stream may have removed some of them by right."},
	{"publish.reused", "count", "lower", "Sequences that were acknowledged for more than one message, in the whole run; absent where no fault breaks servers."},

	{"config.max_ack_pending", "count", "", "The consumer's limit of ack pending when disturb begins, as the server gave it: -1 for no limit; absent where it has none to give."},
	{"consumer.removed", "count", "lower", "Times that the server removed the consumer, in the whole run; absent where it has no inactive_threshold and none was removed."},
	{"config.refused", "code", "", "Error code of the first configuration of stream or consumer that the server refused, in the whole run; 0 where it refused none."},
	{"server.cpu.mean", "cores", "lower", "CPU time of all servers together in disturb, per second, between the first look and the last; absent where servers are not processes of pindrop, and where the system does not say."},
	{"server.rss.max", "B", "lower", "Most resident memory of one server; absent where servers are not processes of pindrop, and where the system does not say."},
	{"client.cpu.mean", "cores", "", "CPU time of all workers together in disturb, per second, between the first look and the last; absent where workers are not processes of their own, and where the system does not say."},
	{"harness.cpu.mean", "cores", "", "The same of pindrop itself: its publishers and its records, the server where that is embedded, and workers that are not processes of their own; absent where the system does not say."},
	{"machine.cpu.share", "ratio", "", "CPU time of servers, workers and pindrop together in disturb, as a share of what the cores that pindrop may use have; absent where the system does not say."},
	{"machine.cpu.pressure", "ratio", "", "Share of disturb in which tasks of the machine, or of pindrop's control group, waited for a processor; absent where the system does not say."},
	{"late.max", "s", "", "Longest time for which pindrop, a worker's process or a server stood still or ran late in the whole run, without what a fault asked for; absent on the virtual clock."},
	{"suspended.total", "s", "", "Time for which the machine slept, in the whole run; absent on the virtual clock."},
	{"clock.step.max", "s", "", "Largest step by which the wall clock was set, forward or back, in the whole run; absent on the virtual clock."},
	{"notice.max", "s", "lower", "Longest time from a partition of a worker until the server closed the worker's connection; absent where it closed none while the partition lasted."},
	{"check.critical", "ratio", "lower", "Share of the samples of which jsm.go's check of the metadata io.nats.monitor.pinned says critical; absent where the consumer has no such metadata."},
}

// Lookup finds a metric by its name.
func Lookup(name string) (Metric, bool) {
	i, ok := byName[name]
	if !ok {
		return Metric{}, false
	}
	return Table[i], true
}

// Names lists the names of all metrics.
func Names() []string {
	names := make([]string, len(Table))
	for i, m := range Table {
		names[i] = m.Name
	}
	return names
}

var byName = func() map[string]int {
	m := make(map[string]int, len(Table))
	for i, metric := range Table {
		m[metric.Name] = i
	}
	return m
}()
