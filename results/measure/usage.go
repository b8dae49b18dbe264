package measure

import (
	"cmp"
	"slices"

	"pindrop/results/history"
)

// burn is the CPU time that a process had used, in nanoseconds, at an instant.
type burn struct {
	role   burner
	name   string // of the server or the worker
	number int32  // of the process: each counts from 0
	at     int64
	cpu    int64
	memory uint64 // resident, in bytes, at that instant
}

// burner is what a process is.
type burner int

const (
	burnsServer burner = iota
	burnsClient
	burnsHarness
	burners
)

// observeUsage notes what a process uses.
func (b *books) observeUsage(e *history.Event) {
	if e.Sum == 0 {
		return // it was not looked at
	}
	u := burn{burnsServer, e.Target, e.Incarnation, e.At, e.Count, e.Sum}
	switch {
	case e.Worker != "":
		u.role, u.name = burnsClient, e.Worker
	case e.Target == "":
		u.role, b.cores = burnsHarness, max(b.cores, int64(e.Size))
	}
	b.burns = append(b.burns, u)
}

// measureUsage sets what servers, workers and pindrop itself used: the growth of each process' CPU time between two looks in
// disturb, over the time between the first look and the last at any of its kind, and the sum of those.
func (b *books) measureUsage(f *Findings) {
	slices.SortStableFunc(b.burns, func(x, y burn) int {
		return cmp.Or(cmp.Compare(x.role, y.role), cmp.Compare(x.name, y.name), cmp.Compare(x.at, y.at))
	})
	most := uint64(0)
	for _, u := range b.burns {
		if u.role == burnsServer && u.at >= b.window.From {
			most = max(most, u.memory)
		}
	}
	if most > 0 {
		f.set("server.rss.max", float64(most))
	}
	all := int64(0)
	for role, metric := range [burners]string{"server.cpu.mean", "client.cpu.mean", "harness.cpu.mean"} {
		if length := b.looked(burner(role)); length > 0 {
			used := b.burnt(burner(role))
			f.set(metric, float64(used)/float64(length))
			all += used
		}
	}
	length := b.looked(burnsHarness) // pindrop is there as long as anybody is
	if length <= 0 || b.cores == 0 {
		return
	}
	mean := float64(all) / float64(length)
	share := mean / float64(b.cores)
	f.set("machine.cpu.share", share)
	if share >= busyShare {
		f.warn("servers, workers and pindrop together used %s of the machine's %d cores: the machine was the limit, and rates and latencies "+
			"say as much of it as of the server", short(mean), b.cores)
	}
}

// busyShare is the part of a machine's cores that is as good as all of them: looks are a second apart, and a mean over calm
// and busy times is below what the busy ones took.
const busyShare = 0.9

// burnt is the CPU time that processes of a kind used in disturb, as far as two looks saw it.
func (b *books) burnt(role burner) (used int64) {
	for i := 1; i < len(b.burns); i++ {
		from, to := &b.burns[i-1], &b.burns[i]
		if to.role == role && from.role == role && from.name == to.name && from.number == to.number &&
			b.disturb.holds(from.at) && b.disturb.holds(to.at) {
			used += to.cpu - from.cpu
		}
	}
	return used
}

// looked is the time in disturb between the first look at a process of a kind and the last.
func (b *books) looked(role burner) int64 {
	first, last := never, never
	for i := range b.burns {
		u := &b.burns[i]
		if u.role != role || !b.disturb.holds(u.at) {
			continue
		}
		if first == never || u.at < first {
			first = u.at
		}
		last = max(last, u.at)
	}
	return last - first
}
