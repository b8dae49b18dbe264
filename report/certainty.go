package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// What a number is worth is told where it stands: under each chart what it was counted from, in the tiles and the tables
// the spread over repeats, and all of it together at the end of the page.

// laneSure says what the bars of a lane rest on.
const laneSure = "Each bar begins and ends with an event of the history; nothing is sampled. Bars less than a pixel apart are drawn as one."

// stepSure says what ack pending and backlog rest on.
const stepSure = "Counted from the events on the wires, not sampled; of very many steps the lowest and the highest of each thousandth of the run are kept."

// pendingSure says that of ack pending, and what the server said of it.
func pendingSure(r *results.Record) string {
	text := stepSure
	for _, p := range r.Premises {
		if p.Name == samplesPremise && p.OK {
			text += " The server's own count was asked for as well: " + p.Got + "."
		}
	}
	return text
}

// samplesPremise is the name of the premise that the server's samples agree with the events.
const samplesPremise = "samples and events agree"

// rateSure says over what a rate is taken.
func rateSure(s measure.Series) string {
	if len(s.At) < 2 {
		return ""
	}
	bucket := s.At[1] - s.At[0]
	return fmt.Sprintf("Each step is the mean over %s: one message more or less is %s/s.", duration(bucket), digits(1e9/float64(bucket)))
}

// latencySure says what percentiles rest on, and how far chance alone would move them.
func latencySure(l measure.Latency) string {
	text := fmt.Sprintf("Percentiles are the nearest rank among all %s times of %s; none is rounded.", count(l.Count), l.Name)
	slowest := int64(math.Ceil(float64(l.Count) / 100))
	text += fmt.Sprintf(" The 99th rests on the %s slowest.", count(slowest))
	low, ok := rankBound(l, 99, -1)
	high, ok2 := rankBound(l, 99, 1)
	if !ok || !ok2 {
		return text + " That is too few to say within which bounds chance would move it."
	}
	return text + fmt.Sprintf(" Were messages independent, chance would move it between %s and %s (95 %%). Around a fault they are not: only repeats tell.",
		duration(low), duration(high))
}

// rankBound is the value at the lower (-1) or upper (1) end of the 95 % interval of a percentile, by the normal
// approximation of its rank; false where that rank is not among the values.
func rankBound(l measure.Latency, percentile float64, side float64) (int64, bool) {
	q, n := percentile/100, float64(l.Count)
	rank := q + side*1.96*math.Sqrt(q*(1-q)/n)
	if rank*n < 1 || rank >= 1 || n*(1-q) < 5 {
		return 0, false
	}
	if side > 0 {
		return at(l.Points, 100*rank), true
	}
	bound := l.Points[0].Value // of the percentiles that a record keeps, the next one outwards
	for _, p := range l.Points {
		if p.Percentile <= 100*rank {
			bound = p.Value
		}
	}
	return bound, true
}

// certainties are what a sceptical reader asks of the whole page.
func certainties(r *results.Record) []string {
	out := []string{clockSure(r), repeatSure(r)}
	for _, p := range r.Premises {
		if p.Name == samplesPremise {
			out = append(out, "Samples: the server was asked for its own count of ack pending, which is held against the events: "+p.Got+
				". Asking prunes dead pull requests, so a run with another interval, or without samples, may hand a pin over at another time.")
		}
	}
	if l, ok := latencyNamed(r.Findings.Latencies, "response"); ok {
		out = append(out, "Percentiles: "+latencySure(l))
	}
	if v, ok := r.Metrics["publish.late.p99"]; ok {
		out = append(out, fmt.Sprintf("Load: 99 %% of messages were published within %s of when they were due. Latencies count from due, so that a late publisher hides nothing.", quantity(v, "s")))
	}
	return append(out, cpuSure(r))
}

func clockSure(r *results.Record) string {
	text := "Clock: times are read from one monotonic clock as each event is written down, so the delay of a busy machine is in every one of them."
	if r.Clock == "virtual" {
		text = "Clock: virtual, and exact for the order in which things happened. Where one worker is active at a time a seed repeats it exactly; where workers race for messages, events of one instant may swap."
	}
	if a := r.Other; a != nil {
		apart := 0
		for _, m := range a.Metrics {
			if !m.OK {
				apart++
			}
		}
		judged := a.Judged()
		text += fmt.Sprintf(" The same plan on the %s clock agrees in %d of %d metrics that must.", otherClock(a, r.Clock), judged-apart, judged)
	}
	return text
}

