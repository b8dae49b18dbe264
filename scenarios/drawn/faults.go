package drawn

import (
	"fmt"
	"slices"

	"pindrop/scenarios"
)

// fault draws a fault of workers, of the consumer, or of servers where the menu has them.
func (d *draw) fault() (f fields) {
	if d.menu.Servers > 0 && d.oneIn(2) {
		return d.serverFault()
	}
	do := d.kind()
	f.set("do", do)
	at, on := d.when(&f)
	d.lasts(&f, do, at)
	switch do {
	case scenarios.DoScale:
		f.set("target", d.pick(d.groups...))
		f.set("count", d.between(1, 5))
	case scenarios.DoPause, scenarios.DoPurge:
	case scenarios.DoUpdate:
		f.set("set", d.settings())
	default:
		f.set("target", d.target(on))
	}
	switch do {
	case scenarios.DoDrain:
		if d.policy == "pinned_client" && d.oneIn(2) {
			f.set("unpin", true)
		}
		buffers := []string{scenarios.BufferFinish, scenarios.BufferDiscard}
		if d.acks {
			buffers = append(buffers, scenarios.BufferNak)
		}
		f.set("buffer", d.pick(buffers...))
	case scenarios.DoPartition:
		f.set("way", d.pick(scenarios.WayBoth, scenarios.WayIn, scenarios.WayOut))
	case scenarios.DoSlow:
		f.set("factor", d.pick("0.1", "3", "30"))
	case scenarios.DoSlowLink:
		f.set(d.pick("latency", "jitter"), d.time(10, 1_500))
	}
	ofOne := on || slices.Contains([]string{scenarios.DoUnpin, scenarios.DoUpdate, scenarios.DoPause}, do)
	if d.consumers > 1 && ofOne && d.oneIn(3) {
		f.set("consumer", d.between(1, d.consumers))
	}
	return f
}

// kind draws what happens.
func (d *draw) kind() string {
	kinds := []string{
		scenarios.DoKill, scenarios.DoKill, scenarios.DoRestart, scenarios.DoFreeze, scenarios.DoFreeze, scenarios.DoDisconnect,
		scenarios.DoPartition, scenarios.DoPartition, scenarios.DoDrain, scenarios.DoDrain, scenarios.DoSlow, scenarios.DoSlowLink,
		scenarios.DoScale, scenarios.DoScale, scenarios.DoPause, scenarios.DoPurge,
	}
	if d.acks {
		kinds = append(kinds, scenarios.DoUpdate)
	}
	if d.policy == "pinned_client" {
		kinds = append(kinds, scenarios.DoUnpin, scenarios.DoUnpin)
	}
	return d.pick(kinds...)
}

// when draws the moment or the event on which a fault fires.
func (d *draw) when(f *fields) (at int, on bool) {
	if d.oneIn(3) {
		of := slices.Concat(d.names, d.groups, []string{scenarios.TargetAny})
		if d.holds() {
			of = append(of, scenarios.TargetPinned)
		}
		f.set("on", fmt.Sprintf(`"%s#%d of %s"`, d.pick("begin", "end", "deliver", "pull", "ack"), d.between(1, 6), d.pick(of...)))
		if d.oneIn(4) {
			f.set("times", d.between(2, 3))
		}
		return 0, true
	}
	at = d.moment()
	f.set("at", fmt.Sprintf("%dms", at))
	if d.oneIn(8) {
		f.set("every", d.time(500, 3_000))
	}
	return at, false
}

// lasts draws for how long a fault acts that fires at a moment, where it heals by itself.
func (d *draw) lasts(f *fields, do string, at int) {
	once := []string{scenarios.DoDrain, scenarios.DoUnpin, scenarios.DoScale, scenarios.DoPurge, scenarios.DoUpdate}
	if slices.Contains(once, do) || d.oneIn(3) {
		return
	}
	length := d.between(1, 6_000)
	if heal := d.moment(); heal > at {
		length = heal - at
	}
	d.mark(at + length)
	f.set("for", fmt.Sprintf("%dms", length))
}

// target draws whom a fault of workers hits.
func (d *draw) target(on bool) string {
	all := slices.Concat(d.names, d.names, d.groups, []string{scenarios.TargetAny, scenarios.TargetAll})
	if d.holds() {
		all = append(all, scenarios.TargetPinned, scenarios.TargetPinned)
	}
	if on {
		all = append(all, scenarios.TargetTrigger)
	}
	return d.pick(all...)
}

// holds reports whether the policy makes one worker the holder.
func (d *draw) holds() bool { return d.policy == "pinned_client" || d.policy == "prioritized" }

// settings draws what an update sets.
func (d *draw) settings() string {
	var f fields
	f.set("max_ack_pending", d.number(1, 5, 50, 500, -1))
	if !d.backoff && d.oneIn(2) {
		f.set("ack_wait", d.time(500, 5_000))
	}
	return f.String()
}

// serverFault draws a fault of servers, of the routes between them, or of who leads.
func (d *draw) serverFault() (f fields) {
	kinds := []string{
		scenarios.DoKillServer, scenarios.DoRestartServer, scenarios.DoIsolate, scenarios.DoLameDuck, scenarios.DoPowerLoss,
		scenarios.DoDiskFull, scenarios.DoIOError,
	}
	if d.menu.Servers > 1 {
		kinds = append(kinds, scenarios.DoSplit, scenarios.DoReset, scenarios.DoSlowRoutes, scenarios.DoStepDown, scenarios.DoStepDown)
	}
	do := d.pick(kinds...)
	f.set("do", do)
	f.set("at", fmt.Sprintf("%dms", d.moment()))
	node := fmt.Sprintf("n%d", d.between(1, d.menu.Servers))
	switch do {
	case scenarios.DoStepDown:
		f.set("target", d.pick(scenarios.TargetConsumer, scenarios.TargetStream, scenarios.TargetMeta))
		return f
	case scenarios.DoReset:
		f.set("target", d.pick(scenarios.TargetLeader, node))
		return f
	case scenarios.DoSlowRoutes:
		f.set("latency", d.time(10, 800))
		fallthrough
	case scenarios.DoSplit:
		f.set("target", d.pick(scenarios.TargetLeader, node))
	default:
		f.set("target", d.pick(scenarios.TargetLeader, scenarios.TargetStreamLeader, scenarios.TargetMetaLeader, node))
	}
	if do == scenarios.DoIsolate || do == scenarios.DoSplit {
		f.set("way", d.pick(scenarios.WayBoth, scenarios.WayIn, scenarios.WayOut))
	}
	if d.oneIn(2) {
		f.set("for", d.time(1, 6_000))
	}
	return f
}
