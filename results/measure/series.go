package measure

import "pindrop/results/history"

const (
	seriesBuckets = 1000  // of a line that has more steps than it can show
	rateBuckets   = 200   // of a rate
	rateBucketMin = 100e6 // the shortest bucket of a rate
)

// drawSeries draws the quantities over the whole run.
func (b *books) drawSeries(f *Findings) {
	for _, s := range []struct {
		name  string
		steps line
	}{{"ack_pending", b.mostPending()}, {"backlog", b.queued}} {
		if len(s.steps) > 0 {
			f.Series = append(f.Series, steps(s.name, s.steps, b.whole))
		}
	}
	arrivals := make([]int64, len(b.deliveries))
	for i := range b.deliveries {
		arrivals[i] = b.deliveries[i].arrived
	}
	for _, s := range []struct {
		name     string
		instants []int64
	}{{"published", b.publishedAt()}, {"delivered", arrivals}, {"handled", b.handled}} {
		if len(s.instants) > 0 {
			f.Series = append(f.Series, rates(s.name, s.instants, b.paced()))
		}
	}
}

// steps draws a line. If it has too many steps, each bucket of time keeps its lowest, its highest and its last value,
// so that every spike survives.
func steps(name string, l line, whole Span) Series {
	s := Series{Name: name, Unit: "count"}
	bucket := whole.length()/seriesBuckets + 1
	for i := 0; i < len(l); {
		end := i + 1
		if len(l) > 3*seriesBuckets {
			for end < len(l) && (l[end].at-whole.From)/bucket == (l[i].at-whole.From)/bucket {
				end++
			}
		}
		low, high := i, i
		for k := i; k < end; k++ {
			if l[k].v < l[low].v {
				low = k
			}
			if l[k].v > l[high].v {
				high = k
			}
		}
		last := -1
		for _, k := range []int{min(low, high), max(low, high), end - 1} {
			if k > last {
				s.At, s.V = append(s.At, l[k].at), append(s.V, float64(l[k].v))
				last = k
			}
		}
		i = end
	}
	return s
}

// paced is the run without the backlog, which comes as fast as the server takes it: its rate would dwarf all others.
func (b *books) paced() Span {
	s := b.whole
	for _, p := range b.phases {
		if p.Name == history.PhaseBacklog {
			s.From = p.To
		}
	}
	return s
}

// rates draws how many of the rising instants fall into each bucket of a span, per second. The last bucket may be a
// shorter one.
func rates(name string, instants []int64, span Span) Series {
	s := Series{Name: name, Unit: "/s"}
	bucket := max((span.length()+rateBuckets-1)/rateBuckets, rateBucketMin)
	for at := span.From; at < span.To; at += bucket {
		piece := Span{at, min(at+bucket, span.To)}
		s.At, s.V = append(s.At, at), append(s.V, float64(within(instants, piece))/(float64(piece.length())/1e9))
	}
	return s
}
