package measure

// undoneMax is how long before a fault of a server deliveries and acks may be undone by it: a consumer of one replica
// writes its state to the disk now and then, ten times a second at most and later under load, and a leader of several
// tells the others a little later than it acts. A server that is cut off works on until it knows, for some ten seconds.
const (
	undoneMax    = 2e9
	undoneCutOff = 12e9
)

// undoing is what a fault of a server may have undone.
type undoing struct{ at, acks, deliveries int64 }

// undone is how many acks and deliveries the faults of servers until an instant may have undone. They stay undone: when
// each comes again is the server's business.
func undone(all []undoing, at int64) (acks, deliveries int64) {
	for _, u := range all {
		if u.at <= at+sampleSlack {
			acks, deliveries = acks+u.acks, deliveries+u.deliveries
		}
	}
	return acks, deliveries
}

// undoings are what each fault of a server may have undone.
func (b *books) undoings() []undoing {
	var all []undoing
	for i := range b.faults {
		f := &b.faults[i]
		if !hitsServer(f.Do) {
			continue
		}
		u, span := undoing{at: f.From}, Span{f.From - undoneMax, f.From + sampleSlack}
		if f.Do == doIsolate || f.Do == doSplit || f.Do == doFreezeServer {
			span.To = f.From + undoneCutOff
		}
		for j := range b.deliveries {
			d := &b.deliveries[j]
			if span.holds(d.arrived) {
				u.deliveries++
			}
			if d.acked != never && span.holds(d.acked) {
				u.acks++
			}
		}
		all = append(all, u)
	}
	return all
}
