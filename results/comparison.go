package results

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"golang.org/x/perf/benchmath"

	"pindrop/results/measure"
)

// Comparison says whether runs of today are worse than runs of before, and how sure that is.
type Comparison struct {
	Format   int             `json:"format"`
	Verdict  measure.Verdict `json:"verdict"` // pass: no regression was found; fail: there is one; unknown: the runs cannot tell
	Reason   string          `json:"reason"`
	Alpha    float64         `json:"alpha"` // of all judged metrics together: the chance to call a regression what is none
	Slack    float64         `json:"slack"` // share of the median below which a change does not matter
	Base     Group           `json:"base"`
	New      Group           `json:"new"`
	Differs  []Difference    `json:"differs"` // of what was run
	Expect   []Kept          `json:"expect"`
	Changes  []Change        `json:"changes"` // judged metrics first, each part in the order of measure.Table
	Warnings []string        `json:"warnings"`
}

// Difference is something that was not the same on both sides.
type Difference struct {
	What string `json:"what"`
	Base string `json:"base"`
	New  string `json:"new"`
}

// Kept counts the valid runs in which an expectation did not hold.
type Kept struct {
	Expr       string `json:"expr"`
	FailedBase int    `json:"failed_base"`
	FailedNew  int    `json:"failed_new"`
}

// The outcomes of a metric.
const (
	ChangeWorse  = "worse"
	ChangeBetter = "better"
	ChangeMoved  = "moved"  // for sure, and neither way is better
	ChangeSame   = "same"   // the same value in every run, or within the slack
	ChangeNoise  = "noise"  // no difference that the runs could prove
	ChangeUntold = "untold" // so few runs that they could prove none, or it applies on one side only
)

// Change is one metric on both sides.
type Change struct {
	Metric  string    `json:"metric"`
	Judged  bool      `json:"judged"`
	Base    []float64 `json:"base"` // of the valid runs to which it applies, ascending
	New     []float64 `json:"new"`
	P       float64   `json:"p"`      // of the two-sided Mann-Whitney U test; 1 where all values are equal or one side has none
	PHolm   float64   `json:"p_holm"` // corrected for the number of judged metrics; P where it is not judged
	Outcome string    `json:"outcome"`
}

// MedianBase is the median before; the mean of the two in the middle of an even number. It panics without values.
func (c *Change) MedianBase() float64 { return median(c.Base) }

// MedianNew is the median of today. It panics without values.
func (c *Change) MedianNew() float64 { return median(c.New) }

// Relative is the change of the median as a share of that before; false where there is none to divide by.
func (c *Change) Relative() (float64, bool) {
	if len(c.Base) == 0 || len(c.New) == 0 || c.MedianBase() == 0 {
		return 0, false
	}
	return (c.MedianNew() - c.MedianBase()) / math.Abs(c.MedianBase()), true
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// JudgedMetrics are those that are judged where nothing else is asked for. They are few, because every further one makes
// it harder to prove anything about the others.
var JudgedMetrics = []string{
	"takeover.fault.max", "gap.total", "overlap.total", "cliff.stall.total", "redelivery.count", "duplicate.count", "lost.count",
	"latency.response.p99", "handled.rate",
}

// CompareOptions says what counts as a regression.
type CompareOptions struct {
	Metrics []string // that are judged; empty: [JudgedMetrics]
	Alpha   float64  // 0: 0.05
	Slack   float64  // share of the median
}

// Compare compares runs of before with runs of today. Runs of which a premise is broken are left out.
func Compare(base, today Group, o CompareOptions) *Comparison {
	c := &Comparison{Format: Format, Alpha: cmp.Or(o.Alpha, 0.05), Slack: o.Slack, Base: base, New: today, Differs: differences(&base, &today),
		Expect: []Kept{}, Changes: []Change{}, Warnings: []string{}}
	judged := o.Metrics
	if len(judged) == 0 {
		judged = JudgedMetrics
	}
	names := map[string]bool{}
	for _, g := range []*Group{&base, &today} {
		for _, t := range g.Runs {
			for name := range t.Metrics {
				names[name] = true
			}
		}
	}
	for _, name := range o.Metrics {
		names[name] = true // asked for: where it applies to no run, that has to be told
	}
	for _, name := range inTableOrder(slices.Collect(maps.Keys(names))) {
		ch := Change{Metric: name, Judged: slices.Contains(judged, name), Base: base.values(name), New: today.values(name)}
		ch.test()
		c.Changes = append(c.Changes, ch)
	}
	slices.SortStableFunc(c.Changes, func(a, b Change) int { return rank(a) - rank(b) })
	c.correct()
	c.Expect = keptOf(&base, &today)
	c.Verdict, c.Reason = c.judge()
	return c
}

func rank(c Change) int {
	if c.Judged {
		return 0
	}
	return 1
}

// inTableOrder sorts metrics as [measure.Table] does, unknown ones behind by name.
func inTableOrder(names []string) []string {
	place := map[string]int{}
	for i, m := range measure.Table {
		place[m.Name] = i
	}
	at := func(name string) int {
		if i, ok := place[name]; ok {
			return i
		}
		return len(measure.Table)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(at(a)-at(b), strings.Compare(a, b)) })
	return names
}

