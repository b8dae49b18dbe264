package report

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"pindrop/results"
)

// studyPages are the pages of all sweeps and tunings.
func studyPages(t *testing.T) map[string][]byte {
	t.Helper()
	pages := map[string][]byte{}
	put := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		pages[name] = b.Bytes()
	}
	for name, s := range sweeps() {
		put(name, func(w io.Writer) error { return SweepHTML(w, s) })
	}
	for name, tuning := range tunings() {
		put(name, func(w io.Writer) error { return TuningHTML(w, tuning) })
	}
	put("exploration", func(w io.Writer) error { return ExplorationHTML(w, explored()) })
	for name, c := range comparisons() {
		put(name, func(w io.Writer) error { return CompareHTML(w, c) })
	}
	return pages
}

// shared is what all pages have alike, and the policy that follows from it: the golden files of runs have it.
var shared = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|<meta http-equiv[^>]*>`)

func TestStudyPagesGolden(t *testing.T) {
	for name, page := range studyPages(t) {
		t.Run(name, func(t *testing.T) { golden(t, name+".html", shared.ReplaceAll(page, nil)) })
	}
}

func TestStudyPagesAreSafe(t *testing.T) {
	refers := regexp.MustCompile(`(?:src|href|action|xlink:href)="([^"]*)"|@import|url\(([^)]*)\)`)
	for name, text := range studyPages(t) {
		page := string(text)
		got := html.UnescapeString(between(t, page, `http-equiv="Content-Security-Policy" content="`, `"`))
		if want := policy(between(t, page, "<style>", "</style>"), between(t, page, "<script>", "</script>")); got != want {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
		for _, bad := range []string{"<script>window", "<img", "<style>*", "\x1b", "\u202e", "\x00", " style=", "NaN", "Inf"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page contains %q", name, bad)
			}
		}
		for _, m := range refers.FindAllStringSubmatch(page, -1) {
			kept := name == "exploration" && m[1] == "found/explore-r3/20260301-020107/report.html"
			if target := m[1] + m[2]; !strings.HasPrefix(target, "#") && target != "data:," && !kept {
				t.Errorf("%s: the page refers to %q", name, m[0])
			}
		}
	}
}

// An identifier that stands twice makes a figure point at the wrong caption, and a hatch at the wrong picture.
func TestStudyPagesHaveEachAnchorOnce(t *testing.T) {
	ids := regexp.MustCompile(` id="([^"]*)"`)
	for name, page := range studyPages(t) {
		seen := map[string]bool{}
		for _, m := range ids.FindAllSubmatch(page, -1) {
			id := string(m[1])
			if seen[id] || strings.ContainsAny(id, " &<>") {
				t.Errorf("%s: the anchor %q stands twice, or is none", name, id)
			}
			seen[id] = true
		}
	}
}

func TestEmptyStudies(t *testing.T) {
	var b bytes.Buffer
	sweep := &results.Sweep{Axes: []results.Axis{batches}, Points: []results.Point{{Values: []string{"10"}}}, Show: []string{"handled.rate"}}
	if err := SweepHTML(&b, sweep); err != nil || !strings.Contains(b.String(), "Nothing has been measured yet.") {
		t.Errorf("a sweep without a run: %v\n%s", err, b.String())
	}
	b.Reset()
	if err := TuningHTML(&b, &results.Tuning{}); err != nil || !strings.Contains(b.String(), "? UNKNOWN") {
		t.Errorf("a tuning without a run: %v", err)
	}
	if err := SweepHTML(fullDisk{}, curveSweep()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: got %v", err)
	}
	b.Reset()
	if err := ExplorationHTML(&b, &results.Exploration{}); err != nil || !strings.Contains(b.String(), "? UNKNOWN") {
		t.Errorf("an exploration without a run: %v", err)
	}
	if err := ExplorationHTML(fullDisk{}, explored()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: got %v", err)
	}
	if err := TuningHTML(fullDisk{}, tuned()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: got %v", err)
	}
}

// Of more facets than a page has room for there is the table alone.
func TestTooManyFacets(t *testing.T) {
	many := results.Axis{Path: "workers.count"}
	for i := range facetsMax + 1 {
		many.Values = append(many.Values, fmt.Sprint(i+1))
	}
	p := newSweepPage(gridSweep(many, batches, timeouts))
	if len(p.Figures) != 0 || !strings.Contains(p.NoFigure, "more than 12 combinations") || len(p.Points.Rows) != 13*9 {
		t.Errorf("%d figures, %q, %d rows", len(p.Figures), p.NoFigure, len(p.Points.Rows))
	}
}