func otherClock(a *results.Agreement, own string) string {
	if a.Clocks[0] == own {
		return a.Clocks[1]
	}
	return a.Clocks[0]
}

func repeatSure(r *results.Record) string {
	if len(r.Repeats) < 2 {
		return "Repeats: none. This is one run, which cannot say what differs from seed to seed; --repeat 10 does."
	}
	return fmt.Sprintf("Repeats: this is one of %s; how far each number moves from run to run stands beside it.", plural(len(r.Repeats), "run"))
}

// cpuSure tells the processor time where it was measured, of each kind of process apart.
func cpuSure(r *results.Record) string {
	if r.Clock == "virtual" {
		return "Processor: its time costs nothing here, and is not measured."
	}
	harness := "pindrop itself, its publishers and what shares its process"
	if r.Server == "embedded" {
		harness = "pindrop itself, its publishers and the server inside it"
	}
	var parts []string
	for _, of := range []struct{ metric, who string }{
		{"server.cpu.mean", "the servers"}, {"client.cpu.mean", "the workers' processes"}, {"harness.cpu.mean", harness},
	} {
		if v, ok := r.Metrics[of.metric]; ok {
			parts = append(parts, of.who+" "+quantity(v, "cores")+" cores")
		}
	}
	if len(parts) == 0 {
		return "Processor: time is not measured, since this system does not say it, or the run was too short for two looks."
	}
	text := "Processor: on average in disturb " + strings.Join(parts, ", ") + "."
	if share, ok := r.Metrics["machine.cpu.share"]; ok {
		text += " Together that is " + quantity(share, "ratio") + " of what the machine's cores have."
	}
	return text
}

// deliveries is how often messages came.
type deliveries struct {
	Sentence string
	Times    sheet
	Causes   sheet
}

// redeliveredOf counts messages by the number of times they came, and redeliveries by mechanism and root; nil where none came again.
func redeliveredOf(r *results.Record) *deliveries {
	most := map[uint64]uint32{}
	type cause struct{ mechanism, root, owner string }
	causes := map[cause]int{}
	var order []cause
	for _, d := range r.Findings.Redeliveries {
		most[d.Seq] = max(most[d.Seq], d.Delivery)
		c := cause{d.Mechanism, d.Root, d.Owner}
		if causes[c]++; causes[c] == 1 {
			order = append(order, c)
		}
	}
	if len(most) == 0 {
		return nil
	}
	came, highest := map[uint32]int{}, uint32(0)
	for _, n := range most {
		came[n]++
		highest = max(highest, n)
	}
	out := &deliveries{Sentence: fmt.Sprintf("%s came more than once, at most %s.", plural(len(most), "message"), times(int(highest)))}
	out.Times.Head = []string{"deliveries", "messages"}
	numbers := slices.DeleteFunc(slices.Sorted(maps.Keys(came)), func(n uint32) bool { return n < 2 })
	for _, n := range numbers[:min(len(numbers), 30)] {
		out.Times.Rows = append(out.Times.Rows, []string{count(int64(n)), count(int64(came[n]))})
	}
	out.Causes.Head = []string{"mechanism", "goes back to", "went to", "redeliveries"}
	for _, c := range order {
		out.Causes.Rows = append(out.Causes.Rows, []string{mechanismWords(c.mechanism), c.root, c.owner + " worker", count(int64(causes[c]))})
	}
	return out
}

func mechanismWords(mechanism string) string {
	for _, m := range reasons {
		if m.mechanism == mechanism {
			return m.words
		}
	}
	return mechanism
}

// emptyAgain is when the backlog was first empty after an instant, -1 where it never was or is not known.
func (b *board) emptyAgain(after int64) int64 {
	s, ok := b.series("backlog")
	if !ok {
		return -1
	}
	for i, at := range s.At {
		until := b.to + b.origin
		if i+1 < len(s.At) {
			until = s.At[i+1]
		}
		if s.V[i] == 0 && until > after {
			return max(at, after)
		}
	}
	return -1
}
