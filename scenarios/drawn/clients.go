package drawn

import (
	"fmt"
	"slices"
	"strings"
)

// stream draws where and how the stream is kept, and the servers.
func (d *draw) stream() string {
	var f fields
	if d.menu.Servers > 0 {
		f.set("storage", "file")
		f.set("num_replicas", d.menu.Servers)
	}
	if d.oneIn(8) {
		f.set("max_msgs", d.between(20, 400))
	}
	if d.menu.Limits {
		f = d.limits(f)
	}
	text := "stream: " + f.String()
	if d.menu.Servers > 0 {
		text = fmt.Sprintf("server: {nodes: %d}\n", d.menu.Servers) + text
	}
	return text
}

// limits draws one limit of the stream, what happens there, and how long it keeps messages otherwise.
func (d *draw) limits(f fields) fields {
	f = slices.DeleteFunc(f, func(one string) bool { return strings.HasPrefix(one, "max_msgs:") })
	switch d.IntN(4) {
	case 0:
		f.set("max_msgs", d.between(5, 200))
	case 1:
		f.set("max_age", d.time(300, 5_000))
	case 2:
		f.set("max_bytes", d.between(2_000, 60_000))
	default:
		f.set("max_msgs_per_subject", d.between(5, 200))
	}
	f.set("discard", d.pick("old", "old", "new"))
	f.set("retention", d.pick("limits", "limits", "interest"))
	return f
}

// consumer draws the settings of the consumers, and how many there are.
func (d *draw) consumer() string {
	var f fields
	d.acks = !d.oneIn(16)
	if !d.acks {
		f.set("ack_policy", "none")
	} else {
		d.redelivery(&f)
	}
	switch d.policy = d.pick("none", "none", "pinned_client", "pinned_client", "overflow", "prioritized"); d.policy {
	case "pinned_client":
		f.set("priority_timeout", d.time(1_000, 4_000))
		fallthrough
	case "overflow", "prioritized":
		f.set("priority_policy", d.policy)
		f.set("priority_groups", "[jobs]")
	}
	if d.oneIn(12) {
		f.set("max_waiting", d.between(2, 8))
	}
	d.state = d.acks && d.oneIn(8)
	d.consumers = d.number(1, 1, 1, 1, 2, 3)
	f.set("count", d.consumers)
	return "consumer: " + f.String()
}

// redelivery draws what is about acknowledgements.
func (d *draw) redelivery(f *fields) {
	if d.oneIn(16) {
		f.set("ack_policy", "all")
	}
	steps := 0
	if d.backoff = d.oneIn(6); d.backoff {
		steps = 2
		f.set("backoff", "["+d.time(300, 2_000)+", "+d.time(2_000, 5_000)+"]")
	} else {
		f.set("ack_wait", d.time(300, 8_000))
	}
	if d.oneIn(4) {
		f.set("max_deliver", d.between(max(1, steps), 4))
	}
	f.set("max_ack_pending", d.number(1, 2, 5, 10, 30, 100, 300, 1000, -1))
}

// network draws what a link adds; often nothing.
func (d *draw) network() string {
	var f fields
	if d.oneIn(3) {
		f.set("latency", d.time(1, 60))
		if d.oneIn(2) {
			f.set("jitter", d.time(1, 30))
		}
	}
	return f.String()
}

func (d *draw) publisher() (f fields) {
	f.set("count", d.number(1, 1, 2))
	f.set("keys", d.between(d.consumers, 9))
	if d.oneIn(2) {
		f.set("backlog", d.between(1, 150))
	}
	if d.oneIn(8) {
		f.set("shape", fmt.Sprintf("[{for: %s, rate: %d/s}, {rate: %d/s}]", d.time(500, 3_000), d.between(0, 40), d.between(1, 60)))
	} else {
		f.set("rate", fmt.Sprintf("%d/s", d.between(2, 60)))
		f.set("arrival", d.pick("constant", "constant", "poisson"))
	}
	if d.oneIn(6) {
		f.set("total", d.between(1, 60))
	}
	if d.oneIn(4) {
		f.set("network", d.network())
	}
	return f
}

