package measure

// drop is a connection that the server closed by itself.
type drop struct {
	at     int64
	worker string
}

// measureNotice sets how long a server took to find out that it speaks to nobody: from a partition of a worker to the
// first of the worker's connections that the server closed while it lasted.
func (b *books) measureNotice(f *Findings) {
	longest := never
	for i := range b.faults {
		fault := &b.faults[i]
		if fault.Do != doPartition || fault.From < b.window.From {
			continue
		}
		for _, d := range b.drops {
			if d.worker == fault.Target && fault.holds(d.at) {
				longest = max(longest, d.at-fault.From)
				break
			}
		}
	}
	if longest != never {
		f.setTime("notice.max", longest)
	}
}
