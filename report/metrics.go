package report

// shown is a metric that a reader of the first screen wants, with its meaning in few words. The full definition stands
// in measure.Table.
type shown struct {
	name  string
	means string
	zero  bool // worth a line even when it is 0
}

// groups are the metrics of the first screen, in the order in which they are told.
var groups = [][]shown{
	{
		{"takeover.fault.max", "from the fault to the first work of another, longest", true},
		{"takeover.fault.p50", "the same, median", true},
		{"takeover.pull.max", "the same, from the holder's last pull", true},
		{"gap.max", "new messages waited and nobody worked, longest", true},
		{"gap.total", "the same, in all", false},
		{"gap.locked", "all waiting work was ack pending or delayed", false},
		{"held.at_fault", "messages delivered, not finished, at the fault", true},
		{"recovery.max", "from heal to the state before", false},
	}, {
		{"pin.count", "pins that delivered at least one message", true},
		{"owned.before.max", "pins of the worker with most, before the first fault", true},
		{"owned.before.min", "the same, of the worker with fewest", true},
		{"owned.max", "pins of the worker with most, at the end of disturb", true},
		{"owned.min", "the same, of the worker with fewest", true},
		{"overlap.count", "handovers with work under both pins", true},
		{"overlap.max", "work under two pins at once, longest", false},
		{"overlap.total", "the same, in all", false},
		{"overlap.frozen", "the part in which one of them was frozen", false},
		{"overlap.same_message", "one message in service on two workers", true},
		{"overlap.same_key", "one key in service on two workers", false},
		{"stale.messages", "messages worked on under an older pin", false},
		{"stale.acks", "of those, acks that the server took", false},
		{"parallel.max", "workers in service at once, most", true},
		{"order.inversions", "a key's messages begun out of order", false},
	}, {
		{"cliff.count", "times at the limit while messages waited", true},
		{"cliff.total", "time at the limit", false},
		{"cliff.max", "the same, longest", false},
		{"cliff.first", "from the start of disturb to the limit", true},
		{"cliff.stall.total", "at the limit and no new delivery", false},
		{"cliff.stall.max", "the same, longest", false},
		{"cliff.danger", "time at 80 % of the limit or more", false},
		{"held.max", "messages delivered, not finished, most", true},
		{"backlog.max", "waiting messages, most", true},
		{"backlog.drain", "from heal to an empty backlog", true},
	}, {
		{"redelivery.count", "deliveries after the first", true},
		{"deliveries.max", "deliveries of one message, most", false},
		{"duplicate.count", "messages finished more than once", false},
		{"duplicate.concurrent", "of those, at the same time", false},
		{"lost.count", "messages that never came to an end", true},
		{"publish.outage.max", "publishes failed, longest", false},
		{"publish.refused", "publishes that the server refused", false},
		{"publish.unknown", "publishes without an answer", false},
		{"publish.lost", "acknowledged publishes that the stream forgot", true},
		{"publish.reused", "sequences given to two messages", false},
		{"given_up.count", "messages given up at max_deliver", false},
	}, {
		{"guard.applied", "writes into the state", true},
		{"guard.rejected", "writes refused", false},
		{"guard.lost_update", "messages done that are not in the state", true},
		{"guard.stale_write", "writes after that of a later delivery", true},
		{"guard.double_apply", "messages in the state more than once", true},
		{"guard.stale_read", "work begun on an entry that was not the newest", true},
	}, {
		{"latency.response.p50", "from due to acked, median", true},
		{"latency.response.p99", "the same, 99 of 100", true},
		{"latency.response.max", "the same, longest", true},
		{"latency.queue.p99", "from stored to begun, 99 of 100", true},
		{"latency.service.p99", "from begun to done, 99 of 100", true},
	}, {
		{"published.rate", "messages sent per second", true},
		{"handled.rate", "messages ended ok per second", true},
		{"handled.count", "messages ended ok", true},
		{"publish.late.p99", "how late publishers were, 99 of 100", false},
	},
}

// relevant are the metrics of a group that this run has and that say something.
func relevant(group []shown, metrics map[string]float64) []shown {
	var out []shown
	for _, m := range group {
		if v, ok := metrics[m.name]; ok && (m.zero || v != 0) {
			out = append(out, m)
		}
	}
	return out
}
