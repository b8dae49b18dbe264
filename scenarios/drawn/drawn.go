// Package drawn draws scenarios by seed, for tests that have to hold for every scenario: that runs end, and that the
// measurements agree with their twins.
//
// The path: a seed and a [Menu] go through [Text], which writes a scenario as YAML, section by section (clients.go,
// faults.go); [Scenario] loads that text. Faults and starts of workers are drawn from few instants, so that several things
// often happen at once.
package drawn

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"pindrop/scenarios"
)

// Menu says what may be drawn. The zero value is everything that one server inside pindrop can be put through on the
// virtual clock.
type Menu struct {
	Servers int  // 1 or 3 servers that are broken as well, which need a guest; 0: one server, which nothing breaks
	Limits  bool // every stream removes or refuses messages by some limit, and some keep them by interest
}

// Scenario draws a scenario. The same seed and menu draw the same one.
func Scenario(seed uint64, menu Menu) (*scenarios.Scenario, error) {
	return scenarios.Load(fmt.Sprintf("drawn-%d.yaml", seed), Text(seed, menu), nil)
}

// Text is a drawn scenario as YAML.
func Text(seed uint64, menu Menu) []byte {
	d := &draw{Rand: rand.New(rand.NewPCG(seed, 0x647261776e)), menu: menu}
	d.disturb = d.between(3_000, 12_000)
	if d.oneIn(3) {
		d.warmup = d.between(1, 2_000)
	}
	text := []string{
		fmt.Sprintf("name: drawn-%d", seed),
		"clock: virtual",
		d.stream(),
		d.consumer(),
		"network: " + d.network(),
		"sample: " + d.pick("{}", "{}", "{every: 37ms}", "{every: 1s}", "off"),
		"publishers:" + d.list(d.between(1, 2), d.publisher),
		"workers:" + d.list(d.between(1, 2), d.workers),
		"faults:" + d.list(d.between(0, 6), d.fault),
		fmt.Sprintf("phases: {warmup: %dms, disturb: %dms, drain: %ds}", d.warmup, d.disturb, d.between(5, 30)),
	}
	return []byte(strings.Join(text, "\n") + "\n")
}

// draw is what the sections of one scenario must know of each other. All times are in milliseconds.
type draw struct {
	*rand.Rand
	menu            Menu
	warmup, disturb int
	policy          string // of the consumer's priorities
	acks            bool   // the consumer has acknowledgements
	backoff         bool
	state           bool // handlers may have a guard
	consumers       int
	groups, names   []string // of workers
	moments         []int    // at which something happens, from the start of disturb
}

// pick draws one of some words; one that is given twice is drawn twice as often.
func (d *draw) pick(words ...string) string { return words[d.IntN(len(words))] }

func (d *draw) number(of ...int) int { return of[d.IntN(len(of))] }

func (d *draw) oneIn(n int) bool { return d.IntN(n) == 0 }

// between draws a whole number, both ends included.
func (d *draw) between(from, to int) int { return from + d.IntN(to-from+1) }

// time draws a time.
func (d *draw) time(from, to int) string { return fmt.Sprintf("%dms", d.between(from, to)) }

// moment draws when something happens, from the start of disturb: often just when something else does.
func (d *draw) moment() int {
	if n := len(d.moments); n > 0 && d.oneIn(2) {
		return d.moments[d.IntN(n)]
	}
	at := d.between(0, d.disturb-1)
	d.mark(at)
	return at
}

// mark remembers a moment, where a fault can fire then.
func (d *draw) mark(at int) {
	if at >= 0 && at < d.disturb && !slices.Contains(d.moments, at) {
		d.moments = append(d.moments, at)
	}
}

// list draws so many items.
func (d *draw) list(n int, item func() fields) string {
	if n == 0 {
		return " []"
	}
	var text strings.Builder
	for range n {
		text.WriteString("\n  - " + item().String())
	}
	return text.String()
}

// fields are the keys and values of a mapping.
type fields []string

func (f *fields) set(key string, value any) { *f = append(*f, fmt.Sprintf("%s: %v", key, value)) }

func (f fields) String() string { return "{" + strings.Join(f, ", ") + "}" }