// equal reports whether every value of both sides is the same.
func (c *Change) equal() bool {
	all := append(slices.Clone(c.Base), c.New...)
	return len(c.Base) > 0 && len(c.New) > 0 && slices.Min(all) == slices.Max(all)
}

func (c *Change) test() {
	c.P, c.PHolm = 1, 1
	if len(c.Base) == 0 || len(c.New) == 0 || c.equal() {
		return
	}
	thresholds := &benchmath.DefaultThresholds
	c.P = benchmath.AssumeNothing.Compare(
		benchmath.NewSample(slices.Clone(c.Base), thresholds), benchmath.NewSample(slices.Clone(c.New), thresholds)).P
	c.PHolm = c.P
}

// correct corrects the p of judged metrics as Holm does, and gives every metric its outcome. A metric that is the same in
// every run of both sides is no test.
func (c *Comparison) correct() {
	var tests []*Change
	for i := range c.Changes {
		if ch := &c.Changes[i]; ch.Judged && len(ch.Base) > 0 && len(ch.New) > 0 && !ch.equal() {
			tests = append(tests, ch)
		}
	}
	slices.SortStableFunc(tests, func(a, b *Change) int { return cmp.Compare(a.P, b.P) })
	highest := 0.0
	for i, ch := range tests {
		highest = max(highest, min(1, float64(len(tests)-i)*ch.P))
		ch.PHolm = highest
	}
	for i := range c.Changes {
		ch := &c.Changes[i]
		needed := c.Alpha
		if ch.Judged {
			needed /= float64(max(len(tests), 1))
		}
		ch.Outcome = c.outcome(ch, smallestP(len(ch.Base), len(ch.New)) <= needed)
	}
}

// outcome of a metric; provable says whether there are so many runs that they could prove a difference at all.
func (c *Comparison) outcome(ch *Change, provable bool) string {
	if len(ch.Base) == 0 || len(ch.New) == 0 {
		return ChangeUntold
	}
	apart := ch.MedianNew() - ch.MedianBase()
	switch {
	case ch.equal():
		return ChangeSame
	case ch.PHolm > c.Alpha && provable:
		return ChangeNoise
	case math.Abs(apart) <= c.Slack*math.Abs(ch.MedianBase()):
		return ChangeSame
	case ch.PHolm > c.Alpha:
		return ChangeUntold
	}
	m, _ := measure.Lookup(ch.Metric)
	switch {
	case m.Better == "":
		return ChangeMoved
	case (m.Better == "lower") == (apart < 0):
		return ChangeBetter
	}
	return ChangeWorse
}

// smallestP is the smallest p that the two-sided Mann-Whitney test can give for so many values: that of two sides of which
// every value of one is above every value of the other, 2 / (n+m over n).
func smallestP(n, m int) float64 {
	if n == 0 || m == 0 {
		return 1
	}
	ways := 1.0
	for i := 1; i <= n; i++ {
		ways = ways * float64(m+i) / float64(i)
	}
	return min(1, 2/ways)
}

// Needed is how many runs of each side could prove a difference in one of so many metrics.
func Needed(alpha float64, metrics int) int {
	for n := 1; ; n++ {
		if smallestP(n, n) <= alpha/float64(max(metrics, 1)) {
			return n
		}
	}
}

// judge gives the verdict: a regression, or that the runs cannot tell, or neither.
func (c *Comparison) judge() (measure.Verdict, string) {
	var worse, untold []string
	tests := 0
	for _, k := range c.Expect {
		if k.FailedBase == 0 && k.FailedNew > 0 {
			worse = append(worse, fmt.Sprintf("%s held before and fails in %d of %d runs", k.Expr, k.FailedNew, c.New.Valid()))
		}
	}
	for i := range c.Changes {
		ch := &c.Changes[i]
		if !ch.Judged {
			continue
		}
		if !ch.equal() && len(ch.Base) > 0 && len(ch.New) > 0 {
			tests++
		}
		switch ch.Outcome {
		case ChangeWorse:
			worse = append(worse, ch.Metric+" is worse")
		case ChangeUntold:
			if len(ch.Base)+len(ch.New) == 0 {
				return measure.Unknown, ch.Metric + " applies to no run of either side"
			}
			untold = append(untold, ch.Metric)
		}
	}
	switch {
	case c.Base.Valid() == 0 || c.New.Valid() == 0:
		return measure.Unknown, "there is a side without a valid run"
	case len(worse) > 0:
		return measure.Fail, strings.Join(worse, "; ")
	case c.New.Valid() < len(c.New.Runs) && c.Base.Valid() == len(c.Base.Runs):
		return measure.Unknown, fmt.Sprintf("%d of %d new runs were no valid experiment, while all of the base were", len(c.New.Runs)-c.New.Valid(), len(c.New.Runs))
	case len(untold) > 0:
		return measure.Unknown, fmt.Sprintf("the runs cannot tell about %s: %d of each side could (--repeat %d), if it applies on both",
			strings.Join(untold, ", "), Needed(c.Alpha, tests), Needed(c.Alpha, tests))
	}
	return measure.Pass, "no judged metric is worse than chance explains"
}
