// Package report shows a run to people: in the terminal, and as one HTML file that opens anywhere. Everything in it is a
// pure function of a [results.Record], a [results.Sweep], a [results.Tuning] or a [results.Comparison].
//
// The path: [Story] puts the findings into a sentence or two; [Text] writes verdict, story and the numbers that matter for a
// terminal; [HTML] puts the same on a page: sections.go fills the page's parts, figures.go and its neighbours turn series
// and lanes into charts (package chart draws them as SVG), data.go packs what the page's script needs to zoom, and the
// template in assets puts it together. What all pages share is in frame.go.
//
// A sweep or a tuning goes the same way: [SweepText] and [TuningText] for a terminal, [SweepHTML] and [TuningHTML] for a
// page, on which places.go lays out the settings along an axis, curves.go and heat.go draw what was measured there, and
// trend.go puts it into words.
//
// Runs held against earlier runs go through [CompareText] and [CompareHTML], or stand on the page of a run
// ([HTMLAgainst]); the list of all results is [IndexHTML]'s. What each figure is worth is said by certainty.go.
package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/results/safety"
)

//go:embed assets/page.html.tmpl
var pageText string

//go:embed assets/page.css
var pageStyle string

//go:embed assets/page.js
var pageScript string

var pageTemplate = pageOf(pageText)

// page is all that the template needs; every decision is made here.
type page struct {
	frame
	R        *results.Record
	Data     string
	Grain    string // how coarse the page's data is; "" where nothing is left out
	Story    string
	Headline string // the verdict, with what must be told with it
	Setting  string
	Tiles    []tile
	Broken   int    // premises
	Laws     string // how many held, or did not
	Unlawful bool   // one was broken

	Timeline []figure
	Events   []event
	EventsUp int // events that are not listed
	Failover []failover
	Latency  *figure
	Around   *around
	Worst    []worst
	Shares   []share
	Owners   string // who had the pins of several consumers
	Each     sheet  // of several consumers
	Defined  []defined
	Clocks   *clocks
	Base     *comparePage // nil without a baseline
	Repeats  *repeated
	Again    *deliveries
	Sure     []string
	Virtual  bool
}

// HTML writes the run as one self-contained page. It asks for nothing over the network and stands with scripts and
// styles blocked. It returns the writer's first error.
func HTML(w io.Writer, r *results.Record) error { return HTMLAgainst(w, r, nil) }

// HTMLAgainst writes the page of a run together with its comparison with a baseline: the change in each tile, the
// baseline's percentiles dashed, and a section of its own. Without a comparison it is [HTML].
func HTMLAgainst(w io.Writer, r *results.Record, c *results.Comparison) error {
	p, err := newPage(r)
	if err != nil {
		return fmt.Errorf("report of %s: %w", r.Scenario, err)
	}
	if c != nil {
		p.against(c)
	}
	return fill(w, pageTemplate, r.Scenario, p)
}

// visible replaces characters that steer instead of show. The template's own text has none; in a name such a character
// could turn the direction of the text that follows it.
func visible(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && steers(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

func steers(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }

func newPage(r *results.Record) (*page, error) {
	b := newBoard(r)
	p := &page{
		frame: newFrame(Headline(r)+" "+r.Scenario, r.Versions.Pindrop, pageStyle, pageScript),
		R:     r, Headline: Headline(r), Story: Story(r), Setting: setting(r), Tiles: tiles(r),
		Failover: b.failovers(), Around: b.around(), Worst: b.worst(), Shares: shares(r.Findings.Shares),
		Defined: definitions(r.Metrics, several(&r.Findings)), Repeats: newRepeated(r), Again: redeliveredOf(r), Sure: certainties(r), Virtual: r.Clock == "virtual",
	}
	for i := range p.Defined {
		if s, ok := r.Spread(p.Defined[i].Name); ok && len(r.Repeats) > 1 {
			p.Defined[i].Spread = spreadText(p.Defined[i].Name, s)
		}
	}
	p.Owners, p.Each = ownersSentence(r.Metrics), consumersTable(&r.Findings)
	for _, premise := range r.Premises {
		if !premise.OK {
			p.Broken++
		}
	}
	p.Laws, p.Unlawful = LawsSentence(r.Findings.Laws), len(safety.Accused(r.Findings.Laws)) > 0
	p.Events, p.EventsUp = b.events()
	p.Timeline = append(p.Timeline, b.lanes())
	for _, build := range []func() (figure, bool){b.pending, b.backlog, b.rates} {
		if f, ok := build(); ok {
			p.Timeline = append(p.Timeline, f)
		}
	}
	if f, ok := latencies(r.Findings.Latencies); ok {
		p.Latency = &f
	}
	p.Clocks = b.clocks()
	data, grain, err := blob(b.columns, b.to-b.from)
	if err != nil {
		return nil, fmt.Errorf("pack the data of the charts: %w", err)
	}
	p.Data = data
	if grain > 0 {
		p.Grain = duration(grain)
	}
	return p, nil
}

// policy allows the page its own style and script, by their hashes, and nothing else.
func policy(style, script string) string {
	return fmt.Sprintf("default-src 'none'; img-src data:; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'",
		hash(style), hash(script))
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Headline is the verdict of a run, which is never a bare PASS where acknowledged messages are gone.
func Headline(r *results.Record) string { return Sign(r.Verdict) + lossNote(r) }

func lossNote(r *results.Record) string {
	if r.KnownLoss() {
		return ", with a known loss"
	}
	return ""
}

// Sign is a verdict as a word with its sign: ✓ PASS, ✗ FAIL, ? UNKNOWN. No verdict is unknown.
func Sign(v measure.Verdict) string {
	m := markOf(v)
	return m.sign + " " + m.word
}
