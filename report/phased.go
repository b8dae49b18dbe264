package report

import (
	"fmt"
	"strings"
)

// phasedRowsMax is how many rows of latencies around faults a page lists.
const phasedRowsMax = 60

// around is the table of latencies around faults.
type around struct {
	Sentence string
	Table    sheet
	Left     int // rows that are not listed
}

func (b *board) around() *around {
	f := &b.r.Findings
	if len(f.Phased) == 0 {
		return nil
	}
	faults := map[int32]string{}
	for _, x := range f.Faults {
		label := faultLabel(x)
		if faults[x.ID] != "" {
			label = faults[x.ID] + ", " + x.Target
		}
		faults[x.ID] = label
	}
	a := &around{Sentence: phasedSentence(b.r.Metrics)}
	a.Table.Head = []string{"fault", "phase", "from", "to", "latency", "messages", "p50", "p99", "highest"}
	for _, p := range f.Phased {
		if len(a.Table.Rows) == phasedRowsMax {
			a.Left = len(f.Phased) - phasedRowsMax
			break
		}
		a.Table.Rows = append(a.Table.Rows, []string{
			fmt.Sprintf("%d: %s", p.FaultID, faults[p.FaultID]), p.Phase, b.when(p.From), b.when(p.To), p.Latency,
			count(p.Count), duration(p.P50), duration(p.P99), duration(p.Max),
		})
	}
	return a
}

// toldApart is the ratio from which on phases differ enough to be told.
const toldApart = 1.5

// phasedSentence compares the phases of all faults together; "" where they do not differ, or there is only one.
func phasedSentence(metrics map[string]float64) string {
	var parts []string
	var lowest, highest float64
	for _, phase := range []struct{ name, words string }{
		{"before", "before a fault"}, {"during", "during a fault"}, {"after", "after it"},
	} {
		v, ok := metrics["latency.response."+phase.name+".p99"]
		if !ok {
			continue
		}
		if len(parts) == 0 {
			lowest, highest = v, v
		}
		lowest, highest = min(lowest, v), max(highest, v)
		parts = append(parts, quantity(v, "s")+" "+phase.words)
	}
	if len(parts) < 2 || highest < toldApart*lowest {
		return ""
	}
	last := len(parts) - 1
	return "99 % of responses came within " + strings.Join(parts[:last], ", ") + " and " + parts[last] + "."
}