// workers draws a group.
func (d *draw) workers() (f fields) {
	name := string("wv"[len(d.groups)])
	count := d.between(1, 3)
	d.groups = append(d.groups, name)
	for i := range count {
		d.names = append(d.names, fmt.Sprint(name, i+1))
	}
	f.set("name", name)
	f.set("count", count)
	d.pulls(&f)
	f.set("concurrency", d.number(1, 1, 2, 5))
	f.set("queue", d.number(0, 0, 0, 1, 5, 20))
	d.handling(&f)
	if d.oneIn(4) {
		f.set("network", d.network())
	}
	if d.oneIn(2) {
		d.starts(&f, count)
	}
	return f
}

// startMax is how many workers may follow those of a group that says when they start.
const startMax = 6

// starts draws when the workers of a group start: often also after faults.
func (d *draw) starts(f *fields, count int) {
	start, apart := max(0, d.warmup+d.moment()-d.number(0, 0, d.warmup)), d.number(1, 1, 100, 1_000)
	end := d.warmup + d.disturb // nobody starts later, nor in the group behind this one
	if start+(count+startMax)*apart >= end {
		start, apart = min(start, end-count-startMax-1), 1
	}
	for i := range count {
		d.mark(start + i*apart - d.warmup)
	}
	f.set("start", fmt.Sprintf("%dms", start))
	f.set("stagger", fmt.Sprintf("%dms", apart))
}

// pulls draws what a worker asks the server for.
func (d *draw) pulls(f *fields) {
	api, batch := d.pick("consume", "consume", "messages", "fetch"), d.number(1, 2, 5, 10, 50, 200)
	f.set("api", api)
	f.set("batch", batch)
	if api == "fetch" {
		f.set("expires", d.time(200, 4_000))
	} else {
		f.set("expires", d.time(1_000, 4_000))
		if d.oneIn(2) {
			f.set("threshold", d.between(1, batch))
		}
	}
	switch d.policy {
	case "overflow":
		f.set(d.pick("min_pending", "min_ack_pending"), d.number(0, 1, 5, 20))
	case "prioritized":
		f.set("priority", d.between(0, 3))
	}
}

// handling draws what a worker does with its messages.
func (d *draw) handling(f *fields) {
	service := d.pick("0s", "1us", d.time(1, 20), d.time(10, 200), d.time(500, 4_000),
		"{dist: exponential, mean: "+d.time(1, 100)+"}", "{dist: uniform, max: "+d.time(1, 200)+"}",
		"{dist: lognormal, p50: "+d.time(1, 20)+", p99: "+d.time(50, 500)+"}",
		fmt.Sprintf("{dist: constant, time: %s, pool: %d}", d.time(1, 50), d.between(1, 3)))
	f.set("service", service)
	if service != "0s" && service[0] != '{' {
		f.set("jitter", d.number(0, 0, 1)) // constant times, or from nothing to twice
	}
	modes := []string{"none"}
	if d.acks {
		modes = append(modes, "each", "each", "each", "double", "double", "batch", "early")
	}
	if d.acks && !d.state {
		modes = append(modes, "wal")
	}
	ack := d.pick(modes...)
	f.set("ack", ack)
	switch ack {
	case "batch":
		f.set("window", d.time(50, 1_000))
		fallthrough
	case "each", "double":
		if d.oneIn(6) {
			f.set("progress", d.time(100, 2_000))
		}
		if d.state && d.oneIn(2) {
			f.set("guard", d.pick("idempotent", "cas", "fence", "lease"))
		}
	}
	if d.acks && ack != "wal" && d.oneIn(3) {
		errors := fmt.Sprintf("rate: 0.%d, do: ", d.between(1, 9))
		f.set("errors", "{"+errors+d.pick("nak", "term", "ignore", "nak, delay: "+d.time(1, 3_000))+"}")
	}
}
