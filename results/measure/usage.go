package measure

import (
	"cmp"
	"slices"

	"pindrop/results/history"
)

// burn is the CPU time that a server's process had used, in nanoseconds, at an instant.
type burn struct {
	server string
	number int32 // of the process: each counts from 0
	at     int64
	cpu    int64
	memory uint64 // resident, in bytes, at that instant
}

// observeUsage notes what a server's process uses.
func (b *books) observeUsage(e *history.Event) {
	if e.Sum == 0 {
		return // it was not looked at
	}
	b.burns = append(b.burns, burn{e.Target, e.Incarnation, e.At, e.Count, e.Sum})
}

// measureUsage sets what the servers used: the growth of each process' CPU time between two looks in disturb, over the time
// between them, and the sum of the servers.
func (b *books) measureUsage(f *Findings) {
	if len(b.burns) == 0 {
		return
	}
	slices.SortStableFunc(b.burns, func(x, y burn) int {
		return cmp.Or(cmp.Compare(x.server, y.server), cmp.Compare(x.at, y.at))
	})
	used, most := int64(0), uint64(0)
	for _, u := range b.burns {
		if u.at >= b.window.From {
			most = max(most, u.memory)
		}
	}
	for i := 1; i < len(b.burns); i++ {
		from, to := b.burns[i-1], b.burns[i]
		if from.server == to.server && from.number == to.number && b.disturb.holds(from.at) && b.disturb.holds(to.at) {
			used += to.cpu - from.cpu
		}
	}
	if length := b.looked(); length > 0 {
		f.set("server.cpu.mean", float64(used)/float64(length))
	}
	if most > 0 {
		f.set("server.rss.max", float64(most))
	}
}

// looked is the time in disturb between the first look at a server and the last.
func (b *books) looked() int64 {
	first, last := never, never
	for _, u := range b.burns {
		if !b.disturb.holds(u.at) {
			continue
		}
		if first == never || u.at < first {
			first = u.at
		}
		last = max(last, u.at)
	}
	return last - first
}