func TestCourse(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{nil, "x applies nowhere."},
		{[]float64{5}, "x is 5 at a."},
		{[]float64{5, 5, 5}, "x is 5 from a to c."},
		{[]float64{1, 2, 3}, "x rises from 1 at a to 3 at c."},
		{[]float64{900, 2993, 2993.3}, "x rises from 900 at a to 2,993 at b and stays there."},
		{[]float64{4, 4, 1, 0, 0}, "x is 4 up to b, then falls to 0 at d and stays there."},
		{[]float64{1, 5, 5, 2}, "x rises from 1 at a to 5 at c, and falls to 2 at d."},
		{[]float64{1, 5, 2, 3}, "x goes up and down between 1 (at a) and 5 (at b)."},
	} {
		var readings []reading
		for i, v := range c.values {
			readings = append(readings, reading{label: string(rune('a' + i)), has: true, probes: 1,
				spread: results.Spread{Median: v, Min: v, Max: v, Count: 1}})
		}
		if got := trend("x", readings); got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.values, got, c.want)
		}
	}
}

func TestTrendTellsWhatIsMissing(t *testing.T) {
	at := func(label string, v float64) reading {
		return reading{label: label, has: true, probes: 2, spread: results.Spread{Median: v, Min: v, Max: 2 * v, Count: 2}}
	}
	got := trend("x", []reading{at("1", 3), at("2", 4), {label: "3", probes: 2}, {label: "4", probes: 2, broken: 2}})
	want := "x rises from 3 at 1 to 4 at 2. Repeats differ most at 2: 4 to 8. It does not apply at 3. " +
		"At 4 a premise does not hold: what was measured there is left out."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestReadBound(t *testing.T) {
	for _, c := range []struct {
		expr, metric, label string
		v                   float64
	}{
		{"held.at_fault <= 5", "held.at_fault", "at most 5", 5},
		{"calm.handled.rate >= 19", "handled.rate", "at least 19/s without faults", 19},
		{"2500ms > takeover.fault.max", "takeover.fault.max", "less than 2.5 s", 2.5},
		{"busy.mean < 80%", "busy.mean", "less than 80 %", 0.8},
		{"faults.lost.count == 0", "lost.count", "exactly 0", 0},
		{"free.handled.rate >= 19", "handled.rate", "", 0},
		{"handled.rate >= 99% * free.handled.rate", "handled.rate", "", 0},
		{"held.at_fault <= workers.batch", "held.at_fault", "", 0},
		{"held.at_fault <= 5 and lost.count == 0", "held.at_fault", "", 0},
		{"held.max <= 5", "held.at_fault", "", 0},
	} {
		b, ok := readBound(1, c.expr, c.metric)
		if ok != (c.label != "") || b.label != c.label || b.v != c.v {
			t.Errorf("%s: got %q, %v, %v; want %q, %v", c.expr, b.label, b.v, ok, c.label, c.v)
		}
	}
}

// Values are laid out as the quantities they are, and side by side where they are not all of one kind.
func TestScale(t *testing.T) {
	for _, c := range []struct {
		values string
		log    bool
		places string
		joined bool
	}{
		{"1 10 100", true, "[400 5000 9600]", true},
		{"1 10 100", false, "[400 1236 9600]", true},
		{"4s 1s 2500ms", false, "[9600 400 5000]", true},
		{"10/s 5/s", false, "[9600 400]", true},
		{"pinned_client none", false, "[2500 7500]", false},
		{"1 2s", false, "[2500 7500]", false},
		{"0 10", true, "[400 9600]", true},
		{"7", false, "[5000]", true},
	} {
		s := newScale(results.Axis{Path: "x", Values: strings.Fields(c.values), Log: c.log})
		if got := fmt.Sprint(s.places); got != c.places || s.joined != c.joined {
			t.Errorf("%s: got %s, %v; want %s, %v", c.values, got, s.joined, c.places, c.joined)
		}
	}
}

// Where no metric of which more is better differs between variants, two kinds of trouble stand against each other.
func TestFrontAxes(t *testing.T) {
	tuning := tuned()
	if benefit, cost := frontAxes(tuning); benefit != "calm.handled.rate" || cost != "faults.held.at_fault" {
		t.Errorf("got %q against %q", benefit, cost)
	}
	for i := range tuning.Variants {
		tuning.Variants[i].Calm = nil
		for k := range tuning.Variants[i].Faults {
			delete(tuning.Variants[i].Faults[k].Metrics, "handled.rate")
		}
	}
	if benefit, cost := frontAxes(tuning); benefit != "faults.redelivery.count" || cost != "faults.held.at_fault" {
		t.Errorf("without a benefit: got %q against %q", benefit, cost)
	}
	tuning.Variants = tuning.Variants[:1]
	if _, ok := frontFigure(tuning); ok {
		t.Error("one variant makes no figure")
	}
}
